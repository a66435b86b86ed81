package pipeline

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// companyPart is a company's statement: each row is role, level, label and amounts, blank ones empty.
func companyPart(t *testing.T, name, currency string, amounts []string, rows ...[]string) part {
	t.Helper()
	schema := table.Schema{Columns: []table.Column{{ID: export.ReportLabel, Title: "Name", Label: true}}}
	for _, a := range amounts {
		schema.Columns = append(schema.Columns, table.Column{ID: a, Title: a, Kind: table.Money, Currency: currency})
	}
	p := part{company: export.Company{Realm: export.RealmID("9" + name), Name: name, HomeCurrency: currency}, reading: &export.Reading{Schema: schema}, rows: table.NewSpool(schema)}
	for _, r := range rows {
		row := table.Row{Level: r[1][0] - '0', Cells: []table.Cell{table.TextOf(r[2])}}
		switch r[0] {
		case "section":
			row.Role = table.Section
		case "total":
			row.Role = table.Total
		}
		for i := range amounts {
			cell := table.Cell{}
			if text := r[3+i]; text != "" {
				cell = table.MoneyOf(decimal.RequireFromString(text))
			}
			row.Cells = append(row.Cells, cell)
		}
		if err := p.rows.Add(row); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func lines(t *testing.T, s *table.Spool) [][]string {
	t.Helper()
	var out [][]string
	for row, err := range s.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		line := []string{fmt.Sprintf("%d/%d", row.Role, row.Level)}
		for _, c := range row.Cells {
			line = append(line, c.String())
		}
		out = append(out, line)
	}
	return out
}

func heads(s *table.Spool) []string {
	var out []string
	for _, c := range s.Schema().Columns {
		out = append(out, c.ID+"|"+c.Title+"|"+c.Currency)
	}
	return out
}

func TestBeside(t *testing.T) {
	t.Parallel()
	craig := companyPart(t, "Craig", "USD", []string{"total"},
		[]string{"section", "0", "Income", ""}, []string{"data", "1", "4000 Sales", "100.10"}, []string{"data", "1", "Other", "1"}, []string{"total", "0", "Total Income", "101.10"},
		[]string{"section", "0", "Expenses", ""}, []string{"data", "1", "Other", "40"}, []string{"data", "1", "Other", "2"}, []string{"total", "0", "Total Expenses", "42"},
		[]string{"total", "0", "Net Income", "59.10"})
	larry := companyPart(t, "Larry", "USD", []string{"total"},
		[]string{"section", "0", "Income", ""}, []string{"data", "1", "Baking", "7"}, []string{"data", "1", "4000 sales ", "0.20"}, []string{"total", "0", "Total Income", "7.20"},
		[]string{"section", "0", "Cost of Goods Sold", ""}, []string{"data", "1", "Flour", "3"}, []string{"total", "0", "Total Cost of Goods Sold", "3"},
		[]string{"section", "0", "Expenses", ""}, []string{"data", "1", "Other", "5"}, []string{"total", "0", "Total Expenses", "5"},
		[]string{"total", "0", "Net Income", "-0.80"})
	rows, warnings, err := beside([]part{craig, larry})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	if diff := cmp.Diff([]string{"Label|Name|", "9Craig/total|Craig|USD", "9Larry/total|Larry|USD", "companies/total|Total|USD"}, heads(rows)); diff != "" {
		t.Error(diff)
	}
	want := [][]string{
		{"1/0", "Income", "", "", ""},
		{"0/1", "Baking", "", "7", "7"},
		{"0/1", "4000 Sales", "100.10", "0.20", "100.30"},
		{"0/1", "Other", "1", "", "1"},
		{"2/0", "Total Income", "101.10", "7.20", "108.30"},
		{"1/0", "Cost of Goods Sold", "", "", ""},
		{"0/1", "Flour", "", "3", "3"},
		{"2/0", "Total Cost of Goods Sold", "", "3", "3"},
		{"1/0", "Expenses", "", "", ""},
		{"0/1", "Other", "40", "5", "45"},
		{"0/1", "Other", "2", "", "2"},
		{"2/0", "Total Expenses", "42", "5", "47"},
		{"2/0", "Net Income", "59.10", "-0.80", "58.30"},
	}
	if diff := cmp.Diff(want, lines(t, rows)); diff != "" {
		t.Error(diff)
	}
}

func TestBesideWithOtherColumnsAndCurrencies(t *testing.T) {
	t.Parallel()
	a := companyPart(t, "A", "USD", []string{"Jan 2026", "total"}, []string{"data", "0", "Sales", "1", "1"})
	b := companyPart(t, "A", "GBP", []string{"Feb 2026", "total"}, []string{"data", "0", "Sales", "2", "2"})
	b.company.Realm = "7"
	rows, warnings, err := beside([]part{a, b})
	if err != nil || len(warnings) != 1 {
		t.Fatal(err, warnings)
	}
	if diff := cmp.Diff([]string{
		"Label|Name|", "9A/Jan 2026|A (9A), Jan 2026|USD", "9A/total|A (9A), total|USD", "9A/Feb 2026|A (9A), Feb 2026|USD",
		"7/Jan 2026|A (7), Jan 2026|GBP", "7/total|A (7), total|GBP", "7/Feb 2026|A (7), Feb 2026|GBP",
	}, heads(rows)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"0/0", "Sales", "1", "1", "", "", "2", "2"}}, lines(t, rows)); diff != "" {
		t.Error(diff)
	}
	b = companyPart(t, "B", "USD", []string{"total"}, []string{"data", "0", "Fees", "2"})
	a = companyPart(t, "A", "USD", []string{"total"}, []string{"data", "0", "Sales", "1"})
	if rows, _, err = beside([]part{a, b}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"0/0", "Sales", "1", "", "1"}, {"0/0", "Fees", "", "2", "2"}}, lines(t, rows)); diff != "" {
		t.Error(diff)
	}
}

// TestInterleaved: everything is there once, the first list keeps its order, and so does the second where the first
// does not contradict it.
func TestInterleaved(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		item := rapid.StringOfN(rapid.RuneFrom([]rune("abcdefgh")), 1, 1, 1)
		a := rapid.SliceOfDistinct(item, rapid.ID[string]).Draw(t, "a")
		b := rapid.SliceOfDistinct(item, rapid.ID[string]).Draw(t, "b")
		got := interleaved(a, b)
		only := func(list []string, of []string) []string {
			return slices.DeleteFunc(slices.Clone(list), func(x string) bool { return !slices.Contains(of, x) })
		}
		if !slices.Equal(only(got, a), a) {
			t.Fatalf("%q with %q is %q", a, b, got)
		}
		if slices.Equal(only(a, b), only(b, a)) && !slices.Equal(only(got, b), b) {
			t.Fatalf("%q with %q is %q", a, b, got)
		}
		if all := slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b)))); !slices.Equal(slices.Sorted(slices.Values(got)), all) {
			t.Fatalf("%q with %q is %q", a, b, got)
		}
	})
}
