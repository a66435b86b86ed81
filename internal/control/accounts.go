package control

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

func accountKind(o Options) kind[export.ID, export.GoogleAccount] {
	return kind[export.ID, export.GoogleAccount]{
		noun: "Google account", action: "google", consents: o.GoogleConsents, grants: o.AccountGrants,
		provider: "Google", away: problem.GoogleUnavailable,
		lost: problem.GoogleReconnectRequired, left: export.AccountDisconnect,
		ready: func() error {
			if o.GoogleReady {
				return nil
			}
			return problem.New(problem.AppCredentials, "The Google client's id and secret are not set.").
				WithHint("Create an OAuth client in the Google Cloud console, set LEDGERSHEET_GOOGLE_CLIENT_ID and " +
					"LEDGERSHEET_GOOGLE_CLIENT_SECRET, and start the service again; the README shows each step.")
		},
		read: o.Store.Account, put: o.Store.PutAccount, update: o.Store.UpdateAccount, remove: o.Store.DeleteAccount,
		shared: func(a *export.GoogleAccount) connection {
			s := connection{a.Email, a.Subject, "", &a.Status, &a.ConnectedAt, &a.ConnectedBy, &a.LastError, &a.LostAt,
				&a.Paused}
			if a.Kind == export.OAuthAccount {
				s.grant = export.AccountGrant(a.ID)
			}
			return s
		},
		// An account belongs to no company, so it can be given to any exporter. But exporters of all companies may
		// write with it.
		seen:    func(export.ID) access.Thing { return access.Thing{} },
		touched: func(export.ID) access.Thing { return access.Installation() },
		users:   func(id export.ID) export.ExporterFilter { return export.ExporterFilter{Account: id} },
	}
}

// Accounts returns all Google accounts, by e-mail.
func (d *Desk) Accounts(ctx context.Context) ([]export.GoogleAccount, error) {
	if !d.sees() {
		return nil, nil
	}
	return d.o.Store.Accounts(ctx)
}

// Account returns one Google account.
func (d *Desk) Account(ctx context.Context, id export.ID) (export.GoogleAccount, error) {
	return d.accounts.get(ctx, d, id)
}

// ConnectAccount begins a consent and returns the address of Google's page. With an id, it reconnects that account.
// existing also asks for access to spreadsheets that the program did not create.
func (d *Desk) ConnectAccount(ctx context.Context, id export.ID, existing bool, returnTo string) (string, error) {
	if err := d.accounts.ready(); err != nil {
		return "", err
	}
	scopes := []string{"openid", "email", export.ScopeFiles}
	extra := map[string]string{}
	if id != "" {
		a, err := d.accounts.getForChange(ctx, d, id)
		if err != nil {
			return "", err
		}
		if a.Kind == export.ServiceAccount {
			return "", problem.New(problem.Conflict, "A service account needs no consent.")
		}
		extra["login_hint"] = a.Email
		existing = existing || a.OpensExisting()
	} else if err := d.allow(access.Connect, access.Installation(), "Google accounts"); err != nil {
		return "", err
	}
	if existing {
		scopes = append(scopes, export.ScopeSheets)
	}
	return d.accounts.begin(ctx, d, export.Flow{Account: id, Scopes: scopes, ReturnTo: returnTo}, extra)
}

// FinishAccount takes Google's answer, finds out whose account it is, and stores both the account and its grant.
func (d *Desk) FinishAccount(ctx context.Context, answer url.Values) (export.GoogleAccount, export.Flow, error) {
	flow, grant, err := d.accounts.finish(ctx, d, answer)
	if err != nil {
		return export.GoogleAccount{}, flow, err
	}
	if err := d.allow(access.Connect, access.Installation(), "Google account"); err != nil {
		return export.GoogleAccount{}, flow, err
	}
	for _, scope := range flow.Scopes {
		if (scope == export.ScopeFiles || scope == export.ScopeSheets) && !slices.Contains(grant.Scopes, scope) {
			title := scopeTitle(scope)
			unticked := problem.New(problem.Forbidden, "The box for %s was not ticked on Google's page.", title).
				WithHint("Nothing was changed. Connect again and leave every box ticked: " +
					"without it no spreadsheet can be written.")
			return export.GoogleAccount{}, flow, unticked
		}
	}
	subject, email, err := d.o.Google.Identity(ctx, grant.AccessToken)
	if err != nil {
		return export.GoogleAccount{}, flow, err
	}
	a, err := d.findAccount(ctx, flow, subject, email)
	if err != nil {
		return a, flow, err
	}
	if grant.RefreshToken == "" {
		temporary := problem.New(problem.GoogleReconnectRequired, "Google gave no lasting permission for %s.", email)
		return a, flow, temporary.
			WithHint("Remove ledgersheet at myaccount.google.com/permissions and connect again.")
	}
	a.Scopes, a.ExpiresAt, a.RefreshedAt = grant.Scopes, grant.RefreshExpiry, time.Time{}
	a, err = d.accounts.connect(ctx, d, a.ID, a, grant)
	return a, flow, err
}

// findAccount returns the account that a consent applies to: the one to reconnect, one already known by Google's id, or
// a new one.
func (c *core) findAccount(ctx context.Context, flow export.Flow, subject, email string) (export.GoogleAccount, error) {
	all, err := c.o.Store.Accounts(ctx)
	if err != nil {
		return export.GoogleAccount{}, fmt.Errorf("reading the Google accounts: %w", err)
	}
	a := export.GoogleAccount{ID: export.NewID("con", c.o.Now()), Kind: export.OAuthAccount}
	for _, known := range all {
		if known.Kind == export.OAuthAccount && known.Subject == subject {
			a = known
		}
		if known.ID == flow.Account && known.Subject != subject {
			return known, problem.New(problem.Conflict,
				"The permission was given by %s, but %s was to be reconnected.", email, known.Email).
				WithHint("Nothing was changed. Press Reconnect again and choose the right account on Google's page; " +
					"to add another account, use Connect.")
		}
	}
	a.Subject, a.Email = subject, email
	return a, nil
}

func scopeTitle(scope string) string {
	if scope == export.ScopeFiles {
		return "the files that this app makes"
	}
	return "your Google Sheets spreadsheets"
}

// mostTested limits the spreadsheets that a test of an account looks at, each by a request.
const mostTested = 50

// TestAccount asks Google whose account it is, and whether spreadsheets that exporters write to with it are in the bin.
func (d *Desk) TestAccount(ctx context.Context, id export.ID) (email string, err error) {
	err = d.accounts.test(ctx, d, id, func() (_ func(*export.GoogleAccount), err error) {
		email, err = d.o.Google.Account(ctx, id)
		return nil, err
	})
	if err != nil {
		return email, err
	}
	return email, d.checkBin(ctx, id)
}

// checkBin returns a problem that names the exporters whose spreadsheets are in the bin, where Sheets answers as if
// nothing were amiss.
func (d *Desk) checkBin(ctx context.Context, account export.ID) error {
	exporters, err := d.Exporters(ctx, d.accounts.users(account))
	if err != nil {
		return err
	}
	var ids, names []string
	for _, e := range exporters {
		if id := e.Target.Spreadsheet; id != "" && !slices.Contains(ids, id) && len(ids) < mostTested {
			ids = append(ids, id)
		}
	}
	trashed, err := d.o.Google.Trashed(ctx, account, ids)
	if err != nil || len(trashed) == 0 {
		return err
	}
	for _, e := range exporters {
		if slices.Contains(trashed, e.Target.Spreadsheet) {
			names = append(names, strconv.Quote(e.Name))
		}
	}
	return problem.New(problem.SpreadsheetNotFound, "The connection works, but the spreadsheet of %s is in the bin of "+
		"Google Drive.", strings.Join(names, ", ")).
		WithHint("Take it out of the bin (in Google Drive: Bin, Restore), or choose another spreadsheet.")
}

// DisconnectAccount revokes the grant at Google, deletes the tokens and pauses the exporters that write with the
// account.
func (d *Desk) DisconnectAccount(ctx context.Context, id export.ID) (export.GoogleAccount, error) {
	a, err := d.accounts.getForChange(ctx, d, id)
	if err != nil {
		return a, err
	}
	if a.Kind == export.ServiceAccount {
		return a, problem.New(problem.Conflict, "A service account is connected as long as its key file is set.").
			WithHint("Take LEDGERSHEET_GOOGLE_SERVICE_ACCOUNT_FILE out of the settings and start the service again.")
	}
	return d.accounts.disconnect(ctx, d, id, a)
}

// DeleteAccount disconnects and deletes an account. Its exporters stay, paused, until they are given another account.
func (d *Desk) DeleteAccount(ctx context.Context, id export.ID) error {
	a, err := d.accounts.getForChange(ctx, d, id)
	if err != nil {
		return err
	}
	return d.accounts.drop(ctx, d, id, a, func() error {
		why := export.Pause{Reason: export.AccountDeleted, Who: a.Email, Since: d.o.Now()}
		_, err := d.pause(ctx, why, d.accounts.users(id))
		return err
	})
}

// AccountEnded is called when Google has ended an account's grant.
func (c *Control) AccountEnded(ctx context.Context, id export.ID, why *problem.Problem) {
	if a, err := c.o.Store.Account(ctx, id); err == nil {
		why = explainGoogleEnd(a, c.o.Now(), why)
	}
	c.accounts.markEnded(ctx, c.core, id, why)
}

// AccountRefreshed is called after an account's permission has been renewed.
func (c *Control) AccountRefreshed(ctx context.Context, id export.ID, g export.Grant) {
	c.accounts.note(ctx, c.core, id, func(a *export.GoogleAccount) {
		a.RefreshedAt, a.ExpiresAt = c.o.Now(), g.RefreshExpiry
	})
}

// OfferServiceAccount adds the service account from the settings to the accounts. It is called at start.
func (c *Control) OfferServiceAccount(ctx context.Context, id export.ID, email string) error {
	a, err := c.o.Store.Account(ctx, id)
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		return fmt.Errorf("reading the service account: %w", err)
	}
	if err != nil {
		a = export.GoogleAccount{ID: id, Kind: export.ServiceAccount, ConnectedAt: c.o.Now(), ConnectedBy: "settings"}
	}
	a.Email, a.Subject, a.Status = email, email, export.Connected
	a.Scopes = []string{export.ScopeSheets, export.ScopeFiles, export.ScopeDrive}
	return c.o.Store.PutAccount(ctx, a)
}
