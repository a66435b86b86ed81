package web

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/export"
)

// connectionsView is the page of companies and Google accounts.
type connectionsView struct {
	Companies          []companyCard
	Accounts           []accountCard
	QuickBooks, Google bool // the apps' credentials are set
	QuickBooksRedirect string
	GoogleRedirect     string
	Environment        string
}

// companyCard is one connected company.
type companyCard struct {
	Name, Legal string
	Realm       export.RealmID
	Environment string
	Pill        pill
	Connected   bool
	Facts       []fact
	Error       *problemView
	Waiting     string
	Exporters   []link
	Used, Limit int // calls in the last minute
	Path        string
}

// accountCard is one Google account.
type accountCard struct {
	Email     string
	ID        export.ID
	Kind      string
	Service   bool
	Existing  bool // may open spreadsheets that the program did not make
	Pill      pill
	Connected bool
	Facts     []fact
	Error     *problemView
	Exporters []link
	Path      string
}

type link struct{ Title, Href string }

func companyPath(realm export.RealmID, action string) string {
	return "/connections/quickbooks/" + string(realm) + "/" + action
}

func accountPath(id export.ID, action string) string {
	return "/connections/google/" + string(id) + "/" + action
}

func (w *Web) connectionsPage(c *gin.Context) error {
	k, err := w.known(c.Request.Context())
	if err != nil {
		return err
	}
	view := connectionsView{QuickBooksRedirect: w.o.Settings.BaseURL + "/oauth/quickbooks/callback", GoogleRedirect: w.o.Settings.BaseURL + "/oauth/google/callback", Environment: w.o.Settings.Environment}
	view.QuickBooks, view.Google = w.o.Control.Ready()
	for _, co := range k.companies {
		view.Companies = append(view.Companies, w.companyCard(co, k))
	}
	for _, a := range k.accounts {
		view.Accounts = append(view.Accounts, w.accountCard(a, k))
	}
	return w.page(c, http.StatusOK, "connections", frame{Title: "Connections", Section: "connections"}, view)
}

func (w *Web) companyCard(co export.Company, k known) companyCard {
	card := companyCard{Name: co.Name, Realm: co.Realm, Environment: co.Environment, Pill: pillOf(connectionState(co.Status)), Connected: co.Status == export.Connected,
		Exporters: exporterLinks(k.using(co.Realm)), Path: "/connections/quickbooks/" + string(co.Realm)}
	if co.LegalName != co.Name {
		card.Legal = co.LegalName
	}
	card.Used, card.Limit = w.o.Control.CompanyUsage(co.Realm)
	card.Facts = []fact{{Title: "Company id", Text: string(co.Realm), Mono: true}}
	if co.Country != "" || co.HomeCurrency != "" {
		card.Facts = append(card.Facts, fact{Title: "Country, currency", Text: joinNonEmpty(co.Country, co.HomeCurrency)})
	}
	if co.FiscalYearStart >= 1 && co.FiscalYearStart <= 12 {
		card.Facts = append(card.Facts, fact{Title: "Fiscal year begins", Text: co.FiscalYearStart.String()})
	}
	card.Facts = append(card.Facts, fact{Title: "Connected", When: w.moment(co.ConnectedAt)}, fact{Title: "By", Text: co.ConnectedBy})
	if card.Connected && !co.TokenExpiresAt.IsZero() {
		card.Facts = append(card.Facts, fact{Title: "Access ends", When: w.moment(co.TokenExpiresAt)})
	}
	if card.Connected && !co.HardExpiresAt.IsZero() {
		card.Facts = append(card.Facts, fact{Title: "Consent again by", When: w.moment(co.HardExpiresAt)})
	}
	if p := co.LastError; p != nil {
		card.Error = &problemView{Title: p.Code.Title(), Message: p.Message, Hint: p.Hint, Code: string(p.Code), RequestID: p.ProviderRequestID}
	}
	if !card.Connected {
		card.Waiting = k.waiting(co.Realm)
	}
	return card
}

func (w *Web) accountCard(a export.GoogleAccount, k known) accountCard {
	card := accountCard{Email: a.Email, ID: a.ID, Kind: "Google account", Service: a.Kind == export.ServiceAccount, Pill: pillOf(connectionState(a.Status)),
		Connected: a.Status == export.Connected, Exporters: exporterLinks(k.writing(a.ID)), Path: "/connections/google/" + string(a.ID)}
	card.Existing = slices.Contains(a.Scopes, "https://www.googleapis.com/auth/spreadsheets")
	if card.Service {
		card.Kind = "Service account"
		card.Facts = append(card.Facts, fact{Title: "May write", Text: "Spreadsheets that are shared with it"})
	} else {
		may := "Spreadsheets made here"
		if card.Existing {
			may = "All spreadsheets that this person may edit"
		}
		card.Facts = append(card.Facts, fact{Title: "May write", Text: may}, fact{Title: "Connected", When: w.moment(a.ConnectedAt)}, fact{Title: "By", Text: a.ConnectedBy})
	}
	if p := a.LastError; p != nil {
		card.Error = &problemView{Title: p.Code.Title(), Message: p.Message, Hint: p.Hint, Code: string(p.Code), RequestID: p.ProviderRequestID}
	}
	return card
}

func exporterLinks(list []export.Exporter) []link {
	links := make([]link, len(list))
	for i, e := range list {
		links[i] = link{e.Name, "/exporters/" + string(e.ID)}
	}
	return links
}

func joinNonEmpty(parts ...string) string {
	text := ""
	for _, p := range parts {
		switch {
		case p == "":
		case text == "":
			text = p
		default:
			text += ", " + p
		}
	}
	return text
}

func (w *Web) testCompany(c *gin.Context) error {
	name, err := w.o.Control.TestCompany(c.Request.Context(), export.RealmID(c.Param("realm")))
	if err != nil {
		w.notifyError(c, err)
	} else {
		w.notify(c, toneGood, "QuickBooks answered for "+name+".", "")
	}
	return seeOther(c, "/connections")
}

func (w *Web) testAccount(c *gin.Context) error {
	email, err := w.o.Control.TestAccount(c.Request.Context(), export.ID(c.Param("id")))
	if err != nil {
		w.notifyError(c, err)
	} else {
		w.notify(c, toneGood, "Google answered for "+email+".", "")
	}
	return seeOther(c, "/connections")
}

func (w *Web) disconnectCompanyPage(c *gin.Context) error {
	ctx, realm := c.Request.Context(), export.RealmID(c.Param("realm"))
	co, err := w.o.Control.Company(ctx, realm)
	if err != nil {
		return err
	}
	k, err := w.known(ctx)
	if err != nil {
		return err
	}
	return w.page(c, http.StatusOK, "confirm", frame{Title: "Disconnect " + co.Name, Section: "connections"}, confirmView{
		Title: "Disconnect " + co.Name + "?",
		Effects: []string{
			"The permission is taken back at Intuit and its tokens are forgotten here.",
			"The exporters that use it are paused. Their configuration and schedules stay; reconnecting resumes them as they were.",
			"Spreadsheets stay as they are.",
		},
		Names: exporterNames(k.using(realm)), Post: companyPath(realm, "disconnect"), Action: "Disconnect", Back: "/connections"})
}

func (w *Web) disconnectCompany(c *gin.Context) error {
	co, err := w.o.Control.DisconnectCompany(c.Request.Context(), actor(c), export.RealmID(c.Param("realm")))
	if err != nil {
		return err
	}
	w.notify(c, toneGood, co.Name+" is disconnected.", "Its exporters are paused and go on when it is reconnected.")
	return seeOther(c, "/connections")
}

func (w *Web) deleteCompanyPage(c *gin.Context) error {
	ctx, realm := c.Request.Context(), export.RealmID(c.Param("realm"))
	co, err := w.o.Control.Company(ctx, realm)
	if err != nil {
		return err
	}
	k, err := w.known(ctx)
	if err != nil {
		return err
	}
	return w.page(c, http.StatusOK, "confirm", frame{Title: "Delete " + co.Name, Section: "connections"}, confirmView{
		Title: "Delete " + co.Name + " from ledgersheet?",
		Effects: []string{
			"The permission is taken back at Intuit and its tokens are forgotten here.",
			"Exporters that use only this company are deleted; from those that combine several it is taken out.",
			"Nothing changes in QuickBooks, and spreadsheets stay as they are.",
		},
		Names: exporterNames(k.using(realm)), Post: companyPath(realm, "delete"), Action: "Delete company", Back: "/connections", Danger: true})
}

func (w *Web) deleteCompany(c *gin.Context) error {
	ctx, realm := c.Request.Context(), export.RealmID(c.Param("realm"))
	co, err := w.o.Control.Company(ctx, realm)
	if err != nil {
		return err
	}
	if err := w.o.Control.DeleteCompany(ctx, actor(c), realm); err != nil {
		return err
	}
	w.notify(c, toneGood, co.Name+" was deleted.", "")
	return seeOther(c, "/connections")
}

func exporterNames(list []export.Exporter) []string {
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = e.Name
	}
	return names
}

func (w *Web) disconnectAccountPage(c *gin.Context) error {
	return w.confirmAccount(c, "Disconnect", confirmView{
		Effects: []string{
			"The permission is taken back at Google and its tokens are forgotten here.",
			"The exporters that write with it are paused. Their configuration and schedules stay; reconnecting resumes them as they were.",
			"Spreadsheets stay as they are.",
		}, Action: "Disconnect"}, "disconnect")
}

func (w *Web) deleteAccountPage(c *gin.Context) error {
	return w.confirmAccount(c, "Delete", confirmView{
		Effects: []string{
			"The permission is taken back at Google and its tokens are forgotten here.",
			"The exporters that write with it stay, paused, until you give them another account.",
			"Spreadsheets stay as they are.",
		}, Action: "Delete account", Danger: true}, "delete")
}

func (w *Web) confirmAccount(c *gin.Context, verb string, view confirmView, action string) error {
	ctx, id := c.Request.Context(), export.ID(c.Param("id"))
	a, err := w.o.Control.Account(ctx, id)
	if err != nil {
		return err
	}
	k, err := w.known(ctx)
	if err != nil {
		return err
	}
	view.Title = verb + " " + a.Email + "?"
	view.Names, view.Post, view.Back = exporterNames(k.writing(id)), accountPath(id, action), "/connections"
	return w.page(c, http.StatusOK, "confirm", frame{Title: verb + " " + a.Email, Section: "connections"}, view)
}

func (w *Web) disconnectAccount(c *gin.Context) error {
	a, err := w.o.Control.DisconnectAccount(c.Request.Context(), actor(c), export.ID(c.Param("id")))
	if err != nil {
		return err
	}
	w.notify(c, toneGood, a.Email+" is disconnected.", "Its exporters are paused and go on when it is reconnected.")
	return seeOther(c, "/connections")
}

func (w *Web) deleteAccount(c *gin.Context) error {
	ctx, id := c.Request.Context(), export.ID(c.Param("id"))
	a, err := w.o.Control.Account(ctx, id)
	if err != nil {
		return err
	}
	if err := w.o.Control.DeleteAccount(ctx, actor(c), id); err != nil {
		return err
	}
	w.notify(c, toneGood, a.Email+" was deleted.", "")
	return seeOther(c, "/connections")
}
