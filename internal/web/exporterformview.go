package web

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// formView is the page on which an exporter is created or changed.
type formView struct {
	ID       export.ID // empty for a new one
	Revision int
	FormID   string
	Action   string
	Back     string
	Type     catalogueType
	Report   bool
	Errors   []fieldError
	Conflict string // set if somebody else changed it meanwhile

	Inputs      map[string]field // by the element id of the input, or of the group of inputs
	Hidden      []hiddenInput
	Companies   []companyChoice
	Types       []typeGroup // to choose among, of a new one
	Suggested   string      // name, as long as nobody has chosen one
	Clients     []string    // the groups of companies
	Columns     []columnChoice
	HasLines    bool
	Titles      []titleField
	PeriodTitle string
	Main        []optionField // asked before all others
	Details     []optionField
	HasNames    bool              // some of Details are lists of names
	Says        map[string]string // what is set within each fold
	Open        map[string]bool   // the folds that are shown open
	Modes       []choice          // none if there is no choice
	ModeHelp    string
	Splits      []choice
	SplitHelp   string
	Deleted     *optionField // what happens to rows of deleted records; nil if it never arises
	Filters     []filterField
	Kinds       []choice // what rows can be written to; none if there is no choice
	Folders     []string // that are allowed for files
	Accounts    []choice
	Books       []bookChoice
	Place       *placeView // what was found there, if it was looked at
	Made        bool       // the program created the spreadsheet
	Looks       []lookChoice
	TitleBlock  bool
	When        whenView
	After       []choice // the other exporters
	Zones       []string
	Enabled     bool
	Webhooks    bool // are set up
	Words       scheduleView
	Draft       *draftView
	NoCompanies bool
	NoAccounts  bool
}

// field is an input and what is wrong with it. Value is set for text inputs; other inputs have their own views.
type field struct{ Value, Error string }

// hiddenInput is sent back unchanged.
type hiddenInput struct{ Name, Value string }

type companyChoice struct {
	choice
	ID     string
	Note   string
	Client string
	Pill   pill
	Odd    bool // not connected at the moment
}

type columnChoice struct {
	ID, Key, Title, Kind, KindWord, Help string
	Chosen, Line, Own                    bool
}

// titleField is the input of a column's own title.
type titleField struct{ ID, Name, Title, Value string }

type optionField struct {
	ID, Key, Title, Help, Value, Error string
	Kind                               export.OptionKind
	Choices                            []choice
	Names                              string   // the list whose records it names by their ids
	Many                               bool     // of Choices it holds any number, with commas between them
	Most                               int      // that it may hold; 0 for any number
	Chosen                             []choice // what it holds now, with names
	Required                           bool
	OnlyCustom                         bool // applies to a custom date range only
}

// lookChoice is a look with a sentence about it.
type lookChoice struct {
	choice
	Help string
}

func (w *Web) showForm(
	c *gin.Context, status int, e export.Exporter, k known, p *problem.Problem, preview *previewView,
) error {
	d, err := k.desk.Definition(e.Definition)
	if err != nil {
		return err
	}
	view := w.formView(d, e, k, p)
	view.FormID = w.formIDFor(c)
	view.showWhen(e, c.Request.PostForm)
	for i, f := range view.Details {
		view.HasNames = view.HasNames || f.Names != ""
		if f.Names != "" || f.Many {
			o := optionOf(d, f.Key)
			view.Details[i].Chosen = knownChoices(c.Request.Context(), k.desk, e, o, f.Value)
		}
	}
	view.Says = editorSays(c.Request.Context(), d, e, k)
	view.Open = openFolds(view.Errors, d)
	if view.Draft, err = w.newDraftView(c.Request.Context(), c, e, k, preview); err != nil {
		return err
	}
	if view.Books, err = bookChoices(c.Request.Context(), k.desk, e); err != nil {
		return err
	}
	if found, ok := c.Get(placeKey); ok {
		view.Place, _ = found.(*placeView)
		view.Open[foldWhere] = true
	}
	if view.After, err = afterChoices(c.Request.Context(), k.desk, e); err != nil {
		return err
	}
	if err := view.Words.addCost(c.Request.Context(), k.desk, e); err != nil {
		return err
	}
	title := "New: " + view.Type.Title
	if e.ID != "" {
		title = "Change " + isolate(e.Name)
	}
	if len(view.Errors) > 0 {
		title = "Please check: " + title
	}
	said, _ := c.Get(frameNoticeKey)
	f := frame{Title: title, Section: "exporters"}
	f.Notice, _ = said.(*notice)
	return w.page(c, status, "exporter_form", f, view)
}

// showWhen shows the schedule as it is stored, or as it was typed if the form was posted.
func (v *formView) showWhen(e export.Exporter, form url.Values) {
	typed := v.Inputs["cron"]
	if !form.Has("when") {
		v.When = newWhen(e.Schedule.Cron)
	} else {
		v.When = typedWhen(form)
		if _, err := readWhen(form); err != nil {
			typed.Value, v.Words = form.Get("cron"), scheduleView{Error: err.Error()}
		}
	}
	if !v.When.Own {
		v.When.Error, typed.Error = typed.Error, ""
		for i := range v.Errors {
			if v.Errors[i].ID == "cron" {
				v.Errors[i].ID = "when"
			}
		}
	}
	v.Inputs["cron"] = typed
}

func (w *Web) formView(d export.Definition, e export.Exporter, k known, p *problem.Problem) formView {
	info := d.Info()
	wrong := func(field string) string { return "" }
	if p != nil {
		wrong = func(field string) string { return fieldText(p.Fields, field) }
	}
	v := formView{
		ID: e.ID, Revision: e.Revision, Action: "/exporters", Back: "/exporters",
		Type:   catalogueType{info.ID, info.Title, info.Summary, string(info.Kind), ""},
		Report: info.Kind == export.KindReport,
		Inputs: map[string]field{}, Made: e.Target.Created,
		Zones: zones(), Enabled: e.Schedule.Enabled || e.Schedule.Cron == "",
		Webhooks:    w.o.Settings.Webhooks,
		Words:       w.scheduleView(e.Schedule),
		NoCompanies: len(k.companies) == 0, NoAccounts: len(k.accounts) == 0,
	}
	for _, f := range export.Fields() {
		text, _ := f.Get(e).(string)
		switch f.Kind {
		case export.FieldTruth:
			text = fmt.Sprint(f.Get(e))
		case export.FieldTexts:
			text = strings.Join(f.Get(e).([]string), ", ")
		}
		switch {
		case f.Hidden:
			v.Hidden = append(v.Hidden, hiddenInput{f.Input, cmp.Or(text, f.Default)})
		case f.Label != "":
			v.Inputs[f.AnchorID()] = field{text, wrong(f.Path)}
		}
	}
	if e.ID != "" {
		v.Action, v.Back = "/exporters/"+string(e.ID)+"/edit", "/exporters/"+string(e.ID)
	}
	if p != nil {
		v.Errors = formErrors(p, d.OptionList())
		if p.Code == problem.Conflict {
			v.Conflict = isolateRuns(p.Message)
		}
	}
	for i, co := range k.companies {
		v.Companies = append(v.Companies, companyChoice{
			choice: choice{string(co.Realm), co.Name, slices.Contains(e.Companies, co.Realm)},
			ID:     fmt.Sprintf("company-%d", i),
			Note:   co.HomeCurrency,
			Client: co.Client,
			Pill:   pillOf(connectionState(k.desk.CompanyLife(co))),
			Odd:    co.Status != export.Connected,
		})
	}
	v.Clients = clientsOf(k.companies)
	v.Types, v.Suggested = typesOf(k.desk, e), suggestName(d, e, k)
	v.Columns, v.HasLines = columnChoices(d, e)
	v.Titles = titleFields(v.Columns, e)
	v.showOptions(d, e, wrong)
	if modes := d.Modes(); len(modes) > 1 {
		v.ModeHelp = export.ModeHelp(d)
		for _, m := range modes {
			v.Modes = append(v.Modes, choice{string(m), m.Words(), m == cmp.Or(e.Mode, export.Replace)})
		}
	}
	v.SplitHelp = export.SplitHelp(d)
	for _, s := range export.Splits(d) {
		v.Splits = append(v.Splits, choice{string(s), s.Words(), s == cmp.Or(e.Split, export.SplitNone)})
	}
	v.Filters = filterFields(d, e)
	v.Folders = k.desk.ExportDirs()
	if len(v.Folders) > 0 || e.Target.IsFile() {
		for _, kind := range []export.TargetKind{export.Spreadsheet, export.CSVFile, export.XLSXFile} {
			v.Kinds = append(v.Kinds, choice{string(kind), kindTitle(kind), kind == e.Target.Kind})
		}
	}
	if folder := v.Inputs["folder"]; folder.Value == "" && len(v.Folders) > 0 {
		v.Inputs["folder"] = field{v.Folders[0], folder.Error}
	}
	for _, a := range k.accounts {
		title := a.Email
		if a.Kind == export.ServiceAccount {
			title += " (service account)"
		}
		if a.Status != export.Connected {
			title += " (not connected)"
		}
		v.Accounts = append(v.Accounts, choice{string(a.ID), title, a.ID == e.Target.Account})
	}
	for _, l := range export.Looks() {
		chosen := l == cmp.Or(e.Look, export.PlainLook)
		v.Looks = append(v.Looks, lookChoice{choice{string(l), l.Title(), chosen}, l.Help()})
	}
	v.TitleBlock = e.TitleBlock
	return v
}

// showOptions divides the options: those that are asked first, what happens to deleted records, and the others.
func (v *formView) showOptions(d export.Definition, e export.Exporter, wrong func(string) string) {
	v.PeriodTitle = "Period"
	if v.Report {
		v.PeriodTitle = "Period and basis"
	}
	declared := d.OptionList()
	for i, f := range optionFields(d, e, wrong) {
		switch {
		case f.Key == export.OptDeleted:
			v.Deleted = &f
		case isMainOption(declared[i]):
			v.Main = append(v.Main, f)
		default:
			v.Details = append(v.Details, f)
		}
	}
}

// kindWord is what people call the kind of a column.
func kindWord(k table.Kind) string {
	switch k {
	case table.Money:
		return "amount"
	case table.DateTime:
		return "date and time"
	case table.Bool:
		return "yes or no"
	}
	return k.String()
}

// columnChoices returns the exporter's own columns in their order, followed by the others in the catalogue's order. It
// reports whether any are columns of lines.
func columnChoices(d export.Definition, e export.Exporter) (list []columnChoice, lines bool) {
	chosen := e.Columns
	if len(chosen) == 0 {
		// This includes the columns of lines, so that they are there as soon as rows become lines.
		chosen = export.Defaults(d, true)
	}
	all := d.Catalogue()
	add := func(col export.Column, on, own bool) {
		if col.Path == export.CompanyColumn && len(e.Companies) > 1 {
			on = true
		}
		lines = lines || col.Line()
		list = append(list, columnChoice{
			ID: fmt.Sprintf("column-%d", len(list)), Key: col.Path, Title: col.Title, Kind: col.Kind.String(),
			KindWord: kindWord(col.Kind), Help: col.Help, Chosen: on, Line: col.Line(), Own: own,
		})
	}
	for _, key := range chosen {
		col, err := export.FindColumn(d, key)
		if err != nil {
			col = export.Column{Path: key, Title: key}
		}
		add(col, true, !slices.ContainsFunc(all, func(c export.Column) bool { return c.Path == key }))
	}
	for _, col := range all {
		if !slices.Contains(chosen, col.Path) {
			add(col, false, false)
		}
	}
	return list, lines
}

// titleFields returns the inputs of own titles, for the chosen columns and for any others that have one.
func titleFields(columns []columnChoice, e export.Exporter) []titleField {
	var list []titleField
	add := func(key, title string) {
		list = append(list, titleField{fmt.Sprintf("title-%d", len(list)), titleInput + key, title, e.Titles[key]})
	}
	shown := map[string]bool{}
	for _, c := range columns {
		if shown[c.Key] = c.Chosen || e.Titles[c.Key] != ""; shown[c.Key] {
			add(c.Key, c.Title)
		}
	}
	for _, key := range sortedKeys(e.Titles) {
		if !shown[key] {
			add(key, key)
		}
	}
	return list
}

func optionFields(d export.Definition, e export.Exporter, wrong func(string) string) []optionField {
	var list []optionField
	for _, o := range d.OptionList() {
		f := optionField{
			ID: "option-" + o.Key, Key: o.Key, Title: o.Title, Help: o.Help,
			Value: e.Options[o.Key], Error: wrong("options." + o.Key),
			Kind: o.Kind, Required: o.Required, OnlyCustom: o.Custom,
		}
		if f.Value == "" {
			f.Value = o.Default
		}
		if o.Records != "" {
			f.Names, f.Help = o.Records, "Empty means all."
		}
		if o.Kind == export.OptionText && o.Most > 0 {
			f.Many, f.Most = true, o.Most
			for _, v := range o.Values {
				f.Choices = append(f.Choices, choice{v.Value, v.Title, false})
			}
		}
		if o.Kind == export.OptionChoice {
			if o.Required && o.Default == "" {
				f.Choices = append(f.Choices, choice{"", "Please choose", f.Value == ""})
			}
			for _, v := range o.Values {
				f.Choices = append(f.Choices, choice{v.Value, choiceTitle(d, o.Key, v), v.Value == f.Value})
			}
		}
		list = append(list, f)
	}
	return list
}

// optionOf returns the option of a definition with that key; an empty one if there is none.
func optionOf(d export.Definition, key string) export.Option {
	for _, o := range d.OptionList() {
		if o.Key == key {
			return o
		}
	}
	return export.Option{}
}

// choiceTitle returns what a form calls a choice. Columns go by their titles.
func choiceTitle(d export.Definition, option string, v export.Choice) string {
	if option == export.OptDateColumn {
		if col, err := export.FindColumn(d, v.Value); err == nil {
			return col.Title
		}
	}
	return v.Title
}
