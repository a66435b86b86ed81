package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"ledgersheet/internal/budget"
	"ledgersheet/internal/config"
	"ledgersheet/internal/export"
	"ledgersheet/internal/google"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/oauth"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// serviceAccountID is the id of the service account whose key file the settings name.
const serviceAccountID export.ID = "con_service_account"

// googleSide is everything that talks to Google.
type googleSide struct {
	provider *oauth.Provider
	sources  *oauth.Sources
	service  *oauth.ServiceAccount // nil if the settings name no key file
	client   *google.Client
	net      http.RoundTripper

	reads, writes limit.Lanes // of each account
}

// accountNews hears what becomes of accounts' connections. All of it is required.
type accountNews struct {
	hold      func() error // why no grant may be renewed
	ended     func(context.Context, export.ID, *problem.Problem)
	refreshed func(context.Context, export.ID, export.Grant)
}

func parseAccount(key export.GrantKey) export.ID {
	return export.ID(strings.TrimPrefix(string(key), string(export.AccountGrant(""))))
}

// below returns how many requests a minute stay a little below a quota; 0 is none.
func below(quota int) int { return quota - quota/15 }

// googleLimits are what the pace towards Google lets through. a.google is made later.
func (a *App) googleLimits(most config.Limits) budget.GoogleLimits {
	return budget.GoogleLimits{
		Account: budget.Quota{Reads: below(most.GoogleReadsUser), Writes: below(most.GoogleWritesUser)},
		Project: budget.Quota{Reads: below(most.GoogleReadsProject), Writes: below(most.GoogleWritesProject)},
		Used: func(account export.ID) budget.Quota {
			return budget.Quota{
				Reads:  a.google.reads.Usage(string(account)).Used,
				Writes: a.google.writes.Usage(string(account)).Used,
			}
		},
	}
}

func newGoogle(
	set config.Google, most config.Limits, spools table.Spools, store export.GrantStore, net http.RoundTripper,
	log *slog.Logger, news accountNews,
) (*googleSide, error) {
	g := &googleSide{net: net}
	plain := &http.Client{Transport: net, Timeout: time.Minute}
	ends := oauth.Endpoints{Auth: set.AuthURL, Token: set.TokenURL, Revoke: set.RevokeURL, UserInfo: set.UserInfoURL}
	g.provider = &oauth.Provider{
		Name: "google", Title: "Google", ClientID: set.ClientID, ClientSecret: set.ClientSecret.Reveal(),
		AuthStyle: oauth2.AuthStyleInParams, PKCE: true,
		Endpoints: func(context.Context) (oauth.Endpoints, error) { return ends, nil },
		// Without prompt=consent Google issues a refresh token only with the first consent.
		AuthParams: map[string]string{"access_type": "offline", "prompt": "consent"},
		Credentials: "Compare LEDGERSHEET_GOOGLE_CLIENT_ID and LEDGERSHEET_GOOGLE_CLIENT_SECRET with the OAuth " +
			"client in the Google Cloud console (Google Auth Platform, Clients), correct them and start the service " +
			"again. Connections and schedules stay as they are; reconnecting cannot help.",
		Reconnect: problem.GoogleReconnectRequired, Unavailable: problem.GoogleUnavailable,
		RateLimited: problem.GoogleRateLimited, Rejected: problem.GoogleRejected,
		HTTP: plain,
	}
	g.sources = oauth.NewSources(oauth.SourceOptions{
		Store: store, Refresh: g.provider.Refresh, Reconnect: problem.GoogleReconnectRequired,
		Unavailable: problem.GoogleUnavailable, Log: log, Hold: news.hold,
		OnDead: func(ctx context.Context, key export.GrantKey, why *problem.Problem) {
			news.ended(ctx, parseAccount(key), why)
		},
		OnRefreshed: func(ctx context.Context, key export.GrantKey, g export.Grant) {
			news.refreshed(ctx, parseAccount(key), g)
		},
	})
	if set.ServiceAccountFile != "" {
		key, err := os.ReadFile(set.ServiceAccountFile)
		if err != nil {
			return nil, fmt.Errorf("reading the service account's key file: %w", err)
		}
		scopes := []string{export.ScopeSheets, export.ScopeFiles, export.ScopeDrive}
		if g.service, err = oauth.NewServiceAccount(key, set.TokenURL, scopes, plain); err != nil {
			return nil, err
		}
	}
	pace := func(quota int) limit.Lanes { return limit.New(limit.Limits{PerMinute: below(quota), Concurrent: 8}) }
	g.reads, g.writes = pace(most.GoogleReadsUser), pace(most.GoogleWritesUser)
	g.client = google.New(google.Options{
		SheetsURL: set.SheetsURL, DriveURL: set.DriveURL, HTTP: g.newHTTP, Logger: log, Spools: spools,
		Reads: g.reads, Writes: g.writes,
		ProjectReads: pace(most.GoogleReadsProject), ProjectWrites: pace(most.GoogleWritesProject),
	})
	return g, nil
}

func (g *googleSide) newHTTP(account export.ID) (*http.Client, error) {
	var tokens oauth.Tokens = g.sources.For(export.AccountGrant(account))
	if account == serviceAccountID {
		if g.service == nil {
			return nil, problem.New(problem.GoogleReconnectRequired,
				"The service account's key file is not set any more.").
				WithHint("Set LEDGERSHEET_GOOGLE_SERVICE_ACCOUNT_FILE again, " +
					"or give the exporter another Google account.")
		}
		tokens = g.service
	}
	return &http.Client{Transport: &oauth.Transport{Tokens: tokens, Base: g.net}}, nil
}

// Identity implements control.Google.
func (g *googleSide) Identity(ctx context.Context, token string) (subject, email string, err error) {
	id, err := g.provider.UserInfo(ctx, token)
	return id.Subject, id.Email, err
}

// Account implements control.Google.
func (g *googleSide) Account(ctx context.Context, id export.ID) (string, error) {
	return g.client.Account(ctx, id)
}

// Title implements control.Google.
func (g *googleSide) Title(ctx context.Context, account export.ID, spreadsheet string) (string, error) {
	return g.client.Title(ctx, account, spreadsheet)
}

// Trashed implements control.Google.
func (g *googleSide) Trashed(ctx context.Context, account export.ID, spreadsheets []string) ([]string, error) {
	return g.client.Trashed(ctx, account, spreadsheets)
}

// Peek implements control.Google.
func (g *googleSide) Peek(ctx context.Context, account export.ID, spreadsheet, sheet, start string) (
	export.Peek, error,
) {
	return g.client.Peek(ctx, account, spreadsheet, sheet, start)
}
