package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// catalogueView is the page on which people choose what to export.
type catalogueView struct {
	Groups    []catalogueGroup
	Companies int
	Accounts  int
}

type catalogueGroup struct {
	Title       string
	Types       []catalogueType
	Definitions []export.Definition
}

type catalogueType struct{ ID, Title, Summary, Kind, Href string }

// subjects are the catalogue's groups in the order in which people look for them. Others follow by title.
func subjects() []string {
	return []string{
		"Statements", "Sales", "Purchases", "Banking", "Accounting", "Transactions", "Taxes", "Inventory",
		"Time and costs", "Lists", "Company",
	}
}

// catalogue returns the definitions by subject and title.
func catalogue(all []export.Definition) []catalogueGroup {
	var groups []catalogueGroup
	for _, d := range all {
		info := d.Info()
		i := slices.IndexFunc(groups, func(g catalogueGroup) bool { return g.Title == info.Group })
		if i < 0 {
			groups = append(groups, catalogueGroup{Title: info.Group})
			i = len(groups) - 1
		}
		g := &groups[i]
		g.Definitions = append(g.Definitions, d)
		g.Types = append(g.Types, catalogueType{
			info.ID, info.Title, info.Summary, string(info.Kind), "/exporters/new?type=" + info.ID,
		})
	}
	for _, g := range groups {
		slices.SortStableFunc(g.Types, func(a, b catalogueType) int { return strings.Compare(a.Title, b.Title) })
	}
	known := subjects()
	rank := func(g catalogueGroup) int {
		if i := slices.Index(known, g.Title); i >= 0 {
			return i
		}
		return len(known)
	}
	slices.SortStableFunc(groups, func(a, b catalogueGroup) int {
		return cmp.Or(rank(a)-rank(b), strings.Compare(a.Title, b.Title))
	})
	return groups
}

func (w *Web) newExporterPage(c *gin.Context) error {
	ctx, d := c.Request.Context(), w.desk(c)
	k, err := know(ctx, d, needCompanies|needAccounts)
	if err != nil {
		return err
	}
	if id := c.Query("copy"); id != "" {
		e, err := d.Exporter(ctx, export.ID(id))
		if err != nil {
			return err
		}
		e.ID, e.Revision, e.Name = "", 0, "Copy of "+e.Name
		// Two exporters at the same cell would fight over it, so the copy starts with a spreadsheet of its own.
		e.Target = export.Target{
			Kind: e.Target.Kind, Account: e.Target.Account, Sheet: e.Target.Sheet, Start: "A1", Folder: e.Target.Folder,
			Template: e.Target.Template, DriveFolder: e.Target.DriveFolder,
		}
		return w.showForm(c, http.StatusOK, e, k, nil, nil)
	}
	if c.Query("type") == "" {
		view := catalogueView{
			Groups: offeredTypes(d.Definitions()), Companies: len(k.companies), Accounts: len(k.accounts),
		}
		return w.page(c, http.StatusOK, "exporter_new", frame{Title: "New exporter", Section: "exporters"}, view)
	}
	def, err := d.Definition(c.Query("type"))
	if err != nil {
		return err
	}
	others, _, err := d.ListExporters(ctx, control.ExporterQuery{})
	if err != nil {
		return err
	}
	draft, zone := newDraft(def, k, c.Query("company")), ""
	for _, other := range others {
		zone = cmp.Or(other.Exporter.Schedule.Timezone, zone)
	}
	draft.Schedule.Timezone = startZone(c, zone, k, draft)
	return w.showForm(c, http.StatusOK, draft, k, nil, nil)
}

// newDraft returns a new exporter as the form first shows it.
func newDraft(d export.Definition, k known, company string) export.Exporter {
	info := d.Info()
	e := export.Exporter{
		Name: info.Title, Definition: info.ID, Options: map[string]string{}, Target: export.Target{Sheet: info.Title},
		Schedule: export.Schedule{Cron: "0 6 * * *", Timezone: "UTC", Enabled: true},
	}
	e.Normalize() // sets the defaults of the other fields
	for _, co := range k.companies {
		if string(co.Realm) == company || len(k.companies) == 1 {
			e.Companies = []export.RealmID{co.Realm}
		}
	}
	for _, a := range k.accounts {
		if a.Status == export.Connected && e.Target.Account == "" {
			e.Target.Account = a.ID
		}
	}
	e.Name = suggestName(d, e, k)
	return e
}

func (w *Web) editExporterPage(c *gin.Context) error {
	ctx, d := c.Request.Context(), w.desk(c)
	e, err := d.Exporter(ctx, export.ID(c.Param("id")))
	if err != nil {
		return err
	}
	k, err := know(ctx, d, needCompanies|needAccounts)
	if err != nil {
		return err
	}
	return w.showForm(c, http.StatusOK, e, k, nil, nil)
}

func (w *Web) createExporter(c *gin.Context) error { return w.saveExporter(c, "") }

func (w *Web) updateExporter(c *gin.Context) error {
	return w.saveExporter(c, export.ID(c.Param("id")))
}

// saveExporter stores what the form says. A faulty form is shown again as it was typed, with its faults.
func (w *Web) saveExporter(c *gin.Context, id export.ID) error {
	ctx, d := c.Request.Context(), w.desk(c)
	form := c.Request.PostForm
	if id == "" && hasNewType(c) { // without scripts, the form still shows the fields of the old one
		return w.changeType(c)
	}
	e, err := readForm(d, form)
	if err != nil {
		return err
	}
	if e.Name, err = w.nameOf(c, e); err != nil {
		return err
	}
	typed := e
	needed := func() (known, error) { return know(ctx, d, needCompanies|needAccounts) }
	if id == "" {
		var done bool
		if e, done, err = w.createOnce(c, e, needed); done {
			return err
		}
	} else {
		e, err = w.updateOnce(c, id, e)
	}
	if problem.HasCode(err, problem.InvalidInput, problem.Conflict) {
		k, kerr := needed()
		if kerr != nil {
			return kerr
		}
		typed.ID = id
		p := problem.From(err)
		explainWhen(p, form)
		return w.showForm(c, p.Code.Status(), typed, k, p, nil)
	}
	if err != nil {
		return err
	}
	if form.Get("action") == "save_run" {
		run, _, err := d.RunNow(ctx, e.ID)
		if err != nil {
			w.notifyError(c, err)
			return seeOther(c, "/exporters/"+string(e.ID))
		}
		w.notify(c, toneGood, isolate(e.Name)+" is saved and runs.", "")
		return seeOther(c, "/runs/"+string(run.ID))
	}
	w.notify(c, toneGood, isolate(e.Name)+" is saved.", "")
	return seeOther(c, "/exporters/"+string(e.ID))
}

// updateOnce stores what the form says about an exporter. A form that comes a second time finds everything as it says.
func (w *Web) updateOnce(c *gin.Context, id export.ID, typed export.Exporter) (export.Exporter, error) {
	ctx, d := c.Request.Context(), w.desk(c)
	e, err := d.UpdateExporter(ctx, id, typed, typed.Revision)
	if !problem.HasCode(err, problem.Conflict) {
		return e, err
	}
	if now, missing := d.Exporter(ctx, id); missing == nil && now.IsConfiguredAs(typed) {
		return now, nil
	}
	return e, err
}

// titleInput begins the names of the inputs with people's own titles. A column's key follows.
const titleInput = "title."

// readForm returns the exporter that the form describes, right or wrong. Only an unknown type is an error.
func readForm(desk *control.Desk, form url.Values) (export.Exporter, error) {
	d, err := desk.Definition(form.Get("type"))
	if err != nil {
		return export.Exporter{}, err
	}
	var e export.Exporter
	for _, f := range export.Fields() {
		if f.Input == "" {
			continue
		}
		switch f.Kind {
		case export.FieldTexts:
			f.Set(&e, form[f.Input])
		case export.FieldTruth:
			v := form.Get(f.Input)
			f.Set(&e, f.On && v != "false" || v == "true")
		default:
			f.Set(&e, form.Get(f.Input))
		}
	}
	// The rest is sent in several inputs, or together with others.
	e.Target.Spreadsheet = readBook(form)
	e.Definition, e.Options = d.Info().ID, map[string]string{}
	if e.Schedule.Cron, err = readWhen(form); err != nil {
		e.Schedule.Cron = noCron
	}
	e.Schedule.Enabled = e.Schedule.Enabled && e.Schedule.Cron != ""
	_, _ = fmt.Sscanf(form.Get("revision"), "%d", &e.Revision) // anything but a number leaves 0: no check
	for _, o := range d.OptionList() {
		v := strings.TrimSpace(form.Get("option." + o.Key))
		if v == "" && o.Kind == export.OptionBool && o.Default == "true" {
			v = "false" // browsers do not send an unticked box
		}
		if v != "" {
			e.Options[o.Key] = v
		}
	}
	// The days of a custom range stay in the form when another range is chosen. They mean nothing then.
	if o, has := e.Options[export.OptDateRange]; has && o != export.RangeCustom {
		delete(e.Options, export.OptStartDate)
		delete(e.Options, export.OptEndDate)
	}
	for name, values := range form {
		key, is := strings.CutPrefix(name, titleInput)
		if title := strings.TrimSpace(values[0]); is && title != "" {
			if e.Titles == nil {
				e.Titles = map[string]string{}
			}
			e.Titles[key] = title
		}
	}
	e.Columns = readColumns(form, d, export.WantsLines(d, e.Options))
	for i, column := range form["filter_column"] {
		f := export.Filter{
			Column: strings.TrimSpace(column), Op: export.Op(elementAt(form["filter_op"], i)),
			Value: elementAt(form["filter_value"], i),
		}
		if f.Column != "" {
			e.Filters = append(e.Filters, f)
		}
	}
	return e, nil
}

// readColumns returns the ticked columns in the form's order, followed by the extra paths. The form always shows
// columns of lines, but they count only if rows are lines.
func readColumns(form url.Values, d export.Definition, lines bool) []string {
	var keys []string
	for _, key := range form["column"] {
		if lines || !strings.HasPrefix(key, export.LinePrefix) {
			keys = append(keys, key)
		}
	}
	separates := func(r rune) bool { return r == '\n' || r == '\r' || r == ',' || r == ';' }
	for _, key := range strings.FieldsFunc(form.Get("extra_columns"), separates) {
		if key = strings.TrimSpace(key); key != "" {
			keys = append(keys, key)
		}
	}
	// A report's columns follow from its layout, so its defaults are better left open than fixed.
	if d.Info().Kind == export.KindReport && slices.Equal(keys, export.Defaults(d, false)) {
		return nil
	}
	return keys
}

func elementAt(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}
