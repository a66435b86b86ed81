package intuitsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// faultBody is a fault of the service.
type faultBody struct {
	Fault struct {
		Error []struct{ Message, Detail, Code string }
		Type  string `json:"type"`
	}
}

// rows runs a query and returns its records and its status.
func (c *client) rows(statement string) ([]map[string]any, map[string]any) {
	c.t.Helper()
	var body struct{ QueryResponse map[string]any }
	resp := c.get("query", url.Values{"query": {statement}}, &body)
	if resp.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: status %d", statement, resp.StatusCode)
	}
	var out []map[string]any
	for _, v := range body.QueryResponse {
		if list, ok := v.([]any); ok {
			for _, r := range list {
				out = append(out, r.(map[string]any))
			}
		}
	}
	return out, body.QueryResponse
}

func (c *client) count(statement string) int {
	c.t.Helper()
	_, body := c.rows(statement)
	n, ok := body["totalCount"].(float64)
	if !ok {
		c.t.Fatalf("%s: no count in %v", statement, body)
	}
	return int(n)
}

func TestParseQuery(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text string
		want *statement
	}{
		{"select * from Invoice", &statement{entity: "Invoice", start: 1, max: 100}},
		{"SELECT COUNT(*) FROM Customer", &statement{entity: "Customer", count: true, start: 1, max: 100}},
		{"select Id, DisplayName from Vendor", &statement{entity: "Vendor", columns: []string{"Id", "DisplayName"},
			start: 1, max: 100}},
		{"SELECT * FROM Vendor MAXRESULTS 5 STARTPOSITION 26", &statement{entity: "Vendor", start: 26, max: 5}},
		{"select * from Vendor startposition 26 maxresults 5", &statement{entity: "Vendor", start: 26, max: 5}},
		{"select * from Employee WHERE Active IN ( true, false )", &statement{entity: "Employee", start: 1, max: 100,
			where: []condition{{"Active", "in", []literal{{"true", true}, {"false", true}}}}}},
		{`select * from Customer where DisplayName = 'O\'Brien \\ Sons'`, &statement{entity: "Customer", start: 1,
			max: 100, where: []condition{{"DisplayName", "=", []literal{{`O'Brien \ Sons`, false}}}}}},
		{"select * from Bill where TxnDate >= '2026-01-01' AND MetaData.LastUpdatedTime < " +
			"'2026-02-01T00:00:00-08:00' order by TxnDate desc, Id", &statement{
			entity: "Bill", start: 1, max: 100, where: []condition{
				{"TxnDate", ">=", []literal{{"2026-01-01", false}}},
				{"MetaData.LastUpdatedTime", "<", []literal{{"2026-02-01T00:00:00-08:00", false}}},
			},
			order: []ordering{{"TxnDate", true}, {"Id", false}},
		}},
		{"select * from Bill ORDERBY Id ASC", &statement{entity: "Bill", start: 1, max: 100,
			order: []ordering{{"Id", false}}}},
		{"select * from Item where Name like '%ock%'", &statement{entity: "Item", start: 1, max: 100,
			where: []condition{{"Name", "like", []literal{{"%ock%", false}}}}}},
	} {
		got, fault := parseQuery(tc.text)
		if fault != nil {
			t.Errorf("%s: %v", tc.text, fault)
			continue
		}
		if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(statement{}, condition{}, literal{},
			ordering{})); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tc.text, diff)
		}
	}
}

func TestQueryFaults(t *testing.T) {
	t.Parallel()
	c := newClient(t, smallServer(t), 0)
	for statement, want := range map[string]string{
		"": "4000 QueryParserError: The query provided was empty",
		"select * from Customer where DisplayName = 'Bob's'": "4000 QueryParserError: Lexical error",
		`select * from Customer where DisplayName = "Bob"`:   "4000 QueryParserError: Lexical error",
		"select * from Customer where DisplayName = 'a' R":   `4000 QueryParserError: Encountered " <IDENTIFIER> "R ""`,
		"select * from Customer where Id = '1' or Id = '2'":  `4000 QueryParserError: Encountered " <OR> "or ""`,
		"select * from Invoice where Balance > 0":            `4000 QueryParserError: Encountered " ">" "> "" at line 1, column 37.`,
		"select * from Invoice where Balance != '0'":         "4000 QueryParserError",
		"select * from Invoice where not Balance = '0'":      "4000 QueryParserError",
		"select * from Invoice maxresults 1001": "4001 QueryValidationError: value " +
			"1001 for maxresults",
		"select * from Invoice startposition 0": "4001 QueryValidationError: value " +
			"0 for startposition",
		"select * from Invoice maxresults 5 maxresults 6": "4000 QueryParserError",
		"select * from Invoice limit 5":                   "4000 QueryParserError",
		"select sum(Balance) from Invoice":                "4000 QueryParserError",
		"delete from Invoice":                             "4000 QueryParserError",
		"select * from Nonsense": "4001 QueryValidationError: Entity " +
			"Nonsense",
		"select * from Invoice where PrivateNote = 'x'": "4001 QueryValidationError: " +
			"property 'PrivateNote' is not queryable",
		"select * from Invoice where ClassRef = '1'": "4001 QueryValidationError: " +
			"property 'ClassRef' is not queryable",
		"select * from Invoice where Line.Amount = '1'": "4001 QueryValidationError: " +
			"property 'Line.Amount' is not queryable",
		"select * from Invoice where Foo = 'x'": "4001 QueryValidationError: " +
			"Property Foo not found for Entity Invoice",
		"select * from Invoice where Active = true": "4001 QueryValidationError: " +
			"Property Active not found for Entity Invoice",
		"select * from Invoice orderby Foo": "4001 QueryValidationError: " +
			"Property Foo not found",
		"select * from Invoice where TxnDate > 'yesterday'": "4001 QueryValidationError: " +
			"Invalid value",
		"select * from Invoice where TotalAmt > 'much'": "4001 QueryValidationError: " +
			"Invalid value",
		"select * from Invoice where MetaData.LastUpdatedTime > '2026-13-01T00'": "4001 QueryValidationError: " +
			"Invalid value",
		"select * from Invoice where TxnDate like '2026%'": "4001 QueryValidationError",
		"select * from ExchangeRate":                       "4001 QueryValidationError",
	} {
		var body faultBody
		resp := c.get("query", url.Values{"query": {statement}}, &body)
		if resp.StatusCode != http.StatusBadRequest || len(body.Fault.Error) != 1 ||
			body.Fault.Type != "ValidationFault" {
			t.Errorf("%s: status %d, %+v", statement, resp.StatusCode, body)
			continue
		}
		if got := body.Fault.Error[0].Code + " " + body.Fault.Error[0].Detail; !strings.HasPrefix(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", statement, got, want)
		}
	}
}

func TestPagesAgreeWithTheCount(t *testing.T) {
	t.Parallel()
	c := newClient(t, smallServer(t), 0)
	for _, from := range []string{
		"Invoice", "Customer", "Customer where Active in (true, false)", "Bill where TxnDate >= '2025-06-01'",
		"Vendor where Active = false",
	} {
		entity, where, _ := strings.Cut(from, " ")
		want := c.count("select count(*) from " + from)
		seen := map[string]bool{}
		var ids []string
		for start := 1; ; start += 7 {
			page, body := c.rows(fmt.Sprintf("select * from %s %s orderby Id startposition %d maxresults 7",
				entity, where, start))
			if len(page) == 0 {
				if len(body) != 0 {
					t.Errorf("%s: the empty page is %v", from, body)
				}
				break
			}
			if got := int(body["maxResults"].(float64)); got != len(page) ||
				int(body["startPosition"].(float64)) != start {
				t.Errorf("%s: page at %d of %d rows says %v", from, start, len(page), body)
			}
			if _, ok := body["totalCount"]; ok {
				t.Errorf("%s: a page has totalCount", from)
			}
			for _, r := range page {
				id := r["Id"].(string)
				seen[id] = true
				ids = append(ids, id)
			}
		}
		if len(seen) != want || len(ids) != want || want == 0 {
			t.Errorf("%s: %d ids in %d rows, count %d", from, len(seen), len(ids), want)
		}
		if !slices.IsSortedFunc(ids, compareIDs) {
			t.Errorf("%s: ids are out of order", from)
		}
	}
}

func TestQueryConditions(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	c := newClient(t, s, 0)
	all, _ := c.rows("select * from Invoice maxresults 1000")
	count := func(keep func(map[string]any) bool) int {
		n := 0
		for _, r := range all {
			if keep(r) {
				n++
			}
		}
		return n
	}
	text := func(r map[string]any, key string) string { v, _ := r[key].(string); return v }
	customer := all[0]["CustomerRef"].(map[string]any)["value"].(string)
	for where, want := range map[string]int{
		"TxnDate >= '2025-01-01' and TxnDate <= '2025-12-31'": count(func(r map[string]any) bool {
			return text(r, "TxnDate") >= "2025-01-01" && text(r, "TxnDate") <= "2025-12-31"
		}),
		"Balance > '0'": count(func(r map[string]any) bool {
			return r["Balance"].(float64) > 0
		}),
		"Balance = '0.00'": count(func(r map[string]any) bool {
			return r["Balance"].(float64) == 0
		}),
		"CustomerRef = '" + customer +
			"'": count(func(r map[string]any) bool { return r["CustomerRef"].(map[string]any)["value"] == customer }),
		"DocNumber like '10%'": count(func(r map[string]any) bool {
			return strings.HasPrefix(text(r, "DocNumber"), "10")
		}),
		"DocNumber in ('1001', '1002', 'none')": 2,
	} {
		if got := c.count("select count(*) from Invoice where " + where); got != want || want == 0 {
			t.Errorf("%s: %d, want %d", where, got, want)
		}
	}
	name := strings.ReplaceAll(s.Company(c.realm).customers[0].display, "'", `\'`)
	if got := c.count("select count(*) from customer where DisplayName = '" + strings.ToUpper(name) + "'"); got != 1 {
		t.Errorf("comparison in capitals finds %d", got)
	}
}

func TestTimesCompareAsInstants(t *testing.T) {
	t.Parallel()
	c := newClient(t, smallServer(t), 0)
	rows, _ := c.rows("select * from Bill orderby MetaData.CreateTime maxresults 1000")
	created := rows[10]["MetaData"].(map[string]any)["CreateTime"].(string)
	want := c.count("select count(*) from Bill where MetaData.CreateTime >= '" + created + "'")
	instant, err := (&Company{zone: smallServer(t).companies[0].zone}).parseInstant(created)
	if err != nil {
		t.Fatal(err)
	}
	for _, spelling := range []string{
		instant.UTC().Format("2006-01-02T15:04:05Z"), instant.UTC().Format("2006-01-02T15:04:05+00:00"), created[:19],
	} {
		if got := c.count("select count(*) from Bill where MetaData.CreateTime >= '" + spelling + "'"); got != want {
			t.Errorf("%s: %d, %s: %d", created, want, spelling, got)
		}
	}
	if want < 100 || want >= len(rows) {
		t.Errorf("%d of %d are later", want, len(rows))
	}
}

func TestInactiveEntriesHide(t *testing.T) {
	t.Parallel()
	c := newClient(t, smallServer(t), 0)
	active := c.count("select count(*) from Customer")
	both := c.count("select count(*) from Customer where Active in (true, false)")
	off, _ := c.rows("select * from Customer where Active = false")
	if both != active+len(off) || len(off) == 0 {
		t.Fatalf("%d active, %d inactive, %d in all", active, len(off), both)
	}
	for _, r := range off {
		if !strings.HasSuffix(r["DisplayName"].(string), " (deleted)") || r["Active"] != false {
			t.Errorf("inactive customer %v", r["DisplayName"])
		}
	}
}

func TestColumnListGivesSparseObjects(t *testing.T) {
	t.Parallel()
	c := newClient(t, smallServer(t), 0)
	rows, _ := c.rows("select Id, DocNumber, Line, CustomerRef.name from Invoice maxresults 1")
	if r := rows[0]; r["sparse"] != true || r["DocNumber"] == nil || r["CustomerRef"] == nil || r["Line"] != nil ||
		r["TotalAmt"] != nil {
		t.Errorf("sparse object %v", r)
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, seed := range []string{
		"select * from Invoice", "SELECT COUNT(*) FROM Customer WHERE Active IN (true,false)",
		`select * from Item where Name like '%a\'b%' order by Name desc startposition 1 maxresults 10`,
		"select a.b, c from D where x <= '1' and y = false", "'", "select * from Invoice where Balance > -1.5",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, fault := parseQuery(text)
		switch {
		case fault != nil:
			if fault.code != "4000" && fault.code != "4001" || fault.detail == "" {
				t.Errorf("%q: fault %+v", text, fault)
			}
		case q.entity == "" || q.start < 1 || q.max < 1 || q.max > maxPage:
			t.Errorf("%q: %+v", text, q)
		}
	})
}

func TestQuotedTextSurvivesTheLexer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		quoted := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text)
		q, fault := parseQuery("select * from Customer where DisplayName = '" + quoted + "'")
		if fault != nil {
			t.Fatalf("%v", fault)
		}
		if got := q.where[0].values[0].text; got != text {
			t.Fatalf("got %q, want %q", got, text)
		}
	})
}

func TestLike(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text, pattern string
		want          bool
	}{
		{"abc", "abc", true}, {"abc", "ab", false}, {"abc", "ab%", true}, {"abc", "%bc", true}, {"abc", "%b%", true},
		{"abc", "a%c", true},
		{"abc", "%", true}, {"", "%", true}, {"ab", "ab%b", false}, {"aXbXc", "a%b%c", true}, {"abc", "%d%", false},
		{"a_c", "abc", false},
	} {
		if got := like(tc.text, tc.pattern); got != tc.want {
			t.Errorf("like(%q, %q) = %v", tc.text, tc.pattern, got)
		}
	}
}

func TestNumbersKeepTheirSpelling(t *testing.T) {
	t.Parallel()
	c := newClient(t, smallServer(t), 0)
	var body struct {
		QueryResponse struct{ Invoice []json.RawMessage }
	}
	c.get("query", url.Values{"query": {"select * from Invoice maxresults 200"}}, &body)
	var all strings.Builder
	for _, raw := range body.QueryResponse.Invoice {
		all.Write(raw)
	}
	for _, want := range []string{`"Deposit":0,`, `"TotalTax":0}`, `.00,"DetailType"`} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no %s among the invoices", want)
		}
	}
	if !regexp.MustCompile(`"UnitPrice":\d+\.5,`).MatchString(all.String()) {
		t.Error("no price with one decimal among the invoices")
	}
}
