package record_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// TestOwnTypes converts values of paths that no catalogue lists.
func TestOwnTypes(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/custom_fields.json")
	if err != nil {
		t.Fatal(err)
	}
	r, err := record.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct {
		kind table.Kind
		text string
	}{
		"CustomField.Crew":     {table.Text, "North"}, // the first one of that name has no value
		"CustomField.Hours":    {table.Number, "12.5"},
		"CustomField.Rush":     {table.Bool, "true"},
		"CustomField.Pallets":  {table.Number, "3"},
		"CustomField.Pallets?": {table.Text, "about 3"},
		"CustomField.Zip":      {table.Text, "02134"},
		"CustomField.Ready":    {table.Text, "2026-02-04-08:00"},
		"CustomField.Gift":     {table.Bool, "false"},
		"CustomField.Empty":    {table.Text, ""},
		"CustomField.None":     {table.Text, ""},
		"TxnDate":              {table.Date, "2026-02-03"},
		"TotalAmt":             {table.Money, "10.5"},
		"AllowIPNPayment":      {table.Bool, "false"},
		"Weight":               {table.Number, "12.50"},
		"Code":                 {table.Text, "007"},
		"CodeRate":             {table.Text, "007"},
	} {
		p, err := record.ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		v, _ := p.Lookup(r)
		got := record.ConvertOwn(v, record.OwnKind(v, record.GuessKind(p)))
		if got.Kind() != want.kind || got.String() != want.text {
			t.Errorf("%s is the %s %q, want the %s %q", path, got.Kind(), got, want.kind, want.text)
		}
	}
}

func TestCustomFields(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/custom_fields.json")
	if err != nil {
		t.Fatal(err)
	}
	r, err := record.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	want := []record.CustomField{
		{"Crew", table.Text, true}, {"Hours", table.Number, true}, {"Rush", table.Bool, true},
		{"Pallets", table.Number, true}, {"Pallets?", table.Number, true}, {"Zip", table.Text, true},
		{"Ready", table.Date, true}, {"Empty", table.Text, false}, {"Gift", table.Bool, true},
	}
	if diff := cmp.Diff(want, r.CustomFields()); diff != "" {
		t.Error(diff)
	}
}

func TestDaysKeepWhatIsWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-02-03": "2026-02-03", "2026-02-03-07:00": "2026-02-03", "2026-02-03+14:00": "2026-02-03",
		"2026-02-03Z": "2026-02-03", "2026-02-03T23:59:00-12:00": "2026-02-03",
	} {
		if c := record.Convert(text, table.Date); c.Kind() != table.Date || c.String() != want {
			t.Errorf("%s is the %s %s, want the date %s", text, c.Kind(), c, want)
		}
	}
	for _, text := range []string{"2026-02-03x", "2026-02-03-7", "2026-02-30-07:00", "2026-02-03-07:00 "} {
		if c := record.Convert(text, table.Date); c.Kind() != table.Text || c.String() != text {
			t.Errorf("%s became the %s %s", text, c.Kind(), c)
		}
	}
	if c := record.Convert("2026-02-03T10:00:00-08:00", table.DateTime); c.String() != "2026-02-03T18:00:00Z" {
		t.Errorf("a time stamp became %s", c)
	}
}
