package pipeline

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
)

// TestHeading: the lines above the rows say what is exported as QuickBooks prints it, and only the last one tells the
// time.
func TestHeading(t *testing.T) {
	t.Parallel()
	alder := export.Company{Realm: "11", Name: "Alder", Environment: "production"}
	birch := export.Company{Realm: "12", Name: "Birch", Environment: "sandbox"}
	covered := func(c export.Company, period, basis string) part {
		return part{company: c, outcome: export.Outcome{Period: period, Basis: basis}}
	}
	profit := export.Report{Title: "Profit and loss", AppToken: "PANDL"}
	balance := export.Report{Title: "Balance sheet", Dates: export.BalanceAtEnd}
	const (
		root    = "https://qbo.intuit.com/app/reportv2?"
		changed = "Last changed March 29, 2026 at 08:00 EDT"
	)
	for name, test := range map[string]struct {
		d       export.Definition
		filters []export.Filter
		parts   []part
		want    export.Heading
	}{
		"quarter": {profit, nil, []part{covered(alder, "2026-01-01 to 2026-03-31", "Accrual")}, export.Heading{
			Company: "Alder", Title: "Profit and loss", Period: "January 1 – March 31, 2026, accrual basis",
			Link: root + "cash_basis=no&high_date=03%2F31%2F2026&low_date=01%2F01%2F2026&token=PANDL&" +
				"deeplinkcompanyid=11",
		}},
		"two years, cash": {profit, nil, []part{covered(birch, "2025-07-01 to 2026-06-30", "Cash")}, export.Heading{
			Company: "Birch", Title: "Profit and loss", Period: "July 1, 2025 – June 30, 2026, cash basis",
			Link: "https://sandbox.qbo.intuit.com/app/reportv2?cash_basis=yes&high_date=06%2F30%2F2026&" +
				"low_date=07%2F01%2F2025&token=PANDL&deeplinkcompanyid=12",
		}},
		"balance": {balance, nil, []part{covered(alder, "2026-01-01 to 2026-03-31", "Accrual")}, export.Heading{
			Company: "Alder", Title: "Balance sheet", Period: "As of March 31, 2026, accrual basis",
		}},
		"one day": {export.Report{Title: "Ageing"}, nil, []part{covered(alder, "as of 2026-03-31", "")}, export.Heading{
			Company: "Alder", Title: "Ageing", Period: "As of March 31, 2026",
		}},
		"two companies": {profit, nil, []part{
			covered(alder, "2026-01-01 to 2026-03-31", "Accrual"),
			covered(birch, "2026-02-01 to 2026-03-31", "Accrual"),
		}, export.Heading{
			Company: "Alder, Birch", Title: "Profit and loss",
			Period: "January 1 – March 31, 2026; February 1 – March 31, 2026, accrual basis",
		}},
		"many companies": {export.Entity{Title: "Vendors"}, nil, []part{
			covered(alder, "", ""), covered(birch, "", ""), covered(alder, "", ""), covered(birch, "", ""),
		}, export.Heading{Company: "4 companies", Title: "Vendors", Period: "All records"}},
		"filtered list": {export.Entity{Title: "Invoices", Dates: []string{"TxnDate"}}, []export.Filter{
			{Column: "Balance", Op: export.OpGreater, Value: "0"}, {Column: "Balance", Op: export.OpLess, Value: "9"},
			{Column: "DocNumber", Op: export.OpNotEmpty},
		}, []part{covered(alder, "", "")}, export.Heading{
			Company: "Alder", Title: "Invoices", Period: "All dates, filtered by Balance, DocNumber",
		}},
		"since": {export.Entity{Title: "Invoices"}, nil, []part{covered(alder, "since 2026-03-01", "")}, export.Heading{
			Company: "Alder", Title: "Invoices", Period: "Since March 1, 2026",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := &job{
				Runner: New(Options{Now: func() time.Time { return time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC) }}),
				exporter: export.Exporter{
					TitleBlock: true, Filters: test.filters, Schedule: export.Schedule{Timezone: "America/New_York"},
				},
			}
			test.want.Changed = changed
			if diff := cmp.Diff(&test.want, j.composeHeading(inputs{definition: test.d}, test.parts)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			j.exporter.TitleBlock = false
			if h := j.composeHeading(inputs{definition: test.d}, test.parts); h != nil {
				t.Errorf("a heading although there should be none: %+v", h)
			}
		})
	}
}
