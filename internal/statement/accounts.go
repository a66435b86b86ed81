package statement

import (
	"context"

	"ledgersheet/internal/export"
	"ledgersheet/internal/supply"
)

// account is what the chart of accounts says about one account.
type account struct{ number, kind string }

// readChart reads the company's accounts by id, including inactive ones, which appear in reports about the past.
// https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/account
func readChart(ctx context.Context, from supply.Supply, q export.Query) (map[string]account, error) {
	records, err := from.Records(ctx, supply.Want{
		Company: q.Company, Object: "Account", Title: "accounts", Inactive: true, Day: q.Today, Meter: q.Meter,
		Members: []string{"Id", "AcctNum", "AccountType"},
	})
	if err != nil {
		return nil, err
	}
	accounts := map[string]account{}
	for r, err := range records.All {
		if err != nil {
			return nil, err
		}
		accounts[r.Text("Id")] = account{number: r.Text("AcctNum"), kind: r.Text("AccountType")}
	}
	return accounts, nil
}

// findAccount returns the id of the account that a row is about, or "" if there is none. A transaction's row carries
// the transaction's id, so its account comes from its account column, or else from the section around it.
func (l *layout) findAccount(r reportRow) string {
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
