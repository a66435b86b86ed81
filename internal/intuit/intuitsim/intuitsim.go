// Package intuitsim is a strict simulator of Intuit's OAuth service and of the QuickBooks Online Accounting API:
// one http.Handler, free of goroutines, for tests, for the demo and for people who integrate. Companies, their
// double-entry journals and every report are worked out from a seed, so the same seed on the same day gives the same
// books.
//
// The knobs of Server and Company are also served under /sandbox/ as JSON: GET requests, totals,
// companies and companies/{realm}/ids?entity=Name, POST reset,
// faults, latency, limits, settings, consent, webhook, and POST
// companies/{realm}/expire-access|revoke|change|void|delete|add|pay|rename|active|hide|put|quirks. Known differences
// from the real service: the last digits of a transaction's id tell its kind, the fault texts of the query parser
// shorten the list of expected tokens, and XML answers are a plain rendering of the JSON ones.
package intuitsim

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // companies stamp their records in their own zone, also on machines without a zone database
)

// Options says what a Server simulates. The zero value is useful: three companies of a few hundred customers each,
// real limits, a consent page that waits for a person.
type Options struct {
	// Seed selects the books; equal seeds on equal days give equal books.
	Seed int64
	// Customers, Vendors, Items, Invoices and Bills are numbers per company; zero takes the default.
	Customers, Vendors, Items, Invoices, Bills int
	// Companies is the number of companies; zero means three.
	Companies int
	// Nasty adds records that careless exporters corrupt: formulas as names, leading zeros, 17-digit ids, long notes.
	Nasty bool
	// Quirks are those of the companies, in their order, and from the beginning again if there are more companies.
	// Company.SetQuirks changes them.
	Quirks []Quirks
	// Now is the clock of tokens, limits, timestamps and report macros; nil means time.Now.
	Now func() time.Time
	// AutoConsent approves every authorization request at once, taking the next company each time.
	AutoConsent bool
	// ClientID and ClientSecret are the registered app's; empty takes DefaultClientID and DefaultClientSecret.
	ClientID, ClientSecret string
	// RedirectURIs are those that are registered, byte for byte; none registers the callback path on any host.
	RedirectURIs []string
	// BaseURL is the public root of the handler, without a trailing slash; SetBaseURL may give it later.
	BaseURL string
	// Limits are the request limits per company; zero fields take Intuit's, negative ones switch a limit off.
	Limits Limits
	// Objects and Reports describe objects and reports that the simulator does not have built in. Built-in ones are not
	// affected.
	Objects []ObjectSpec
	Reports []ReportSpec
}

// Credentials of the simulated app when Options names none.
const (
	DefaultClientID     = "ABSandboxClientIdentifier0123456789abcdefghijklmnop"
	DefaultClientSecret = "SandboxClientSecret0123456789abcdefghijkl"
)

// Server is the simulator. New makes it; all methods are safe for concurrent use.
type Server struct {
	opts      Options
	companies []*Company
	byRealm   map[string]*Company
	mux       *http.ServeMux

	mu       sync.Mutex
	baseURL  string
	auth     authState
	faults   []*Fault
	latency  time.Duration
	limits   Limits
	meters   map[string]*meter
	requests []Request
	served   map[string]int
	asked    int // requests about companies since the start
	reports  reportSettings
	webhook  Webhook
}

// CompanyInfo names one simulated company.
type CompanyInfo struct {
	// Realm is the id of the company, 15 to 19 digits, always text.
	Realm string `json:"realm"`
	// Name is the company's display name.
	Name string `json:"name"`
	// Country and Currency are codes such as US and USD.
	Country  string `json:"country"`
	Currency string `json:"currency"`
	// FiscalYearStart is the first month of its fiscal year.
	FiscalYearStart time.Month `json:"fiscal_year_start"`
}

// New returns a simulator with the given options. Books are made on first use of each company.
func New(opts Options) *Server {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.ClientID == "" {
		opts.ClientID = DefaultClientID
	}
	if opts.ClientSecret == "" {
		opts.ClientSecret = DefaultClientSecret
	}
	opts.Companies = orDefault(opts.Companies, 3)
	opts.Customers = orDefault(opts.Customers, 250)
	opts.Vendors = orDefault(opts.Vendors, 120)
	opts.Items = orDefault(opts.Items, 60)
	opts.Invoices = orDefault(opts.Invoices, 1200)
	opts.Bills = orDefault(opts.Bills, 500)
	s := &Server{
		opts:    opts,
		baseURL: strings.TrimRight(opts.BaseURL, "/"),
		byRealm: map[string]*Company{},
		meters:  map[string]*meter{},
		served:  map[string]int{},
		limits:  opts.Limits.withDefaults(),
		reports: reportSettings{cellLimit: defaultCellLimit},
		auth:    newAuthState(),
	}
	s.auth.autoConsent = opts.AutoConsent
	entities := withObjects(entitiesByPath, opts.Objects)
	for i := range opts.Companies {
		c := newCompany(i, &s.opts, entities)
		s.companies = append(s.companies, c)
		s.byRealm[c.info.Realm] = c
	}
	s.mux = s.routes()
	return s
}

// SetBaseURL gives the public root under which the handler is reached; the discovery document and the consent
// page link below it. An empty root makes them follow the Host header of each request.
func (s *Server) SetBaseURL(root string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.baseURL = strings.TrimRight(root, "/")
}

// ClientID returns the id of the registered app.
func (s *Server) ClientID() string { return s.opts.ClientID }

// ClientSecret returns the secret of the registered app.
func (s *Server) ClientSecret() string { return s.opts.ClientSecret }

// Companies lists the simulated companies in the order in which AutoConsent grants them.
func (s *Server) Companies() []CompanyInfo {
	out := make([]CompanyInfo, len(s.companies))
	for i, c := range s.companies {
		c.mu.Lock()
		out[i] = c.info
		c.mu.Unlock()
	}
	return out
}

// Company returns the company with the given realm id, or nil if there is none.
func (s *Server) Company(realm string) *Company {
	c := s.byRealm[realm]
	if c == nil {
		return nil
	}
	c.ready()
	return c
}

// ServeHTTP answers one request: it is recorded, delayed, counted against the limits, answered, and the answer spoilt
// as the pending faults demand.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/sandbox/") {
		s.mux.ServeHTTP(w, r)
		return
	}
	call := s.begin(r)
	if !wait(r, call.latency) {
		s.finish(call, 0)
		panic(http.ErrAbortHandler)
	}
	a := s.answer(call, r)
	if !wait(r, a.delay) {
		s.finish(call, 0)
		panic(http.ErrAbortHandler)
	}
	a.header.Set("Intuit_tid", call.tid)
	a.header.Set("Intuit-Tid", call.tid) // sources differ in the spelling
	s.finish(call, a.status)
	s.deliver(w, r, call, a)
}

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	s.sandboxRoutes(mux)
	return mux
}

// answer runs the handler of the call's kind, unless a fault answers in its place.
func (s *Server) answer(call *call, r *http.Request) *answer {
	if call.throttled {
		return throttled().service(s.opts.Now(), time.UTC)
	}
	if call.fault != nil && !call.fault.spoilsOnly() {
		return call.fault.answer(s.opts.Now())
	}
	switch call.kind {
	case kindDiscovery:
		return s.discovery(r)
	case kindAuthorize:
		return s.authorize(r)
	case kindToken:
		return s.token(r)
	case kindRevoke:
		return s.revoke(r)
	case kindUserinfo:
		return s.userinfo(r)
	case kindQuery, kindRead, kindCDC, kindReport, kindAPI:
		return s.api(call, r)
	}
	return textAnswer(http.StatusNotFound, "text/plain; charset=utf-8", "not found\n")
}

func (s *Server) root(r *http.Request) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.baseURL != "" {
		return s.baseURL
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

func orDefault(n, fallback int) int {
	if n == 0 {
		return fallback
	}
	return max(n, 0)
}

// randomHex returns n random bytes as hexadecimal text.
func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}
