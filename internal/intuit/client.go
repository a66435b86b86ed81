package intuit

import (
	"log/slog"
	"net/http"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/limit"
)

// Options is what a Client needs.
type Options struct {
	// APIURL is the root of the accounting API before /v3/company/…, such as APIRoot(Production).
	APIURL string
	// HTTP returns a client that adds the company's token to requests and, on a 401, has it refreshed once and resends.
	// Errors of its transport that are problems are handed on as they are.
	HTTP func(export.RealmID) *http.Client
	// Limiter paces the requests of each company, over everything that shares it; its keys are realm ids. Nil makes
	// one with DefaultLimits.
	Limiter limit.Lanes
	// Logger is told of each failed request, by status and codes alone. Nil discards.
	Logger *slog.Logger
	// MaxTries is how often a request is sent at most; 0 means 5.
	MaxTries int
	// UserAgent names the program to Intuit; empty means "ledgersheet".
	UserAgent string
}

// DefaultLimits stay below what Intuit allows a company: 500 requests a minute, 10 a second, 10 at a time.
// https://developer.intuit.com/app/developer/qbo/docs/learn/limits-and-throttles
func DefaultLimits() limit.Limits { return limit.Limits{PerMinute: 450, PerSecond: 9, Concurrent: 8} }

// reportLimits hold for a company's reports beside its general limits: Intuit once allowed 200 a minute, and two at a
// time make both slow.
func reportLimits() limit.Limits { return limit.Limits{PerMinute: 180, Concurrent: 1} }

const defaultTries = 5

// Client reads from QuickBooks. It is safe for concurrent use and starts nothing by itself; make one with New.
type Client struct {
	root     string
	http     func(export.RealmID) *http.Client
	limiter  limit.Lanes
	reports  limit.Lanes
	log      *slog.Logger
	maxTries int
	agent    string
}

// New returns a client. It makes no request.
func New(o Options) *Client {
	c := &Client{
		root: strings.TrimRight(o.APIURL, "/"), http: o.HTTP, limiter: o.Limiter, reports: limit.New(reportLimits()),
		log: o.Logger, maxTries: o.MaxTries, agent: o.UserAgent,
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

// guarded is the company's HTTP client behind one more guard, and without redirects: the API has none, and one that
// led elsewhere would take the token along.
func (c *Client) guarded(realm export.RealmID) *http.Client {
	h := *c.http(realm)
	h.Transport = ReadOnly(c.root, h.Transport)
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &h
}
