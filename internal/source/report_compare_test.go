package source_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// answerByStart answers with one of several reports, depending on the first day that is asked for.
func answerByStart(bodies map[string]string, asked *[]string) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		start := r.URL.Query().Get("start_date")
		*asked = append(*asked, start+" "+r.URL.Query().Get("end_date"))
		return newResponse(r, 200, bodies[start]), nil
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	now := makeReport(t, []string{"Total"},
		section("Income", "Income", "160.00", leaf("Sales#1", "100.00"),
			section("Services#2", "", "60.00", leaf("Repairs#3", "60.00"))),
		computedRow("Gross Profit", "GrossProfit", "160.00"),
		section("Expenses", "Expenses", "40.00", leaf("Rent#5", "40.00")),
		computedRow("Net Operating Income", "NetOperatingIncome", "120.00"),
		computedRow("Net Income", "NetIncome", "120.00"))
	then := makeReport(t, []string{"Total"},
		// Then, Services had no subaccount and stood first, and goods were bought.
		section("Income", "Income", "90.00", leaf("Services#2", "30.00"), leaf("Sales#1", "80.00"),
			leaf("Discounts#9", "-20.00")),
		section("Cost of Goods Sold", "COGS", "10.00", leaf("Goods#6", "10.00")),
		computedRow("Gross Profit", "GrossProfit", "80.00"),
		computedRow("Net Operating Income", "NetOperatingIncome", "80.00"),
		computedRow("Net Income", "NetIncome", "80.00"))
	var asked []string
	c := intuit.New(intuit.Options{APIURL: simRoot, HTTP: func(export.RealmID) *http.Client {
		return &http.Client{Transport: answerByStart(map[string]string{"2026-01-01": now, "2025-12-01": then}, &asked)}
	}})
	s := simulated{
		client:  c,
		company: export.Company{Realm: "1", Name: "Test Ltd", HomeCurrency: "GBP", FiscalYearStart: time.January},
	}
	d := reportTypes(t)["profit_and_loss"]
	got := s.must(t, d, export.Query{Options: options("compare", "previous_period")})
	if diff := cmp.Diff([]string{
		"Label|Name|text|", "total|Total|money|GBP", "total_previous|Previous period|money|GBP",
		"total_change|Change|money|GBP", "total_change_percent|% change|number|",
	}, titles(got.Schema)); diff != "" {
		t.Error(diff)
	}
	want := [][]string{
		{"1/0", "Income", "", "", "", ""},
		{"0/1", "Sales", "100.00", "80.00", "20.00", "0.2500"},
		{"0/1", "Discounts", "", "-20.00", "20.00", "1.0000"},
		{"1/1", "Services", "", "30.00", "-30.00", "-1.0000"},
		{"0/2", "Repairs", "60.00", "", "60.00", ""},
		{"2/1", "Total Services", "60.00", "30.00", "30.00", "1.0000"},
		{"2/0", "Total Income", "160.00", "90.00", "70.00", "0.7778"},
		{"1/0", "Cost of Goods Sold", "", "", "", ""},
		{"0/1", "Goods", "", "10.00", "-10.00", "-1.0000"},
		{"2/0", "Total Cost of Goods Sold", "", "10.00", "-10.00", "-1.0000"},
		{"2/0", "Gross Profit", "160.00", "80.00", "80.00", "1.0000"},
		{"1/0", "Expenses", "", "", "", ""},
		{"0/1", "Rent", "40.00", "", "40.00", ""},
		{"2/0", "Total Expenses", "40.00", "", "40.00", ""},
		{"2/0", "Net Operating Income", "120.00", "80.00", "40.00", "0.5000"},
		{"2/0", "Net Income", "120.00", "80.00", "40.00", "0.5000"},
	}
	if diff := cmp.Diff(want, texts(got.rows)); diff != "" {
		t.Error(diff)
	}
	if got.Period != "2026-01-01 to 2026-01-31, compared with 2025-12-01 to 2025-12-31" ||
		!slices.Equal(asked, []string{"2026-01-01 2026-01-31", "2025-12-01 2025-12-31"}) {
		t.Errorf("%q, asked %q", got.Period, asked)
	}
	list := s.must(t, d, export.Query{
		Options: options("compare", "previous_period", "layout", "table"), Columns: []string{"Label", "Amounts"},
	})
	if diff := cmp.Diff([]string{"Sales", "Discounts", "Services", "Repairs", "Goods", "Rent"},
		list.column(t, "Label")); diff != "" {
		t.Error(diff)
	}
	for _, o := range []map[string]string{
		options("compare", "previous_year", "summarize_by", "Month"),
		options("compare", "previous_year", "layout", "tidy"),
		{"accounting_method": "Cash", "compare": "previous_year", "date_range": "all"},
	} {
		if got := s.read(t, d, export.Query{Options: o}); !problem.HasCode(got.err, problem.InvalidInput) {
			t.Errorf("%v: %v", o, got.err)
		}
		e := export.Exporter{Options: o}
		var c problem.Collect
		e.Validate(d, &c)
		if !c.Has("options.compare") {
			t.Errorf("%v was accepted", o)
		}
	}
}

// TestCompareSimulated proves that a statement with a comparison agrees with separate statements of both periods.
func TestCompareSimulated(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Seed: 31, Invoices: 120, Bills: 80})
	for id, d := range reportTypes(t) {
		if !d.Comparable() {
			continue
		}
		for _, compare := range []string{"previous_period", "previous_year"} {
			if testing.Short() && compare == "previous_year" && id != "balance_sheet" {
				continue
			}
			o := map[string]string{"date_range": "last_quarter", "compare": compare}
			if d.Basis {
				o["accounting_method"] = "Cash"
			}
			days, err := export.ResolveRange("last_quarter", midnight(time.Now()), s.company.FiscalYearStart, "", "")
			if err != nil {
				t.Fatal(err)
			}
			days = days.Before(compare)
			before := map[string]string{
				"date_range": "custom", "start_date": days.Start.Format(time.DateOnly),
				"end_date": days.End.Format(time.DateOnly), "accounting_method": o["accounting_method"],
			}
			for _, layout := range []string{"statement", "table"} {
				o["layout"], before["layout"] = layout, layout
				columns := []string{"Section", "Label", "LabelId", "RowKind", "Amounts"}
				s := s.renewClient()
				both := s.must(t, d, export.Query{Options: o, Columns: columns})
				then := s.must(t, d, export.Query{Options: before, Columns: columns})
				delete(o, "compare")
				now := s.must(t, d, export.Query{Options: o, Columns: columns})
				o["compare"] = compare
				for what, alone := range map[string]result{"total": now, "total_previous": then} {
					if layout == "statement" {
						continue // an account that has subaccounts in only one period is a section in both
					}
					if diff := cmp.Diff(amountLines(alone, "total"), amountLines(both, what)); diff != "" {
						t.Errorf("%s, %s, %s: %s differs (-alone +compared):\n%s", id, compare, layout, what, diff)
					}
				}
				at := len(both.Schema.Columns) - 4
				for _, row := range both.rows {
					a, _ := row.Cells[at].Decimal()
					b, _ := row.Cells[at+1].Decimal()
					diff, _ := row.Cells[at+2].Decimal()
					percent, stated := row.Cells[at+3].Decimal()
					if !a.Sub(b).Equal(diff) || stated == b.IsZero() && !(a.IsZero() && b.IsZero()) ||
						(stated && !percent.Mul(b.Abs()).Sub(diff).Abs().LessThanOrEqual(
							b.Abs().Mul(decimal.New(1, -4)))) {
						t.Errorf("%s: %v", id, texts([]table.Row{row}))
					}
				}
			}
		}
	}
}

// amountLines returns the rows with an amount in the column, sorted as text.
func amountLines(r result, column string) []string {
	at := slices.IndexFunc(r.Schema.Columns, func(c table.Column) bool { return c.ID == column })
	var list []string
	for _, row := range r.rows {
		if v, ok := row.Cells[at].Decimal(); !ok || v.IsZero() {
			continue
		}
		line := []string{}
		for i, c := range r.Schema.Columns {
			if c.Kind == table.Text {
				line = append(line, row.Cells[i].String())
			}
		}
		list = append(list, strings.TrimRight(strings.Join(line, "/"), "/")+"="+row.Cells[at].String())
	}
	slices.Sort(list)
	return list
}
