package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ledgersheet/internal/config"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/mirror"
	"ledgersheet/internal/oauth"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/source"
	"ledgersheet/internal/supply"
	"ledgersheet/internal/vault"
)

// quickBooks is everything that talks to Intuit.
type quickBooks struct {
	provider *oauth.Provider
	sources  *oauth.Sources
	client   *intuit.Client
	mirror   *mirror.Mirror // nil if nothing is kept
	limiter  limit.Lanes
	apiURL   string
	api      http.RoundTripper // metered, and lets only GET pass
	env      string
	log      *slog.Logger
}

// refreshTokenLife is how long Intuit's refresh tokens live if its answer does not say.
// https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/faq
const refreshTokenLife = 100 * 24 * time.Hour

// companyNews hears what becomes of companies' connections. All of it is required.
type companyNews struct {
	hold      func() error // why no grant may be renewed
	ended     func(context.Context, export.RealmID, *problem.Problem)
	refreshed func(context.Context, export.RealmID, export.Grant)
	told      func(ctx context.Context, realm export.RealmID, asked time.Time, why *problem.Problem)
}

func newQuickBooks(set config.Intuit, most config.Limits, store export.GrantStore, net http.RoundTripper,
	count func(http.RoundTripper) http.RoundTripper, log *slog.Logger, news companyNews) *quickBooks {
	limits := intuit.EvenLimits(most.QuickBooksPerMinute, most.QuickBooksPerSecond, most.QuickBooksConcurrent)
	q := &quickBooks{env: set.Environment, apiURL: set.APIURL, limiter: limit.New(limits), log: log}
	if q.apiURL == "" {
		q.apiURL = intuit.APIRoot(set.Environment)
	}
	document := set.DiscoveryURL
	if document == "" {
		document = intuit.DiscoveryURL(set.Environment)
	}
	// This sits below the tokens, so that a request that could change QuickBooks data is refused whoever makes it.
	q.api = intuit.ReadOnly(q.apiURL, count(net))
	plain := &http.Client{Transport: net, Timeout: time.Minute}
	discovery := intuit.NewDiscovery(document, plain)
	q.provider = &oauth.Provider{
		Name: "quickbooks", Title: "QuickBooks", ClientID: set.ClientID, ClientSecret: set.ClientSecret.Reveal(),
		Endpoints: func(ctx context.Context) (oauth.Endpoints, error) {
			e, err := discovery.Endpoints(ctx)
			return oauth.Endpoints{
				Auth: e.Authorization, Token: e.Token, Revoke: e.Revocation, UserInfo: e.UserInfo,
			}, err
		},
		RealmParam: "realmId", RevokeJSON: true, RefreshTokenLife: refreshTokenLife,
		Headers: map[string]string{"x-include-refresh-token-hard-expires-in": "true"},
		Credentials: "Compare LEDGERSHEET_INTUIT_CLIENT_ID and LEDGERSHEET_INTUIT_CLIENT_SECRET with the app's keys " +
			"for " +
			control.KeysFor(set.Environment) + " at developer.intuit.com (Keys & credentials), correct them and " +
			"start the service again. Connections and schedules stay as they are; reconnecting cannot help.",
		Reconnect: problem.CompanyReconnectRequired, Unavailable: problem.QuickBooksUnavailable,
		RateLimited: problem.QuickBooksRateLimited, Rejected: problem.QuickBooksRejected,
		HTTP: plain,
	}
	q.sources = oauth.NewSources(oauth.SourceOptions{
		Store: store, Refresh: q.provider.Refresh, Reconnect: problem.CompanyReconnectRequired,
		Unavailable: problem.QuickBooksUnavailable, Log: log, Hold: news.hold,
		OnDead: func(ctx context.Context, key export.GrantKey, why *problem.Problem) {
			news.ended(ctx, parseRealm(key), why)
		},
		OnRefreshed: func(ctx context.Context, key export.GrantKey, g export.Grant) {
			news.refreshed(ctx, parseRealm(key), g)
		},
	})
	stored := func(realm export.RealmID) oauth.Tokens { return q.sources.For(export.CompanyGrant(realm)) }
	q.client = q.newClient(stored, news.told)
	return q
}

// mirrorFolder is the folder of local copies in the data folder.
const mirrorFolder = "mirror"

// keepCopies has records read from local copies below the data folder. Each is sealed under a key of its company.
func (q *quickBooks) keepCopies(
	dataDir string, keys export.MirrorKeyStore, drifted func(export.RealmID, int),
) (err error) {
	q.mirror, err = mirror.New(mirror.Options{
		Live: q.client, Dir: filepath.Join(dataDir, mirrorFolder), Logger: q.log, Drifted: drifted,
		Sealer: func(ctx context.Context, realm export.RealmID) (mirror.Sealer, error) {
			key, err := keys.MirrorKey(ctx, realm)
			if err != nil {
				return nil, fmt.Errorf("finding the key of a local copy: %w", err)
			}
			return vault.New(vault.Key(key))
		},
	})
	return err
}

// dropCopies deletes all local copies, for an installation that is not to keep any.
func dropCopies(dataDir string) error {
	if err := os.RemoveAll(filepath.Join(dataDir, mirrorFolder)); err != nil {
		return fmt.Errorf("deleting local copies: %w", err)
	}
	return nil
}

// services returns what exporters read from.
func (q *quickBooks) services() source.Services {
	if q.mirror != nil {
		return q.mirror
	}
	return q.client
}

// Copy implements control.QuickBooks.
func (q *quickBooks) Copy(realm export.RealmID) control.Copy {
	if q.mirror == nil {
		return control.Copy{}
	}
	s := q.mirror.Standing(realm)
	return control.Copy{Offered: true, Bytes: s.Bytes, Drifted: s.Drifted}
}

// DropCopy implements control.QuickBooks: it destroys what is kept of a company.
func (q *quickBooks) DropCopy(ctx context.Context, realm export.RealmID) error {
	if q.mirror == nil {
		return nil
	}
	return q.mirror.Remove(ctx, realm)
}

func parseRealm(key export.GrantKey) export.RealmID {
	return export.RealmID(strings.TrimPrefix(string(key), string(export.CompanyGrant(""))))
}

// newClient returns a client. told is nil for tokens that are not the connection's yet: what is said to those says
// nothing about it.
func (q *quickBooks) newClient(
	tokens func(export.RealmID) oauth.Tokens,
	told func(context.Context, export.RealmID, time.Time, *problem.Problem),
) *intuit.Client {
	return intuit.New(intuit.Options{
		APIURL: q.apiURL, Limiter: q.limiter, Logger: q.log, Told: told,
		HTTP: func(realm export.RealmID) *http.Client {
			return &http.Client{Transport: &oauth.Transport{Tokens: tokens(realm), Base: q.api}}
		},
	})
}

// Probe implements control.QuickBooks.
func (q *quickBooks) Probe(ctx context.Context, realm export.RealmID, token string) (export.Company, error) {
	client := q.newClient(func(export.RealmID) oauth.Tokens { return fixedToken(token) }, nil)
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

// fixedToken is an access token for which there is no stored connection yet.
type fixedToken string

// Token implements oauth.Tokens.
func (t fixedToken) Token(context.Context) (string, error) { return string(t), nil }

// Invalidate implements oauth.Tokens.
func (fixedToken) Invalidate(string) {}

// consents takes people through one provider's consent.
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

// mostNames is the length up to which a list is read for its names.
const mostNames = 20_000

// Names implements control.QuickBooks. It reads from the local copy if there is one.
func (q *quickBooks) Names(ctx context.Context, company export.Company, object string) ([]control.RecordName, error) {
	records, err := q.services().Records(ctx, supply.Want{
		Company: company, Object: object, Title: "names", Meter: &export.Meter{},
		Members: []string{"Id", "DisplayName", "FullyQualifiedName", "Name"},
	})
	if err != nil {
		return nil, err
	}
	var list []control.RecordName
	for r, err := range records.All {
		if err != nil {
			return nil, err
		}
		name := cmp.Or(r.Text("FullyQualifiedName"), r.Text("DisplayName"), r.Text("Name"))
		if id := r.Text("Id"); id != "" && name != "" {
			list = append(list, control.RecordName{ID: id, Name: name})
		}
		if len(list) == mostNames {
			break
		}
	}
	return list, nil
}
