package record_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

const invoice = `{"Id":"130","DocNumber":"00123","TxnDate":"2019-12-20","TotalAmt":100.00,"Balance":0,"PrivateNote":null,
 "CustomerRef":{"value":"1","name":"Amy's Bird Sanctuary"},"SalesTermRef":{"value":"3"},
 "BillEmail":{"Address":"a@example.com"},"MetaData":{"LastUpdatedTime":"2019-12-20T10:08:51-08:00"},
 "CustomField":[{"DefinitionId":"1","Name":"Crew #","Type":"StringType"},{"DefinitionId":"2","Name":"Sales.Rep","StringValue":"Jo"}],
 "LinkedTxn":[{"TxnId":"49"},{"TxnId":"50"}],"ApplyTaxAfterDiscount":false,
 "Line":[{"Id":"1","Amount":22.5,"DetailType":"SalesItemLineDetail"},{"Amount":1e400}]}`

func TestLookup(t *testing.T) {
	t.Parallel()
	r, err := record.Parse([]byte(invoice))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path string
		kind table.Kind
		want string
	}{
		{"DocNumber", table.Text, "00123"},
		{"TotalAmt", table.Money, "100.00"},
		{"Balance", table.Money, "0"},
		{"TxnDate", table.Date, "2019-12-20"},
		{"MetaData.LastUpdatedTime", table.DateTime, "2019-12-20T18:08:51Z"},
		{"MetaData.LastUpdatedTime", table.Date, "2019-12-20"},
		{"CustomerRef.name", table.Text, "Amy's Bird Sanctuary"},
		{"CustomerRef", table.Text, "Amy's Bird Sanctuary"},
		{"SalesTermRef", table.Text, "3"},
		{"BillEmail", table.Text, "a@example.com"},
		{"CustomField.Crew #", table.Text, ""},
		{"CustomField.Sales.Rep", table.Text, "Jo"},
		{"CustomField[DefinitionId=2].StringValue", table.Text, "Jo"},
		{"LinkedTxn.TxnId", table.Text, "49, 50"},
		{"LinkedTxn[1].TxnId", table.Text, "50"},
		{"LinkedTxn[7].TxnId", table.Text, ""},
		{"Line[0].Amount", table.Money, "22.5"},
		{"Line[1].Amount", table.Money, "1e400"}, // out of bounds stays text
		{"ApplyTaxAfterDiscount", table.Bool, "false"},
		{"PrivateNote", table.Text, ""},
		{"No.Such", table.Text, ""},
		{"DocNumber.x", table.Text, ""},
		{"DocNumber", table.Money, "00123"[2:]},
	} {
		p, err := record.ParsePath(test.path)
		if err != nil {
			t.Errorf("%s: %v", test.path, err)
			continue
		}
		v, _ := p.Lookup(r)
		if got := record.Convert(v, test.kind).String(); got != test.want {
			t.Errorf("%s as %s = %q, want %q", test.path, test.kind, got, test.want)
		}
	}
}

func TestBadPaths(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", ".", "A..B", "A.", " A", "A[", "A[x]", "A[-1]", "A[0]x", "A. B"} {
		if _, err := record.ParsePath(s); err == nil {
			t.Errorf("%q was accepted", s)
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"A.B", "CustomField.Sales Rep", "A[0].B", "A[Name=X].B", "Line[1].Amount"} {
		f.Add(s)
	}
	r, err := record.Parse([]byte(invoice))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := record.ParsePath(s)
		if err != nil {
			return
		}
		if p.String() != s {
			t.Errorf("%q became %q", s, p)
		}
		v, ok := p.Lookup(r)
		if ok == (v == nil) {
			t.Errorf("%q: %v, %v", s, v, ok)
		}
	})
}

func TestParseRefusesWhatIsNoRecord(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "[]", "1", `{"a":1} x`, `{"a":`} {
		if _, err := record.Parse([]byte(s)); err == nil {
			t.Errorf("%q was accepted", s)
		}
	}
}

func TestGuessKind(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]table.Kind{
		"MetaData.CreateTime": table.DateTime, "DueDate": table.Date, "Line.SalesItemLineDetail.UnitPrice": table.Money,
		"Line.SalesItemLineDetail.Qty": table.Number, "Active": table.Bool, "PrivateNote": table.Text,
		"CustomField.Ship Date": table.Text,
	} {
		p, err := record.ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := record.GuessKind(p); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// TestRecords reads whole records: nothing is lost, and every number is the text that came.
func TestRecords(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		checkRecord(t, file)
	}
}

// TestSampleRecords does the same with QuickBooks' real answers, which developers may have beside the repository.
func TestSampleRecords(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../shared/samples/quickbooks/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("there are no samples beside the repository; only testdata was read")
	}
	for _, file := range files {
		checkRecord(t, file)
	}
}

// checkRecord compares a record with the same file read by encoding/json alone.
func checkRecord(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if data[0] != '{' {
		return
	}
	r, err := record.Parse(data)
	if err != nil {
		t.Errorf("%s: %v", filepath.Base(file), err)
		return
	}
	want := map[string]any{}
	in := json.NewDecoder(bytes.NewReader(data))
	in.UseNumber()
	if err := in.Decode(&want); err != nil {
		t.Fatal(err)
	}
	again, err := record.Parse(r.JSON())
	if err != nil {
		t.Errorf("%s: its JSON cannot be read: %v", filepath.Base(file), err)
		return
	}
	got := map[string]any{}
	for name, v := range again.Members() {
		got[name] = unwrap(v)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: the record differs from its file:\n%.2000s", filepath.Base(file), diff)
	}
}

// unwrap turns what Members yields back into plain values.
func unwrap(v any) any {
	switch v := v.(type) {
	case record.Record:
		members := map[string]any{}
		for name, child := range v.Members() {
			members[name] = unwrap(child)
		}
		return members
	case []any:
		list := make([]any, len(v))
		for i, child := range v {
			list[i] = unwrap(child)
		}
		return list
	}
	return v
}
