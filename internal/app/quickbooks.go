package app

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ledgersheet/internal/config"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/oauth"
	"ledgersheet/internal/problem"
)

// quickBooks is everything that talks to Intuit.
type quickBooks struct {
	provider *oauth.Provider
	sources  *oauth.Sources
	client   *intuit.Client
	limiter  limit.Lanes
	apiURL   string
	api      http.RoundTripper // counts, and lets only GET pass
	env      string
	log      *slog.Logger
}

// refreshTokenLife is what Intuit's refresh tokens live when its answer does not say.
// https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/faq
const refreshTokenLife = 100 * 24 * time.Hour

func newQuickBooks(set config.Intuit, store export.GrantStore, net http.RoundTripper, log *slog.Logger,
	ended func(context.Context, export.RealmID, *problem.Problem), refreshed func(context.Context, export.RealmID,
		export.Grant)) *quickBooks {
	q := &quickBooks{env: set.Environment, apiURL: set.APIURL, limiter: limit.New(intuit.DefaultLimits()), log: log}
	if q.apiURL == "" {
		q.apiURL = intuit.APIRoot(set.Environment)
	}
	document := set.DiscoveryURL
	if document == "" {
		document = intuit.DiscoveryURL(set.Environment)
	}
	// Below the tokens: what could change QuickBooks data is refused whatever asks for it.
	q.api = intuit.ReadOnly(q.apiURL, net)
	plain := &http.Client{Transport: net, Timeout: time.Minute}
	discovery := intuit.NewDiscovery(document, plain)
	q.provider = &oauth.Provider{
		Name: "quickbooks", Title: "QuickBooks", ClientID: set.ClientID, ClientSecret: set.ClientSecret.Reveal(),
		Endpoints: func(ctx context.Context) (oauth.Endpoints, error) {
			e, err := discovery.Endpoints(ctx)
			return oauth.Endpoints{Auth: e.Authorization, Token: e.Token, Revoke: e.Revocation,
				UserInfo: e.UserInfo}, err
		},
		RealmParam: "realmId", RevokeJSON: true, RefreshTokenLife: refreshTokenLife,
		Headers:   map[string]string{"x-include-refresh-token-hard-expires-in": "true"},
		Reconnect: problem.CompanyReconnectRequired, Unavailable: problem.QuickBooksUnavailable,
		RateLimited: problem.QuickBooksRateLimited, Rejected: problem.QuickBooksRejected,
		HTTP: plain,
	}
	q.sources = oauth.NewSources(oauth.SourceOptions{
		Store: store, Refresh: q.provider.Refresh, Reconnect: problem.CompanyReconnectRequired,
		Unavailable: problem.QuickBooksUnavailable, Log: log,
		OnDead: func(ctx context.Context, key export.GrantKey,
			why *problem.Problem) {
			ended(ctx, realmOf(key), why)
		},
		OnRefreshed: func(ctx context.Context, key export.GrantKey, g export.Grant) { refreshed(ctx, realmOf(key), g) },
	})
	q.client = q.clientWith(q.stored, nil)
	return q
}

// stored returns the tokens of a company's connection.
func (q *quickBooks) stored(realm export.RealmID) oauth.Tokens {
	return q.sources.For(export.CompanyGrant(realm))
}

// recorded returns a client like q.client whose answers record gets as they come.
func (q *quickBooks) recorded(record func(target string, status int, body []byte)) *intuit.Client {
	return q.clientWith(q.stored, record)
}

func realmOf(key export.GrantKey) export.RealmID {
	return export.RealmID(strings.TrimPrefix(string(key), string(export.CompanyGrant(""))))
}

func (q *quickBooks) clientWith(tokens func(export.RealmID) oauth.Tokens,
	record func(target string, status int, body []byte)) *intuit.Client {
	return intuit.New(intuit.Options{APIURL: q.apiURL, Limiter: q.limiter, Logger: q.log, Record: record,
		HTTP: func(realm export.RealmID) *http.Client {
			return &http.Client{Transport: &oauth.Transport{Tokens: tokens(realm), Base: q.api}}
		}})
}

// Probe implements control.QuickBooks.
func (q *quickBooks) Probe(ctx context.Context, realm export.RealmID, token string) (export.Company, error) {
	client := q.clientWith(func(export.RealmID) oauth.Tokens { return fixedToken(token) }, nil)
	return client.Company(ctx, realm, q.env)
}

// Facts implements control.QuickBooks.
func (q *quickBooks) Facts(ctx context.Context, realm export.RealmID) (export.Company, error) {
	return q.client.Company(ctx, realm, q.env)
}

// Usage implements control.QuickBooks.
func (q *quickBooks) Usage(realm export.RealmID) (used, most int) {
	u := q.limiter.Usage(string(realm))
	return u.Used, u.Limit
}

// fixedToken is an access token that is not a stored connection's yet.
type fixedToken string

// Token implements oauth.Tokens.
func (t fixedToken) Token(context.Context) (string, error) { return string(t), nil }

// Invalidate implements oauth.Tokens.
func (fixedToken) Invalidate(string) {}

// consents leads people through one provider's consent.
type consents struct {
	flows    *oauth.Flows
	provider *oauth.Provider
}

// Begin implements control.Consents.
func (c consents) Begin(ctx context.Context, flow export.Flow, extra map[string]string) (string, error) {
	return c.flows.Begin(ctx, c.provider, flow, extra)
}

// Finish implements control.Consents.
func (c consents) Finish(ctx context.Context, answer url.Values, session string) (export.Flow, export.Grant, error) {
	return c.flows.Finish(ctx, c.provider, answer, session)
}

// Revoke implements control.Consents.
func (c consents) Revoke(ctx context.Context, g export.Grant) error {
	return c.provider.Revoke(ctx, g)
}
