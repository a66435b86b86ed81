package intuitsim

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recordedAnswers is where recorded answers of the real service may lie. What these tests need of them, the names of
// the members, is in testdata/members.json.
const recordedAnswers = "../../../../shared/samples/quickbooks"

var update = flag.Bool("update", false, "rewrite testdata/members.json from the recorded answers")

// members are the members that recorded answers of the real service have, as paths without array positions.
type members struct {
	Records map[string][]string
	Reports []string // with flattened rows
	Faults  map[string]faultMembers
}

type faultMembers struct {
	Code    string
	Members []string
}

func knownMembers(t *testing.T) members {
	t.Helper()
	raw, err := os.ReadFile(membersFile)
	if err != nil {
		t.Fatal(err)
	}
	var m members
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

const membersFile = "testdata/members.json"

// recorded reads one recorded answer.
func recorded(t *testing.T, name string) any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(recordedAnswers, name))
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestMembersAreRecorded compares testdata/members.json with the recordings that it was made from.
func TestMembersAreRecorded(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(recordedAnswers); os.IsNotExist(err) {
		t.Skip("there are no recorded answers beside the repository; the simulator is compared with " +
			membersFile + " only")
	}
	got := recordedMembers(t)
	if *update {
		raw, err := json.MarshalIndent(got, "", " ")
		if err == nil {
			err = os.WriteFile(membersFile, append(raw, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(knownMembers(t), got); diff != "" {
		t.Errorf("%s differs from the recorded answers; -update rewrites it:\n%s", membersFile, diff)
	}
}

// recordedMembers reads the members from the recordings.
func recordedMembers(t *testing.T) members {
	t.Helper()
	got := members{Records: map[string][]string{}, Faults: map[string]faultMembers{}}
	sales := []string{
		"invoice_doc.json", "invoice_read_or_void_step.json", "invoice_voided.json", "cdc_estimate_ok.json",
	}
	for _, tc := range []struct {
		entity string
		in     []string
		// the entity's names in the recordings, "" for the whole answer; its own name when none is given
		like []string
	}{
		{entity: "Invoice", in: sales, like: []string{"Invoice", "Estimate"}},
		{entity: "Estimate", in: sales, like: []string{"Invoice", "Estimate"}},
		{entity: "Customer", in: []string{"query_customer_all_41.json", "query_customer_doc.json",
			"read_customer_by_id.json"}},
		{entity: "Vendor", in: []string{"query_vendor_page_1_of_6.json", "query_vendor_page_6_of_6_last.json"}},
		{entity: "Employee", in: []string{"query_employee_active_in_true_false.json"}},
		{entity: "Account", in: []string{"query_account_doc.json"}},
		{entity: "JournalEntry", in: []string{"journalentry_doc.json"}},
		{entity: "CompanyInfo", in: []string{"companyinfo_larrys_bakery.json"}, like: []string{""}},
		{entity: "Preferences", in: []string{"preferences_full.json", "preferences_short_doc.json"},
			like: []string{"", "Preferences"}},
	} {
		known := map[string]bool{}
		if tc.like == nil {
			tc.like = []string{tc.entity}
		}
		for _, file := range tc.in {
			doc := recorded(t, file)
			for _, name := range tc.like {
				if name == "" {
					paths(doc, "", known)
				}
				for _, r := range records(doc, name) {
					paths(r, "", known)
				}
			}
		}
		got.Records[tc.entity] = slices.Sorted(maps.Keys(known))
	}
	known := map[string]bool{}
	for _, file := range []string{
		"report_balancesheet_doc.json", "report_profitandloss_noreportdata_true.json",
		"report_generalledger_month_to_date_legacy.json", "report_trialbalance_doc.json",
		"report_agedreceivables_doc.json", "report_cashflow_doc.json", "report_transactionlistwithsplits_doc.json",
	} {
		one := map[string]bool{}
		paths(recorded(t, file), "", one)
		for p := range one {
			known[flat(p)] = true
		}
	}
	got.Reports = slices.Sorted(maps.Keys(known))
	for fault, file := range map[string]string{
		"empty query":   "fault_400_4000_empty_query.json",
		"not queryable": "fault_400_4001_not_queryable.json",
		"unsupported":   "fault_400_500_unsupported_operation.json",
		"not found":     "fault_400_610_object_not_found.json",
		"expired":       "fault_401_token_expired_lowercase.json",
		"throttle":      "fault_429_throttle.json",
	} {
		doc, one := recorded(t, file), map[string]bool{}
		paths(doc, "", one)
		got.Faults[fault] = faultMembers{Code: faultCode(doc), Members: slices.Sorted(maps.Keys(one))}
	}
	return got
}

// faultCode is the code of the first error in an answer; empty when there is none.
func faultCode(v any) string {
	for _, key := range []string{"Error", "error"} {
		for _, e := range records(v, key) {
			return e.(map[string]any)["code"].(string)
		}
	}
	return ""
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
	recorded := knownMembers(t).Records
	// Documented members that no recording happens to hold.
	const line, discount = "Line.SalesItemLineDetail.", "Line.DiscountLineDetail"
	saleExtras := "DepartmentRef DepartmentRef.value DepartmentRef.name PrivateNote CustomField.StringValue " +
		"DeliveryInfo.DeliveryTime SalesTermRef.name BillAddr.Country ShipAddr.Country " +
		line + "Qty " + line + "UnitPrice " + line + "ClassRef " + line + "ClassRef.value " + line + "ClassRef.name " +
		line + "ItemAccountRef " + line + "ItemAccountRef.value " + line + "ItemAccountRef.name " +
		"Line.DescriptionLineDetail " + discount + " " + discount + ".PercentBased " + discount + ".DiscountPercent " +
		discount + ".DiscountAccountRef " + discount + ".DiscountAccountRef.value " + discount +
		".DiscountAccountRef.name " +
		"TxnTaxDetail.TxnTaxCodeRef TxnTaxDetail.TxnTaxCodeRef.value ExpirationDate"
	const class = "Line.JournalEntryLineDetail.ClassRef"
	for _, tc := range []struct{ entity, extras string }{
		{"Invoice", saleExtras},
		{"Estimate", saleExtras},
		{"Customer", "CustomerTypeRef CustomerTypeRef.value SalesTermRef SalesTermRef.value BillAddr.Country " +
			"ShipAddr.Country Notes"},
		{"Vendor", "BillAddr.Country"},
		{"Employee", ""},
		{"Account", "AcctNum ParentRef ParentRef.value"},
		{"JournalEntry", class + " " + class + ".value " + class + ".name"},
		{"CompanyInfo", ""},
		{"Preferences", ""},
	} {
		t.Run(tc.entity, func(t *testing.T) {
			known := map[string]bool{}
			for _, p := range append(strings.Fields(tc.extras), recorded[tc.entity]...) {
				known[p] = true
			}
			if len(recorded[tc.entity]) == 0 {
				t.Fatal("no member is known")
			}
			s := New(Options{
				Seed: 2, Companies: 2, Customers: 30, Vendors: 15, Items: 25, Invoices: 200, Bills: 60, Nasty: true,
				Now: fixedClock(),
			})
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
	for _, p := range knownMembers(t).Reports {
		known[p] = true
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
	faults := knownMembers(t).Faults
	for fault, ask := range map[string]struct {
		client *client
		path   string
		query  string
	}{
		"empty query":   {c, "query", ""},
		"not queryable": {c, "query", "select * from Invoice where PrivateNote = 'x'"},
		"unsupported":   {c, "customer/1/5", ""},
		"not found":     {c, "invoice/0", ""},
		"expired":       {expired, "preferences", ""},
		"throttle":      {c, "query", "select * from Term"},
	} {
		want, ok := faults[fault]
		if !ok {
			t.Errorf("no recording of the fault %q is known", fault)
			continue
		}
		var v any
		ask.client.get(ask.path, url.Values{"query": {ask.query}}, &v)
		got := map[string]bool{}
		paths(v, "", got)
		if diff := cmp.Diff(want.Members, slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("%s: other members than recorded:\n%s", fault, diff)
		}
		if code := faultCode(v); code != want.Code || code == "" {
			t.Errorf("%s: code %q, recorded %q", fault, code, want.Code)
		}
	}
}

func TestNastyRecordsArriveWhole(t *testing.T) {
	t.Parallel()
	s := New(Options{
		Seed: 2, Companies: 1, Customers: 5, Vendors: 5, Items: 8, Invoices: 20, Bills: 10, Nasty: true,
		Now: fixedClock(), Limits: NoLimits(),
	})
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
		if n := c.count("select count(*) from Customer where Active in (true,false) and CompanyName = '" +
			quoted + "'"); n != 1 {
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
	for c, want := range map[cents]string{
		0: "0 0.00 0", 1: "0.01 0.01 0.01", -1205: "-12.05 -12.05 -12.05", 63900: "639.00 639.00 639",
		2250: "22.50 22.50 22.5",
	} {
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
