package intuit

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/problem"
)

// Options is what a Client needs.
type Options struct {
	// APIURL is the root of the accounting API before /v3/company/…, such as APIRoot(Production).
	APIURL string
	// HTTP returns a client that adds the company's token to requests and, on a 401, refreshes it once and resends. If
	// its transport returns a problem, that problem is returned unchanged.
	HTTP func(export.RealmID) *http.Client
	// Limiter paces each company's requests across everything that shares it. Its keys are realm ids. Nil means a new
	// one with DefaultLimits.
	Limiter limit.Lanes
	// Logger gets each failed request's status and codes, nothing else. Nil discards.
	Logger *slog.Logger
	// Told, unless nil, hears what QuickBooks says about a company's connection as a whole: a problem when it refuses
	// all that is asked of the company, with CompanyReconnectRequired if only a new consent can help; nil at the first
	// good answer, and at the first one after a failure. asked is when the question was put, of several in a row the
	// first: the answer concerns the consent of that moment. Each refused request calls it, also several at once.
	Told func(ctx context.Context, realm export.RealmID, asked time.Time, why *problem.Problem)
	// MaxTries is the largest number of tries per request; 0 means 5.
	MaxTries int
	// UserAgent names the program to Intuit; empty means "ledgersheet".
	UserAgent string
}

// DefaultLimits returns limits a little below what Intuit allows per company: 500 requests a minute, 10 a second, 10 at
// a time. https://developer.intuit.com/app/developer/qbo/docs/learn/limits-and-throttles
func DefaultLimits() limit.Limits { return EvenLimits(450, 9, 8) }

// slack is how much the time that a request takes to Intuit is assumed to vary.
const slack = 100 * time.Millisecond

// EvenLimits returns limits with the given figures, 0 for none, kept where Intuit counts: starts are spaced evenly, and
// requests may take different times on their way.
func EvenLimits(perMinute, perSecond, concurrent int) limit.Limits {
	return limit.Limits{
		PerMinute: perMinute, PerSecond: perSecond, Concurrent: concurrent, Even: true, Slack: slack,
	}
}

// reportLimits returns the limits for a company's reports, on top of its general limits. Intuit once allowed 200 a
// minute, and two at a time slow each other down.
func reportLimits() limit.Limits { return limit.Limits{PerMinute: 180, Concurrent: 1} }

const defaultTries = 5

// Client reads from QuickBooks. It is safe for concurrent use and starts no goroutines of its own. Create one with New.
type Client struct {
	root      string
	http      func(export.RealmID) *http.Client
	limiter   limit.Lanes
	reports   limit.Lanes
	standings *standings
	log       *slog.Logger
	maxTries  int
	agent     string
	habits    *habits
	record    func(target string, status int, body []byte)
}

// New returns a client. It makes no request.
func New(o Options) *Client {
	c := &Client{
		root: strings.TrimRight(o.APIURL, "/"), http: o.HTTP, limiter: o.Limiter, reports: limit.New(reportLimits()),
		standings: newStandings(o.Told), log: o.Logger, maxTries: o.MaxTries, agent: o.UserAgent, habits: &habits{},
	}
	if c.limiter == nil {
		c.limiter = limit.New(DefaultLimits())
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.maxTries < 1 {
		c.maxTries = defaultTries
	}
	if c.agent == "" {
		c.agent = "ledgersheet"
	}
	return c
}

// Recording returns a client that also passes each answer that arrived whole to record: the request's path with its
// query, the status and the body, which it must not change. record may be called concurrently. Otherwise it is the same
// client: what one learns about a company, the other knows.
func (c *Client) Recording(record func(target string, status int, body []byte)) *Client {
	recording := *c
	recording.record = record
	return &recording
}

// guard returns the company's HTTP client behind one more guard, and without redirects: the API has none, and following
// one elsewhere would take the token along.
func (c *Client) guard(realm export.RealmID) *http.Client {
	h := *c.http(realm)
	h.Transport = ReadOnly(c.root, h.Transport)
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &h
}
