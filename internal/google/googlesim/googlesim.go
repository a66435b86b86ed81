// Package googlesim is a strict simulator of the parts of Google that an exporter meets: the OAuth
// consent page and token endpoint, the Sheets API v4 and the used part of the Drive API v3, as one
// http.Handler with a page on which people can look at the spreadsheets. It refuses what Google
// refuses, with Google's words, keeps quotas, applies batches wholly or not at all, and rewrites
// formulas when rows, columns and tabs change.
//
// People testing with a running process turn its knobs with POST requests of JSON: /sandbox/fail
// (a Fault), /sandbox/latency {"milliseconds","microseconds_a_cell"}, /sandbox/quota (a Quota),
// /sandbox/storm {"requests"}, /sandbox/expire {"email"}, /sandbox/revoke {"email"},
// /sandbox/share {"spreadsheet","email","role"},
// /sandbox/pick {"spreadsheet","email"}, /sandbox/spreadsheets {"owner","title","tabs"},
// /sandbox/behaviour (a Behaviour), /sandbox/storage {"email","full"}, /sandbox/late {} (do now what
// faults postponed), /sandbox/reset {} (faults, quota, latency, behaviour); GET /sandbox/requests lists
// what was asked, and GET /sandbox/totals counts it (Totals).
//
// Charts, pivot tables, banding, filters and Tables are kept as data whose ranges follow the cells.
// Unlike Google it knows no comments, slicers or groups, draws no chart and computes no pivot table,
// renders only en_US, and computes a small set of functions. What public sources leave open about
// Google is a choice of Behaviour.
package googlesim

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"html/template"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options configures a Server. The zero value is usable: a consent page is shown, one account
// exists, and the limits are Google's.
type Options struct {
	// Now is the clock of tokens, quotas and file times; nil is time.Now.
	Now func() time.Time
	// AutoConsent approves at once with the account of login_hint, or the first one, and all scopes.
	AutoConsent bool
	// ClientID and ClientSecret are the one OAuth client; empty values get defaults, see Endpoints.
	ClientID, ClientSecret string
	// BaseURL is the server's own address without a trailing slash; empty takes it from each request.
	BaseURL string
	// Emails are the accounts to choose from on the consent page; empty is owner@example.com.
	Emails []string
	// CellLimit is the most cells a spreadsheet may have; 0 is Google's ten million.
	CellLimit int64
	// Behaviour settles what public sources leave open; see SetBehaviour.
	Behaviour Behaviour
}

// Server is the simulator. All methods may be called at any time from any goroutine.
type Server struct {
	now           func() time.Time
	autoConsent   atomic.Bool
	client        clientCredentials
	emails        []string
	cellLimit     int64
	page, consent *template.Template

	mu       sync.Mutex
	baseURL  string
	docs     map[string]*document
	folders  map[string]*folder
	order    []string // document ids, oldest first
	grants   map[grantKey]*grant
	codes    map[string]*authCode
	access   map[string]*accessToken
	refresh  map[string]*refreshToken
	testing  bool
	key      *rsa.PrivateKey
	faults   []*Fault
	latency  time.Duration
	perCell  time.Duration // latency of each cell in a request
	totals   Totals
	quota    Quota
	storm    int
	used     map[bucket]int
	requests []Request
	how      Behaviour
	full     map[string]bool // accounts whose storage is full
	late     []*lateRequest
	begun    int // API requests so far
	watchers []func(Applied)
}

// New returns a ready Server.
func New(o Options) *Server {
	s := &Server{
		now: o.Now, client: clientCredentials{o.ClientID, o.ClientSecret},
		emails: o.Emails, cellLimit: o.CellLimit, baseURL: strings.TrimSuffix(o.BaseURL, "/"),
		docs: map[string]*document{}, folders: map[string]*folder{}, grants: map[grantKey]*grant{},
		codes:  map[string]*authCode{},
		access: map[string]*accessToken{}, refresh: map[string]*refreshToken{}, quota: googleQuota(),
		used: map[bucket]int{}, how: o.Behaviour, full: map[string]bool{},
		page: pageTemplates(), consent: consentTemplates(),
	}
	s.autoConsent.Store(o.AutoConsent)
	if s.now == nil {
		s.now = time.Now
	}
	if s.client.id == "" {
		s.client.id = "000000000000-sandbox.apps.googleusercontent.com"
	}
	if s.client.secret == "" {
		s.client.secret = "sandbox-client-secret"
	}
	if len(s.emails) == 0 {
		s.emails = []string{"owner@example.com"}
	}
	if s.cellLimit == 0 {
		s.cellLimit = 10_000_000
	}
	return s
}

var _ http.Handler = (*Server)(nil)

// Endpoints are the addresses and the OAuth client with which a program uses the simulator.
type Endpoints struct {
	AuthURL, TokenURL, RevokeURL, UserinfoURL string
	SheetsURL, DriveURL                       string // as option.WithEndpoint takes them
	ClientID, ClientSecret                    string
}

// Endpoints returns the addresses below the base URL set by Options or SetBaseURL.
func (s *Server) Endpoints() Endpoints {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.baseURL
	return Endpoints{
		AuthURL: b + "/o/oauth2/v2/auth", TokenURL: b + "/token", RevokeURL: b + "/revoke",
		UserinfoURL: b + "/userinfo",
		SheetsURL:   b + "/", DriveURL: b + "/drive/v3/", ClientID: s.client.id, ClientSecret: s.client.secret,
	}
}

// SetBaseURL says at which address the server is reached, once that is known.
func (s *Server) SetBaseURL(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.baseURL = strings.TrimSuffix(address, "/")
}

// SetAutoConsent switches Options.AutoConsent.
func (s *Server) SetAutoConsent(on bool) { s.autoConsent.Store(on) }

// SetTestingMode makes refresh tokens issued from now on live seven days, as those of an OAuth app
// whose publishing status is "Testing" do.
func (s *Server) SetTestingMode(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.testing = on
}

// ServeHTTP answers pages, knobs, OAuth and both APIs.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	switch {
	case strings.HasPrefix(path, "/sandbox/"):
		s.serveKnob(w, r)
	case path == "/" || strings.HasPrefix(path, "/spreadsheets"):
		s.servePage(w, r)
	default:
		s.serveRecorded(w, r)
	}
}

// dispatch answers one OAuth or API request whose kind is known.
func (s *Server) dispatch(w http.ResponseWriter, r *http.Request, c *call) {
	switch c.kind {
	case "authorize":
		s.serveAuthorize(w, r)
	case "token":
		s.serveToken(w, r)
	case "revoke":
		s.serveRevoke(w, r)
	case "userinfo":
		s.serveUserinfo(w, r)
	default:
		s.serveAPI(w, r, c)
	}
}

// base is the server's address as the caller of a request reaches it.
func (s *Server) base(r *http.Request) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.baseURL != "" || r == nil {
		return s.baseURL
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// secret returns n random bytes as text for tokens and ids.
func secret(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// maxBody bounds what is read of one request.
const maxBody = 256 << 20

func readBody(r *http.Request) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r.Body, maxBody))
}
