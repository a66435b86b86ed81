package web

import (
	"context"
	"slices"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// known is what a page needs besides its own subject, such as the names of companies. Only what was asked for is filled
// in.
type known struct {
	desk      *control.Desk
	companies []export.Company
	accounts  []export.GoogleAccount
	census    control.Census
}

// need selects the parts of known that a page needs.
type need uint8

const (
	needCompanies need = 1 << iota
	needAccounts
	needCensus
)

// know loads what a page needs, as far as the actor may see it.
func know(ctx context.Context, d *control.Desk, n need) (known, error) {
	k := known{desk: d}
	var err error
	if n&needCompanies != 0 {
		if k.companies, err = d.Companies(ctx); err != nil {
			return k, err
		}
	}
	if n&needAccounts != 0 {
		if k.accounts, err = d.Accounts(ctx); err != nil {
			return k, err
		}
	}
	if n&needCensus != 0 {
		k.census, err = d.CountExporters(ctx, control.ExporterQuery{})
	}
	return k, err
}

func (k known) company(realm export.RealmID) string {
	for _, c := range k.companies {
		if c.Realm == realm {
			return c.Name
		}
	}
	return string(realm)
}

func (k known) account(id export.ID) (export.GoogleAccount, bool) {
	for _, a := range k.accounts {
		if a.ID == id {
			return a, true
		}
	}
	return export.GoogleAccount{}, false
}

// block describes the connection that stands in an exporter's way, with what helps; nil if there is none. The title
// names the connection.
func (k known) block(e export.Exporter) *problemView {
	b, blocked := control.FindBlock(e, k.companies, k.accounts)
	switch c := b.Company; {
	case !blocked:
		return nil
	case c == nil:
		fix := attention{}
		if b.Account.Kind == export.OAuthAccount {
			fix = reconnectAccount(*b.Account)
		}
		title := lossTitle(b.Account.Status, "Google access for ", b.Account.Email)
		return blockView(title, b.Account.LastError, problem.GoogleReconnectRequired, fix)
	case c.Status == export.Connected:
		title := "QuickBooks refuses all requests for " + isolate(c.Name)
		return blockView(title, c.LastError, c.LastError.Code, testCompany(*c))
	default:
		title := lossTitle(c.Status, "QuickBooks access to ", c.Name)
		return blockView(title, c.LastError, problem.CompanyReconnectRequired, reconnectCompany(*c))
	}
}

func lossTitle(s export.ConnectionStatus, access, name string) string {
	if s == export.Disconnected {
		return isolate(name) + " is disconnected"
	}
	return access + isolate(name) + " has ended"
}

// blockView describes a connection with its last error, which says why only if it has the code.
func blockView(title string, last *problem.Problem, code problem.Code, fix attention) *problemView {
	p := problem.New(code, "")
	if last != nil && last.Code == code {
		p = last
	}
	view := problemViewOf(p)
	view.Title, view.Fix = title, fix
	return view
}

// refused returns the first of an exporter's companies that QuickBooks refuses as a whole.
func (k known) refused(e export.Exporter) (export.Company, bool) {
	for _, c := range k.companies {
		if c.Refused() && slices.Contains(e.Companies, c.Realm) {
			return c, true
		}
	}
	return export.Company{}, false
}

func reconnectCompany(c export.Company) attention {
	return attention{Action: "Reconnect " + isolate(c.Name), Post: companyPath(c.Realm, "reconnect")}
}

// testCompany asks QuickBooks whether it still refuses the company.
func testCompany(c export.Company) attention {
	return attention{Action: "Test " + isolate(c.Name), Post: companyPath(c.Realm, "test")}
}

func reconnectAccount(a export.GoogleAccount) attention {
	return attention{Action: "Reconnect " + isolate(a.Email), Post: accountPath(a.ID, "reconnect")}
}

// describeWaiting says what is on hold while a company is not connected, given how many exporters wait for it.
func (k known) describeWaiting(realm export.RealmID, waiting int) string {
	switch {
	case waiting > 0:
		return plural(waiting, "exporter waits", "exporters wait") + " for it, with configuration and schedule intact."
	case k.census.Companies[realm] > 0:
		return "The exporters that use it are paused or wait for another connection."
	}
	return "No exporter uses it."
}
