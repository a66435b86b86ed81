package source_test

import (
	"slices"
	"testing"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/table"
)

// TestSimulatedReports reads the simulated reports, old and new, in every layout. Each reading verifies the totals.
func TestSimulatedReports(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Seed: 4, Invoices: 150, Bills: 80, Nasty: true})
	for _, legacy := range []bool{false, true} {
		s.server.SetLegacyReports(legacy)
		for _, d := range []export.Report{profitAndLoss(), balanceSheet()} {
			for _, o := range []map[string]string{
				{"date_range": "this_fiscal_year", "summarize_by": "Month"},
				{"date_range": "last_year", "summarize_by": "Quarter"},
				{"date_range": "last_12_months", "summarize_by": "Year"},
				{"date_range": "today", "summarize_by": "Total"},
				{"date_range": "all", "summarize_by": "Total"},
				{"date_range": "last_month", "summarize_by": "Customers"},
			} {
				if !slices.Contains(d.Summarize, o["summarize_by"]) {
					continue
				}
				for _, basis := range []string{"Accrual", "Cash"} {
					o["accounting_method"] = basis
					agree(t, s, d, o)
				}
			}
		}
	}
	if w := s.server.Writes(); len(w) > 0 {
		t.Errorf("%d requests were no GET", len(w))
	}
}

// TestSimulatedLists reads the other simulated reports, old and new. Each reading verifies the totals.
func TestSimulatedLists(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Seed: 6, Invoices: 120, Bills: 60})
	for _, legacy := range []bool{false, true} {
		s.server.SetLegacyReports(legacy)
		for object, d := range map[string]export.Report{
			"TrialBalance":         {Shape: export.List, Basis: true},
			"GeneralLedger":        {Shape: export.List, Basis: true},
			"TransactionList":      {Shape: export.List},
			"JournalReport":        {Shape: export.List},
			"ProfitAndLossDetail":  {Shape: export.List, Basis: true},
			"CashFlow":             {Shape: export.Tree, Summarize: []string{"Month"}},
			"AgedReceivables":      {Shape: export.List, Dates: export.AsOfDay},
			"AgedPayables":         {Shape: export.List, Dates: export.AsOfDay},
			"AgedReceivableDetail": {Shape: export.List, Dates: export.AsOfDay},
			"CustomerBalance":      {Shape: export.List, Dates: export.AsOfDay},
			"VendorBalance":        {Shape: export.List, Dates: export.AsOfDay},
			"CustomerSales":        {Shape: export.List, Basis: true},
			"ItemSales":            {Shape: export.List, Basis: true},
			"AccountList":          {Shape: export.List},
		} {
			d.ID, d.Object = "r", object
			for _, layout := range []string{"table", "statement"} {
				got := s.must(t, d, export.Query{Options: map[string]string{
					"accounting_method": "Accrual", "date_range": "this_year", "layout": layout,
				}})
				if len(got.rows) == 0 || got.Total != len(got.rows) {
					t.Errorf("%s as %s: %d rows, total %d", object, layout, len(got.rows), got.Total)
				}
				for _, c := range got.Schema.Columns {
					if (object == "TransactionList" || object == "AccountList") && c.ID == "Section1" {
						t.Errorf("%s has no sections but a column for them", object)
					}
				}
			}
		}
	}
}

// agree compares the layouts of a report: the leaves of the table and the tidy layout must add up to what the
// statement's rows and sections hold, not counting its totals.
func agree(t *testing.T, s simulated, d export.Report, o map[string]string) {
	t.Helper()
	sums := map[string]decimal.Decimal{}
	layouts := []string{"statement", "table", "tidy"}
	if slices.Contains(noPeriods, o["summarize_by"]) {
		layouts = layouts[:2]
	}
	for _, layout := range layouts {
		o["layout"] = layout
		got := s.must(t, d, export.Query{Options: o, Columns: []string{"Amounts"}})
		parts := slices.DeleteFunc(slices.Clone(got.Schema.Columns),
			func(c table.Column) bool { return c.ID == "total" })
		for _, r := range got.rows {
			for i, c := range r.Cells {
				if v, ok := c.Decimal(); ok && r.Role != table.Total &&
					(len(parts) == 0 || got.Schema.Columns[i].ID != "total") {
					sums[layout] = sums[layout].Add(v)
				}
			}
		}
	}
	for _, layout := range layouts {
		if !sums[layout].Equal(sums["statement"]) {
			t.Errorf("%s %v: %v", d.ID, o, sums)
		}
	}
}
