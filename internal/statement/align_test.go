package statement

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// companyPart returns a company's statement. Each row is role, level, label and amounts; a blank amount is "".
func companyPart(t *testing.T, name, currency string, amounts []string, rows ...[]string) Part {
	t.Helper()
	schema := table.Schema{Columns: []table.Column{{ID: export.ReportLabel, Title: "Name", Label: true}}}
	for _, a := range amounts {
		schema.Columns = append(schema.Columns, table.Column{ID: a, Title: a, Kind: table.Money, Currency: currency})
	}
	p := Part{
		Company: export.Company{Realm: export.RealmID("9" + name), Name: name, HomeCurrency: currency},
		Schema:  schema, Rows: table.NewSpool(schema),
	}
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
		if err := p.Rows.Add(row); err != nil {
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

func TestAlign(t *testing.T) {
	t.Parallel()
	craig := companyPart(t, "Craig", "USD", []string{"total"},
		[]string{"section", "0", "Income", ""},
		[]string{"data", "1", "4000 Sales", "100.10"}, []string{"data", "1", "Other", "1"},
		[]string{"total", "0", "Total Income", "101.10"},
		[]string{"section", "0", "Expenses", ""},
		[]string{"data", "1", "Other", "40"}, []string{"data", "1", "Other", "2"},
		[]string{"total", "0", "Total Expenses", "42"},
		[]string{"total", "0", "Net Income", "59.10"})
	larry := companyPart(t, "Larry", "USD", []string{"total"},
		[]string{"section", "0", "Income", ""},
		[]string{"data", "1", "Baking", "7"}, []string{"data", "1", "4000 sales ", "0.20"},
		[]string{"total", "0", "Total Income", "7.20"},
		[]string{"section", "0", "Cost of Goods Sold", ""},
		[]string{"data", "1", "Flour", "3"},
		[]string{"total", "0", "Total Cost of Goods Sold", "3"},
		[]string{"section", "0", "Expenses", ""},
		[]string{"data", "1", "Other", "5"},
		[]string{"total", "0", "Total Expenses", "5"},
		[]string{"total", "0", "Net Income", "-0.80"})
	rows, warnings, err := Align([]Part{craig, larry})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	columns := []string{"Label|Name|", "9Craig/total|Craig|USD", "9Larry/total|Larry|USD", "companies/total|Total|USD"}
	if diff := cmp.Diff(columns, heads(rows)); diff != "" {
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

func TestAlignWithOtherColumnsAndCurrencies(t *testing.T) {
	t.Parallel()
	a := companyPart(t, "A", "USD", []string{"Jan 2026", "total"}, []string{"data", "0", "Sales", "1", "1"})
	b := companyPart(t, "A", "GBP", []string{"Feb 2026", "total"}, []string{"data", "0", "Sales", "2", "2"})
	b.Company.Realm = "7"
	rows, warnings, err := Align([]Part{a, b})
	if err != nil || len(warnings) != 1 {
		t.Fatal(err, warnings)
	}
	columns := []string{
		"Label|Name|",
		"9A/Jan 2026|A (9A), Jan 2026|USD", "9A/total|A (9A), total|USD", "9A/Feb 2026|A (9A), Feb 2026|USD",
		"7/Jan 2026|A (7), Jan 2026|GBP", "7/total|A (7), total|GBP", "7/Feb 2026|A (7), Feb 2026|GBP",
	}
	if diff := cmp.Diff(columns, heads(rows)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"0/0", "Sales", "1", "1", "", "", "2", "2"}}, lines(t, rows)); diff != "" {
		t.Error(diff)
	}
	b = companyPart(t, "B", "USD", []string{"total"}, []string{"data", "0", "Fees", "2"})
	a = companyPart(t, "A", "USD", []string{"total"}, []string{"data", "0", "Sales", "1"})
	if rows, _, err = Align([]Part{a, b}); err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"0/0", "Sales", "1", "", "1"}, {"0/0", "Fees", "", "2", "2"}}
	if diff := cmp.Diff(want, lines(t, rows)); diff != "" {
		t.Error(diff)
	}
}

// TestAlignKeepsSections proves that each amount stays in its section and in its company's column, and that every row
// appears once, whatever accounts the companies have and in whatever order.
func TestAlignKeepsSections(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var rows func(level byte) [][]string
		rows = func(level byte) [][]string {
			name := rapid.SampledFrom([]string{"A", "B", "C", "D", "E", "F"})
			names := rapid.SliceOfNDistinct(name, 0, 4, rapid.ID[string]).Draw(rt, "names")
			var out [][]string
			for _, name := range names {
				if (name == "C" || name == "D") && level < '2' {
					out = append(out, []string{"section", string(level), name, ""})
					out = append(out, rows(level+1)...)
					out = append(out, []string{"total", string(level), "Total " + name, "100"})
					continue
				}
				amount := fmt.Sprint(rapid.IntRange(1, 99).Draw(rt, "amount"))
				out = append(out, []string{"data", string(level), name, amount})
			}
			return out
		}
		var parts []Part
		var want []map[string]string
		for _, name := range []string{"X", "Y", "Z"} {
			list := rows('0')
			parts = append(parts, companyPart(t, name, "USD", []string{"total"}, list...))
			want = append(want, amountsByPath(lines(t, parts[len(parts)-1].Rows), 2))
		}
		all, _, err := Align(parts)
		if err != nil {
			rt.Fatal(err)
		}
		got := lines(t, all)
		paths := map[string]bool{}
		for i := range parts {
			found := amountsByPath(got, 2+i)
			for path := range found {
				paths[path] = true
			}
			maps.DeleteFunc(found, func(path, amount string) bool {
				_, has := want[i][path]
				return amount == "" && !has
			})
			if diff := cmp.Diff(want[i], found); diff != "" {
				rt.Fatalf("company %d (-want +got):\n%s\nin %q", i, diff, got)
			}
		}
		if len(paths) != len(got) {
			rt.Fatalf("%d rows for %d paths: %q", len(got), len(paths), got)
		}
	})
}

// amountsByPath returns a column of the lines by path: the labels of the sections around the row, then its own.
func amountsByPath(list [][]string, column int) map[string]string {
	out := map[string]string{}
	var path []string
	for _, line := range list {
		level := int(line[0][2] - '0')
		path = append(path[:min(level, len(path))], line[1])
		out[strings.Join(path, " > ")+" "+line[0]] = line[column]
		if level >= len(path) {
			out["torn "+fmt.Sprint(line)] = line[column]
		}
	}
	return out
}
