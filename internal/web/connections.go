package web

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
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

// card is what the page shows for every connection.
type card struct {
	Pill      pill
	Connected bool
	Facts     []fact
	Error     *problemView
	Exporters []link
	Path      string
}

// companyCard is one connected company.
type companyCard struct {
	card
	Name, Legal string
	Realm       export.RealmID
	Environment string
	Waiting     string
	Used, Limit int // calls in the last minute
}

// accountCard is one Google account.
type accountCard struct {
	card
	Email    string
	ID       export.ID
	Kind     string
	Service  bool
	Existing bool // may open spreadsheets that the program did not create
}

type link struct{ Title, Href string }

func companyPath(realm export.RealmID, action string) string {
	return companiesPath + "/" + string(realm) + "/" + action
}

func accountPath(id export.ID, action string) string {
	return accountsPath + "/" + string(id) + "/" + action
}

func (w *Web) connectionsPage(c *gin.Context) error {
	d := w.desk(c)
	k, err := know(c.Request.Context(), d, needCompanies|needAccounts|needExporters)
	if err != nil {
		return err
	}
	view := connectionsView{
		QuickBooksRedirect: w.o.Settings.BaseURL + "/oauth/quickbooks/callback",
		GoogleRedirect:     w.o.Settings.BaseURL + "/oauth/google/callback",
		Environment:        w.o.Settings.Environment,
	}
	view.QuickBooks, view.Google = d.Ready()
	calls, err := w.callsView(c.Request.Context(), d)
	if err != nil {
		return err
	}
	for _, co := range k.companies {
		view.Companies = append(view.Companies, w.companyCard(co, k, calls))
	}
	for _, a := range k.accounts {
		view.Accounts = append(view.Accounts, w.accountCard(a, k))
	}
	return w.page(c, http.StatusOK, "connections", frame{Title: "Connections", Section: "connections"}, view)
}

func newCard(
	state state, s export.ConnectionStatus, lastError *problem.Problem, exporters []export.Exporter, path string,
) card {
	return card{
		Pill: pillOf(state), Connected: s == export.Connected, Error: problemViewOf(lastError),
		Exporters: exporterLinks(exporters), Path: path,
	}
}

func (w *Web) companyCard(co export.Company, k known, calls callsView) companyCard {
	card := companyCard{
		card: newCard(companyState(co), co.Status, co.LastError, k.exportersOf(co.Realm),
			companiesPath+"/"+string(co.Realm)),
		Name: co.Name, Realm: co.Realm, Environment: co.Environment,
	}
	if co.LegalName != co.Name {
		card.Legal = co.LegalName
	}
	card.Used, card.Limit = k.desk.CompanyUsage(co.Realm)
	card.Facts = []fact{{Title: "Company id", Text: string(co.Realm), Mono: true}}
	if co.Country != "" || co.HomeCurrency != "" {
		card.Facts = append(card.Facts,
			fact{Title: "Country, currency", Text: joinNonEmpty(co.Country, co.HomeCurrency)})
	}
	if co.FiscalYearStart >= 1 && co.FiscalYearStart <= 12 {
		card.Facts = append(card.Facts, fact{Title: "Fiscal year begins", Text: co.FiscalYearStart.String()})
	}
	card.Facts = append(card.Facts, fact{Title: "Connected", When: w.moment(co.ConnectedAt)},
		fact{Title: "By", Text: co.ConnectedBy})
	if card.Connected && !co.TokenExpiresAt.IsZero() {
		card.Facts = append(card.Facts, fact{Title: "Access ends", When: w.moment(co.TokenExpiresAt)})
	}
	if card.Connected && !co.HardExpiresAt.IsZero() {
		card.Facts = append(card.Facts, fact{Title: "Consent again by", When: w.moment(co.HardExpiresAt)})
	}
	if calls.Month != "" {
		use := calls.of(co.Realm)
		card.Facts = append(card.Facts, fact{Title: "Calls to QuickBooks", Text: fmt.Sprintf(
			"%s today, %s in %s, which comes to about %s", count(use.Today), count(use.ThisMonth), calls.Month,
			count(use.Forecast))})
	}
	if !card.Connected {
		card.Waiting = k.describeWaiting(co.Realm)
	}
	return card
}

func (w *Web) accountCard(a export.GoogleAccount, k known) accountCard {
	card := accountCard{
		card: newCard(connectionState(a.Status), a.Status, a.LastError, k.exportersWith(a.ID),
			accountsPath+"/"+string(a.ID)),
		Email: a.Email, ID: a.ID, Kind: "Google account",
		Service: a.Kind == export.ServiceAccount, Existing: a.OpensExisting(),
	}
	if card.Service {
		card.Kind = "Service account"
		card.Facts = append(card.Facts, fact{Title: "May write", Text: "Spreadsheets that are shared with it"})
	} else {
		may := "Spreadsheets made here"
		if card.Existing {
			may = "All spreadsheets that this person may edit"
		}
		card.Facts = append(card.Facts, fact{Title: "May write", Text: may},
			fact{Title: "Connected", When: w.moment(a.ConnectedAt)}, fact{Title: "By", Text: a.ConnectedBy})
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
