package control

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

const accountingScope = "com.intuit.quickbooks.accounting"

func companyKind(o Options) kind[export.RealmID, export.Company] {
	about := func(realm export.RealmID) access.Thing { return access.About(realm) }
	return kind[export.RealmID, export.Company]{
		noun: "company", action: "company", consents: o.QuickBooksConsents, grants: o.CompanyGrants,
		provider: "Intuit", away: problem.QuickBooksUnavailable,
		lost: problem.CompanyReconnectRequired, left: export.CompanyDisconnect,
		ready: func() error {
			if o.QuickBooksReady {
				return nil
			}
			return problem.New(problem.AppCredentials, "The Intuit app's client id and secret are not set.").
				WithHint("Create an app at developer.intuit.com, set LEDGERSHEET_INTUIT_CLIENT_ID and " +
					"LEDGERSHEET_INTUIT_CLIENT_SECRET, and start the service again; the README shows each step.")
		},
		read: o.Store.Company, put: o.Store.PutCompany, update: o.Store.UpdateCompany, remove: o.Store.DeleteCompany,
		shared: func(c *export.Company) connection {
			grant := export.CompanyGrant(c.Realm)
			return connection{c.Name, string(c.Realm), grant, &c.Status, &c.ConnectedAt, &c.ConnectedBy,
				&c.LastError, &c.LostAt, &c.Paused}
		},
		seen: about, touched: about,
		users: func(realm export.RealmID) export.ExporterFilter { return export.ExporterFilter{Company: realm} },
	}
}

// Companies returns the connected companies that the actor may see, by name.
func (d *Desk) Companies(ctx context.Context) ([]export.Company, error) {
	all, err := d.o.Store.Companies(ctx)
	return slices.DeleteFunc(all, func(c export.Company) bool { return !d.sees(c.Realm) }), err
}

// Company returns one company.
func (d *Desk) Company(ctx context.Context, realm export.RealmID) (export.Company, error) {
	return d.companies.get(ctx, d, realm)
}

// CompanyUsage returns how many calls the company has had in the last minute, and how many it may have. Both are zero
// if the actor may not see the company.
func (d *Desk) CompanyUsage(realm export.RealmID) (used, limit int) {
	if !d.sees(realm) {
		return 0, 0
	}
	return d.o.QuickBooks.Usage(realm)
}

// ConnectCompany begins a consent and returns the address of Intuit's page. With a realm it is a reconnect, which is
// refused if the person then picks another company. Without a realm any company may come, so the actor must have access
// to all.
func (d *Desk) ConnectCompany(ctx context.Context, realm export.RealmID, returnTo string) (string, error) {
	err := d.companies.ready()
	if err != nil {
		return "", err
	}
	if realm != "" {
		_, err = d.companies.getForChange(ctx, d, realm)
	} else {
		err = d.allow(access.Connect, access.Installation(), "companies")
	}
	if err != nil {
		return "", err
	}
	flow := export.Flow{Realm: realm, Scopes: []string{accountingScope}, ReturnTo: returnTo}
	return d.beginCompany(ctx, flow)
}

// beginCompany begins a consent that the actor may begin.
func (d *Desk) beginCompany(ctx context.Context, flow export.Flow) (string, error) {
	return d.companies.begin(ctx, d, flow, nil)
}

// FinishCompany takes Intuit's answer, proves with the new token that it reaches the company, and stores both. The flow
// says where the person came from, even if there is an error.
func (d *Desk) FinishCompany(ctx context.Context, answer url.Values) (export.Company, export.Flow, error) {
	flow, grant, err := d.companies.finish(ctx, d, answer)
	if err != nil {
		return export.Company{}, flow, d.explainOther(ctx, err, flow, answer, "")
	}
	if err := d.allow(access.Connect, access.About(flow.Realm), "company"); err != nil {
		return export.Company{}, flow, err
	}
	company, err := d.keepCompany(ctx, flow.Realm, grant)
	return company, flow, err
}

// keepCompany proves with a new grant that it reaches the company, and stores both.
func (d *Desk) keepCompany(ctx context.Context, realm export.RealmID, grant export.Grant) (export.Company, error) {
	company, err := d.o.QuickBooks.Probe(ctx, realm, grant.AccessToken)
	if problem.HasCode(err, problem.CompanyReconnectRequired) {
		return export.Company{}, d.explainKeys(err)
	}
	if err != nil {
		return export.Company{}, err
	}
	old, err := d.o.Store.Company(ctx, realm)
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		return export.Company{}, fmt.Errorf("reading the company: %w", err)
	}
	company.Realm, company.Environment, company.Paused = realm, d.o.Environment, old.Paused
	company.ReadLive, company.Client, company.Sent = old.ReadLive, old.Client, old.Sent
	company.ClosedAsOf = d.o.Now()
	company.TokenExpiresAt, company.HardExpiresAt = grant.RefreshExpiry, grant.HardExpiry
	return d.companies.connect(ctx, d, realm, company, grant)
}

// explainKeys returns the problem for a permission that QuickBooks refuses although Intuit has just given it. Nothing
// can have ended it: development keys reach sandbox companies only, and production keys real ones only.
func (d *Desk) explainKeys(err error) error {
	other, companies := "production", "sandbox"
	if d.o.Environment == "production" {
		other, companies = "development", "real"
	}
	return problem.Wrap(err, problem.AppCredentials, "Intuit gave the permission, but QuickBooks does not accept "+
		"it: the app's keys are probably those for %s, while this installation reads %s companies.", other, companies).
		WithHint("Nothing was changed. Whoever has set it up must set LEDGERSHEET_INTUIT_CLIENT_ID and "+
			"LEDGERSHEET_INTUIT_CLIENT_SECRET to the keys for %s, or LEDGERSHEET_INTUIT_ENVIRONMENT to the one that "+
			"the keys are for, and start the service again.", KeysFor(d.o.Environment)).
		WithRequestID(problem.From(err).ProviderRequestID)
}

// KeysFor returns what Intuit calls the keys for an environment.
func KeysFor(environment string) string {
	if environment == "production" {
		return environment
	}
	return "development"
}

// TestCompany makes a read-only call to QuickBooks and returns the company's name there.
func (d *Desk) TestCompany(ctx context.Context, realm export.RealmID) (name string, err error) {
	err = d.companies.test(ctx, d, realm, func() (func(*export.Company), error) {
		facts, err := d.o.QuickBooks.Facts(ctx, realm)
		name = facts.Name
		return func(c *export.Company) {
			c.Name, c.LegalName, c.Country = facts.Name, facts.LegalName, facts.Country
			c.HomeCurrency, c.FiscalYearStart = facts.HomeCurrency, facts.FiscalYearStart
			c.ClosedThrough, c.ClosedAsOf = facts.ClosedThrough, d.o.Now()
			c.RefusedAt, c.LostAt = time.Time{}, time.Time{}
		}, err
	})
	return name, err
}

// AskRecheck has a company's connection tested in the background, because somebody says that it has ended. Anybody may
// ask, and nobody learns from it whether there is such a company.
func (d *Desk) AskRecheck(realm export.RealmID) {
	if d.o.Recheck != nil && realm.Valid() {
		d.o.Recheck(realm)
	}
}

// longestClient limits the name of a client, in bytes.
const longestClient = 100

// GroupCompany puts a company under the name of a client, or under none if it is empty.
func (d *Desk) GroupCompany(ctx context.Context, realm export.RealmID, client string) (export.Company, error) {
	company, err := d.companies.getForChange(ctx, d, realm)
	if err != nil {
		return company, err
	}
	client = strings.Join(strings.Fields(client), " ")
	if len(client) > longestClient || !utf8.ValidString(client) {
		return company, problem.Invalid("client", "must have at most 100 characters")
	}
	company, err = d.o.Store.UpdateCompany(ctx, realm, func(c *export.Company) error { c.Client = client; return nil })
	if err != nil {
		return company, explainMissing(err, "company")
	}
	d.audit(ctx, d.who, "company.group", string(realm), client)
	return company, nil
}

// DisconnectCompany revokes the grant at Intuit, deletes the tokens and pauses the exporters that use the company. The
// tokens are deleted even if Intuit cannot be reached.
func (d *Desk) DisconnectCompany(ctx context.Context, realm export.RealmID) (export.Company, error) {
	company, err := d.companies.getForChange(ctx, d, realm)
	if err != nil {
		return company, err
	}
	return d.companies.disconnect(ctx, d, realm, company)
}

// DeleteCompany disconnects a company and deletes it. Exporters that use only this company are deleted with it. It is
// removed from all others, including those that the actor may not see. Spreadsheets are left as they are.
func (d *Desk) DeleteCompany(ctx context.Context, realm export.RealmID) error {
	company, err := d.companies.getForChange(ctx, d, realm)
	if err != nil {
		return err
	}
	return d.companies.drop(ctx, d, realm, company, func() error {
		if err := d.removeFromExporters(ctx, realm); err != nil {
			return err
		}
		return d.resume(ctx, company.Paused, problem.CompanyReconnectRequired, nil)
	})
}

// removeFromExporters removes a company from all exporters and deletes those that have no other.
func (d *Desk) removeFromExporters(ctx context.Context, realm export.RealmID) error {
	all, err := d.o.Store.Exporters(ctx, d.companies.users(realm))
	if err != nil {
		return fmt.Errorf("reading the exporters: %w", err)
	}
	for _, e := range all {
		if len(e.Companies) == 1 {
			err = d.deleteExporter(ctx, d.who, e)
		} else {
			_, err = d.o.Store.UpdateExporter(ctx, e.ID, func(e *export.Exporter) error {
				e.Companies = slices.DeleteFunc(e.Companies, func(r export.RealmID) bool { return r == realm })
				e.Revision++
				return nil
			})
		}
		if err != nil && !errors.Is(err, export.ErrNotFound) && !problem.HasCode(err, problem.NotFound) {
			return err
		}
	}
	return nil
}

// CompanyEnded is called when Intuit has ended a company's grant. From now on its runs fail without a request.
func (c *Control) CompanyEnded(ctx context.Context, realm export.RealmID, why *problem.Problem) {
	c.companies.markEnded(ctx, c.core, realm, why)
}

// CompanyTold is called with what QuickBooks says of a company's connection as a whole, whoever asked: a problem with
// CompanyReconnectRequired ends it as CompanyEnded does, another problem is kept for people to see, and nil says that
// all is well again. An answer to a question that was put before the present consent says nothing about that. While
// another problem lasts, scheduled runs ask QuickBooks only now and then.
func (c *Control) CompanyTold(ctx context.Context, realm export.RealmID, asked time.Time, why *problem.Problem) {
	if why == nil {
		// Nearly always there is nothing to take back, and nothing to store.
		if company, err := c.o.Store.Company(ctx, realm); err != nil || company.LastError == nil {
			return
		}
	}
	c.companies.note(ctx, c.core, realm, func(company *export.Company) {
		if company.Status != export.Connected || company.ConnectedAt.After(asked) {
			return
		}
		company.LastError, company.RefusedAt = why, time.Time{}
		switch {
		case why == nil:
			company.LostAt = time.Time{}
			return
		case why.Code == problem.CompanyReconnectRequired:
			company.Status = export.ReconnectRequired
		default:
			company.RefusedAt = c.o.Now()
		}
		company.LostAt = earliest(company.LostAt, c.o.Now())
	})
}

// CompanyRefreshed is called after a new refresh token has been stored.
func (c *Control) CompanyRefreshed(ctx context.Context, realm export.RealmID, g export.Grant) {
	c.companies.note(ctx, c.core, realm, func(c *export.Company) {
		c.TokenExpiresAt = g.RefreshExpiry
		if !g.HardExpiry.IsZero() {
			c.HardExpiresAt = g.HardExpiry
		}
	})
}
