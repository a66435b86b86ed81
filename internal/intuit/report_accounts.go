package intuit

import (
	"context"
	"fmt"

	"ledgersheet/internal/export"
)

// account is what the chart of accounts says of one.
type account struct{ number, kind string }

// chart reads the company's accounts, inactive ones too since reports about the past have them, by id.
// https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/account
func (c *Client) chart(ctx context.Context, q export.Query) (map[string]account, error) {
	l := lister{client: c, realm: q.Company.Realm, object: "Account", meter: q.Meter}
	all := statement{object: l.object, where: []string{"Active IN (true, false)"}, ordered: true}
	accounts := map[string]account{}
	for start := 1; ; start += pageSize {
		page, err := l.fetch(ctx, all.page(start, pageSize))
		if err != nil {
			return nil, err
		}
		n := 0
		for r, err := range records(page) {
			if err != nil {
				return nil, fmt.Errorf("reading the chart of accounts: %w", err)
			}
			accounts[r.Text("Id")] = account{number: r.Text("AcctNum"), kind: r.Text("AccountType")}
			n++
		}
		if n < pageSize {
			return accounts, nil
		}
	}
}

// accountOf is the id of the account that a row is about, empty when there is none. Rows of transactions have the
// transaction's id as theirs, so the account is that of their account column or of the section that they stand in.
func (l *layout) accountOf(r reportRow) string {
	if !l.detail() {
		return r.id
	}
	if r.cells != nil && r.role == 0 {
		for i, c := range l.columns {
			if c.id == "account_name" && r.cells[i].ID != "" {
				return string(r.cells[i].ID)
			}
		}
		return r.above
	}
	return r.id
}
