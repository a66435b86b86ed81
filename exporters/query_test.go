package exporters_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// entities are the lists of records among the types.
func entities(all []export.Definition) []export.Entity {
	var list []export.Entity
	for _, d := range all {
		if e, ok := d.(export.Entity); ok {
			list = append(list, e)
		}
	}
	return list
}

// queryable are the columns by which QuickBooks is said to filter.
func queryable(e export.Entity) []export.Column {
	return slices.DeleteFunc(slices.Clone(e.Columns), func(c export.Column) bool { return !c.Queryable })
}

// unpushed is the definition as if QuickBooks could filter by nothing.
func unpushed(e export.Entity) export.Entity {
	e.Columns = slices.Clone(e.Columns)
	for i := range e.Columns {
		e.Columns[i].Queryable = false
	}
	return e
}

// read reads an entity's rows past the sheet.
func (w world) read(t testing.TB, e export.Entity, q export.Query) [][]string {
	t.Helper()
	q.Company, q.Today = w.company, today.Truncate(24*time.Hour)
	reading, err := w.source.Read(t.Context(), e, q)
	if err != nil {
		t.Fatalf("%s %+v: %v", e.ID, q, err)
	}
	var rows [][]string
	for row, err := range reading.Rows {
		if err != nil {
			t.Fatalf("%s %+v: %v", e.ID, q, err)
		}
		texts := make([]string, len(row.Cells))
		for i, c := range row.Cells {
			texts[i] = c.String()
		}
		rows = append(rows, texts)
	}
	slices.SortFunc(rows, slices.Compare) // not every type has ids to be ordered by
	return rows
}

// values are what the columns hold in all records, by path.
func (w world) values(t testing.TB, e export.Entity) map[string][]string {
	t.Helper()
	columns := queryable(e)
	q := export.Query{Options: map[string]string{"include_inactive": "true"}}
	if !e.HasActive {
		q.Options = nil
	}
	for _, c := range columns {
		q.Columns = append(q.Columns, c.Path)
	}
	found := map[string][]string{}
	if len(columns) == 0 {
		return found
	}
	for _, row := range w.read(t, e, q) {
		for i, text := range row {
			found[columns[i].Path] = append(found[columns[i].Path], text)
		}
	}
	return found
}

// wellFormed is a value of the kind, for columns that hold none.
func wellFormed(kind table.Kind) string {
	return map[table.Kind]string{
		table.Text: "x", table.Number: "1", table.Money: "1.5", table.Date: "2026-01-31",
		table.DateTime: "2026-01-31T10:00:00Z", table.Bool: "true",
	}[kind]
}

// TestQueryableColumnsAreQueryable filters by each column that is said to be queryable: QuickBooks must understand it,
// be asked, and find what is found without asking.
func TestQueryableColumnsAreQueryable(t *testing.T) { queryColumns(t, exporters.All()) }

func queryColumns(t *testing.T, all []export.Definition) {
	t.Parallel()
	w := newWorld(t, all)
	for _, e := range entities(all) {
		known := w.values(t, e)
		for _, c := range queryable(e) {
			value := wellFormed(c.Kind)
			if i := slices.IndexFunc(known[c.Path], func(s string) bool {
				return s != "" && !strings.ContainsAny(s, "é'&() ")
			}); i >= 0 {
				value = known[c.Path][i]
			}
			q := export.Query{
				Columns: export.Defaults(e, false),
				Filters: []export.Filter{{Column: c.Path, Op: export.OpEqual, Value: value}},
			}
			w.books.ResetRequests()
			got := w.read(t, e, q)
			if asked := w.books.Requests()[0].Query; c.Kind != table.Bool && !strings.Contains(asked, "WHERE") {
				t.Errorf("%s: %s = %q was not pushed: %s", e.ID, c.Path, value, asked)
			}
			if n := w.refused.Swap(0); n > 0 {
				t.Errorf("%s: QuickBooks cannot filter by %s", e.ID, c.Path)
			}
			if diff := cmp.Diff(w.read(t, unpushed(e), q), got); diff != "" {
				t.Errorf("%s: %s = %q: pushing changed the answer: %s", e.ID, c.Path, value, diff)
			}
		}
	}
}

// TestFiltersGiveTheSamePushedOrNot draws filters and dates over all types.
func TestFiltersGiveTheSamePushedOrNot(t *testing.T) { pushFilters(t, exporters.All()) }

func pushFilters(t *testing.T, all []export.Definition) {
	t.Parallel()
	w := newWorld(t, all)
	lists := slices.DeleteFunc(entities(all), func(e export.Entity) bool { return len(queryable(e)) == 0 })
	known := map[string]map[string][]string{}
	for _, e := range lists {
		known[e.ID] = w.values(t, e)
	}
	rapid.Check(t, func(rt *rapid.T) {
		e := rapid.SampledFrom(lists).Draw(rt, "entity")
		q := export.Query{Columns: export.Defaults(e, false), Options: map[string]string{}}
		if e.HasActive {
			q.Options["include_inactive"] = rapid.SampledFrom([]string{"true", "false"}).Draw(rt, "inactive")
		}
		if len(e.Dates) > 0 && rapid.Bool().Draw(rt, "dated") {
			q.Options["date_range"] = rapid.SampledFrom([]string{
				"this_fiscal_year", "last_90_days", "this_month", "today", "last_year",
			}).Draw(rt, "range")
			q.Options["date_column"] = rapid.SampledFrom(e.Dates).Draw(rt, "date column")
		}
		if e.Object == "ExchangeRate" {
			q.Options["date_range"] = "this_month" // without a range it is about today, whoever filters
		}
		for range rapid.IntRange(1, 2).Draw(rt, "filters") {
			c := rapid.SampledFrom(queryable(e)).Draw(rt, "column")
			candidates := append(slices.Clone(known[e.ID][c.Path]), wellFormed(c.Kind), "", "0",
				"O'Brien's \\ Sons", "a%")
			value := rapid.SampledFrom(candidates).Draw(rt, "value")
			op := rapid.SampledFrom(export.Ops()).Draw(rt, "op")
			if op == export.OpIn {
				value += ", " + rapid.SampledFrom(candidates).Draw(rt, "second value")
			}
			q.Filters = append(q.Filters, export.Filter{Column: c.Path, Op: op, Value: value})
		}
		got := w.read(t, e, q)
		if n := w.refused.Swap(0); n > 0 {
			rt.Fatalf("%s %+v: QuickBooks refused a condition", e.ID, q.Filters)
		}
		if diff := cmp.Diff(w.read(t, unpushed(e), q), got); diff != "" {
			rt.Fatalf("%s %+v: pushing changed the answer: %s", e.ID, q.Filters, diff)
		}
	})
}
