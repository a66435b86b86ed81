package intuitsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"
)

type changes struct {
	CDCResponse []struct {
		QueryResponse []map[string]json.RawMessage
	}
	Time string `json:"time"`
}

type brief struct {
	ID       string `json:"Id"`
	Status   string `json:"status"`
	Token    string `json:"SyncToken"`
	Note     string `json:"PrivateNote"`
	TotalAmt json.Number
	Balance  json.Number
	MetaData struct{ LastUpdatedTime string }
}

func (c *client) changed(entity string, since time.Time) []brief {
	c.t.Helper()
	var body changes
	c.get("cdc", url.Values{"entities": {entity}, "changedSince": {since.Format(time.RFC3339)}}, &body)
	var out []brief
	if raw := body.CDCResponse[0].QueryResponse[0][entity]; raw != nil {
		if err := json.Unmarshal(raw, &out); err != nil {
			c.t.Fatal(err)
		}
	}
	return out
}

func (c *client) read(entity, id string) brief {
	c.t.Helper()
	raw, ok := c.s.Company(c.realm).Record(entity, id)
	if !ok {
		c.t.Fatalf("no %s %s", entity, id)
	}
	var b brief
	if err := json.Unmarshal(raw, &b); err != nil {
		c.t.Fatal(err)
	}
	return b
}

func changeServer(t *testing.T) (*client, *Company, *clock) {
	t.Helper()
	clk := newClock()
	s := New(Options{
		Seed: 5, Customers: 12, Vendors: 15, Items: 12, Invoices: 80, Bills: 30, Now: clk.Now, Limits: NoLimits(),
	})
	c := newClient(t, s, 0)
	company := s.Company(c.realm)
	clk.add(time.Minute)
	return c, company, clk
}

func TestChangesShowInCapture(t *testing.T) {
	t.Parallel()
	c, company, clk := changeServer(t)
	began := clk.Now()
	if got := c.changed("Invoice", began); len(got) != 0 {
		t.Fatalf("%d changes before any", len(got))
	}
	ids := company.IDs("Invoice")
	before := c.read("Invoice", ids[0])
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(company.Change("Invoice", ids[0], Change{Note: "changed"}))
	clk.add(time.Second)
	must(company.Void("Invoice", ids[1]))
	clk.add(time.Second)
	must(company.Delete("Invoice", ids[2]))
	clk.add(time.Second)
	added, err := company.AddInvoice(Sale{Amount: "12.50", DocNumber: "00042"})
	must(err)
	got := c.changed("Invoice", began)
	if len(got) != 4 || got[0].ID != ids[0] || got[1].ID != ids[1] || got[2].ID != added || got[3].ID != ids[2] ||
		got[3].Status != "Deleted" {
		t.Fatalf("changes %+v", got)
	}
	if got[0].Token == before.Token || got[0].Note != "changed" {
		t.Errorf("changed invoice %+v", got[0])
	}
	if got[1].TotalAmt != "0" || got[1].Note != "Voided" {
		t.Errorf("voided invoice %+v", got[1])
	}
	if got[2].TotalAmt != "12.50" || got[2].Balance != "12.50" {
		t.Errorf("new invoice %+v", got[2])
	}
	for _, id := range []string{ids[2]} {
		if n := c.count("select count(*) from Invoice where Id = '" + id + "'"); n != 0 {
			t.Errorf("deleted invoice is found %d times", n)
		}
		if _, ok := company.Record("Invoice", id); ok {
			t.Error("deleted invoice is still there")
		}
	}
	if late := c.changed("Invoice", clk.Now()); len(late) != 1 {
		t.Errorf("%d changes at the last instant, want the one of that second", len(late))
	}
}

func TestCaptureBounds(t *testing.T) {
	t.Parallel()
	c, company, clk := changeServer(t)
	for i := range 1100 {
		if _, err := company.AddParty("Customer", fmt.Sprintf("Bulk %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.changed("Customer", clk.Now().Add(-time.Second)); len(got) != 1000 {
		t.Errorf("%d objects", len(got))
	}
	for name, q := range map[string]url.Values{
		"old": {
			"entities": {"Invoice"}, "changedSince": {clk.Now().Add(-31 * 24 * time.Hour).Format(time.RFC3339)},
		},
		"no since": {"entities": {"Invoice"}},
		"none":     {"changedSince": {clk.Now().Format(time.RFC3339)}},
		"tax code": {"entities": {"TaxCode"}, "changedSince": {clk.Now().Format(time.RFC3339)}},
		"unknown":  {"entities": {"Nonsense"}, "changedSince": {clk.Now().Format(time.RFC3339)}},
	} {
		var body faultBody
		if resp := c.get("cdc", q, &body); resp.StatusCode != 400 || len(body.Fault.Error) != 1 {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
	var two changes
	c.get("cdc", url.Values{"entities": {"Term,Customer"}, "changedSince": {clk.Now().Format(time.RFC3339)}}, &two)
	if g := two.CDCResponse[0].QueryResponse; len(g) != 2 || len(g[0]) != 0 || g[1]["Customer"] == nil ||
		two.Time == "" {
		t.Errorf("groups %v", g)
	}
}

func TestRenamingShowsEverywhereAndTouchesOne(t *testing.T) {
	t.Parallel()
	c, company, clk := changeServer(t)
	rows, _ := c.rows("select * from Bill maxresults 1")
	vendor := rows[0]["VendorRef"].(map[string]any)["value"].(string)
	off := false
	if err := company.Change("Vendor", vendor, Change{Name: "=Renamed", Active: &off}); err != nil {
		t.Fatal(err)
	}
	again, _ := c.rows("select * from Bill where Id = '" + rows[0]["Id"].(string) + "'")
	if got := again[0]["VendorRef"].(map[string]any)["name"]; got != "=Renamed (deleted)" {
		t.Errorf("the bill names %v", got)
	}
	if again[0]["SyncToken"] != rows[0]["SyncToken"] {
		t.Error("the bill was changed")
	}
	if got := c.changed("Vendor", clk.Now()); len(got) != 1 || got[0].ID != vendor {
		t.Errorf("changes %+v", got)
	}
}

func TestPaymentsComeAndGo(t *testing.T) {
	t.Parallel()
	c, company, _ := changeServer(t)
	for _, kind := range []string{"Invoice", "Bill"} {
		var id string
		var err error
		if kind == "Invoice" {
			id, err = company.AddInvoice(Sale{Amount: "100"})
		} else {
			id, err = company.AddBill(Cost{Amount: "100"})
		}
		if err != nil {
			t.Fatal(err)
		}
		pay, err := company.Pay(kind, id, "40")
		if err != nil {
			t.Fatal(err)
		}
		if got := c.read(kind, id); got.Balance != "60.00" {
			t.Errorf("%s: balance %s after a payment", kind, got.Balance)
		}
		if _, err := company.Pay(kind, id, "60.01"); err == nil {
			t.Errorf("%s: paid more than is open", kind)
		}
		if err := company.Change(kind, id, Change{Amount: "39.99"}); err == nil {
			t.Errorf("%s: amount below what is paid", kind)
		}
		name := map[string]string{"Invoice": "Payment", "Bill": "BillPayment"}[kind]
		if err := company.Delete(name, pay); err != nil {
			t.Fatal(err)
		}
		if got := c.read(kind, id); got.Balance != "100.00" {
			t.Errorf("%s: balance %s after the payment went", kind, got.Balance)
		}
		if err := company.Change(kind, id, Change{Amount: "33.10", Date: "2026-01-05", DocNumber: "007"}); err != nil {
			t.Fatal(err)
		}
		if got := c.read(kind, id); got.TotalAmt != "33.10" {
			t.Errorf("%s: total %s", kind, got.TotalAmt)
		}
	}
	for _, method := range []string{accrual, cash} {
		sums := map[day]cents{}
		for _, p := range company.journal(method) {
			sums[p.date] += p.amount
		}
		for d, sum := range sums {
			if sum != 0 {
				t.Errorf("%s: %s is out of balance by %s", method, d, sum)
			}
		}
	}
}

func TestKnobsRefuseNonsense(t *testing.T) {
	t.Parallel()
	_, company, _ := changeServer(t)
	off := false
	customer, invoice := company.IDs("Customer")[0], company.IDs("Invoice")[0]
	for name, err := range map[string]error{
		"delete a list entry": company.Delete("Customer", customer),
		"void a list entry":   company.Void("Customer", customer),
		"rename an invoice":   company.Change("Invoice", invoice, Change{Name: "x"}),
		"hide an invoice":     company.Change("Invoice", invoice, Change{Active: &off}),
		"no date":             company.Change("Invoice", invoice, Change{Date: "soon"}),
	} {
		if err == nil || errors.Is(err, ErrNoRecord) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := company.Void("Invoice", "0"); !errors.Is(err, ErrNoRecord) {
		t.Errorf("unknown invoice: %v", err)
	}
}

func TestPut(t *testing.T) {
	t.Parallel()
	c, company, _ := changeServer(t)
	id, err := company.Put("CompanyCurrency", []byte(`{"Name":"Euro","Code":"EUR"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := company.Put("CompanyCurrency", []byte(`{"Id":"`+id+`","Name":"Euro","Code":"EUX","Amount":1.50}`)); err != nil {
		t.Fatal(err)
	}
	rows, _ := c.rows("select * from CompanyCurrency where Code = 'EUX'")
	if len(rows) != 1 || rows[0]["Id"] != id || rows[0]["SyncToken"] != "1" || rows[0]["Active"] != true {
		t.Errorf("rows %v", rows)
	}
	if _, err := company.Put("Invoice", []byte(`{"Id":"`+company.IDs("Invoice")[0]+`"}`)); err == nil {
		t.Error("a record of the books was replaced")
	}
	if _, err := company.Put("Term", []byte(`[]`)); err == nil {
		t.Error("an array was taken for a record")
	}
}

func TestKnobsOverHTTP(t *testing.T) {
	t.Parallel()
	c, company, _ := changeServer(t)
	post := func(path, body string) (int, map[string]any) {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, "http://sim/sandbox/"+path, bytes.NewReader([]byte(body)))
		resp, err := c.s.Transport().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var out map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&out); err != nil && !errors.Is(err, io.EOF) {
			t.Fatalf("%s: %v", path, err)
		}
		return resp.StatusCode, out
	}
	base := "companies/" + c.realm + "/"
	invoice := company.IDs("Invoice")[3]
	_, added := post(base+"add", `{"entity":"Invoice","amount":"7.77"}`)
	for _, tc := range []struct {
		path, body string
		status     int
	}{
		{base + "change", `{"entity":"invoice","id":"` + invoice + `","note":"by hand"}`, 200},
		{base + "pay", fmt.Sprintf(`{"entity":"Invoice","id":%q}`, added["id"]), 200},
		{base + "void", `{"entity":"Invoice","id":"` + invoice + `"}`, 200},
		{base + "delete", `{"entity":"Invoice","id":"` + invoice + `"}`, 200},
		{base + "delete", `{"entity":"Invoice","id":"` + invoice + `"}`, 404},
		{base + "rename", `{"entity":"Vendor","id":"` + company.IDs("Vendor")[0] + `","name":"@new"}`, 200},
		{base + "active", `{"entity":"Vendor","id":"` + company.IDs("Vendor")[0] + `","active":false}`, 200},
		{base + "add", `{"entity":"Vendor","name":"+1"}`, 200},
		{base + "add", `{"entity":"Bill","amount":"1"}`, 200},
		{base + "add", `{"entity":"Term"}`, 422},
		{base + "put", `{"entity":"Term","record":{"Name":"Net 99"}}`, 200},
		{"companies/1/void", `{"entity":"Invoice","id":"1"}`, 404},
		{"companies/1/revoke", "", 404},
		{base + "expire-access", "", 200},
		{"faults", `{"match":"query","status":500,"n":1,"delay_ms":1}`, 200},
		{"faults", `{"wrong":1}`, 400},
		{"latency", `{"ms":0}`, 200},
		{"limits", `{"per_second":-1,"per_minute":-1,"concurrent":-1}`, 200},
		{"consent", `{"auto":true,"realm":"` + c.realm + `"}`, 200},
		{"consent", `{"realm":"1"}`, 404},
		{"settings",
			`{"rotate_on_every_refresh":true,"legacy_reports":true,"report_cell_limit":5,"access_token_seconds":60}`,
			200},
		{"reset", "", 200},
		{base + "revoke", "", 200},
	} {
		if status, out := post(tc.path, tc.body); status != tc.status {
			t.Errorf("%s %s: %d %v", tc.path, tc.body, status, out)
		}
	}
	if resp, _, _ := c.send("GET", "preferences", nil); resp.StatusCode != 401 {
		t.Errorf("after revoke: %d", resp.StatusCode)
	}
	resp, err := c.s.Transport().RoundTrip(httptest.NewRequest(http.MethodGet, "http://sim/sandbox/requests", nil))
	if err != nil || resp.StatusCode != 200 {
		t.Fatal(err)
	}
	var seen struct{ Requests []Request }
	if err := json.NewDecoder(resp.Body).Decode(&seen); err != nil || len(seen.Requests) != 1 {
		t.Errorf("%d requests, %v", len(seen.Requests), err)
	}
}
