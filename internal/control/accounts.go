package control

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// The scopes that are asked of Google. drive.file is enough for spreadsheets that the program makes; others that the
// user names by address need the second.
const (
	scopeDriveFile    = "https://www.googleapis.com/auth/drive.file"
	scopeSpreadsheets = "https://www.googleapis.com/auth/spreadsheets"
)

// Accounts returns all Google accounts, by e-mail.
func (c *Control) Accounts(ctx context.Context) ([]export.GoogleAccount, error) {
	return c.o.Store.Accounts(ctx)
}

// Account returns one Google account.
func (c *Control) Account(ctx context.Context, id export.ID) (export.GoogleAccount, error) {
	a, err := c.o.Store.Account(ctx, id)
	if err != nil {
		return a, missing(err, "Google account")
	}
	return a, nil
}

// ConnectAccount begins a consent and returns the address of Google's page. With an id it is a reconnect of that
// account. existing asks also for spreadsheets that the program did not make.
func (c *Control) ConnectAccount(ctx context.Context, who Actor, id export.ID, existing bool, returnTo string) (string, error) {
	if !c.o.GoogleReady {
		return "", problem.New(problem.AppCredentials, "The Google client's id and secret are not set.").
			WithHint("Create an OAuth client in the Google Cloud console, set LEDGERSHEET_GOOGLE_CLIENT_ID and LEDGERSHEET_GOOGLE_CLIENT_SECRET, and start the service again; the README shows each step.")
	}
	scopes := []string{"openid", "email", scopeDriveFile}
	extra := map[string]string{}
	if id != "" {
		a, err := c.Account(ctx, id)
		if err != nil {
			return "", err
		}
		if a.Kind == export.ServiceAccount {
			return "", problem.New(problem.Conflict, "A service account needs no consent.")
		}
		extra["login_hint"] = a.Email
		existing = existing || slices.Contains(a.Scopes, scopeSpreadsheets)
	}
	if existing {
		scopes = append(scopes, scopeSpreadsheets)
	}
	return c.o.GoogleConsents.Begin(ctx, export.Flow{User: who.Email, Session: who.Session, Account: id, Scopes: scopes, ReturnTo: returnTo}, extra)
}

// FinishAccount takes Google's answer, learns whose account it is, and stores both.
func (c *Control) FinishAccount(ctx context.Context, who Actor, answer url.Values) (export.GoogleAccount, export.Flow, error) {
	flow, grant, err := c.o.GoogleConsents.Finish(ctx, answer, who.Session)
	if err != nil {
		return export.GoogleAccount{}, flow, err
	}
	for _, scope := range flow.Scopes {
		if (scope == scopeDriveFile || scope == scopeSpreadsheets) && !slices.Contains(grant.Scopes, scope) {
			return export.GoogleAccount{}, flow, problem.New(problem.Forbidden, "The box for %s was not ticked on Google's page.", scopeTitle(scope)).
				WithHint("Nothing was changed. Connect again and leave every box ticked: without it no spreadsheet can be written.")
		}
	}
	subject, email, err := c.o.Google.Identity(ctx, grant.AccessToken)
	if err != nil {
		return export.GoogleAccount{}, flow, err
	}
	a, err := c.accountFor(ctx, flow, subject, email)
	if err != nil {
		return a, flow, err
	}
	if grant.RefreshToken == "" {
		return a, flow, problem.New(problem.GoogleReconnectRequired, "Google gave no lasting permission for %s.", email).
			WithHint("Remove ledgersheet at myaccount.google.com/permissions and connect again.")
	}
	a.Status, a.Scopes, a.LastError = export.Connected, grant.Scopes, nil
	a.ConnectedAt, a.ConnectedBy = c.o.Now(), who.Email
	if err := c.o.AccountGrants.Replace(ctx, export.AccountGrant(a.ID), grant); err != nil {
		return a, flow, err
	}
	if err := c.o.Store.PutAccount(ctx, a); err != nil {
		return a, flow, fmt.Errorf("storing the Google account: %w", err)
	}
	c.audit(ctx, who, "google.connect", string(a.ID), a.Email)
	if err := c.resume(ctx, a.Paused, problem.GoogleReconnectRequired, func(e export.Exporter) bool { return e.Target.Account == a.ID }); err != nil {
		return a, flow, err
	}
	a, err = c.o.Store.UpdateAccount(ctx, a.ID, func(a *export.GoogleAccount) error { a.Paused = nil; return nil })
	return a, flow, err
}

// accountFor is the account that a consent is about: the one to reconnect, one known by Google's id, or a new one.
func (c *Control) accountFor(ctx context.Context, flow export.Flow, subject, email string) (export.GoogleAccount, error) {
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
			return known, problem.New(problem.Conflict, "The permission was given by %s, but %s was to be reconnected.", email, known.Email).
				WithHint("Nothing was changed. Press Reconnect again and choose the right account on Google's page; to add another account, use Connect.")
		}
	}
	a.Subject, a.Email = subject, email
	return a, nil
}

func scopeTitle(scope string) string {
	if scope == scopeDriveFile {
		return "the files that this app makes"
	}
	return "your Google Sheets spreadsheets"
}

// TestAccount asks Google whose account it is.
func (c *Control) TestAccount(ctx context.Context, id export.ID) (email string, err error) {
	a, err := c.Account(ctx, id)
	if err != nil {
		return "", err
	}
	if a.Status != export.Connected {
		return "", problem.New(problem.GoogleReconnectRequired, "%s is not connected.", a.Email)
	}
	email, err = c.o.Google.Account(ctx, id)
	_, saveErr := c.o.Store.UpdateAccount(ctx, id, func(a *export.GoogleAccount) error {
		a.LastError = problem.From(err)
		return nil
	})
	return email, errors.Join(err, saveErr)
}

// DisconnectAccount revokes the grant at Google, forgets the tokens and pauses the exporters that write with the account.
func (c *Control) DisconnectAccount(ctx context.Context, who Actor, id export.ID) (export.GoogleAccount, error) {
	a, err := c.Account(ctx, id)
	if err != nil {
		return a, err
	}
	if a.Kind == export.ServiceAccount {
		return a, problem.New(problem.Conflict, "A service account is connected as long as its key file is set.").WithHint("Take LEDGERSHEET_GOOGLE_SERVICE_ACCOUNT_FILE out of the settings and start the service again.")
	}
	if err := c.forget(ctx, c.o.AccountGrants, c.o.GoogleConsents, export.AccountGrant(id)); err != nil {
		return a, err
	}
	paused, err := c.pause(ctx, export.Pause{Reason: export.AccountDisconnect, Who: a.Email, Since: c.o.Now()}, func(e export.Exporter) bool { return e.Target.Account == id })
	if err != nil {
		return a, err
	}
	c.audit(ctx, who, "google.disconnect", string(id), a.Email)
	return c.o.Store.UpdateAccount(ctx, id, func(a *export.GoogleAccount) error {
		a.Status, a.LastError, a.Paused = export.Disconnected, nil, append(a.Paused, paused...)
		return nil
	})
}

// DeleteAccount disconnects and forgets an account. Its exporters stay, paused, until they are given another account.
func (c *Control) DeleteAccount(ctx context.Context, who Actor, id export.ID) error {
	a, err := c.Account(ctx, id)
	if err != nil {
		return err
	}
	if a.Kind == export.OAuthAccount {
		if err := c.forget(ctx, c.o.AccountGrants, c.o.GoogleConsents, export.AccountGrant(id)); err != nil {
			return err
		}
	}
	if _, err := c.pause(ctx, export.Pause{Reason: export.AccountDeleted, Who: a.Email, Since: c.o.Now()}, func(e export.Exporter) bool { return e.Target.Account == id }); err != nil {
		return err
	}
	c.audit(ctx, who, "google.delete", string(id), a.Email)
	return c.o.Store.DeleteAccount(ctx, id)
}

// AccountEnded is called when Google has ended an account's grant.
func (c *Control) AccountEnded(ctx context.Context, id export.ID, why *problem.Problem) {
	_, err := c.o.Store.UpdateAccount(ctx, id, func(a *export.GoogleAccount) error {
		if a.Status == export.Connected {
			a.Status = export.ReconnectRequired
		}
		a.LastError = why
		return nil
	})
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		c.o.Logger.ErrorContext(ctx, "account state was not stored", "account", string(id), "error", err.Error())
	}
}

// OfferServiceAccount makes the service account of the settings an account like the others; called at start.
func (c *Control) OfferServiceAccount(ctx context.Context, id export.ID, email string) error {
	a, err := c.o.Store.Account(ctx, id)
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		return fmt.Errorf("reading the service account: %w", err)
	}
	if err != nil {
		a = export.GoogleAccount{ID: id, Kind: export.ServiceAccount, ConnectedAt: c.o.Now(), ConnectedBy: "settings"}
	}
	a.Email, a.Subject, a.Status, a.Scopes = email, email, export.Connected, []string{scopeSpreadsheets, scopeDriveFile}
	return c.o.Store.PutAccount(ctx, a)
}
