package source_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// reportTypes returns all registered reports by id.
func reportTypes(t testing.TB) map[string]export.Report {
	t.Helper()
	found := map[string]export.Report{}
	for _, d := range exporters.All() {
		if r, ok := d.(export.Report); ok {
			found[r.ID] = r
		}
	}
	if len(found) != 29 {
		t.Errorf("%d report types, want 29", len(found))
	}
	return found
}

// renewClient returns the same company with a new client, which has not used up its requests for this minute.
func (s simulated) renewClient() simulated {
	s.client = intuit.New(intuit.Options{
		APIURL: simRoot, Limiter: limit.New(limit.Limits{}),
		HTTP: func(realm export.RealmID) *http.Client {
			access, _ := s.server.Authorize(string(realm))
			return &http.Client{Transport: bearer{access, s.server.Transport()}}
		},
	})
	return s
}

// TestReportTypes reads every registered report, old and new, in each layout and with each kind of columns. Each
// reading verifies the totals that the report states. The leaves of the table must add up to those of the statement.
func TestReportTypes(t *testing.T) {
	t.Parallel()
	for _, legacy := range []bool{false, true} {
		s := simulate(t, intuitsim.Options{Seed: 11, Invoices: 60, Bills: 40, Nasty: true})
		s.server.SetLegacyReports(legacy)
		for id, d := range reportTypes(t) {
			t.Run(fmt.Sprintf("%s legacy=%v", id, legacy), func(t *testing.T) {
				t.Parallel()
				s := s.renewClient()
				for i, summarize := range append([]string{""}, d.Summarize...) {
					if testing.Short() && i > 2 {
						break
					}
					o := map[string]string{"date_range": "last_12_months", "summarize_by": summarize}
					if d.Basis {
						o["accounting_method"] = "Accrual"
					}
					if d.Dates == export.AsOfDay || d.Dates == export.Undated {
						delete(o, "date_range")
					}
					readEveryLayout(t, s, d, o)
				}
			})
		}
	}
}

func readEveryLayout(t *testing.T, s simulated, d export.Report, o map[string]string) {
	t.Helper()
	sums := map[string]map[string]decimal.Decimal{}
	for _, option := range d.OptionList() {
		if option.Key != export.OptLayout {
			continue
		}
		for _, layout := range option.Values {
			o := maps.Clone(o)
			o["layout"] = layout.Value
			c := problem.Collect{}
			e := export.Exporter{
				Name: "x", Companies: []export.RealmID{s.company.Realm}, Definition: d.ID, Options: o,
				Mode: export.Replace, Target: export.Target{Account: "g", Sheet: "x", Start: "A1"},
			}
			e.Normalize()
			e.Validate(d, &c)
			if layout.Value == export.LayoutTidy && slices.Contains(noPeriods, o["summarize_by"]) {
				refuseLayout(t, s, d, o, c)
				continue
			}
			if err := c.Err(); err != nil {
				t.Fatalf("%v: %v", o, err)
			}
			columns := slices.Collect(func(yield func(string) bool) {
				for _, c := range d.Catalogue() {
					if !yield(c.Path) {
						return
					}
				}
			})
			got := s.must(t, d, export.Query{Options: o, Columns: columns})
			if len(got.rows) == 0 || got.Total != len(got.rows) {
				t.Errorf("%v: %d rows, total %d", o, len(got.rows), got.Total)
			}
			sums[layout.Value] = sumLeaves(got)
		}
	}
	for id, sum := range sums["table"] {
		if !sum.Equal(sums["statement"][id]) {
			t.Errorf("%v: the leaves of %s add up to %s in the table and %s in the statement", o, id, sum,
				sums["statement"][id])
		}
	}
}

// noPeriods are the kinds of columns that are no periods.
var noPeriods = []string{"Customers", "Vendors", "Classes", "Departments", "Employees", "ProductsAndServices"}

// refuseLayout proves that neither forms nor runs take a layout that an exporter may have had for years.
func refuseLayout(t *testing.T, s simulated, d export.Report, o map[string]string, c problem.Collect) {
	t.Helper()
	if !c.Has("options.layout") {
		t.Errorf("%s: %v was accepted", d.ID, o)
	}
	if got := s.read(t, d, export.Query{Options: o}); !problem.HasCode(got.err, problem.InvalidInput) {
		t.Errorf("%s: %v", d.ID, got.err)
	}
}

// sumLeaves adds up the rows that are not totals, by column.
func sumLeaves(r result) map[string]decimal.Decimal {
	sums := map[string]decimal.Decimal{}
	for _, row := range r.rows {
		for i, c := range row.Cells {
			if v, ok := c.Decimal(); ok && row.Role != table.Total {
				sums[r.Schema.Columns[i].ID] = sums[r.Schema.Columns[i].ID].Add(v)
			}
		}
	}
	return sums
}

// figure returns the amount in the column, in the last row with the label.
func (r result) figure(t testing.TB, label, column string) decimal.Decimal {
	t.Helper()
	at := slices.IndexFunc(r.Schema.Columns, func(c table.Column) bool { return c.ID == column })
	name := slices.IndexFunc(r.Schema.Columns, func(c table.Column) bool { return c.ID == export.ReportLabel })
	if at < 0 || name < 0 {
		t.Fatalf("there is no column %s or Label in %v", column, titles(r.Schema))
	}
	for _, row := range slices.Backward(r.rows) {
		if row.Cells[name].String() == label {
			v, _ := row.Cells[at].Decimal()
			return v
		}
	}
	t.Fatalf("there is no row %q", label)
	return decimal.Decimal{}
}

// TestReportsAgree proves that reports agree with each other.
func TestReportsAgree(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Seed: 12, Invoices: 120, Bills: 80})
	types := reportTypes(t)
	today := midnight(time.Now())
	fiscal, err := export.ResolveRange("this_fiscal_year", today, s.company.FiscalYearStart, "", "")
	if err != nil {
		t.Fatal(err)
	}
	day := fiscal.End.Format(time.DateOnly)
	for _, basis := range []string{"Accrual", "Cash"} {
		o := map[string]string{"accounting_method": basis, "date_range": "this_fiscal_year"}
		profit := s.must(t, types["profit_and_loss"], export.Query{Options: o})
		sheet := s.must(t, types["balance_sheet"], export.Query{Options: o})
		if a, b := profit.figure(t, "Net Income", "total"), sheet.figure(t, "Net Income", "total"); !a.Equal(b) ||
			a.IsZero() {
			t.Errorf("%s: net income is %s in the profit and loss statement and %s in the balance sheet", basis, a, b)
		}
		if basis == "Accrual" {
			aging := s.must(t, types["ar_aging_summary"], export.Query{Options: map[string]string{"report_date": day}})
			a, b := aging.figure(t, "Total", "total"), sheet.figure(t, "Total Accounts Receivable", "total")
			if !a.Equal(b) || a.IsZero() {
				t.Errorf("receivables are %s by age and %s in the balance sheet", a, b)
			}
			payable := s.must(t, types["ap_aging_summary"],
				export.Query{Options: map[string]string{"report_date": day}})
			a, b = payable.figure(t, "Total", "total"), sheet.figure(t, "Total Accounts Payable", "total")
			if !a.Equal(b) || a.IsZero() {
				t.Errorf("payables are %s by age and %s in the balance sheet", a, b)
			}
		}
		closing := findClosings(t, s.must(t, types["general_ledger"],
			export.Query{Options: o, Columns: []string{"Section", "AccountNumber", "AccountType", "Amounts"}}))
		trial := s.must(t, types["trial_balance"],
			export.Query{Options: o, Columns: []string{"Label", "AccountType", "Amounts"}})
		checked := 0
		for _, row := range trial.rows {
			debit, _ := row.Cells[2].Decimal()
			credit, _ := row.Cells[3].Decimal()
			ledger, ok := closing[row.Cells[0].String()]
			if row.Role == table.Total || !ok {
				continue
			}
			checked++
			if !debit.Add(credit).Equal(ledger.Abs()) {
				t.Errorf("%s: %s ends on %s in the ledger and on %s/%s in the trial balance", basis, row.Cells[0],
					ledger, debit, credit)
			}
		}
		if checked < 10 {
			t.Errorf("only %d accounts are in the ledger and in the trial balance", checked)
		}
	}
}

// findClosings returns the last balance of each account in a ledger, by the account's full name.
func findClosings(t *testing.T, r result) map[string]decimal.Decimal {
	t.Helper()
	at := slices.IndexFunc(r.Schema.Columns, func(c table.Column) bool { return c.ID == "rbal_nat_amount" })
	last := map[string]decimal.Decimal{}
	for _, row := range r.rows {
		name := ""
		for i, c := range r.Schema.Columns {
			if len(c.ID) == len("Section1") && c.ID[:7] == "Section" && !row.Cells[i].Blank() {
				if name != "" {
					name += ":"
				}
				name += row.Cells[i].String()
			}
		}
		v, _ := row.Cells[at].Decimal()
		last[name] = v
	}
	return last
}
