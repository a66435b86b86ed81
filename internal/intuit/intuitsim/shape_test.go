package intuitsim

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// recordedAnswers is where recorded answers of the real service may lie; without them the shape tests have nothing to compare.
const recordedAnswers = "../../../../shared/samples/quickbooks"

// recorded reads one recorded answer or skips the test.
func recorded(t *testing.T, name string) any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(recordedAnswers, name))
	if err != nil {
		t.Skip("no recorded answers here")
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// paths collects the member paths of a value, without array positions.
func paths(v any, prefix string, out map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, child := range v {
			out[prefix+name] = true
			paths(child, prefix+name+".", out)
		}
	case []any:
		for _, child := range v {
			paths(child, prefix, out)
		}
	}
}

// records finds the records of an entity anywhere in an answer.
func records(v any, entity string) []any {
	var out []any
	switch v := v.(type) {
	case map[string]any:
		for name, child := range v {
			switch list := child.(type) {
			case []any:
				if name == entity {
					out = append(out, list...)
					continue
				}
			case map[string]any:
				if name == entity {
					out = append(out, list)
					continue
				}
			}
			out = append(out, records(child, entity)...)
		}
	case []any:
		for _, child := range v {
			out = append(out, records(child, entity)...)
		}
	}
	return out
}

func TestRecordsHaveNoUnknownMembers(t *testing.T) {
	t.Parallel()
	sales := []string{"invoice_doc.json", "invoice_read_or_void_step.json", "invoice_voided.json", "cdc_estimate_ok.json"}
	// Documented members that no recording happens to hold.
	const line = "Line.SalesItemLineDetail."
	saleExtras := strings.Fields("DepartmentRef DepartmentRef.value DepartmentRef.name PrivateNote CustomField.StringValue DeliveryInfo.DeliveryTime SalesTermRef.name BillAddr.Country ShipAddr.Country " +
		line + "Qty " + line + "UnitPrice " + line + "ClassRef " + line + "ClassRef.value " + line + "ClassRef.name " + line + "ItemAccountRef " + line + "ItemAccountRef.value " + line + "ItemAccountRef.name " +
		"Line.DescriptionLineDetail Line.DiscountLineDetail Line.DiscountLineDetail.PercentBased Line.DiscountLineDetail.DiscountPercent Line.DiscountLineDetail.DiscountAccountRef Line.DiscountLineDetail.DiscountAccountRef.value Line.DiscountLineDetail.DiscountAccountRef.name " +
		"TxnTaxDetail.TxnTaxCodeRef TxnTaxDetail.TxnTaxCodeRef.value ExpirationDate")
	for _, tc := range []struct {
		entity string
		in     []string // the entity's own name in the recordings unless like is given
		like   []string
		extras []string
	}{
		{entity: "Invoice", in: sales, like: []string{"Invoice", "Estimate"}, extras: saleExtras},
		{entity: "Estimate", in: sales, like: []string{"Invoice", "Estimate"}, extras: saleExtras},
		{entity: "Customer", in: []string{"query_customer_all_41.json", "query_customer_doc.json", "read_customer_by_id.json"}, extras: strings.Fields("CustomerTypeRef CustomerTypeRef.value SalesTermRef SalesTermRef.value BillAddr.Country ShipAddr.Country Notes")},
		{entity: "Vendor", in: []string{"query_vendor_page_1_of_6.json", "query_vendor_page_6_of_6_last.json"}, extras: strings.Fields("BillAddr.Country")},
		{entity: "Employee", in: []string{"query_employee_active_in_true_false.json"}},
		{entity: "Account", in: []string{"query_account_doc.json"}, extras: strings.Fields("AcctNum ParentRef ParentRef.value")},
		{entity: "JournalEntry", in: []string{"journalentry_doc.json"}, extras: strings.Fields("Line.JournalEntryLineDetail.ClassRef Line.JournalEntryLineDetail.ClassRef.value Line.JournalEntryLineDetail.ClassRef.name")},
		{entity: "CompanyInfo", in: []string{"companyinfo_larrys_bakery.json"}, like: []string{""}},
		{entity: "Preferences", in: []string{"preferences_full.json", "preferences_short_doc.json"}, like: []string{"", "Preferences"}},
	} {
		t.Run(tc.entity, func(t *testing.T) {
			known := map[string]bool{}
			for _, e := range tc.extras {
				known[e] = true
			}
			for _, file := range tc.in {
				doc := recorded(t, file)
				like := tc.like
				if like == nil {
					like = []string{tc.entity}
				}
				for _, name := range like {
					if name == "" {
						paths(doc, "", known)
						continue
					}
					for _, r := range records(doc, name) {
						paths(r, "", known)
					}
				}
			}
			s := New(Options{Seed: 2, Companies: 2, Customers: 30, Vendors: 15, Items: 25, Invoices: 200, Bills: 60, Nasty: true, Now: fixedClock()})
			got := map[string]bool{}
			for _, info := range s.Companies() {
				c := s.Company(info.Realm)
				for _, id := range c.IDs(tc.entity) {
					raw, _ := c.Record(tc.entity, id)
					var v any
					if err := json.Unmarshal(raw, &v); err != nil {
						t.Fatal(err)
					}
					paths(v, "", got)
				}
			}
			var unknown []string
			for p := range got {
				if !known[p] {
					unknown = append(unknown, p)
				}
			}
			slices.Sort(unknown)
			if len(unknown) > 0 || len(got) == 0 {
				t.Errorf("members unknown to the real service: %v", unknown)
			}
		})
	}
}

func TestReportsHaveNoUnknownMembers(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, file := range []string{"report_balancesheet_doc.json", "report_profitandloss_noreportdata_true.json", "report_generalledger_month_to_date_legacy.json", "report_trialbalance_doc.json", "report_agedreceivables_doc.json", "report_cashflow_doc.json", "report_transactionlistwithsplits_doc.json"} {
		one := map[string]bool{}
		paths(recorded(t, file), "", one)
		for p := range one {
			known[flat(p)] = true
		}
	}
	s := smallServer(t)
	c := newClient(t, s, 0)
	for name := range builders() {
		var v any
		c.get("reports/"+name, url.Values{"customer": {s.Company(c.realm).IDs("Customer")[0]}}, &v)
		got := map[string]bool{}
		paths(v, "", got)
		for p := range got {
			if !known[flat(p)] && p != "Header.Class" {
				t.Errorf("%s: %s", name, p)
			}
		}
	}
}

// flat drops the nesting of rows, of which any depth is allowed.
func flat(p string) string {
	for strings.Contains(p, "Rows.Row.Rows.") {
		p = strings.ReplaceAll(p, "Rows.Row.Rows.", "Rows.")
	}
	return p
}

func TestFaultsAreSpeltAsRecorded(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	c := newClient(t, s, 0)
	expired := newClient(t, s, 2)
	s.ExpireAccessTokens(expired.realm)
	s.Fail(Fault{Match: "query:Term", Status: 429})
	for file, ask := range map[string]struct {
		client *client
		path   string
		query  string
	}{
		"fault_400_4000_empty_query.json":          {c, "query", ""},
		"fault_400_4001_not_queryable.json":        {c, "query", "select * from Invoice where PrivateNote = 'x'"},
		"fault_400_500_unsupported_operation.json": {c, "customer/1/5", ""},
		"fault_400_610_object_not_found.json":      {c, "invoice/0", ""},
		"fault_401_token_expired_lowercase.json":   {expired, "preferences", ""},
		"fault_429_throttle.json":                  {c, "query", "select * from Term"},
	} {
		want, got := map[string]bool{}, map[string]bool{}
		doc := recorded(t, file)
		paths(doc, "", want)
		var v any
		ask.client.get(ask.path, url.Values{"query": {ask.query}}, &v)
		paths(v, "", got)
		for p := range want {
			if !got[p] {
				t.Errorf("%s: %s is missing", file, p)
			}
		}
		for p := range got {
			if !want[p] {
				t.Errorf("%s: %s is too much", file, p)
			}
		}
		code := func(v any) string {
			for _, key := range []string{"Error", "error"} {
				for _, e := range records(v, key) {
					return e.(map[string]any)["code"].(string)
				}
			}
			return ""
		}
		if code(v) != code(doc) || code(v) == "" {
			t.Errorf("%s: code %q, recorded %q", file, code(v), code(doc))
		}
	}
}

func TestNastyRecordsArriveWhole(t *testing.T) {
	t.Parallel()
	s := New(Options{Seed: 2, Companies: 1, Customers: 5, Vendors: 5, Items: 8, Invoices: 20, Bills: 10, Nasty: true, Now: fixedClock(), Limits: NoLimits()})
	c := newClient(t, s, 0)
	vendors, _ := c.rows("select * from Vendor where Active in (true, false) maxresults 1000")
	names, ids := map[string]bool{}, map[string]bool{}
	for _, v := range vendors {
		names[strings.TrimSuffix(v["CompanyName"].(string), " (deleted)")] = true
		ids[v["Id"].(string)] = true
	}
	for _, name := range nastyNames() {
		if !names[name] {
			t.Errorf("no vendor %q", name)
		}
		quoted := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(name)
		if n := c.count("select count(*) from Customer where Active in (true,false) and CompanyName = '" + quoted + "'"); n != 1 {
			t.Errorf("%q is found %d times", name, n)
		}
	}
	if !ids["5000000000000503624"] {
		t.Error("no vendor with 19 digits in its id")
	}
	longest := 0
	invoices, _ := c.rows("select * from Invoice maxresults 1000")
	numbers := map[string]bool{}
	for _, r := range invoices {
		note, _ := r["PrivateNote"].(string)
		longest = max(longest, len(note))
		number, _ := r["DocNumber"].(string)
		numbers[number] = true
	}
	if longest != 60_000 || !numbers["00123"] {
		t.Errorf("longest note %d, 00123 %v", longest, numbers["00123"])
	}
}

func TestEveryEntityHasRecords(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	c := newClient(t, s, 2)
	for _, e := range entityTable {
		statement := "select * from " + e.name
		if e.needsWhere {
			statement += " where AsOfDate <= '2099-01-01'"
		}
		var body struct {
			QueryResponse map[string]json.RawMessage
		}
		if resp := c.get("query", url.Values{"query": {statement}}, &body); resp.StatusCode != 200 {
			t.Errorf("%s: %d", e.name, resp.StatusCode)
			continue
		}
		if body.QueryResponse[e.name] == nil && e.name != "CompanyCurrency" { // companies of one currency have none
			t.Errorf("%s: no records", e.name)
		}
	}
}

func TestObjectsKeepNumbersAndOrder(t *testing.T) {
	t.Parallel()
	const raw = `{"b":1.50,"a":{"z":0,"y":"\u003c ü \n"},"list":[{"n":22.5},{"n":-0.01}],"flag":true,"texts":["x","y"],"none":[]}`
	o, err := parseObject([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := o.appendJSON(nil), []byte(strings.ReplaceAll(raw, `\u003c`, "<")); !bytes.Equal(got, want) {
		t.Errorf("got %s", got)
	}
}

func TestAmountSpelling(t *testing.T) {
	t.Parallel()
	for c, want := range map[cents]string{0: "0 0.00 0", 1: "0.01 0.01 0.01", -1205: "-12.05 -12.05 -12.05", 63900: "639.00 639.00 639", 2250: "22.50 22.50 22.5"} {
		if got := string(c.json()) + " " + c.String() + " " + string(c.rate()); got != want {
			t.Errorf("%d: %s, want %s", c, got, want)
		}
		if back, err := parseCents(c.String()); err != nil || back != c {
			t.Errorf("%d reads back as %d, %v", c, back, err)
		}
	}
	for m, want := range map[milli]string{0: "0", 1000: "1", 250: "0.25", -1333: "-1.333", 22500: "22.5"} {
		if got := string(m.json()); got != want {
			t.Errorf("%d: %s, want %s", m, got, want)
		}
	}
	for _, bad := range []string{"", "1.005", "abc", "1,00"} {
		if _, err := parseCents(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
	for _, tc := range [][3]int64{{5, 2, 3}, {-5, 2, -3}, {4, 3, 1}, {5, 3, 2}, {0, 7, 0}} {
		if got := roundDiv(tc[0], tc[1]); int64(got) != tc[2] {
			t.Errorf("%s/%s rounds to %d", strconv.FormatInt(tc[0], 10), strconv.FormatInt(tc[1], 10), got)
		}
	}
}
