package source_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
)

const itemSku = "Line.SalesItemLineDetail.ItemRef.Sku"

// recordsByID returns a company's records by id.
func (s simulated) recordsByID(t testing.TB, object string) map[string]record.Record {
	t.Helper()
	all := map[string]record.Record{}
	for _, r := range s.records(t, object) {
		all[r.Text("Id")] = r
	}
	return all
}

func TestReferencesAreLookedUp(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Seed: 4, Customers: 2100, Invoices: 300, Nasty: true})
	var m export.Meter
	columns := []string{
		"Id", "Line.Id", "CustomerRef.value", "CustomerRef.name", "CustomerRef.CompanyName",
		"CustomerRef.BillAddr.City", "SalesTermRef.DueDays", "Line.SalesItemLineDetail.ItemRef.value", itemSku,
		"Line.SalesItemLineDetail.ItemAccountRef.AccountType",
	}
	got := s.must(t, invoices(), export.Query{Columns: columns, Options: map[string]string{"lines": "true"}, Meter: &m})
	customers, items, invoices := s.recordsByID(t, "Customer"), s.recordsByID(t, "Item"), s.recordsByID(t, "Invoice")
	terms := s.recordsByID(t, "Term")
	deleted, filled := 0, 0
	for i, row := range got.rows {
		customer := customers[row.Cells[2].String()]
		want := []string{customer.Text("CompanyName"), customer.Object("BillAddr").Text("City"), ""}
		if term, _ := invoices[row.Cells[0].String()].Ref("SalesTermRef"); term != "" {
			want[2] = terms[term].Text("DueDays")
		}
		if diff := cmp.Diff(want,
			[]string{row.Cells[4].String(), row.Cells[5].String(), row.Cells[6].String()}); diff != "" {
			t.Fatalf("row %d: %s", i, diff)
		}
		item := items[row.Cells[7].String()]
		if row.Cells[8].String() != item.Text("Sku") || (item.Exists()) != (row.Cells[9].String() == "Income") {
			t.Fatalf("row %d: item %q has SKU %q, account type %q", i, row.Cells[7], row.Cells[8], row.Cells[9])
		}
		if customer.Text("Active") == "false" {
			deleted++
		}
		if item.Text("Sku") != "" {
			filled++
		}
	}
	if deleted == 0 || filled == 0 {
		t.Errorf("%d lines of inactive customers, %d with an SKU: this shows too little", deleted, filled)
	}
	// Each list is read once, customers with a count and three pages, whatever the number of invoices and columns.
	counts := map[string]int{}
	for _, r := range s.server.Requests() {
		values, _ := url.ParseQuery(r.Query)
		_, after, _ := strings.Cut(values.Get("query"), " FROM ")
		object, _, _ := strings.Cut(after, " ")
		counts[object]++
	}
	if diff := cmp.Diff(map[string]int{"Invoice": 2, "Customer": 4, "Term": 1, "Item": 1, "Account": 1},
		counts); diff != "" {
		t.Error(diff)
	}
	if m.Count() != 9 {
		t.Errorf("the meter says %d, want 9", m.Count())
	}
}

func TestListsAreReadOnlyWhenNeeded(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Invoices: 40})
	got := s.must(t, invoices(),
		export.Query{Columns: []string{
			"CustomerRef.name", "CustomerRef.value", "ClassRef.name", "ClassRef.FullyQualifiedName",
		}})
	if n := s.server.Count("query"); n != 2 {
		t.Errorf("%d requests where every record names its customer and none has a class, want 2", n)
	}
	if slices.Contains(got.column(t, "CustomerRef.name"), "") {
		t.Error("a name is blank")
	}
}

func TestFewRecordsAskForFewEntries(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Seed: 4, Customers: 2100, Invoices: 90, Nasty: true})
	columns := []string{"Id", "CustomerRef.value", "CustomerRef.FullyQualifiedName"}
	got := s.must(t, invoices(), export.Query{
		Columns: columns, Filters: []export.Filter{{Column: "CustomerRef.CompanyName", Op: export.OpNotEmpty}},
	})
	customers := s.recordsByID(t, "Customer")
	want := 0
	for _, r := range s.records(t, "Invoice") {
		id, _ := r.Ref("CustomerRef")
		if customers[id].Text("CompanyName") != "" {
			want++
		}
	}
	if len(got.rows) != want || want == 0 {
		t.Errorf("%d rows, want %d", len(got.rows), want)
	}
	for _, row := range got.rows {
		if name := customers[row.Cells[1].String()].Text("FullyQualifiedName"); row.Cells[2].String() != name {
			t.Errorf("customer %s is %q, not %q", row.Cells[1], row.Cells[2], name)
		}
	}
	requests := s.server.Requests()
	if len(requests) != 3 || !strings.Contains(requests[2].Query, "Id+IN+") {
		t.Errorf("%d requests, the last %+v; want a count, a page and a look-up by ids", len(requests),
			requests[len(requests)-1])
	}
}

func TestNamesThatRecordsLack(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Invoices: 60})
	e := export.Entity{
		ID: "payments", Title: "Payments", Object: "Payment",
		Columns: []export.Column{{Path: "Id", Title: "ID", Key: true, Queryable: true}},
	}
	columns := []string{"Id", "PaymentMethodRef.name", "DepositToAccountRef.name"}
	got := s.must(t, e, export.Query{
		Columns: columns,
		Filters: []export.Filter{{Column: "PaymentMethodRef.name", Op: export.OpIn, Value: "check, visa"}},
	})
	payments := s.recordsByID(t, "Payment")
	methods, accounts := s.recordsByID(t, "PaymentMethod"), s.recordsByID(t, "Account")
	want := 0
	for _, p := range payments {
		if method, _ := p.Ref("PaymentMethodRef"); methods[method].Text("Name") == "Check" ||
			methods[method].Text("Name") == "Visa" {
			want++
		}
	}
	if len(got.rows) != want || want == 0 || want == len(payments) {
		t.Errorf("%d rows, want %d of %d", len(got.rows), want, len(payments))
	}
	for _, row := range got.rows {
		p := payments[row.Cells[0].String()]
		account, _ := p.Ref("DepositToAccountRef")
		if row.Cells[2].String() != accounts[account].Text("FullyQualifiedName") {
			t.Errorf("account %s is called %q", account, row.Cells[2])
		}
	}
}

func TestReferencesOfSeveralLists(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Invoices: 10, Bills: 4})
	customer, vendor, employee := s.books.IDs("Customer")[0], s.books.IDs("Vendor")[0], s.books.IDs("Employee")[0]
	put := func(object, text string) {
		t.Helper()
		if _, err := s.books.Put(object, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for kind, id := range map[string]string{
		"Customer": customer, "VENDOR": vendor, "Employee": employee, "Invoice": "1",
	} {
		put("Purchase", fmt.Sprintf(`{"DocNumber":"ref","TxnDate":"2026-01-01","EntityRef":{"value":%q,"type":%q}}`,
			id, kind))
		put("JournalEntry", fmt.Sprintf(`{"DocNumber":"ref","TxnDate":"2026-01-01","Line":[{"Id":"0","JournalEntryLineDetail":{"Entity":{"Type":%q,"EntityRef":{"value":%q}}}}]}`, kind, id))
	}
	name := func(object, id string) string { return s.recordsByID(t, object)[id].Text("DisplayName") }
	want := []string{"", name("Customer", customer), name("Employee", employee), name("Vendor", vendor)}
	slices.Sort(want)
	filters := []export.Filter{{Column: "DocNumber", Op: export.OpEqual, Value: "ref"}}
	for object, path := range map[string]string{
		"Purchase": "EntityRef.DisplayName", "JournalEntry": "Line.JournalEntryLineDetail.Entity.EntityRef.name",
	} {
		e := export.Entity{
			ID: "x", Title: "X", Object: object, Lines: true,
			Columns: []export.Column{{Path: "Id", Title: "ID", Key: true}},
		}
		got := s.must(t, e, export.Query{
			Columns: []string{path}, Filters: filters, Options: map[string]string{"lines": "true"},
		}).column(t, path)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

func TestReferencesThatLeadNowhere(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Invoices: 10, Bills: 4})
	for _, id := range []string{"987654321", "987654321", "987654322", "SHIPPING"} {
		if _, err := s.books.Put("TimeActivity",
			[]byte(`{"TxnDate":"2026-01-01","ItemRef":{"value":"`+id+`"}}`)); err != nil {
			t.Fatal(err)
		}
	}
	e := export.Entity{
		ID: "x", Title: "X", Object: "TimeActivity",
		Columns: []export.Column{
			{Path: "Id", Title: "ID", Key: true},
			{Path: "ItemRef.Sku", Title: "SKU"},
			{Path: "ItemRef.name", Title: "Item"},
		},
	}
	got := s.must(t, e, export.Query{})
	want := []string{`QuickBooks' list "Item" lacks 2 records that others refer to; what is taken from them is blank.`}
	if diff := cmp.Diff(want, got.warnings()); diff != "" {
		t.Error(diff)
	}
	if !slices.Contains(got.column(t, "ItemRef.name"), "SHIPPING") {
		t.Error("an id that is no record's does not stand for itself")
	}
}

func TestRunFailsWhenAListCannotBeRead(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Invoices: 20})
	s.server.Fail(intuitsim.Fault{Match: "query:Item", Status: 400, N: -1})
	r := s.read(t, invoices(),
		export.Query{Columns: []string{"Id", itemSku}, Options: map[string]string{"lines": "true"}})
	if !problem.HasCode(r.err, problem.QuickBooksRejected) {
		t.Errorf("%d rows, %v", len(r.rows), r.err)
	}
}

func TestPreviewLooksIntoOneList(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Seed: 2, Invoices: 300})
	lines := map[string]string{"lines": "true"}
	for name, test := range map[string]struct {
		q        export.Query
		requests int
		total    int
		filled   []string
		warned   string
	}{
		"one list": {
			export.Query{Columns: []string{"Id", "CustomerRef.CompanyName", "CustomerRef.FullyQualifiedName"}}, 2,
			-1, []string{"CustomerRef.FullyQualifiedName"}, "",
		},
		"two lists": {
			export.Query{Columns: []string{"Id", itemSku, "CustomerRef.FullyQualifiedName"}, Options: lines}, 2, -1,
			[]string{itemSku}, "CustomerRef.FullyQualifiedName",
		},
		"filter first": {
			export.Query{
				Columns: []string{"Id", itemSku}, Options: lines,
				Filters: []export.Filter{{Column: "CustomerRef.FullyQualifiedName", Op: export.OpNotEmpty}},
			},
			2, -1, nil, itemSku,
		},
		"names at hand": {
			export.Query{Columns: []string{"Id", "CustomerRef.name"}}, 2, len(s.books.IDs("Invoice")),
			[]string{"CustomerRef.name"}, "",
		},
		"all of it": {
			export.Query{
				Columns: []string{"Id", "CustomerRef.FullyQualifiedName"},
				Filters: []export.Filter{{Column: "Id", Op: export.OpEqual, Value: s.books.IDs("Invoice")[0]}},
			},
			2, 1, []string{"CustomerRef.FullyQualifiedName"}, "",
		},
		"short page": {
			export.Query{
				Columns: []string{"Id"},
				Filters: []export.Filter{{Column: "Id", Op: export.OpEqual, Value: s.books.IDs("Invoice")[0]}},
			},
			1, 1, []string{"Id"}, "",
		},
	} {
		s.server.ResetRequests()
		test.q.Limit = 10
		got := s.must(t, invoices(), test.q)
		if n := len(s.server.Requests()); n != test.requests || got.Total != test.total {
			t.Errorf("%s: %d requests, total %d", name, n, got.Total)
		}
		for _, path := range test.filled {
			texts := got.column(t, path)
			if len(texts) == 0 || slices.Index(texts, "") == 0 {
				t.Errorf("%s: %s is %q", name, path, texts)
			}
		}
		warnings := strings.Join(got.warnings(), "\n")
		if strings.Contains(warnings, "spelling") {
			t.Errorf("%s: warnings %q", name, warnings)
		}
		if (test.warned == "") != (warnings == "") || !strings.Contains(warnings, test.warned) {
			t.Errorf("%s: warnings %q", name, warnings)
		}
	}
}

// TestPreviewIsTheBeginningOfTheRun compares a preview's rows with a run's, where one list is enough.
func TestPreviewIsTheBeginningOfTheRun(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Seed: 9, Invoices: 120})
	q := export.Query{
		Columns: []string{"Id", "Line.Id", itemSku, "Line.SalesItemLineDetail.ItemRef.Type"},
		Options: map[string]string{"lines": "true"},
	}
	whole := s.must(t, invoices(), q)
	q.Limit = 25
	if diff := cmp.Diff(texts(whole.rows[:25]), texts(s.must(t, invoices(), q).rows)); diff != "" {
		t.Error(diff)
	}
}

func TestCustomFieldsAreAskedFor(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Invoices: 60})
	asked := func() bool {
		return slices.ContainsFunc(s.server.Requests(),
			func(r intuitsim.Request) bool { return strings.Contains(r.Query, "include=enhancedAllCustomFields") })
	}
	s.must(t, invoices(), export.Query{})
	if asked() {
		t.Error("custom fields were asked for without a column of them")
	}
	got := s.must(t, invoices(), export.Query{
		Columns: []string{"Id", "CustomField.Crew #"},
		Filters: []export.Filter{{Column: "CustomField.Crew #", Op: export.OpNotEmpty}},
	})
	if !asked() {
		t.Error("custom fields were not asked for")
	}
	want := 0
	for _, r := range s.records(t, "Invoice") {
		if r.List("CustomField")[0].Text("StringValue") != "" {
			want++
		}
	}
	if len(got.rows) != want || want == 0 {
		t.Errorf("%d rows, want %d", len(got.rows), want)
	}
}
