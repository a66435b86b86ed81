package intuit

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// slowFault finds a JSON fault by decoding the body whole. readFault must find the same.
func slowFault(body []byte) *fault {
	var doc struct{ Fault *jsonFault }
	if json.Unmarshal(body, &doc) == nil && doc.Fault != nil {
		return doc.Fault.fault()
	}
	var capture struct {
		CDCResponse []struct {
			Fault         *jsonFault
			QueryResponse []struct{ Fault *jsonFault }
		}
	}
	if json.Unmarshal(body, &capture) != nil {
		return nil
	}
	for _, response := range capture.CDCResponse {
		if response.Fault != nil {
			return response.Fault.fault()
		}
		for _, group := range response.QueryResponse {
			if group.Fault != nil {
				return group.Fault.fault()
			}
		}
	}
	return nil
}

func TestFaultsAreFoundWithoutDecodingAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		one := func(label string, list ...string) string { return rapid.SampledFrom(list).Draw(t, label) }
		code := rapid.IntRange(1, 9999)
		aFault := func() string {
			return fmt.Sprintf(`"%s" : {"%s":[{"Message":"m\u00e9","Detail":"d","code":"%d","element":"x"}],"type":"%s"}`,
				one("spelling", "Fault", "fault"), one("errors", "Error", "error"), code.Draw(t, "code"),
				one("type", "ValidationFault", "SystemFault"))
		}
		group := func() string {
			return one("group", `{}`, `{"Invoice":[{"Id":"1","Memo":"\"Fault\"","x":{"Fault":{"type":"no"}}}],"maxResults":1}`,
				`{`+aFault()+`}`, `{"Fault":null}`)
		}
		response := func() string {
			list := []string{group()}
			for range rapid.IntRange(0, 2).Draw(t, "groups") {
				list = append(list, group())
			}
			groups := `"QueryResponse":[` + strings.Join(list, ",") + `]`
			return one("response", `{`+groups+`}`, `{`+aFault()+`,`+groups+`}`, `{`+aFault()+`}`, `{}`)
		}
		body := one("body", `{`+aFault()+`,"time":"2026"}`, `{"time":"2026",`+aFault()+`}`,
			`{"QueryResponse":`+group()+`,"time":"x"}`, `{"CDCResponse":[`+response()+`,`+response()+`],"time":"2026"}`,
			`{"CDCResponse":[`+response()+`],`+aFault()+`}`, `{"Rows":{"Row":[{`+aFault()+`}]}}`, `[{`+aFault()+`}]`,
			`{"Fault":null,"a":1}`, `{"Fault":"x"}`, `"Fault"`)
		if rapid.IntRange(0, 4).Draw(t, "cut") == 0 {
			body = body[:rapid.IntRange(0, len(body)).Draw(t, "at")]
		}
		if diff := cmp.Diff(slowFault([]byte(body)), readFault([]byte(body))); diff != "" {
			t.Fatalf("%s:\n%s", body, diff)
		}
	})
}

// bigPage is an answer with many records, in one of which somebody has written the word that faults are known by.
func bigPage(records int) []byte {
	var b strings.Builder
	b.WriteString(`{"QueryResponse":{"Invoice":[`)
	for i := range records {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"Id":"%d","SyncToken":"0","DocNumber":"%d","TxnDate":"2026-02-03","TotalAmt":%d.50,"Balance":0,`+
			`"CustomerRef":{"value":"%d","name":"Amy's Bird Sanctuary"},"Line":[{"Id":"1","Amount":%d.50,"Description":"Rose",`+
			`"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"7"},"Qty":1,"UnitPrice":%d.5}}],`+
			`"MetaData":{"CreateTime":"2026-02-03T10:00:00-08:00","LastUpdatedTime":"2026-02-03T10:00:00-08:00"},`+
			`"PrivateNote":"Fault"}`, i, i, i, i%100, i, i)
	}
	b.WriteString(`],"startPosition":1,"maxResults":1000},"time":"2026-02-03T10:00:00-08:00"}`)
	return []byte(b.String())
}

// TestPagesCostLittle limits what judging and reading a page allocate, however many records there are.
func TestPagesCostLittle(t *testing.T) {
	page := bigPage(1000)
	if f := readFault(page); f != nil {
		t.Fatalf("found the fault %+v in a record", f)
	}
	if n := testing.AllocsPerRun(3, func() { readFault(page) }); n > 50 {
		t.Errorf("judging a page takes %.0f allocations", n)
	}
	n := testing.AllocsPerRun(3, func() {
		if list, err := readRecords(page, "Invoice"); err != nil || len(list) != 1000 {
			t.Fatal(len(list), err)
		}
	})
	if n > 100 {
		t.Errorf("reading a page takes %.0f allocations, more than one in ten records", n)
	}
}

// BenchmarkPage judges and reads a page of 1,000 records, and compares that with encoding/json alone.
func BenchmarkPage(b *testing.B) {
	page := bigPage(1000)
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"judge", func() error { readFault(page); return nil }},
		{"judge/slowly", func() error { slowFault(page); return nil }},
		{"read", func() error { _, err := readRecords(page, "Invoice"); return err }},
		{"read/slowly", func() error {
			var doc struct{ QueryResponse map[string]json.RawMessage }
			if err := json.Unmarshal(page, &doc); err != nil {
				return err
			}
			dec := json.NewDecoder(strings.NewReader(string(doc.QueryResponse["Invoice"])))
			dec.UseNumber()
			var list []map[string]any
			return dec.Decode(&list)
		}},
	} {
		b.Run(step.name, func(b *testing.B) {
			b.SetBytes(int64(len(page)))
			b.ReportAllocs()
			for b.Loop() {
				if err := step.do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
