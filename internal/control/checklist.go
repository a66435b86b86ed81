package control

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
)

// Installation is what is known of this installation apart from what the store holds.
type Installation struct {
	Simulated      bool          // Intuit's and Google's services are simulators
	ServiceAccount string        // e-mail of Google's service account; empty if there is none
	Mirror         bool          // local copies of companies' lists are kept
	Webhooks       bool          // Intuit's are received
	Retention      time.Duration // of the history of runs
	Backups        int           // daily ones that are kept
	DataDir        string
	Version        string
}

// CheckState says how far a point of the checklist is.
type CheckState string

// The states of points.
const (
	CheckDone CheckState = "done" // the program has seen it, or a person has ticked it
	CheckTodo CheckState = "todo" // the program has seen that it is missing
	CheckOpen CheckState = "open" // the program cannot see it, and nobody has ticked it
)

// Check is one point of the checklist before the first real company.
type Check struct {
	ID       string
	Provider string // "Intuit" or "Google"
	Title    string
	State    CheckState
	Says     string // how it stands
	Do       string // what to do, and why
	Values   []Value
	Ticks    bool // a person says whether it is done
	Optional bool // one can do without
	Known    bool // the settings alone show it
	Link     string
}

// Value is something to copy.
type Value struct{ Name, Text string }

const goingLiveSetting = "going_live"

// goingLive is what people have said about the checklist.
type goingLive struct {
	Ticked     map[string]time.Time `json:"ticked,omitempty"`
	AssessedAt time.Time            `json:"assessed_at,omitzero"` // when Intuit's questionnaire was last answered
}

// Checklist returns what stands between this installation and its first real company, in the order in which one does
// it. What Intuit asks for:
// https://developer.intuit.com/app/developer/qbo/docs/go-live/publish-app/platform-requirements and
// https://developer.intuit.com/app/developer/qbo/docs/list-on-the-app-store/app-settings
func (d *Desk) Checklist(ctx context.Context) ([]Check, error) {
	if err := d.allow(access.Connect, access.Installation(), "installation"); err != nil {
		return nil, err
	}
	live, err := readSetting[goingLive](ctx, d.core, goingLiveSetting)
	if err != nil {
		return nil, err
	}
	l := &checklist{desk: d, live: live, now: d.o.Now(), base: d.o.BaseURL, real: d.o.Environment == "production"}
	if l.companies, err = d.o.Store.Companies(ctx); err != nil {
		return nil, fmt.Errorf("reading the companies: %w", err)
	}
	if l.accounts, err = d.o.Store.Accounts(ctx); err != nil {
		return nil, fmt.Errorf("reading the Google accounts: %w", err)
	}
	if l.legal, err = d.Legal(ctx); err != nil {
		return nil, err
	}
	if l.books, err = d.consentRecord(ctx, d.companies.action); err != nil {
		return nil, err
	}
	if l.sheets, err = d.consentRecord(ctx, d.accounts.action); err != nil {
		return nil, err
	}
	l.addIntuit()
	l.addGoogle()
	return l.all, nil
}

// checklist collects the points.
type checklist struct {
	desk          *Desk
	live          goingLive
	now           time.Time
	base          string
	real          bool // for real companies
	companies     []export.Company
	accounts      []export.GoogleAccount
	legal         Legal
	books, sheets consentRecord
	all           []Check
}

// add adds a point. Where the program cannot see how it stands, what people have ticked counts.
func (l *checklist) add(c Check) {
	if at, ticked := l.live.Ticked[c.ID]; c.Ticks && c.State == "" {
		c.State = CheckOpen
		if ticked {
			c.State, c.Says = CheckDone, "Ticked on "+day(at)+"."
		}
	}
	l.all = append(l.all, c)
}

func (l *checklist) addIntuit() {
	kind := "development"
	if l.real {
		kind = "production"
	}
	l.add(l.checkAddress())
	l.add(Check{
		ID: "intuit_app", Provider: "Intuit", Title: "An app at developer.intuit.com", Ticks: true,
		Do: "Sign in at developer.intuit.com, make an app for QuickBooks Online and Payments, and tick the scope " +
			"com.intuit.quickbooks.accounting only. The app is yours; nobody else can use its keys.",
		Values: []Value{{"App name", "ledgersheet for " + l.nameOperator()}, {"Scope", accountingScope}},
	})
	l.add(l.checkRedirect("intuit_redirect", "Intuit", "Keys & credentials, "+kind+", Redirect URIs", l.books,
		"/oauth/quickbooks/callback"))
	l.add(l.checkKeys(kind))
	if l.real {
		l.addReal()
	}
	l.add(l.checkFirstCompany())
	if l.real {
		l.add(l.checkAssessment())
	}
}

// addReal adds what Intuit asks only of apps that read real companies.
func (l *checklist) addReal() {
	host := l.base
	if u, err := url.Parse(l.base); err == nil && u.Host != "" {
		host = u.Hostname()
	}
	l.add(Check{
		ID: "intuit_urls", Provider: "Intuit", Title: "The app's addresses", Ticks: true,
		Do: "Enter them in the app's production settings. The launch, disconnect and reconnect addresses are pages " +
			"of this installation.",
		Values: []Value{
			{"Host domain", host}, {"Launch URL", l.base + "/"},
			{"Disconnect URL", l.base + "/quickbooks/disconnected"},
			{"Connect/Reconnect URL", l.base + "/quickbooks/reconnect"},
		},
	})
	terms := Check{
		ID: "intuit_terms", Provider: "Intuit", Title: "Terms and privacy policy", Ticks: true,
		Do:   "This installation serves both pages. Read them, say who you are, and change what does not fit.",
		Link: "/connections/texts",
		Values: []Value{
			{"End-user license agreement URL", l.base + "/terms"}, {"Privacy policy URL", l.base + "/privacy"},
		},
	}
	if l.legal.Operator == "" || l.legal.Contact == "" {
		terms.State, terms.Ticks = CheckTodo, false
		terms.Says = "They do not say yet who runs this installation, and how to reach them."
	}
	l.add(terms)
	l.add(Check{
		ID: "intuit_categories", Provider: "Intuit", Title: "Categories, industries and hosting", Ticks: true,
		Do: "Choose these in the app's production settings. The country and the addresses are those of the machine, " +
			"which ledgersheet cannot know: your hosting company tells them.",
		Values: []Value{{"Category", "Accounting"}, {"Regulated industries", "None of the above"}},
	})
	l.add(Check{
		ID: "intuit_questionnaire", Provider: "Intuit", Title: "Intuit's questionnaire", Ticks: true,
		Do: "Intuit gives production keys out after a questionnaire, also to an app that only you use. Print the " +
			"answers that this installation can give, and copy them.",
		Link: "/connections/questionnaire",
	})
}

// checkAddress says whether Intuit can send browsers back here.
func (l *checklist) checkAddress() Check {
	c := Check{ID: "address", Provider: "Intuit", Title: "An address that Intuit " +
		"accepts", Known: true, State: CheckDone}
	c.Values = []Value{{"Address of this installation (LEDGERSHEET_BASE_URL)", l.base}}
	if l.desk.o.Installation.Simulated || TakenByIntuit(l.base, l.real) {
		c.Says = "Intuit accepts it."
		return c
	}
	c.State = CheckTodo
	if l.real {
		c.Says = "Intuit does not accept it for real companies: it must be https with a host name."
		c.Do = "Put a proxy with a certificate in front, such as Caddy, and set LEDGERSHEET_BASE_URL to its address. " +
			"To try ledgersheet without a public address, set LEDGERSHEET_INTUIT_ENVIRONMENT to sandbox and use the " +
			"development keys: they reach Intuit's sandbox companies."
		return c
	}
	c.Says = "Intuit does not accept it: without https it must be localhost, by name."
	c.Do = "Set LEDGERSHEET_BASE_URL to " + localAddress(l.base) + ". If your browser is on another machine, open " +
		"the dashboard as before: after the consent it lands on a page that cannot be shown, and you paste its address."
	return c
}

// localAddress returns the address with localhost as its host.
func localAddress(base string) string {
	u, err := url.Parse(base)
	if err != nil || u.Port() == "" {
		return "http://localhost:8080"
	}
	return "http://localhost:" + u.Port()
}

// TakenByIntuit reports whether Intuit takes redirect URIs at an address: https with a host name, or with development
// keys also http on localhost.
// https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/set-redirect-uri
func TakenByIntuit(base string, real bool) bool {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || net.ParseIP(u.Hostname()) != nil {
		return false
	}
	if u.Hostname() == "localhost" {
		return !real
	}
	return u.Scheme == "https"
}

// checkRedirect says whether a provider knows the redirect URI.
func (l *checklist) checkRedirect(id, provider, where string, r consentRecord, path string) Check {
	c := Check{
		ID: id, Provider: provider, Title: "The redirect URI",
		Do:     "Enter it under " + where + ", letter by letter. It changes with LEDGERSHEET_BASE_URL.",
		Values: []Value{{"Redirect URI", l.base + path}},
	}
	switch {
	case !r.BackAt.IsZero() && !r.BackAt.Before(r.BegunAt):
		c.State, c.Says = CheckDone, "An answer came back to it on "+day(r.BackAt)+"."
	case r.isLost(l.now):
		c.State = CheckTodo
		c.Says = "The consent that was begun at " + r.BegunAt.UTC().Format("15:04 MST") + " has not come back. If " +
			provider + " showed an error about redirect_uri, it does not know this one."
		c.Link = "/connections/paste"
	default:
		c.State, c.Says = CheckOpen, "No answer has come back to it yet."
	}
	return c
}

func (l *checklist) checkKeys(kind string) Check {
	c := Check{
		ID: "intuit_keys", Provider: "Intuit", Title: "The app's keys", Known: true, State: CheckDone,
		Says: "They are set, and taken for " + kind + " keys.",
		Do: "Set LEDGERSHEET_INTUIT_CLIENT_ID and LEDGERSHEET_INTUIT_CLIENT_SECRET to the " + kind + " keys, " +
			"LEDGERSHEET_INTUIT_ENVIRONMENT to " + l.desk.o.Environment + ", and start the service again.",
	}
	if !l.desk.o.QuickBooksReady {
		c.State, c.Says = CheckTodo, "They are not set."
	}
	return c
}

func (l *checklist) checkFirstCompany() Check {
	what := "a sandbox company"
	if l.real {
		what = "a company"
	}
	c := Check{
		ID: "first_company", Provider: "Intuit", Title: "Connect " + what, State: CheckOpen, Link: "/connections",
		Says: "None was connected yet.",
		Do:   "An administrator of the company gives the permission: you, or somebody to whom you send a link.",
	}
	if n := len(l.companies); n > 0 {
		c.State, c.Says = CheckDone, fmt.Sprintf("%d connected so far.", n)
	}
	return c
}

// nextAssessment returns when Intuit wants its questions answered anew: each year.
// https://developer.intuit.com/app/developer/qbo/docs/go-live/publish-app/platform-requirements
func nextAssessment(last time.Time) time.Time {
	if last.IsZero() {
		return last
	}
	return last.AddDate(1, 0, 0)
}

func (l *checklist) checkAssessment() Check {
	c := Check{
		ID: "intuit_assessment", Provider: "Intuit", Title: "The yearly assessment", State: CheckOpen,
		Says: "Nobody has said when the questionnaire was last answered.", Link: "/connections/questionnaire",
		Do: "Intuit wants the assessment repeated each year, and may stop the keys of apps that let it pass. Enter " +
			"the day on which it was last answered: you are reminded 30, 7 and 1 days before the next one.",
	}
	if last := l.live.AssessedAt; !last.IsZero() {
		next := nextAssessment(last)
		c.State, c.Says = CheckDone, "Answered on "+day(last)+"; the next one is due on "+day(next)+"."
		if stageOf(next, l.now) > 0 {
			c.State = CheckTodo
		}
	}
	return c
}

func (l *checklist) nameOperator() string {
	if l.legal.Operator != "" {
		return l.legal.Operator
	}
	return "our own books"
}
