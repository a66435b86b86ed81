package web

import (
	"context"
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

// packView is the page on which all exporters of a pack are made.
type packView struct {
	Pack      packCard
	Packs     []packCard
	FormID    string
	Errors    []fieldError
	wrong     map[string]string // by the element id of the input
	Companies []companyChoice
	Lost      []attention // companies and accounts that want a new consent
	Each      bool        // a spreadsheet for each company
	Accounts  []choice
	Folder    string
	Robot     bool // there is a service account, which needs a folder
	Basis     []choice
	When      whenView
	Zone      string
	Zones     []string
	Plan      planView

	NoCompanies, NoAccounts bool
	QuickBooks, Google      bool // the apps' credentials are set
}

// Wrong returns what is wrong with an input, by its element id.
func (v packView) Wrong(id string) string { return v.wrong[id] }

// planView is what an order of a pack would make.
type planView struct {
	Error string // why it would make nothing
	Total string
	Books []planBook
	More  int // how many other spreadsheets there are
	Words scheduleView
}

type planBook struct {
	Title string
	Tabs  []string
}

// planBooks is how many spreadsheets a plan lists.
const planBooks = 6

// packForm is what a pack's form says, right or wrong.
type packForm struct {
	order control.PackOrder
	typed url.Values // nil if nothing was sent
}

// readPackForm returns the order that a form describes.
func readPackForm(form url.Values) packForm {
	f := packForm{typed: form}
	for _, realm := range form["company"] {
		f.order.Companies = append(f.order.Companies, export.RealmID(realm))
	}
	f.order.Account, f.order.Basis = export.ID(form.Get("account")), form.Get("basis")
	f.order.Folder = export.FolderID(form.Get("folder"))
	f.order.PerCompany = form.Get("spread") != "one"
	cron, err := readWhen(form)
	if err != nil {
		cron = noCron
	}
	f.order.Schedule = export.Schedule{
		Cron: cron, Timezone: strings.TrimSpace(form.Get("timezone")), Enabled: cron != "",
	}
	return f
}

// newPackForm returns the order that the form first shows: all companies that can be read, on weekdays at six.
func newPackForm(c *gin.Context, k known) packForm {
	f := packForm{order: control.PackOrder{
		PerCompany: true, Schedule: export.Schedule{Cron: "0 6 * * 1-5", Enabled: true},
	}}
	for _, co := range k.companies {
		if co.Status == export.Connected && !co.Refused() {
			f.order.Companies = append(f.order.Companies, co.Realm)
		}
	}
	for _, a := range k.accounts {
		if a.Status == export.Connected && f.order.Account == "" {
			f.order.Account = a.ID
		}
	}
	zone, _ := c.Cookie(chosenZoneCookie)
	if _, ok := findZone(zone); !ok {
		zone = startZone(c, "", k, export.Exporter{Companies: f.order.Companies})
	}
	f.order.Schedule.Timezone = zone
	return f
}

func (w *Web) packPage(c *gin.Context) error {
	k, err := know(c.Request.Context(), w.desk(c), needCompanies|needAccounts)
	if err != nil {
		return err
	}
	return w.showPack(c, http.StatusOK, c.Param("id"), newPackForm(c, k), k, nil)
}

// planPack shows the form as it was sent, with what it would make. It makes nothing.
func (w *Web) planPack(c *gin.Context) error {
	ctx, d, form := c.Request.Context(), w.desk(c), c.Request.PostForm
	k, err := know(ctx, d, needCompanies|needAccounts)
	if err != nil {
		return err
	}
	switch form.Get("action") {
	case "all":
		form.Del("company")
		for _, co := range k.companies {
			form.Add("company", string(co.Realm))
		}
	case "none":
		form.Del("company")
	}
	c.Set(formIDKey, form.Get(formIDInput))
	f := readPackForm(form)
	if wantsFragment(c) {
		plan, err := w.planView(ctx, d, c.Param("id"), f)
		if err != nil {
			return err
		}
		return w.answerFragment(c, http.StatusOK, "plan", plan)
	}
	return w.showPack(c, http.StatusOK, c.Param("id"), f, k, nil)
}

// makePack makes all exporters of a pack and runs them, once for each form.
func (w *Web) makePack(c *gin.Context) error {
	ctx, d, id := c.Request.Context(), w.desk(c), c.Param("id")
	f := readPackForm(c.Request.PostForm)
	formID, own := w.readFormID(user(c), c.Request.PostForm)
	if !own || formID == "" {
		return w.showPackAgain(c, id, f, "This form was opened by somebody else, or before your password was changed. "+
			"Nothing was made. Look it over and send it again to make it yours.")
	}
	f.order.Set = control.SetPrefix + strings.TrimPrefix(string(formID), export.ExporterPrefix)
	set, made, err := d.CreatePackOnce(ctx, id, f.order)
	switch {
	case problem.HasCode(err, problem.InvalidInput, problem.Conflict):
		k, kerr := know(ctx, d, needCompanies|needAccounts)
		if kerr != nil {
			return kerr
		}
		c.Set(formIDKey, c.PostForm(formIDInput)) // it has made nothing yet
		p := problem.From(err)
		explainWhen(p, f.typed)
		return w.showPack(c, p.Code.Status(), id, f, k, p)
	case err != nil:
		return err
	case !made && !d.IsOrder(ctx, set, id, f.order):
		return w.showPackAgain(c, id, f, "This form has made a pack already. Send it again to make another one.")
	case !made:
		w.notify(c, toneInfo, "These were made already. Nothing was made twice.", "")
	default:
		if begun, why, err := d.RunSet(ctx, f.order.Set); err != nil {
			w.notifyError(c, err)
		} else if why != "" {
			w.notifyBegun(c, begun, why)
		}
	}
	return seeOther(c, madePath+"/"+f.order.Set)
}

// showPackAgain shows a form as it was sent, under a new id.
func (w *Web) showPackAgain(c *gin.Context, id string, f packForm, why string) error {
	k, err := know(c.Request.Context(), w.desk(c), needCompanies|needAccounts)
	if err != nil {
		return err
	}
	c.Set(frameNoticeKey, &notice{toneWarn, why, ""})
	return w.showPack(c, http.StatusConflict, id, f, k, nil)
}

// showUnsentPack shows a form that was refused before signing in.
func (w *Web) showUnsentPack(c *gin.Context, u unsentForm) error {
	k, err := know(c.Request.Context(), w.desk(c), needCompanies|needAccounts)
	if err != nil {
		return err
	}
	c.Set(formIDKey, u.Form.Get(formIDInput))
	c.Set(frameNoticeKey, &notice{
		toneInfo, "Your session had ended, so nothing was made. The form is here as you sent it.",
		"Look it over and send it again.",
	})
	return w.showPack(c, http.StatusOK, u.ID, readPackForm(u.Form), k, nil)
}

func (w *Web) showPack(c *gin.Context, status int, id string, f packForm, k known, p *problem.Problem) error {
	ctx, d := c.Request.Context(), w.desk(c)
	if _, err := d.Pack(id); err != nil {
		return err
	}
	view, err := w.packView(ctx, id, f, k, p)
	if err != nil {
		return err
	}
	view.FormID = w.formIDFor(c)
	said, _ := c.Get(frameNoticeKey)
	page := frame{Title: view.Pack.Title, Section: "exporters"}
	if len(view.Errors) > 0 {
		page.Title = "Please check: " + page.Title
	}
	page.Notice, _ = said.(*notice)
	return w.page(c, status, "pack", page, view)
}

func (w *Web) packView(ctx context.Context, id string, f packForm, k known, p *problem.Problem) (packView, error) {
	o, d := f.order, k.desk
	v := packView{
		Packs: packCards(d, id), wrong: map[string]string{}, Each: o.PerCompany, Folder: o.Folder,
		When: newWhen(o.Schedule.Cron), Zone: o.Schedule.Timezone, Zones: zones(),
		NoCompanies: len(k.companies) == 0, NoAccounts: len(k.accounts) == 0,
		Basis: []choice{{"Accrual", "Accrual", o.Basis != "Cash"}, {"Cash", "Cash", o.Basis == "Cash"}},
	}
	v.When.Kinds = slices.DeleteFunc(v.When.Kinds, func(c choice) bool { return c.Value == kindOwn })
	v.Pack = v.Packs[slices.IndexFunc(v.Packs, func(p packCard) bool { return p.Current })]
	v.QuickBooks, v.Google = d.Ready()
	if f.typed != nil {
		v.When, v.Folder = typedWhen(f.typed), f.typed.Get("folder")
	}
	v.addConnections(k, o)
	if p != nil {
		v.Errors = packErrors(p)
		for _, e := range v.Errors {
			v.wrong[e.ID] = e.Text
		}
	}
	var err error
	v.Plan, err = w.planView(ctx, d, id, f)
	return v, err
}

// addConnections adds the companies and accounts, and what helps those that want a new consent.
func (v *packView) addConnections(k known, o control.PackOrder) {
	for i, co := range k.companies {
		odd := co.Status != export.Connected || co.Refused()
		v.Companies = append(v.Companies, companyChoice{
			choice: choice{string(co.Realm), co.Name, slices.Contains(o.Companies, co.Realm)},
			ID:     fmt.Sprintf("company-%d", i), Note: joinNonEmpty(co.HomeCurrency, co.Client),
			Pill: pillOf(companyState(co, k.desk.CompanyLife(co))), Odd: odd,
		})
		if odd && co.Status != export.Connected {
			v.Lost = append(v.Lost, reconnectCompany(co))
		}
	}
	for _, a := range k.accounts {
		title := a.Email
		if a.Status != export.Connected {
			title += " (access has ended)"
			v.Lost = append(v.Lost, reconnectAccount(a))
		}
		v.Robot = v.Robot || a.Kind == export.ServiceAccount
		v.Accounts = append(v.Accounts, choice{string(a.ID), title, a.ID == o.Account})
	}
}

// packErrors returns the error summary above a pack's form.
func packErrors(p *problem.Problem) []fieldError {
	var list []fieldError
	inputs := []struct{ field, id, label string }{
		{"company_ids", "companies", "Companies"}, {"google_account_id", "account", "Google account"},
		{"schedule.cron", "when", "Schedule"}, {"schedule.timezone", "timezone", "Time zone"},
		{"folder_id", "folder", "Drive folder"}, {export.OptBasis, "basis", "Accounting method"},
		{"pack", "form", "Pack"},
	}
	for _, in := range inputs {
		if text := fieldText(p.Fields, in.field); text != "" {
			list = append(list, fieldError{in.id, in.label, text})
		}
	}
	if len(list) == 0 {
		list = append(list, fieldError{"form", "Pack", p.Message})
	}
	return list
}

// planView tries an order out. What is wrong with it stands in the view.
func (w *Web) planView(ctx context.Context, d *control.Desk, id string, f packForm) (planView, error) {
	drafts, err := d.CreatePack(ctx, id, f.order, true)
	if problem.HasCode(err, problem.InvalidInput, problem.Conflict) {
		p := problem.From(err)
		explainWhen(p, f.typed)
		first := packErrors(p)[0]
		return planView{Error: first.Label + ": " + first.Text}, nil
	}
	if err != nil {
		return planView{}, err
	}
	v := planView{Words: w.scheduleView(f.order.Schedule)}
	books := map[string]int{}
	for _, e := range drafts {
		i, known := books[e.Target.Share]
		if !known {
			i = len(v.Books)
			books[e.Target.Share] = i
			v.Books = append(v.Books, planBook{Title: e.Target.Title})
		}
		v.Books[i].Tabs = append(v.Books[i].Tabs, e.Target.Sheet)
	}
	v.Total = plural(len(drafts), "tab", "tabs") + " in " +
		plural(len(v.Books), "new spreadsheet", "new spreadsheets") + ", for " +
		plural(len(f.order.Companies), "company", "companies") + "."
	if len(v.Books) > planBooks {
		v.More = len(v.Books) - planBooks
		v.Books = v.Books[:planBooks]
	}
	err = v.Words.addCost(ctx, d, drafts...)
	return v, err
}
