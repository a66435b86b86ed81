package capture

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func scrubber() *Scrubber { return newScrubber(rand.New(rand.NewPCG(1, 2))) }

// fixed is a scrubber with a known factor and move of dates.
func fixed() *Scrubber {
	s := scrubber()
	s.factor, s.years = 3, -4
	return s
}

func TestRecordsKeepTheirReferences(t *testing.T) {
	t.Parallel()
	s := fixed()
	const customer = `{"QueryResponse":{"Customer":[{"Id":"5812","DisplayName":"Amy's Birds","FullyQualifiedName":` +
		`"Amy's Birds:Shed","PrimaryEmailAddr":{"Address":"amy@birds.com"},"Balance":274.5,"SyncToken":"3",` +
		`"BillAddr":{"PostalCode":"94043","Lat":"37.4","Line1":" 4581 Finch St."},"Active":true,` +
		`"MetaData":{"CreateTime":"2024-02-29T16:48:43-07:00"},"PrimaryPhone":{"FreeFormNumber":"(650) 555-3311"}}],` +
		`"startPosition":1,"maxResults":1,"totalCount":41},"time":"2025-03-01T00:00:00.000-07:00"}`
	const invoice = `{"Invoice":{"CustomerRef":{"value":"5812","name":"Amy's Birds"},"CurrencyRef":{"value":"USD"},` +
		`"Line":[{"Id":"0","DetailType":"SalesItemLineDetail","Amount":-10.05,"SalesItemLineDetail":{"Qty":5,` +
		`"UnitPrice":2.01}}],"DocNumber":"1042","PrivateNote":"for Amy","TotalAmt":1.0e2,"Deleted":null}}`
	a, _ := s.Body([]byte(customer))
	b, _ := s.Body([]byte(invoice))
	id := s.ids["5812"]
	if id == "5812" || len(id) != 4 || id[0] == '0' {
		t.Errorf("the id became %q", id)
	}
	want := `{"QueryResponse":{"Customer":[{"Id":"` + id + `","DisplayName":"N1","FullyQualifiedName":"N1:N2",` +
		`"PrimaryEmailAddr":{"Address":"N3@x.x"},"Balance":823.5,"SyncToken":"3","BillAddr":{"PostalCode":"` +
		s.ids["94043"] + `","Lat":"N4","Line1":" N5"},"Active":true,` +
		`"MetaData":{"CreateTime":"2020-02-29T16:48:43-07:00"},"PrimaryPhone":{"FreeFormNumber":"N6"}}],` +
		`"startPosition":1,"maxResults":1,"totalCount":41},"time":"2021-03-01T00:00:00.000-07:00"}`
	if string(a) != want {
		t.Errorf("got  %s\nwant %s", a, want)
	}
	want = `{"Invoice":{"CustomerRef":{"value":"` + id + `","name":"N1"},"CurrencyRef":{"value":"USD"},` +
		`"Line":[{"Id":"0","DetailType":"SalesItemLineDetail","Amount":-30.15,"SalesItemLineDetail":{"Qty":5,` +
		`"UnitPrice":6.03}}],"DocNumber":"` + s.ids["1042"] + `","PrivateNote":"N7","TotalAmt":3.0e2,"Deleted":null}}`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
}

func TestReportsKeepTheirShape(t *testing.T) {
	t.Parallel()
	s := fixed()
	const report = `{"Header":{"ReportName":"ProfitAndLoss","ReportBasis":"Accrual","StartPeriod":"2024-01-01",` +
		`"Currency":"USD","Customer":"5812","Option":[{"Name":"AccountingStandard","Value":"GAAP"}]},"Columns":{"Column":[` +
		`{"ColTitle":"","ColType":"Account","MetaData":[{"Name":"ColKey","Value":"account"}]},` +
		`{"ColTitle":"Jan 1 - 7, 2024","ColType":"Money","MetaData":[{"Name":"StartDate","Value":"2024-01-01"}]},` +
		`{"ColTitle":"Amy's Birds","ColType":"Money","MetaData":[{"Name":"ColKey","Value":"5812"}]},` +
		`{"ColTitle":"Bob","ColType":"Money","MetaData":[{"Name":"ColKey","Value":"bob"}]},` +
		`{"ColTitle":"Qty","ColType":"Quantity"}]},"Rows":{"Row":[{"Header":{"ColData":[{"value":"Birdseed","id":"79"},` +
		`{"value":""}]},"Rows":{"Row":[{"ColData":[{"value":"4000","id":"80"},{"value":"1,204.50"},{"value":"-.20"},` +
		`{"value":"7"},{"value":"12"}],"type":"Data"}]},"Summary":{"ColData":[{"value":"Total Birdseed"}]},` +
		`"type":"Section","group":"Income"},{"Summary":{"ColData":[{"value":"Net Income"},{"value":"12.5 %"}]}}]}}`
	got, ok := s.Body([]byte(report))
	account, sold, number, customer := s.ids["79"], s.ids["80"], s.ids["4000"], s.ids["5812"]
	want := `{"Header":{"ReportName":"ProfitAndLoss","ReportBasis":"Accrual","StartPeriod":"2020-01-01",` +
		`"Currency":"USD","Customer":"` + customer + `","Option":[{"Name":"AccountingStandard","Value":"GAAP"}]},` +
		`"Columns":{"Column":[{"ColTitle":"","ColType":"Account","MetaData":[{"Name":"ColKey","Value":"account"}]},` +
		`{"ColTitle":"Jan 1 - 7, 2020","ColType":"Money","MetaData":[{"Name":"StartDate","Value":"2020-01-01"}]},` +
		`{"ColTitle":"N1","ColType":"Money","MetaData":[{"Name":"ColKey","Value":"` + customer + `"}]},` +
		`{"ColTitle":"N2","ColType":"Money","MetaData":[{"Name":"ColKey","Value":"n2"}]},` +
		`{"ColTitle":"Qty","ColType":"Quantity"}]},"Rows":{"Row":[{"Header":{"ColData":[{"value":"N3","id":"` + account +
		`"},{"value":""}]},"Rows":{"Row":[{"ColData":[{"value":"` + number + `","id":"` + sold +
		`"},{"value":"3,613.50"},{"value":"-0.60"},{"value":"21"},{"value":"12"}],"type":"Data"}]},"Summary":{"ColData":` +
		`[{"value":"Total N3"}]},"type":"Section","group":"Income"},{"Summary":{"ColData":[{"value":"Net Income"},` +
		`{"value":"12.5 %"}]}}]}}`
	if !ok || string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	s := fixed()
	query := s.Path("/v3/company/9130347957983976/query?minorversion=75&query=" + "SELECT+%2A+FROM+Invoice+WHERE+" +
		"TxnDate+%3E%3D+%272024-01-01%27+AND+TotalAmt+%3E+%27100%27+AND+CustomerRef+IN+%28%2758%27%2C+%27O%5C%27Neil" +
		"%27%29+STARTPOSITION+1")
	want := "/v3/company/" + s.ids["9130347957983976"] + "/query?minorversion=75&query=SELECT+%2A+FROM+Invoice+WHERE+" +
		"TxnDate+%3E%3D+%272020-01-01%27+AND+TotalAmt+%3E+%27300%27+AND+CustomerRef+IN+%28%27" + s.ids["58"] +
		"%27%2C+%27N1%27%29+STARTPOSITION+1"
	if query != want {
		t.Errorf("got  %s\nwant %s", query, want)
	}
	report := s.Path("/v3/company/9130347957983976/reports/ProfitAndLoss?start_date=2024-01-01&customer=58,59" +
		"&columns=tx_date,name&summarize_column_by=Month&memo=secret")
	want = "/v3/company/" + s.ids["9130347957983976"] + "/reports/ProfitAndLoss?columns=tx_date%2Cname&customer=" +
		s.ids["58"] + "%2C" + s.ids["59"] + "&memo=N2&start_date=2020-01-01&summarize_column_by=Month"
	if report != want {
		t.Errorf("got  %s\nwant %s", report, want)
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	var r Recorder
	r.Add("/v3/company/123/query?query=x", 401, []byte(`{"fault":{"error":[{"code":"3200"}]}}`))
	r.Add("/v3/company/123/query?query=x", 502, []byte(`<html>Amy</html>`))
	r.Add("/v3/company/123/query?query=x", 200, make([]byte, maxKept))
	data, err := r.File(scrubber(), "invoices", "quickbooks_rejected")
	if err != nil || r.Len() != 3 {
		t.Fatal(r.Len(), err)
	}
	var f File
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	if f.Version != 1 || f.Type != "invoices" || f.Problem != "quickbooks_rejected" || f.LeftOut != 1 ||
		f.Requests[0].Status != 401 || f.Requests[1].Unread != "XML or HTML of 16 bytes" ||
		string(f.Requests[2].Body) != "null" || bytes.Contains(data, []byte("Amy")) {
		t.Errorf("got %s", data)
	}
}

// Ids get different replacements, even if there are as many as their length allows.
func TestIDsStayDifferent(t *testing.T) {
	t.Parallel()
	s := scrubber()
	seen := map[string]bool{}
	for i := range 3000 {
		id := s.id(string(rune('0'+i/1000)) + string(rune('0'+i/100%10)) + string(rune('0'+i/10%10)) +
			string(rune('0'+i%10)))
		if seen[id] {
			t.Fatalf("%s is there twice", id)
		}
		seen[id] = true
	}
	for i := '1'; i <= '9'; i++ {
		if id := s.id(string(i)); seen[id] {
			t.Fatalf("%s is there twice", id)
		} else {
			seen[id] = true
		}
	}
}

var word = regexp.MustCompile(`\p{L}{4,}`)

// vocabulary has the words that an output may contain.
func vocabulary() map[string]bool {
	words := map[string]bool{}
	for _, set := range []map[string]bool{ownTexts, columnKeys} {
		for text := range set {
			for _, w := range word.FindAllString(text, -1) {
				words[strings.ToLower(w)] = true
			}
		}
	}
	for _, w := range strings.Fields("unable display more data total deleted days past over true false through " +
		"january february march april june july august sept september october november december") {
		words[w] = true
	}
	return words
}

// texts calls see for each text with its key and the one above.
func texts(v any, key, parent string, see func(text, key, parent string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, below := range v {
			texts(below, k, key, see)
		}
	case []any:
		for _, below := range v {
			texts(below, key, parent, see)
		}
	case string:
		see(v, key, parent)
	}
}

func FuzzBody(f *testing.F) {
	for _, pattern := range []string{
		"../source/testdata/*.json", "../intuit/testdata/*.json", "../../../shared/samples/quickbooks/*.json",
	} {
		names, err := filepath.Glob(filepath.FromSlash(pattern))
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			body, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(body)
		}
	}
	f.Add([]byte(`{"Acme Ltd":"Total for Acme Ltd (deleted)","a":["May 2024","Total Total Smith",1e400,"\ud800"]}`))
	f.Add([]byte(`{"Columns":{"Column":[{"ColTitle":"Sept 12","MetaData":{}}]},"Rows":{"Row":{"ColData":[["x"]]}}}`))
	known := vocabulary()
	f.Fuzz(func(t *testing.T, body []byte) {
		s := scrubber()
		out, ok := s.Body(body)
		if ok != json.Valid(body) {
			t.Fatalf("read %v", ok)
		}
		if !ok {
			return
		}
		var before, after any
		if err := json.Unmarshal(out, &after); err != nil {
			if json.Unmarshal(body, &before) != nil {
				return // figures too large for Go
			}
			t.Fatalf("%v in %s", err, out)
		}
		texts(after, "", "", func(text, key, parent string) {
			for _, w := range word.FindAllString(text, -1) {
				if !known[strings.ToLower(w)] && !isLabel(key, parent) {
					t.Errorf("%q tells %q: %s", key, w, out)
				}
			}
		})
		again, _ := s.Body(body)
		if !bytes.Equal(out, again) {
			t.Errorf("twice the same body gives\n%s\n%s", out, again)
		}
	})
}

func FuzzPath(f *testing.F) {
	f.Add("/v3/company/123/query?query=SELECT+*+FROM+Bill+WHERE+DocNumber+%3D+%27Smith%27")
	f.Add("/v3/company/123/reports/CashFlow?customer=Acme Ltd&vendor=%zz")
	f.Fuzz(func(t *testing.T, target string) {
		s := scrubber()
		if out := s.Path(target); out != s.Path(target) || strings.IndexFunc(out, unicode.IsControl) >= 0 &&
			strings.IndexFunc(target, unicode.IsControl) < 0 {
			t.Errorf("%q became %q", target, out)
		}
	})
}

// Sums of amounts hold to the last digit, whatever the factor.
func TestSumsHold(t *testing.T) {
	t.Parallel()
	for range 20 {
		s := New()
		body := `{"Line":[{"Amount":0.1},{"Amount":"33.33"},{"Amount":-1000000000000000000000.07}]}`
		got, _ := s.Body([]byte(body))
		want := []string{s.scale("0.1"), s.scale("33.33"), s.scale("-1000000000000000000000.07")}
		var read struct{ Line []struct{ Amount any } }
		d := json.NewDecoder(bytes.NewReader(got))
		d.UseNumber()
		if err := d.Decode(&read); err != nil || len(read.Line) != 3 {
			t.Fatal(err)
		}
		for i, line := range read.Line {
			if text, _ := json.Marshal(line.Amount); strings.Trim(string(text), `"`) != want[i] {
				t.Errorf("%s, want %s", text, want[i])
			}
		}
	}
	for _, c := range [][2]string{
		{"0.00", "0.00"}, {"007", "21"}, {".5", "1.5"}, {"9.", "27."}, {"($1,999.99)", "($5,999.97)"},
	} {
		if got := fixed().scale(c[0]); got != c[1] {
			t.Errorf("%s became %s, want %s", c[0], got, c[1])
		}
	}
	for cell, want := range map[string]string{
		"(900.25)": "(2700.75)", "$ 5.00": "$ 15.00", "R$5.00": "R$15.00", "1E+2": "3E+2", ".00": "0.00", "-": "-",
		"400.00-": "1200.00-", "999,999.50": "2,999,998.50", "1.234,56 €": "3.703,68 €", "12,50": "37,50",
		"9’000.10": "27’000.30", "1\u202f234,00": "3\u202f702,00", "12,34,567.00": "37,03,701.00",
	} {
		if got := fixed().cell(cell); got != want {
			t.Errorf("the cell %q became %q, want %q", cell, got, want)
		}
	}
	if code := fixed().cell("004711"); len(code) != 6 || code[0] != '0' || code == "004711" {
		t.Errorf("the code became %q", code)
	}
	if keys := slices.Collect(maps.Keys(ownTexts)); len(keys) < 200 {
		t.Errorf("only %d texts are QuickBooks' own", len(keys))
	}
}
