package source_test

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// records reads a company's records directly, bypassing the API, to compare the API's answers with.
func (s simulated) records(t testing.TB, object string) []record.Record {
	t.Helper()
	var list []record.Record
	for _, id := range s.books.IDs(object) {
		raw, ok := s.books.Record(object, id)
		if !ok {
			continue
		}
		r, err := record.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

func TestAllInvoicesArriveExactly(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Seed: 3, Invoices: 3100, Nasty: true})
	got := s.must(t, invoices(), export.Query{Meter: &export.Meter{}})
	want := s.records(t, "Invoice")
	if len(got.rows) != len(want) || got.Total != len(want) {
		t.Fatalf("%d rows, total %d; there are %d invoices", len(got.rows), got.Total, len(want))
	}
	sum := decimal.Zero
	ids := map[string]bool{}
	for _, r := range want {
		d, _ := r.Decimal("TotalAmt")
		sum = sum.Add(d)
		ids[r.Text("Id")] = true
	}
	if total := got.totals().Sums["TotalAmt"]; !total.Equal(sum) {
		t.Errorf("the totals add up to %s, want %s", total, sum)
	}
	for _, id := range got.column(t, "Id") {
		delete(ids, id)
	}
	if len(ids) > 0 {
		t.Errorf("%d invoices did not come", len(ids))
	}
	if n := s.server.Count("query:Invoice"); n != 5 { // one count, four pages that overlap by one record
		t.Errorf("%d requests, want 5", n)
	}
	if w := s.server.Writes(); len(w) > 0 {
		t.Errorf("%d requests were no GET", len(w))
	}
}

func TestMeterCountsRequests(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Invoices: 50})
	s.server.Fail(intuitsim.Fault{Match: "query", Body: intuitsim.BodyCut})
	var m export.Meter
	s.must(t, invoices(), export.Query{Meter: &m})
	if m.Count() != 3 { // a count that broke off, the count, a page
		t.Errorf("the meter says %d, want 3", m.Count())
	}
}

func TestEmptyList(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Invoices: 20})
	got := s.must(t, invoices(),
		export.Query{Filters: []export.Filter{{Column: "DocNumber", Op: export.OpEqual, Value: "no such number"}}})
	if len(got.rows) != 0 || got.Total != 0 || len(got.warnings()) != 0 {
		t.Errorf("rows %d, total %d, warnings %q", len(got.rows), got.Total, got.warnings())
	}
}

func TestInactiveVendors(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Seed: 1, Vendors: 60, Nasty: true, Invoices: 10})
	active, all := 0, 0
	for _, r := range s.records(t, "Vendor") {
		all++
		if r.Text("Active") == "true" {
			active++
		}
	}
	if active == all {
		t.Fatal("the simulated company has no inactive vendor")
	}
	inactiveOnly := []export.Filter{{Column: "Active", Op: export.OpEqual, Value: "false"}}
	for name, test := range map[string]struct {
		q    export.Query
		want int
	}{
		"default":          {export.Query{}, active},
		"include inactive": {export.Query{Options: map[string]string{"include_inactive": "true"}}, all},
		"filter for active": {
			export.Query{Filters: []export.Filter{{Column: "Active", Op: export.OpEqual, Value: "true"}}}, active,
		},
		"filter for others": {export.Query{Filters: inactiveOnly}, all - active},
	} {
		if got := len(s.must(t, vendors(), test.q).rows); got != test.want {
			t.Errorf("%s: %d vendors, want %d", name, got, test.want)
		}
	}
	for _, name := range s.must(t, vendors(), export.Query{Filters: inactiveOnly}).column(t, "DisplayName") {
		if !strings.HasSuffix(name, " (deleted)") {
			t.Errorf("inactive vendor %q is not marked", name)
		}
	}
}

func TestLinesAddUpToTheInvoice(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Seed: 5, Invoices: 400})
	got := s.must(t, invoices(), export.Query{Options: map[string]string{"lines": "true"}})
	lines := map[string]decimal.Decimal{}
	ids, amounts := got.column(t, "Id"), got.column(t, "Line.Amount")
	for i, id := range ids {
		if amounts[i] != "" {
			lines[id] = lines[id].Add(decimal.RequireFromString(amounts[i]))
		}
	}
	discounted := 0
	for _, r := range s.records(t, "Invoice") {
		total, _ := r.Decimal("TotalAmt")
		tax := decimal.Zero
		if d := r.Object("TxnTaxDetail"); d.Exists() {
			tax, _ = d.Decimal("TotalTax")
		}
		if want := total.Sub(tax); !lines[r.Text("Id")].Equal(want) {
			t.Fatalf("the lines of invoice %s add up to %s, want %s", r.Text("Id"), lines[r.Text("Id")], want)
		}
		for _, l := range r.List("Line") {
			if l.Text("DetailType") == "DiscountLineDetail" {
				discounted++
			}
		}
	}
	if discounted == 0 {
		t.Error("no invoice has a discount, so this shows too little")
	}
	var titles []string
	for _, c := range got.Schema.Columns {
		if c.Kind == table.Money {
			titles = append(titles, c.Title)
		}
	}
	if diff := cmp.Diff([]string{
		"Line amount", "Tax (whole invoice)", "Total (whole invoice)", "Open balance (whole invoice)",
	}, titles); diff != "" {
		t.Error(diff)
	}
	var keys []string
	for _, k := range got.Schema.Keys() {
		keys = append(keys, got.Schema.Columns[k].ID)
	}
	if diff := cmp.Diff([]string{"Id", "Line.Id"}, keys); diff != "" {
		t.Error(diff)
	}
}

func TestComputedColumnsAndWarnings(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Invoices: 30})
	got := s.must(t, invoices(),
		export.Query{Columns: []string{"Company", "Id", "Link", "CustomField.Nobody has this", "CustomerRef.value"}})
	if name := got.column(t, "Company")[0]; name != s.company.Name {
		t.Errorf("company %q", name)
	}
	id, link := got.column(t, "Id")[0], got.column(t, "Link")[0]
	page := "https://sandbox.qbo.intuit.com/app/invoice?txnId=" + id
	if link != page+"&deeplinkcompanyid="+string(s.company.Realm) {
		t.Errorf("link %q of invoice %s", link, id)
	}
	want := []string{fmt.Sprintf(
		"Column CustomField.Nobody has this was empty in all %d rows; check its spelling.", len(got.rows))}
	if diff := cmp.Diff(want, got.warnings()); diff != "" {
		t.Error(diff)
	}
}

func TestPreviewCostsTwoRequests(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Seed: 2, Invoices: 500})
	for name, test := range map[string]struct {
		q    export.Query
		size string // of the page
		rows int
	}{
		"plain": {export.Query{Limit: 10}, "10", 10},
		"lines": {export.Query{Limit: 25, Options: map[string]string{"lines": "true"}}, "25", 25},
		"pushed filter": {
			export.Query{Limit: 10, Filters: []export.Filter{{Column: "TotalAmt", Op: export.OpGreater, Value: "1"}}},
			"10", 10,
		},
		"local filter": {
			export.Query{
				Limit:   10,
				Filters: []export.Filter{{Column: "CustomerRef.name", Op: export.OpContains, Value: "a"}},
			},
			"100", 10,
		},
	} {
		s.server.ResetRequests()
		got := s.must(t, invoices(), test.q)
		requests := s.server.Requests()
		if n := len(requests); n > 2 || (n == 1) != (name == "local filter") || len(got.rows) != test.rows {
			t.Errorf("%s: %d requests, %d rows", name, len(requests), len(got.rows))
			continue
		}
		values, err := url.ParseQuery(requests[0].Query)
		if err != nil || !strings.HasSuffix(values.Get("query"), " MAXRESULTS "+test.size) {
			t.Errorf("%s: asked %q", name, values.Get("query"))
		}
		if (name == "local filter") != (got.Total == -1) {
			t.Errorf("%s: total %d", name, got.Total)
		}
	}
}

func TestWhatChangesWhileReadingIsNoticed(t *testing.T) {
	t.Parallel()
	later := func(s simulated) string { // an id on the second page
		ids := s.books.IDs("Invoice")
		slices.SortFunc(ids, compareNumbers)
		return ids[len(ids)-5]
	}
	first := func(s simulated) string {
		ids := s.books.IDs("Invoice")
		slices.SortFunc(ids, compareNumbers)
		return ids[3]
	}
	sale := intuitsim.Sale{}
	for name, test := range map[string]struct {
		change func(testing.TB, simulated)
		ok     bool
	}{
		"deleted later": {
			func(t testing.TB, s simulated) { check(t, s.books.Delete("Invoice", later(s))) },
			true,
		},
		"deleted among those read": {
			func(t testing.TB, s simulated) { check(t, s.books.Delete("Invoice", first(s))) },
			false,
		},
		"added at the end": {
			func(t testing.TB, s simulated) {
				_, err := s.books.AddInvoice(sale)
				check(t, err)
			},
			true,
		},
		"deleted and added": {
			func(t testing.TB, s simulated) {
				check(t, s.books.Delete("Invoice", first(s)))
				_, err := s.books.AddInvoice(sale)
				check(t, err)
			},
			false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := simulate(t, intuitsim.Options{Seed: 3, Invoices: 1500})
			q := export.Query{Company: s.company, Columns: []string{"Id"}, Today: midnight(time.Now())}
			reading, err := s.source().Read(t.Context(), invoices(), q)
			if err != nil {
				t.Fatal(err)
			}
			rows := 0
			err = nil
			for _, e := range reading.Rows {
				if err = e; e != nil {
					break
				}
				// The second page was not asked for yet, or is on its way without this change.
				if rows++; rows == 1 {
					test.change(t, s)
				}
			}
			if test.ok && err != nil {
				t.Errorf("%d rows of %d, %v", rows, reading.Total, err)
			}
			if !test.ok && !problem.HasCode(err, problem.IncompleteRead) {
				t.Errorf("%d rows of %d, %v; want incomplete_read", rows, reading.Total, err)
			}
		})
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func compareNumbers(a, b string) int {
	x, _ := strconv.Atoi(a)
	y, _ := strconv.Atoi(b)
	return x - y
}

func TestReadingStopsWhenNobodyWantsMore(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Invoices: 5000})
	q := export.Query{Company: s.company, Columns: []string{"Id"}, Today: midnight(time.Now())}
	reading, err := s.source().Read(t.Context(), invoices(), q)
	if err != nil {
		t.Fatal(err)
	}
	for range reading.Rows {
		break
	}
	if n := s.server.Count("query"); n > 3 {
		t.Errorf("%d requests for one row", n)
	}
	again := 0
	for _, err := range reading.Rows { // from the beginning
		check(t, err)
		again++
	}
	if again != reading.Total {
		t.Errorf("a second range gave %d of %d rows", again, reading.Total)
	}
}

// unpush returns the definition as if QuickBooks could not filter by any column.
func unpush(e export.Entity) export.Entity {
	e.Columns = slices.Clone(e.Columns)
	for i := range e.Columns {
		e.Columns[i].Queryable = false
	}
	return e
}

func TestFiltersGiveTheSamePushedOrNot(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Seed: 11, Invoices: 300, Vendors: 60, Nasty: true})
	pushed := 0
	known := map[string]result{}
	for _, e := range []export.Entity{invoices(), vendors()} {
		known[e.ID] = s.must(t, e, export.Query{Options: map[string]string{"include_inactive": "true"}})
	}
	rapid.Check(t, func(rt *rapid.T) {
		e := rapid.SampledFrom([]export.Entity{invoices(), vendors()}).Draw(rt, "entity")
		values := known[e.ID]
		q := export.Query{Options: map[string]string{}, Today: midnight(time.Now())}
		if len(e.Dates) > 0 && rapid.Bool().Draw(rt, "dated") {
			q.Options["date_range"] = rapid.SampledFrom([]string{
				"this_fiscal_year", "last_90_days", "last_365_days", "this_month", "today", "last_year",
			}).Draw(rt, "range")
			q.Options["date_column"] = rapid.SampledFrom(e.Dates).Draw(rt, "date column")
		}
		q.Options["include_inactive"] = rapid.SampledFrom([]string{"true", "false"}).Draw(rt, "inactive")
		for range rapid.IntRange(0, 2).Draw(rt, "filters") {
			header := func(c export.Column) bool { return !c.Line() }
			col := rapid.SampledFrom(e.Columns).Filter(header).Draw(rt, "column")
			value := rapid.OneOf(rapid.SampledFrom(values.column(t, col.Path)),
				rapid.SampledFrom([]string{
					"", "0", "100.5", "2026-01-31", "O'Brien's \\ Sons", "a%", "=1+1", "00123", "é", " x ",
				})).Draw(rt, "value")
			if col.Kind == table.DateTime && len(value) > 10 && rapid.Bool().Draw(rt, "day") {
				value = value[:10]
			}
			op := rapid.SampledFrom(export.Ops()).Draw(rt, "op")
			if op == export.OpIn {
				value += ", " + rapid.SampledFrom(values.column(t, col.Path)).Draw(rt, "second value")
			}
			q.Filters = append(q.Filters, export.Filter{Column: col.Path, Op: op, Value: value})
		}
		s.server.ResetRequests()
		got, want := s.must(t, e, q), s.must(t, unpush(e), q)
		if strings.Contains(s.server.Requests()[0].Query, "WHERE") {
			pushed++
		}
		if diff := cmp.Diff(texts(want.rows), texts(got.rows)); diff != "" {
			rt.Fatalf("%+v: pushing changed the answer: %s", q, diff)
		}
	})
	if pushed == 0 {
		t.Error("no filter was pushed to QuickBooks")
	}
}

func TestPropertyThatCannotBeFilteredByIsReadWhole(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Invoices: 60})
	e := invoices()
	e.Columns = append(e.Columns, export.Column{Path: "PrivateNote", Title: "Memo", Queryable: true}) // which is wrong
	got := s.must(t, e, export.Query{Filters: []export.Filter{
		{Column: "PrivateNote", Op: export.OpEqual, Value: "Voided"},
		{Column: "TotalAmt", Op: export.OpAtLeast, Value: "0"},
	}})
	if got.Total != len(s.records(t, "Invoice")) {
		t.Errorf("QuickBooks counted %d, want all", got.Total)
	}
	for _, note := range got.column(t, "PrivateNote") {
		if !strings.EqualFold(note, "Voided") {
			t.Errorf("a row with %q passed", note)
		}
	}
}

func TestSingleObjects(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Invoices: 10})
	e := export.Entity{
		ID: "company_info", Title: "Company info", Object: "CompanyInfo",
		Columns: []export.Column{{Path: "Id", Title: "ID", Key: true}, {Path: "CompanyName", Title: "Name"}},
	}
	got := s.must(t, e, export.Query{})
	if len(got.rows) != 1 || got.column(t, "CompanyName")[0] != s.company.Name || got.Total != -1 {
		t.Errorf("%d rows, total %d", len(got.rows), got.Total)
	}
}

// TestAllCustomFields expands CustomField.* of a list with more than one page, for one more request.
func TestAllCustomFields(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Seed: 3, Invoices: 1500})
	var plain, all export.Meter
	s.must(t, invoices(), export.Query{Columns: []string{"Id"}, Meter: &plain})
	got := s.must(t, invoices(), export.Query{Columns: []string{"CustomField.*", "Id"}, Meter: &all})
	if got.Schema.Columns[0].ID != "CustomField.Crew #" || len(got.Schema.Columns) != 2 {
		t.Fatalf("the header is %v", got.Schema.Columns)
	}
	if len(got.rows) != got.Total || all.Count() != plain.Count()+1 || len(got.Warnings) > 0 {
		t.Errorf("%d of %d rows with %d requests instead of %d; %q", len(got.rows), got.Total, all.Count(),
			plain.Count(), got.warnings())
	}
	filled := 0
	for _, text := range got.column(t, "CustomField.Crew #") {
		if text != "" {
			filled++
		}
	}
	if filled == 0 {
		t.Error("the column is blank")
	}
}
