package intuit

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/table"
)

func TestPush(t *testing.T) {
	t.Parallel()
	col := func(kind table.Kind) export.Column { return export.Column{Path: "X", Kind: kind, Queryable: true} }
	for _, test := range []struct {
		col   export.Column
		op    export.Op
		value string
		want  []string // nil: not pushed
	}{
		{col(table.Text), export.OpEqual, "1042", []string{"X = '1042'"}},
		{col(table.Text), export.OpEqual, "00123", []string{"X = '00123'"}},
		{col(table.Text), export.OpIn, "2, 10,2", []string{"X IN ('10', '2')"}},
		{col(table.Text), export.OpEqual, "O'Brien", nil},
		{col(table.Text), export.OpEqual, "50%", nil},
		{col(table.Text), export.OpEqual, "é", nil},
		{col(table.Text), export.OpEqual, " x", nil},
		{col(table.Text), export.OpEqual, "", nil},
		{col(table.Text), export.OpIn, "a,", nil},
		{col(table.Text), export.OpIn, strings.Repeat("a,", 60) + "b", []string{"X IN ('a', 'b')"}},
		{col(table.Text), export.OpGreater, "5", nil},
		{col(table.Text), export.OpContains, "a", nil},
		{col(table.Text), export.OpStartsWith, "a", nil},
		{col(table.Text), export.OpNotEqual, "a", nil},
		{col(table.Text), export.OpNotEmpty, "", nil},
		{col(table.Money), export.OpGreater, "0", []string{"X > '0'"}},
		{col(table.Money), export.OpAtMost, "-1e2", []string{"X <= '-100'"}},
		{col(table.Number), export.OpEqual, "1.50", []string{"X = '1.50'"}},
		{col(table.Money), export.OpEqual, "1,5", nil},
		{col(table.Money), export.OpIn, "1,5", nil},
		{col(table.Date), export.OpLess, "2026-01-31", []string{"X < '2026-01-31'"}},
		{col(table.Date), export.OpLess, "yesterday", nil},
		{col(table.DateTime), export.OpEqual, "2026-01-31", []string{"X >= '2026-01-31T00:00:00Z'",
			"X <= '2026-01-31T23:59:59Z'"}},
		{col(table.DateTime), export.OpGreater, "2026-01-31", []string{"X > '2026-01-31T23:59:59Z'"}},
		{col(table.DateTime), export.OpAtLeast, "2026-01-31", []string{"X >= '2026-01-31T00:00:00Z'"}},
		{col(table.DateTime), export.OpLess, "2026-01-31", []string{"X < '2026-01-31T00:00:00Z'"}},
		{col(table.DateTime), export.OpAtMost, "2026-01-31", []string{"X <= '2026-01-31T23:59:59Z'"}},
		{col(table.DateTime), export.OpAtLeast, "2026-01-31T10:00:00-08:00", []string{"X >= '2026-01-31T18:00:00Z'"}},
		{col(table.Bool), export.OpEqual, "true", nil},
		{export.Column{Path: "X", Kind: table.Money}, export.OpGreater, "0", nil},
		{export.Column{Path: "Line.Amount", Kind: table.Money, Queryable: true}, export.OpGreater, "0", nil},
	} {
		got, _ := push(export.Filter{Column: "X", Op: test.op, Value: test.value}, test.col)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s %s %q: %s", test.col.Kind, test.op, test.value, diff)
		}
	}
}

func TestStatement(t *testing.T) {
	t.Parallel()
	s := statement{object: "Invoice", where: []string{"TxnDate >= '2026-01-01'", "Balance > '0'"}, order: "Id"}
	if got := s.count(); got != "SELECT COUNT(*) FROM Invoice WHERE TxnDate >= '2026-01-01' AND Balance > '0'" {
		t.Error(got)
	}
	if got := s.page(1001, 1000); got != "SELECT * FROM Invoice WHERE TxnDate >= '2026-01-01' AND Balance > '0' "+
		"ORDERBY Id STARTPOSITION 1001 MAXRESULTS 1000" {
		t.Error(got)
	}
	if got := (statement{object: "Preferences"}).all(); got != "SELECT * FROM Preferences" {
		t.Error(got)
	}
}

func TestPagesCoverTheList(t *testing.T) {
	t.Parallel()
	for n, want := range map[int][]int{
		0: {1}, 1: {1}, 999: {1}, 1000: {1, 1000}, 1998: {1, 1000}, 1999: {1, 1000, 1999},
	} {
		if diff := cmp.Diff(want, pageStarts(1, n, pageSize, true)); diff != "" {
			t.Errorf("%d with overlap: %s", n, diff)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n, overlap := rapid.IntRange(1, 50_000).Draw(t, "records"), rapid.Bool().Draw(t, "overlap")
		size, from := rapid.IntRange(leastPage, pageSize).Draw(t, "size"), rapid.IntRange(1, n).Draw(t, "from")
		end := 0 // the last position that is covered
		for i, start := range pageStarts(from, n, size, overlap) {
			switch {
			case i > 0 && overlap && start != end, i > 0 && !overlap && start != end+1:
				t.Fatalf("page %d begins at %d after %d", i, start, end)
			case i == 0 && start != from:
				t.Fatalf("the first page begins at %d, not %d", start, from)
			case start > n:
				t.Fatalf("page %d begins at %d of %d", i, start, n)
			}
			end = start + size - 1
		}
		if end < n || overlap && end == n {
			t.Fatalf("%d of %d are covered", end, n)
		}
	})
}

// FuzzQuote asks the simulator, which has a parser of its own, for what a quoted value says.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{
		"", "O'Brien", `\`, `\'`, `a\\'b`, "%", "=1+1", "é\n\"x\"", "') OR ('1'='1", "\x00", "' MAXRESULTS 1",
	} {
		f.Add(s)
	}
	server := intuitsim.New(intuitsim.Options{
		Invoices: 1, Customers: 5, Vendors: 5, Items: 5, Bills: 1, Limits: intuitsim.NoLimits(),
	})
	realm := server.Companies()[0].Realm
	access, _ := server.Authorize(realm)
	client := New(Options{
		APIURL: "http://quickbooks.test",
		HTTP:   func(export.RealmID) *http.Client { return &http.Client{Transport: server.Transport()} },
	})
	f.Fuzz(func(t *testing.T, value string) {
		r, err := client.build(t.Context(), request{
			realm: export.RealmID(realm), path: "query",
			query: url.Values{"query": {statement{
				object: "Vendor", where: []string{"DisplayName = " + quote(value)},
			}.count()}},
		})
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+access)
		answer, err := server.Transport().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := readAnswer(answer)
		if err != nil || answer.StatusCode != 200 {
			t.Errorf("%q was not understood: %d %s %v", value, answer.StatusCode, body, err)
		}
	})
}
