package source_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// TestReportsInParts reads every additive report at once and, from a service that cuts reports off or runs out of time,
// in parts. Both must be the same, except for rows that add up to nothing and the order of rows that the parts do not
// share.
func TestReportsInParts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	for _, legacy := range []bool{false, true} {
		// The servers that cut reports off or run out of time are separate ones with the same data.
		o := intuitsim.Options{Seed: 21, Invoices: 60, Bills: 40}
		whole, cut, slow := simulate(t, o), simulate(t, o), simulate(t, o)
		for _, s := range []simulated{whole, cut, slow} {
			s.server.SetLegacyReports(legacy)
		}
		split, read := map[string]int{}, map[string]int{}
		for id, d := range reportTypes(t) {
			if d.Dates != export.JoinableRange {
				continue
			}
			for _, by := range append([]string{""}, d.Summarize...) {
				if by != "" && by != "Total" && by != "Month" && by != "Customers" || testing.Short() && by != "" {
					continue
				}
				q := map[string]string{
					"date_range": "last_12_months", "accounting_method": "Accrual", "summarize_by": by,
				}
				if !d.Basis {
					delete(q, "accounting_method")
				}
				want := whole.renewClient().must(t, d, export.Query{Options: q})
				every := maps.Clone(q)
				every["layout"] = "statement"
				all := whole.renewClient().must(t, d, export.Query{Options: every, Columns: []string{"Amounts"}})
				cells := len(all.rows) * len(all.Schema.Columns) * 7 / 10
				cut.server.SetReportCellLimit(cells)
				slow.server.SetReportTimeout(cells)
				for name, s := range map[string]simulated{"cut": cut, "slow": slow} {
					read[id]++
					m := &export.Meter{}
					got := s.renewClient().read(t, d, export.Query{Options: q, Meter: m})
					if d.Shape == export.Tree && problem.HasCode(got.err, problem.ReportTooLarge) {
						continue // there are so few rows that a single day has nearly all of them
					}
					if got.err != nil {
						t.Fatalf("%s by %q, %s: %v", id, by, name, got.err)
					}
					if m.Count() > 1 {
						split[id]++
						if len(got.warnings()) == 0 {
							t.Errorf("%s by %q, %s: no warning after %d requests", id, by, name, m.Count())
						}
					}
					if diff := cmp.Diff(sortLines(want), sortLines(got)); diff != "" {
						t.Errorf("%s by %q, %s, legacy=%v, %d requests (-at once +in parts):\n%s", id, by, name,
							legacy, m.Count(), diff)
					}
				}
			}
		}
		t.Logf("read in parts: %v of %v", split, read)
		if len(split) < 9 {
			t.Errorf("only %v were read in parts", split)
		}
	}
}

// sortLines returns a report's rows with the columns' titles, sorted as text, without rows that say nothing.
func sortLines(r result) []string {
	var list []string
	for _, row := range r.rows {
		var line []string
		filled := row.Role != table.Data
		for i, c := range row.Cells {
			col := r.Schema.Columns[i]
			text := c.String()
			if v, ok := c.Decimal(); ok {
				if v.IsZero() {
					text = ""
				} else {
					filled = true
				}
			}
			filled = filled || (text != "" && col.Kind == table.Date)
			if text != "" {
				line = append(line, col.Title+"="+text)
			}
		}
		if filled {
			list = append(list, strings.Join(line, " | "))
		}
	}
	slices.Sort(list)
	return list
}

func TestReportsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Seed: 22, Invoices: 60, Bills: 30})
	s.server.SetReportCellLimit(20)
	types := reportTypes(t)
	for name, test := range map[string]struct {
		id   string
		o    map[string]string
		says string
		most int
	}{
		"balances": {
			"balance_sheet", map[string]string{"accounting_method": "Accrual", "date_range": "last_year"},
			"Balances cannot", 1,
		},
		"aging": {"ar_aging_detail", map[string]string{}, "Balances cannot", 1},
		"averages": {
			"sales_by_product", map[string]string{"accounting_method": "Accrual", "date_range": "all"},
			"cannot be put together", 1,
		},
		"sorted": {
			"transaction_list", map[string]string{"sort_order": "descend", "date_range": "last_12_months"},
			"leave sorting", 1,
		},
		"weeks": {
			"profit_and_loss",
			map[string]string{"accounting_method": "Accrual", "date_range": "last_12_months", "summarize_by": "Week"},
			"columns by week", 1,
		},
		"a day": {"general_ledger", map[string]string{"accounting_method": "Accrual", "date_range": "all"}, "", 60},
		"the limit": {
			"general_ledger", map[string]string{"accounting_method": "Accrual", "date_range": "last_12_months"}, "",
			60,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &export.Meter{}
			got := s.renewClient().read(t, types[test.id], export.Query{Options: test.o, Meter: m})
			p := problem.From(got.err)
			if got.err == nil || p.Code != problem.ReportTooLarge || !strings.Contains(p.Hint, test.says) ||
				m.Count() > test.most {
				t.Errorf("%v (%s) after %d requests", got.err, p.Hint, m.Count())
			}
		})
	}
}

// TestEveryDayHasItsColumn reads more days than QuickBooks gives columns to: it lumps those after the first hundred
// together.
func TestEveryDayHasItsColumn(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Seed: 25, Invoices: 60, Bills: 30})
	o := map[string]string{"accounting_method": "Accrual", "date_range": "last_365_days", "summarize_by": "Days"}
	m := &export.Meter{}
	d := reportTypes(t)["profit_and_loss"]
	got := s.must(t, d, export.Query{Options: o, Meter: m, Columns: []string{"Label", "Amounts"}})
	if n := len(got.Schema.Columns); n != 1+365+1 || m.Count() < 4 || m.Count() > 8 {
		t.Errorf("%d columns after %d requests", n, m.Count())
	}
	o["summarize_by"] = "Total"
	whole := s.must(t, d, export.Query{Options: o})
	if a, b := got.figure(t, "Net Income", "total"), whole.figure(t, "Net Income", "total"); !a.Equal(b) || a.IsZero() {
		t.Errorf("net income is %s day by day and %s at once", a, b)
	}
}

func TestPreviewOfALargeReport(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Seed: 23, Invoices: 60, Bills: 30})
	s.server.SetReportCellLimit(300)
	m := &export.Meter{}
	o := map[string]string{"accounting_method": "Accrual", "date_range": "last_12_months"}
	got := s.must(t, reportTypes(t)["general_ledger"],
		export.Query{Options: o, Limit: 10, Meter: m, Columns: []string{"Section", "AccountNumber", "Amounts"}})
	if m.Count() != 1 || len(got.rows) != 10 || got.Total != -1 || len(got.warnings()) != 1 {
		t.Errorf("%d requests, %d rows of %d, %q", m.Count(), len(got.rows), got.Total, got.warnings())
	}
	for _, text := range got.column(t, "AccountNumber") {
		if text != "" {
			t.Errorf("a preview looked %s up", text)
		}
	}
}

// TestAccountColumns proves that accounts are looked up once, and that the columns agree with the account list.
func TestAccountColumns(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Seed: 24, Invoices: 60, Bills: 30})
	list := s.must(t, export.Entity{
		ID: "accounts", Object: "Account", HasActive: true,
		Columns: []export.Column{{Path: "Id", Key: true}, {Path: "AcctNum"}, {Path: "AccountType"}},
	}, export.Query{Options: map[string]string{"include_inactive": "true"}})
	want := map[string][2]string{}
	for _, row := range list.rows {
		want[row.Cells[0].String()] = [2]string{row.Cells[1].String(), row.Cells[2].String()}
	}
	for id, d := range reportTypes(t) {
		if !d.Accounts {
			continue
		}
		for _, layout := range []string{"table", "statement"} {
			o := map[string]string{"layout": layout, "date_range": "last_12_months"}
			if d.Basis {
				o["accounting_method"] = "Accrual"
			}
			if d.Dates == export.Undated {
				delete(o, "date_range")
			}
			m := &export.Meter{}
			got := s.renewClient().must(t, d,
				export.Query{Options: o, Meter: m, Columns: []string{"LabelId", "AccountNumber", "AccountType"}})
			found := 0
			for _, row := range got.rows {
				kind := row.Cells[2].String()
				if kind != "" {
					found++
				}
				if w, ok := want[row.Cells[0].String()]; ok && d.Shape == export.Tree &&
					w != [2]string{row.Cells[1].String(), kind} {
					t.Errorf("%s: account %s has %q and %q, want %q", id, row.Cells[0], row.Cells[1], kind, w)
				}
			}
			if found == 0 || m.Count() != 3 {
				t.Errorf("%s as %s: %d of %d rows have an account, %d requests", id, layout, found, len(got.rows),
					m.Count())
			}
			if layout == "table" && d.Shape == export.List && found != len(got.rows) {
				t.Errorf("%s: %d of %d rows have an account", id, found, len(got.rows))
			}
		}
	}
}
