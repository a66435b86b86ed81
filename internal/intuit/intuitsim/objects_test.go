package intuitsim

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"
)

// described is a company that has an object and reports of which only the options know.
func described(t *testing.T) *Company {
	t.Helper()
	now := time.Date(2026, time.March, 14, 12, 0, 0, 0, time.UTC)
	s := New(Options{
		Companies: 1, Customers: 5, Vendors: 5, Items: 5, Invoices: 5, Bills: 5, Now: func() time.Time { return now },
		Objects: []ObjectSpec{
			{Name: "JournalCode", List: true, Lines: "Part", Fields: []FieldSpec{
				{Path: "Id"}, {Path: "Name", Queryable: true},
				{Path: "Opened", Kind: DateField, Queryable: true}, {Path: "Share", Kind: AmountField},
				{Path: "SalesTermRef.name"}, {Path: "SalesTermRef.DueDays"}, {Path: "ParentRef.value"},
				{Path: "Tag[Name=Region.East].StringValue"}, {Path: "Note[1].Text"},
				{Path: "Part.Amount", Kind: AmountField}, {Path: "Active", Kind: FlagField},
			}},
			{Name: "Vendors", Fields: []FieldSpec{{Path: "Name"}}},                // misspelt
			{Name: "invoice", Fields: []FieldSpec{{Path: "Made.Up"}}, List: true}, // known
		},
		Reports: []ReportSpec{
			{Name: "FundStatement", Tree: true, Periods: true,
				Groups: []SumSpec{{Name: "Net", Of: []string{"In", "-Out"}}}},
			{Name: "BalanceSheets", Tree: true}, {Name: "balancesheet", Tree: true}, // misspelt
			{Name: "TrialBalance"}, // known
		},
	})
	return s.Company(s.Companies()[0].Realm)
}

func TestDescribedObjectHasRecords(t *testing.T) {
	t.Parallel()
	c := described(t)
	raw, ok := c.Record("JournalCode", "2")
	if !ok {
		t.Fatal("there is no second record")
	}
	for _, part := range []string{
		`"Name":"Name 2"`, `"Opened":"2026-02-22"`, `"Share":23.03`,
		`"SalesTermRef":{"value":"1","name":"Due on receipt"}`,
		`"ParentRef":{"value":"1","name":"Name 1"}`, `"Tag":[{"Name":"Region.East","StringValue":"StringValue 2"}]`,
		`"Note":[{},{"Text":"Text 2"}]`,
		`"Part":[{"Id":"1","Amount":29.09},{"Id":"2","Amount":39.09}]`, `"Active":true`,
	} {
		if !bytes.Contains(raw, []byte(part)) {
			t.Errorf("the record has no %s:\n%s", part, raw)
		}
	}
	for query, want := range map[string]string{
		"SELECT COUNT(*) FROM JournalCode":                               `"totalCount":3`,
		"SELECT COUNT(*) FROM JournalCode WHERE Active IN (true, false)": `"totalCount":4`,
		"SELECT COUNT(*) FROM journalcode WHERE Opened > '2026-02-20'":   `"totalCount":2`,
		"SELECT COUNT(*) FROM JournalCode WHERE Share = '23.03'":         "property 'Share' is not queryable",
		"SELECT COUNT(*) FROM JournalCode WHERE Other = '1'":             "Property Other not found",
		"SELECT COUNT(*) FROM Vendors":                                   "Entity Vendors is not found",
		"SELECT COUNT(*) FROM Invoice WHERE Made.Up = '1'":               "Property Made.Up not found",
		"SELECT COUNT(*) FROM Invoice WHERE Active = true":               "Property Active not found",
	} {
		q, fault := parseQuery(query)
		if fault != nil {
			t.Fatal(fault.detail)
		}
		a, fault := c.run(q, c.now())
		var got string
		if fault != nil {
			got = fault.detail
		} else {
			got = string(a.body)
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func TestFirstRecordHasNoParent(t *testing.T) {
	t.Parallel()
	if raw, ok := described(t).Record("JournalCode", "1"); !ok || bytes.Contains(raw, []byte("ParentRef")) {
		t.Errorf("%t, %s", ok, raw)
	}
}

func TestDescribedReportAnswers(t *testing.T) {
	t.Parallel()
	c := described(t)
	ask := func(name, query string) (*report, string) {
		t.Helper()
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		a, fault := c.report(name, q, reportSettings{cellLimit: defaultCellLimit}, c.now())
		if fault != nil {
			return nil, fault.code
		}
		var r report
		if err := json.Unmarshal(a.body, &r); err != nil {
			t.Fatal(err)
		}
		return &r, ""
	}
	r, code := ask("FundStatement", "start_date=2026-01-01&end_date=2026-02-28&summarize_column_by=Month")
	if r == nil {
		t.Fatal(code)
	}
	if len(r.Columns.Column) != 4 || len(r.Rows.Row) != 3 || r.Rows.Row[2].Group != "Net" {
		t.Fatalf("%d columns, %d rows: %+v", len(r.Columns.Column), len(r.Rows.Row), r.Rows.Row)
	}
	cell := func(row, col int) cents {
		t.Helper()
		n, err := parseCents(r.Rows.Row[row].Summary.ColData[col].Value)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for col := 1; col < 4; col++ {
		if in, out, net := cell(0, col), cell(1, col), cell(2, col); in == 0 || in-out != net {
			t.Errorf("column %d: %s less %s is not %s", col, in, out, net)
		}
	}
	if jan, feb, total := cell(0, 1), cell(0, 2), cell(0, 3); jan+feb != total {
		t.Errorf("%s and %s are not %s", jan, feb, total)
	}
	for _, name := range []string{"BalanceSheets", "balancesheet", "FundStatements", "fundstatement"} {
		if _, code := ask(name, ""); code != "5020" {
			t.Errorf("%s: fault %q, want 5020", name, code)
		}
	}
	if r, _ := ask("TrialBalance", ""); r == nil || len(r.Columns.Column) != 3 {
		t.Error("a description changed a report that the simulator knows")
	}
}

func TestMisspelt(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"customers": true, "custmer": true, "cusotmer": true, "custumer": true, "customer": true,
		"customertype": false, "customer2d": false, "journalcode": false,
	} {
		if got := isMisspelt(name, func(yield func(string) bool) { yield("Customer") }); got != want {
			t.Errorf("%s: %t, want %t", name, got, want)
		}
	}
}
