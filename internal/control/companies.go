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

const accountingScope = "com.intuit.quickbooks.accounting"

// Companies returns all connected companies, by name.
func (c *Control) Companies(ctx context.Context) ([]export.Company, error) {
	return c.o.Store.Companies(ctx)
}

// Company returns one company.
func (c *Control) Company(ctx context.Context, realm export.RealmID) (export.Company, error) {
	company, err := c.o.Store.Company(ctx, realm)
	if err != nil {
		return company, missing(err, "company")
	}
	return company, nil
}

// CompanyUsage is how many calls the company has had in the last minute, and how many it may have.
func (c *Control) CompanyUsage(realm export.RealmID) (used, limit int) {
	return c.o.QuickBooks.Usage(realm)
}

// ConnectCompany begins a consent and returns the address of Intuit's page. With a realm it is a reconnect, which is
// refused when it comes back for another company.
func (c *Control) ConnectCompany(ctx context.Context, who Actor, realm export.RealmID, returnTo string) (string, error) {
	if !c.o.QuickBooksReady {
		return "", problem.New(problem.AppCredentials, "The Intuit app's client id and secret are not set.").
			WithHint("Create an app at developer.intuit.com, set LEDGERSHEET_INTUIT_CLIENT_ID and LEDGERSHEET_INTUIT_CLIENT_SECRET, and start the service again; the README shows each step.")
	}
	if realm != "" {
		if _, err := c.Company(ctx, realm); err != nil {
			return "", err
		}
	}
	return c.o.QuickBooksConsents.Begin(ctx, export.Flow{User: who.Email, Session: who.Session, Realm: realm, Scopes: []string{accountingScope}, ReturnTo: returnTo}, nil)
}

// FinishCompany takes Intuit's answer, proves the company with the new token, and stores both. The flow tells where the
// person came from, also when there is an error.
func (c *Control) FinishCompany(ctx context.Context, who Actor, answer url.Values) (export.Company, export.Flow, error) {
	flow, grant, err := c.o.QuickBooksConsents.Finish(ctx, answer, who.Session)
	if err != nil {
		return export.Company{}, flow, err
	}
	realm := export.RealmID(answer.Get("realmId"))
	if !validRealm(realm) {
		return export.Company{}, flow, problem.New(problem.BadRequest, "Intuit's answer names no company.").WithHint("Nothing was changed. Begin the connection again.")
	}
	company, err := c.o.QuickBooks.Probe(ctx, realm, grant.AccessToken)
	if err != nil {
		return export.Company{}, flow, err
	}
	old, err := c.o.Store.Company(ctx, realm)
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		return export.Company{}, flow, fmt.Errorf("reading the company: %w", err)
	}
	company.Realm, company.Environment, company.Status = realm, c.o.Environment, export.Connected
	company.ConnectedAt, company.ConnectedBy = c.o.Now(), who.Email
	company.TokenExpiresAt, company.HardExpiresAt, company.Paused = grant.RefreshExpiry, grant.HardExpiry, old.Paused
	if err := c.o.CompanyGrants.Replace(ctx, export.CompanyGrant(realm), grant); err != nil {
		return export.Company{}, flow, err
	}
	if err := c.o.Store.PutCompany(ctx, company); err != nil {
		return export.Company{}, flow, fmt.Errorf("storing the company: %w", err)
	}
	c.audit(ctx, who, "company.connect", string(realm), company.Name)
	uses := func(e export.Exporter) bool { return slices.Contains(e.Companies, realm) }
	if err := c.resume(ctx, company.Paused, problem.CompanyReconnectRequired, uses); err != nil {
		return company, flow, err
	}
	company, err = c.o.Store.UpdateCompany(ctx, realm, func(c *export.Company) error { c.Paused = nil; return nil })
	return company, flow, err
}

func validRealm(r export.RealmID) bool {
	if len(r) == 0 || len(r) > 32 {
		return false
	}
	for _, b := range []byte(r) {
		if b < '0' || b > '9' {
			return false
		}
	}
	return true
}

// TestCompany makes a read-only call to QuickBooks and returns the company's name there.
func (c *Control) TestCompany(ctx context.Context, realm export.RealmID) (string, error) {
	company, err := c.Company(ctx, realm)
	if err != nil {
		return "", err
	}
	if company.Status != export.Connected {
		return "", problem.New(problem.CompanyReconnectRequired, "%s is not connected.", company.Name)
	}
	facts, err := c.o.QuickBooks.Facts(ctx, realm)
	_, saveErr := c.o.Store.UpdateCompany(ctx, realm, func(c *export.Company) error {
		c.LastError = problem.From(err)
		if err == nil {
			c.Name, c.LegalName, c.Country = facts.Name, facts.LegalName, facts.Country
			c.HomeCurrency, c.FiscalYearStart = facts.HomeCurrency, facts.FiscalYearStart
		}
		return nil
	})
	return facts.Name, errors.Join(err, saveErr)
}

// DisconnectCompany revokes the grant at Intuit, forgets the tokens and pauses the exporters that use the company. The
// tokens are forgotten even when Intuit cannot be reached.
func (c *Control) DisconnectCompany(ctx context.Context, who Actor, realm export.RealmID) (export.Company, error) {
	company, err := c.Company(ctx, realm)
	if err != nil {
		return company, err
	}
	if err := c.forget(ctx, c.o.CompanyGrants, c.o.QuickBooksConsents, export.CompanyGrant(realm)); err != nil {
		return company, err
	}
	paused, err := c.pause(ctx, export.Pause{Reason: export.CompanyDisconnect, Who: company.Name, Since: c.o.Now()}, func(e export.Exporter) bool { return slices.Contains(e.Companies, realm) })
	if err != nil {
		return company, err
	}
	c.audit(ctx, who, "company.disconnect", string(realm), company.Name)
	return c.o.Store.UpdateCompany(ctx, realm, func(c *export.Company) error {
		c.Status, c.LastError, c.Paused = export.Disconnected, nil, append(c.Paused, paused...)
		return nil
	})
}

// DeleteCompany disconnects, deletes the exporters that use only this company and takes it out of the others.
// Spreadsheets stay as they are.
func (c *Control) DeleteCompany(ctx context.Context, who Actor, realm export.RealmID) error {
	company, err := c.Company(ctx, realm)
	if err != nil {
		return err
	}
	if err := c.forget(ctx, c.o.CompanyGrants, c.o.QuickBooksConsents, export.CompanyGrant(realm)); err != nil {
		return err
	}
	all, err := c.o.Store.Exporters(ctx, export.ExporterFilter{})
	if err != nil {
		return fmt.Errorf("reading the exporters: %w", err)
	}
	for _, e := range all {
		if !slices.Contains(e.Companies, realm) {
			continue
		}
		if len(e.Companies) == 1 {
			err = c.DeleteExporter(ctx, who, e.ID)
		} else {
			_, err = c.o.Store.UpdateExporter(ctx, e.ID, func(e *export.Exporter) error {
				e.Companies = slices.DeleteFunc(e.Companies, func(r export.RealmID) bool { return r == realm })
				e.Revision++
				return nil
			})
		}
		if err != nil && !errors.Is(err, export.ErrNotFound) {
			return err
		}
	}
	if err := c.resume(ctx, company.Paused, problem.CompanyReconnectRequired, func(export.Exporter) bool { return false }); err != nil {
		return err
	}
	c.audit(ctx, who, "company.delete", string(realm), company.Name)
	return c.o.Store.DeleteCompany(ctx, realm)
}

// CompanyEnded is called when Intuit has ended a company's grant: from now on its runs fail without a request.
func (c *Control) CompanyEnded(ctx context.Context, realm export.RealmID, why *problem.Problem) {
	_, err := c.o.Store.UpdateCompany(ctx, realm, func(c *export.Company) error {
		if c.Status == export.Connected {
			c.Status = export.ReconnectRequired
		}
		c.LastError = why
		return nil
	})
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		c.o.Logger.ErrorContext(ctx, "company state was not stored", "company", string(realm), "error", err.Error())
	}
}

// CompanyRefreshed is called when a new refresh token was stored.
func (c *Control) CompanyRefreshed(ctx context.Context, realm export.RealmID, g export.Grant) {
	_, err := c.o.Store.UpdateCompany(ctx, realm, func(c *export.Company) error {
		c.TokenExpiresAt = g.RefreshExpiry
		if !g.HardExpiry.IsZero() {
			c.HardExpiresAt = g.HardExpiry
		}
		return nil
	})
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		c.o.Logger.ErrorContext(ctx, "token expiry was not stored", "company", string(realm), "error", err.Error())
	}
}

// forget deletes a grant here first and then revokes it at the provider; that failing is logged only, as the person
// wants the connection gone in any case.
func (c *Control) forget(ctx context.Context, grants Grants, consents Consents, key export.GrantKey) error {
	grant, err := grants.Forget(ctx, key)
	if err != nil || grant.RefreshToken == "" {
		return err
	}
	if err := consents.Revoke(ctx, grant); err != nil {
		c.o.Logger.WarnContext(ctx, "grant was not revoked at the provider", "connection", string(key), "error", err.Error())
	}
	return nil
}
