package export

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

var (
	bills = Entity{ID: "bills", Object: "Bill", Lines: true, Dates: []string{"TxnDate"}, Columns: []Column{
		{Path: "Id", Key: true},
		{Path: "TotalAmt", Kind: table.Money},
		{Path: "TxnDate", Kind: table.Date},
		{Path: "Line.Amount", Kind: table.Money},
	}}
	undated = Entity{ID: "terms", Object: "Term", Columns: []Column{{Path: "Id", Key: true}}}
	profit  = Report{ID: "profit", Shape: Tree, Basis: true, Summarize: []string{"Total", "Month"}}
)

func validExporter(d Definition) Exporter {
	e := Exporter{
		Name: "Bills", Definition: d.Info().ID, Companies: []RealmID{"1"},
		Target: Target{Account: "con_1", Sheet: "Bills"},
	}
	if d.Info().Kind == KindReport {
		e.Options = map[string]string{OptBasis: "Cash"}
	}
	return e
}

// TestValidate changes one thing of a valid exporter at a time: exactly that field is reported, or none.
func TestValidate(t *testing.T) {
	t.Parallel()
	options := func(pairs ...string) func(*Exporter) {
		return func(e *Exporter) {
			if e.Options == nil {
				e.Options = map[string]string{}
			}
			for i := 0; i < len(pairs); i += 2 {
				e.Options[pairs[i]] = pairs[i+1]
			}
		}
	}
	filter := func(column string, op Op, value string) func(*Exporter) {
		return func(e *Exporter) { e.Filters = []Filter{{column, op, value}} }
	}
	columns := func(keys ...string) func(*Exporter) { return func(e *Exporter) { e.Columns = keys } }
	target := func(change func(*Target)) func(*Exporter) { return func(e *Exporter) { change(&e.Target) } }
	for _, test := range []struct {
		name   string
		of     Definition
		change func(*Exporter)
		want   string
	}{
		{"an entity", bills, func(*Exporter) {}, ""},
		{"a report", profit, func(*Exporter) {}, ""},
		{"by year", bills, func(e *Exporter) { e.Split = SplitYear }, ""},
		{"by company", profit, func(e *Exporter) { e.Split = SplitCompany }, ""},
		{"a report by year", profit, func(e *Exporter) { e.Split = SplitYear }, "split"},
		{"a list without dates by year", undated, func(e *Exporter) { e.Split = SplitYear }, "split"},
		{"by month", bills, func(e *Exporter) { e.Split = "month" }, "split"},
		{"by year, kept up to date", bills, func(e *Exporter) { e.Split, e.Mode = SplitYear, Upsert }, "split"},
		{"by company, kept up to date", bills, func(e *Exporter) { e.Split, e.Mode = SplitCompany, Upsert }, ""},
		{"by company, from a named cell", bills, func(e *Exporter) {
			e.Split, e.Target.Start = SplitCompany, "ledgersheet_bills"
		}, "split"},
		{"blanks for a name", bills, func(e *Exporter) { e.Name = " \t" }, "name"},
		{"a long name", bills, func(e *Exporter) { e.Name = strings.Repeat("ä", 101) }, "name"},
		{"a name of the most characters", bills, func(e *Exporter) { e.Name = strings.Repeat("ä", 100) }, ""},
		{"no company", bills, func(e *Exporter) { e.Companies = nil }, "company_ids"},
		{"a company twice", bills, func(e *Exporter) { e.Companies = []RealmID{"1", "2", "1"} }, "company_ids[2]"},
		{"a crowd", bills, func(e *Exporter) { e.Companies = make([]RealmID, 101) }, "company_ids"},
		{"another mode", bills, func(e *Exporter) { e.Mode = "truncate" }, "mode"},
		{"a list kept up to date", bills, func(e *Exporter) { e.Mode = Upsert }, ""},
		{"a report kept up to date", profit, func(e *Exporter) { e.Mode = Upsert }, "mode"},
		{"a report's snapshots", profit, func(e *Exporter) { e.Mode = Append }, ""},
		{"deleted records", bills, options(OptDeleted, DeletedMark), ""},
		{"deleted records otherwise", bills, options(OptDeleted, "hide"), "options.deleted"},
		{"deleted records of a report", profit, options(OptDeleted, DeletedMark), "options.deleted"},
		{"in the way", bills, func(e *Exporter) { e.WhenBlocked = "push" }, "when_blocked"},
		{"no account", bills, target(func(t *Target) { t.Account = "" }), "destination.google_account_id"},
		{"a pasted address", bills, target(func(t *Target) {
			t.Spreadsheet = " https://docs.google.com/spreadsheets/u/1/d/1AbC-dEf_234567/edit?usp=sharing#gid=0 "
		}), ""},
		{
			"an address of something else", bills,
			target(func(t *Target) { t.Spreadsheet = "https://docs.google.com/document/d/1AbC-dEf_234567/edit" }),
			"destination.spreadsheet_id",
		},
		{
			"a published address", bills,
			target(func(t *Target) { t.Spreadsheet = "https://docs.google.com/spreadsheets/d/e/2PACX-1vQ/pubhtml" }),
			"destination.spreadsheet_id",
		},
		{"no tab", bills, target(func(t *Target) { t.Sheet = " " }), "destination.sheet"},
		{
			"a tab of 51 emoji", bills, target(func(t *Target) { t.Sheet = strings.Repeat("😀", 51) }),
			"destination.sheet",
		},
		{"a tab with a line break", bills, target(func(t *Target) { t.Sheet = "a\nb" }), "destination.sheet"},
		{"a small start cell", bills, target(func(t *Target) { t.Start = " c12 " }), ""},
		{"a range for a start cell", bills, target(func(t *Target) { t.Start = "A1:B2" }), "destination.start_cell"},
		{"row 0", bills, target(func(t *Target) { t.Start = "A0" }), "destination.start_cell"},
		{"a column past the last", bills, target(func(t *Target) { t.Start = "AAAA1" }), "destination.start_cell"},
		{"an unknown option", bills, options("colour", "red"), "options.colour"},
		{"an option of no value", bills, options("colour", ""), ""},
		{"a yes that is no truth value", bills, options(OptLines, "1"), "options.lines"},
		{"a range", bills, options(OptDateRange, "last_month"), ""},
		{"an unknown range", bills, options(OptDateRange, "last_aeon"), "options.date_range"},
		{
			"dates beside a named range", bills, options(OptDateRange, "today", OptStartDate, "2026-01-01"),
			"options.start_date",
		},
		{"an open custom range", bills, options(OptDateRange, RangeCustom, OptStartDate, "2026-01-01"), ""},
		{"a custom range without days", bills, options(OptDateRange, RangeCustom), "options.date_range"},
		{
			"a custom range backwards", bills,
			options(OptDateRange, RangeCustom, OptStartDate, "2026-02-01", OptEndDate, "2026-01-01"),
			"options.date_range",
		},
		{
			"a day that is not", bills, options(OptDateRange, RangeCustom, OptStartDate, "2026-02-30"),
			"options.start_date",
		},
		{
			"an open range of a report", profit, options(OptDateRange, RangeCustom, OptStartDate, "2026-01-01"),
			"options.date_range",
		},
		{"months of all times", profit, options(OptDateRange, RangeAll, OptSummarize, "Month"), "options.date_range"},
		{"no accounting method", profit, func(e *Exporter) { e.Options = nil }, "options.accounting_method"},
		{"compared months", profit, options(OptSummarize, "Month", OptCompare, ComparePeriod), "options.compare"},
		{"a path that no catalogue lists", bills, columns("Id", "VendorRef.name"), ""},
		{"a path of nothing", bills, columns("Id", "a..b"), "columns[1]"},
		{"a column twice", bills, columns("Id", "TotalAmt", "Id"), "columns[2]"},
		{"a line's column", bills, columns("Line.Amount"), "columns[0]"},
		{
			"a line's column with lines", bills,
			func(e *Exporter) { columns("Line.Amount")(e); options(OptLines, "true")(e) }, "",
		},
		{"a long column", bills, columns(strings.Repeat("a", 201)), "columns[0]"},
		{"too many columns", bills, func(e *Exporter) {
			for i := range 201 {
				e.Columns = append(e.Columns, fmt.Sprint("C", i))
			}
		}, "columns"},
		{"a path in a report", profit, columns("Label", "VendorRef.name"), "columns[1]"},
		{"a filter", bills, filter("TotalAmt", OpGreater, "0"), ""},
		{"a filter of the wrong kind", bills, filter("TotalAmt", OpGreater, "much"), "filters[0]"},
		{"a filter by no operator", bills, filter("TotalAmt", "like", "1"), "filters[0]"},
		{"a filter by a line without lines", bills, filter("Line.Amount", OpGreater, "0"), "filters[0]"},
		{"a long filter", bills, filter("VendorRef.name", OpIn, strings.Repeat("x,", 2501)), "filters[0]"},
		{"a filter of a report", profit, filter("Label", OpEqual, "x"), "filters"},
		{
			"too many filters", bills,
			func(e *Exporter) { e.Filters = slices.Repeat([]Filter{{"Id", OpEqual, "1"}}, 21) }, "filters",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := validExporter(test.of)
			test.change(&e)
			e.Normalize()
			var c problem.Collect
			e.Validate(test.of, &c)
			p := problem.From(c.Err())
			switch {
			case test.want == "" && p != nil:
				t.Errorf("refused: %v", p.Fields)
			case test.want != "" && (p == nil || len(p.Fields) != 1 || p.Fields[test.want] == ""):
				t.Errorf("got %v, want %s alone", p, test.want)
			}
		})
	}
}
