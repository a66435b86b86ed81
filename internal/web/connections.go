package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/budget"
	"ledgersheet/internal/control"
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
	Text               string // that was searched for
	Searchable         bool   // there are so many companies that a search helps
	States             []choice
	Filtered           bool
	Range              string // "1 to 24 of 200 companies"
	Pages              pager
	Calendar           endsView
	MayConnect         bool   // the person may make links
	LostQuickBooks     string // when a consent was begun that has not come back; empty if none
	LostGoogle         string
}

// card is what the page shows for every connection.
type card struct {
	Pill      pill
	Connected bool
	Facts     []fact
	Error     *problemView
	Why       string // it ends soon, or is not connected
	Exporters []link // the first ones by name
	Count     int    // of all of them
	More      string // address of the list of all, if there are more
	Path      string
}

// companyCard is one connected company.
type companyCard struct {
	card
	Name, Legal string
	Realm       export.RealmID
	Environment string
	Waiting     string
	Client      string
	Ends        moment // of the connection
	EndsNote    string
	Used, Limit int  // calls in the last minute
	Copies      bool // this installation keeps local copies
	Copied      bool // and one of this company
}

// accountCard is one Google account.
type accountCard struct {
	card
	Email    string
	ID       export.ID
	Kind     string
	Service  bool
	Existing bool   // may open spreadsheets that the program did not create
	Behind   string // why its schedules cannot keep up; empty if they can
}

type link struct{ Title, Href string }

func companyPath(realm export.RealmID, action string) string {
	return companiesPath + "/" + string(realm) + "/" + action
}

func accountPath(id export.ID, action string) string {
	return accountsPath + "/" + string(id) + "/" + action
}

func (w *Web) connectionsPage(c *gin.Context) error {
	ctx, d, q := c.Request.Context(), w.desk(c), c.Request.URL.Query()
	k, err := know(ctx, d, needCompanies|needAccounts|needCensus)
	if err != nil {
		return err
	}
	view := connectionsView{
		QuickBooksRedirect: w.o.Settings.BaseURL + "/oauth/quickbooks/callback",
		GoogleRedirect:     w.o.Settings.BaseURL + "/oauth/google/callback",
		Environment:        w.o.Settings.Environment,
	}
	view.QuickBooks, view.Google = d.Ready()
	view.Text, view.Searchable = q.Get("q"), len(k.companies) > companiesOnPage
	filter := q.Get("state")
	all, by := k.findCompanies(view.Text, filter)
	companies, number, pages := pageOf(all, companiesOnPage, q.Get("page"))
	view.Pages = newNumberPager("/connections", q, number, pages)
	view.States, view.Filtered = companyStates(by, filter), view.Text != "" || filter != ""
	view.Range = rangeWords(number, companiesOnPage, len(companies), len(all), "company", "companies")
	if view.Calendar, err = w.endsView(c); err != nil {
		return err
	}
	view.MayConnect = d.MayConnect()
	if err := view.findLost(ctx, d); err != nil {
		return err
	}
	calls, err := w.callsView(ctx, d)
	if err != nil {
		return err
	}
	spent, err := d.Budget(ctx)
	if err != nil {
		return err
	}
	for _, co := range companies {
		card := w.companyCard(co, k, calls)
		card.Count = k.census.Companies[co.Realm]
		view.Companies = append(view.Companies, card)
	}
	for _, a := range k.accounts {
		card := w.accountCard(a, k)
		card.addQuota(spent.Google)
		users, query := control.ExporterQuery{Account: a.ID}, "account="+url.QueryEscape(string(a.ID))
		if err := card.link(ctx, d, users, k.census.Accounts[a.ID], query); err != nil {
			return err
		}
		view.Accounts = append(view.Accounts, card)
	}
	return w.page(c, http.StatusOK, "connections", frame{Title: "Connections", Section: "connections"}, view)
}

// findLost tells of consents that have not come back.
func (v *connectionsView) findLost(ctx context.Context, d *control.Desk) error {
	quickBooks, google, err := d.LostConsents(ctx)
	if !quickBooks.IsZero() {
		v.LostQuickBooks = quickBooks.UTC().Format("15:04 MST")
	}
	if !google.IsZero() {
		v.LostGoogle = google.UTC().Format("15:04 MST")
	}
	return err
}

func newCard(state state, s export.ConnectionStatus, lastError *problem.Problem, path string) card {
	return card{
		Pill: pillOf(state), Connected: s == export.Connected, Error: problemViewOf(lastError), Path: path,
	}
}

// tell says why the connection ends soon or is not there, unless its error says so already.
func (c *card) tell(life control.Life) {
	if c.Error == nil {
		c.Why = life.Reason
	}
}

// link shows the first exporters that use the connection, and the way to all. count is how many there are, and query
// what selects them in the list of exporters.
func (c *card) link(ctx context.Context, d *control.Desk, q control.ExporterQuery, count int, query string) error {
	c.Count = count
	if count == 0 {
		return nil
	}
	q.Limit = mostLinks
	names, err := d.NameExporters(ctx, q)
	for _, n := range names {
		c.Exporters = append(c.Exporters, link{n.Name, "/exporters/" + string(n.ID)})
	}
	if count > len(names) {
		c.More = "/exporters?" + query
	}
	return err
}

func (w *Web) companyCard(co export.Company, k known, calls callsView) companyCard {
	card := companyCard{
		card: newCard(companyState(co, k.desk.CompanyLife(co)), co.Status, co.LastError,
			companiesPath+"/"+string(co.Realm)),
		Name: co.Name, Realm: co.Realm, Environment: co.Environment, Client: co.Client,
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
	life := k.desk.CompanyLife(co)
	card.tell(life)
	if card.Connected && !co.TokenExpiresAt.IsZero() && !life.Fixed {
		card.Ends, card.EndsNote = w.moment(co.TokenExpiresAt), "unless renewed"
		card.Facts = append(card.Facts, fact{
			Title: "Ends unless renewed", When: w.moment(co.TokenExpiresAt), Text: "Renewed each day by itself",
		})
	}
	ends := co.HardExpiresAt
	if card.Connected && !ends.IsZero() && (card.EndsNote == "" || ends.Before(co.TokenExpiresAt)) {
		card.Ends, card.EndsNote = w.moment(co.HardExpiresAt), "for good"
	}
	if card.Connected && !co.HardExpiresAt.IsZero() {
		card.Facts = append(card.Facts, fact{
			Title: "Ends for good", When: w.moment(co.HardExpiresAt), Text: "Reconnect before that day",
		})
	}
	if calls.Month != "" {
		use := calls.of(co.Realm)
		card.Facts = append(card.Facts, fact{Title: "Calls to QuickBooks", Text: fmt.Sprintf(
			"%s today, %s in %s, which comes to about %s", count(use.Today), count(use.ThisMonth), calls.Month,
			count(use.Forecast))})
	}
	copied := k.desk.CompanyCopy(co)
	card.Copies, card.Copied = copied.Offered, copied.Kept
	if copied.Offered {
		card.Facts = append(card.Facts, fact{Title: "Local copy", Text: copyWords(copied)})
	}
	if !card.Connected {
		card.Waiting = k.describeWaiting(co.Realm, k.census.Companies[co.Realm])
	}
	return card
}

// copyWords describes the local copy of a company's lists.
func copyWords(c control.Copy) string {
	switch {
	case !c.Kept:
		return "None: everything is read from QuickBooks each time"
	case c.Bytes == 0:
		return "Made with the next run"
	}
	text := fmt.Sprintf("%.1f MB, sealed", float64(c.Bytes)/1e6)
	if c.Drifted > 0 {
		text += fmt.Sprintf("; %s %s found to differ and read anew", count(c.Drifted), plural(c.Drifted, "record was",
			"records were"))
	}
	return text
}

// keepCopy says whether a local copy of a company's lists is kept.
func (w *Web) keepCopy(c *gin.Context) error {
	keep := c.PostForm("keep") == "true"
	co, err := w.desk(c).KeepCompanyCopy(c.Request.Context(), export.RealmID(c.Param("id")), keep)
	if err != nil {
		return err
	}
	if keep {
		w.notify(c, toneGood, "A local copy of "+isolate(co.Name)+" is kept from the next run on.", "")
	} else {
		w.notify(c, toneGood, "The local copy of "+isolate(co.Name)+" was destroyed.",
			"Each run reads everything from QuickBooks.")
	}
	return seeOther(c, "/connections")
}

func (w *Web) accountCard(a export.GoogleAccount, k known) accountCard {
	card := accountCard{
		card: newCard(connectionState(k.desk.AccountLife(a)), a.Status, a.LastError,
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
		if card.Connected && !a.ExpiresAt.IsZero() {
			card.Facts = append(card.Facts, fact{Title: "Ends for good", When: w.moment(a.ExpiresAt)})
		}
	}
	card.tell(k.desk.AccountLife(a))
	return card
}

// addQuota tells what the account takes of Google's quotas.
func (card *accountCard) addQuota(all budget.GoogleReport) {
	u := all.Of(card.ID)
	if u.Account == "" || all.Account == (budget.Quota{}) {
		return
	}
	of := func(used, limit int, what string) string {
		if limit == 0 {
			return count(used) + " " + what
		}
		return count(used) + " of " + count(limit) + " " + what
	}
	card.Facts = append(card.Facts, fact{Title: "Requests in the last minute", Text: of(u.Used.Reads,
		all.Account.Reads, "reads") + ", " + of(u.Used.Writes, all.Account.Writes, "writes")})
	if b := u.Burst; !b.At.IsZero() {
		card.Facts = append(card.Facts, fact{Title: "Due together", Text: fmt.Sprintf(
			"At most %s, at %s UTC, which take about %s", plural(b.Runs, "run", "runs"), b.At.Format("15:04 on 2 Jan"),
			drainWords(b.Drain))})
	}
	if least := all.Least(card.ID); least > 0 {
		card.Behind = behindWords(least)
	}
}

// drainWords says how long what is due together takes.
func drainWords(d time.Duration) string {
	if d <= time.Minute {
		return "a minute at most"
	}
	return duration(d.Round(time.Minute))
}

// behindWords says that an account's schedules cannot keep up.
func behindWords(least time.Duration) string {
	return fmt.Sprintf("Its schedules ask for more than Google's quotas let through, so they could never keep up. "+
		"Scheduled runs are slowed down to one in %s for each exporter.", duration(least))
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
