package rows

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
	"ledgersheet/internal/table"
)

// shelf is a supply of records that lie ready.
type shelf struct {
	supply.Supply
	records []record.Record
	asked   []int // the limits
}

func (s *shelf) Records(_ context.Context, w supply.Want) (*supply.Records, error) {
	s.asked = append(s.asked, w.Limit)
	list := s.records
	if w.Limit > 0 {
		list = list[:min(len(list), w.Limit)]
	}
	return &supply.Records{Total: len(s.records), Exact: true, All: each(list)}, nil
}

func parsed(t *testing.T, text string) record.Record {
	t.Helper()
	r, err := record.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// readShelf returns the header and the rows as text, with their kinds where they are not text.
func readShelf(t *testing.T, s *shelf, q export.Query) ([]string, [][]string, []string) {
	t.Helper()
	jobs := export.Entity{ID: "jobs", Title: "Jobs", Object: "Invoice", Columns: []export.Column{
		{Path: "Id", Title: "Id", Key: true}, {Path: "Code", Title: "Code"},
	}}
	reading, err := Read(t.Context(), s, jobs, q)
	if err != nil {
		t.Fatal(err)
	}
	spelt := func(kind table.Kind, text string) string {
		if kind == table.Text {
			return text
		}
		return kind.String() + " " + text
	}
	var header []string
	for _, c := range reading.Schema.Columns {
		header = append(header, spelt(c.Kind, c.Title))
	}
	var rows [][]string
	for row, err := range reading.Rows {
		if err != nil {
			t.Fatal(err)
		}
		var line []string
		for _, c := range row.Cells {
			line = append(line, spelt(c.Kind(), c.String()))
		}
		rows = append(rows, line)
	}
	out, err := reading.End()
	if err != nil {
		t.Fatal(err)
	}
	return header, rows, export.WarningTexts(out.Warnings)
}

func TestOwnKinds(t *testing.T) {
	t.Parallel()
	s := &shelf{records: []record.Record{
		parsed(t, `{"Id":"1","Code":7,"Weight":1.50,"Rush":true,"Mixed":1,"Zip":"02134","Net":3,"CustomField":[
			{"Name":"Hours","Type":"NumberType","NumberValue":12.5},{"Name":"Ready","Type":"DateType"},
			{"Name":"Crew","Type":"StringType"},{"Name":"Crew","Type":"StringType","StringValue":"007"}]}`),
		parsed(t, `{"Id":"2","Weight":"heavy","Rush":"maybe","Mixed":"x","Net":"007","CustomField":[
			{"Name":"Hours","Type":"NumberType","StringValue":"3"},
			{"Name":"Ready","Type":"DateType","DateValue":"2026-02-03-07:00"},
			{"Name":"Gift","Type":"BooleanType","BooleanValue":false}]}`),
	}}
	all := []string{"Id", "CustomField.*", "Code", "Weight", "Rush", "Mixed", "Zip", "Net", "CustomField.Hours"}
	header, rows, warnings := readShelf(t, s, export.Query{Columns: all})
	if diff := cmp.Diff([]string{"Id", "date Ready", "Crew", "bool Gift", "Code", "Weight", "Rush", "Mixed", "Zip",
		"Net", "number CustomField.Hours"}, header); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{
		{"1", "", "007", "", "7", "1.50", "true", "1", "02134", "3", "number 12.5"},
		{"2", "date 2026-02-03", "", "bool false", "", "heavy", "maybe", "x", "", "007", "number 3"},
	}, rows); diff != "" {
		t.Error(diff)
	}
	if len(warnings) > 0 || len(s.asked) != 1 {
		t.Errorf("%q after %d requests", warnings, len(s.asked))
	}

	s.records = s.records[:1]
	header, rows, _ = readShelf(t, s, export.Query{Columns: []string{"Weight", "Rush", "Zip"}, Limit: 5})
	if diff := cmp.Diff([][]string{{"number Weight", "bool Rush", "Zip"}, {"number 1.50", "bool true", "02134"}},
		append([][]string{header}, rows...)); diff != "" {
		t.Errorf("a preview: %s", diff)
	}
}

func TestCustomFieldsOfLongLists(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	for i := range mostAhead + 1 {
		s.records = append(s.records, parsed(t, fmt.Sprintf(`{"Id":"%d","CustomField":[{"Name":"Crew"}]}`, i)))
	}
	s.records[mostAhead] = parsed(t, `{"Id":"x","CustomField":[{"Name":"Crew","StringValue":"N"},{"Name":"[",
		"StringValue":"odd"},{"Name":"Late","StringValue":"y"},{"Name":"Unused"}]}`)
	header, rows, warnings := readShelf(t, s, export.Query{Columns: []string{"Id", "CustomField.*"}})
	if diff := cmp.Diff([]string{"Id", "Crew"}, header); diff != "" || len(rows) != len(s.records) {
		t.Errorf("%d rows; %s", len(rows), diff)
	}
	if diff := cmp.Diff([]string{"These custom fields have no column, because the first records do not have them: " +
		"[, Late. Name them beside CustomField.*."}, warnings); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{0, sampleSize}, s.asked); diff != "" {
		t.Error(diff)
	}
}

func TestNoCustomFields(t *testing.T) {
	t.Parallel()
	for _, records := range [][]record.Record{nil, {parsed(t, `{"Id":"1"}`)}} {
		q := export.Query{Columns: []string{"CustomField.*"}}
		_, err := Read(t.Context(), &shelf{records: records}, export.Entity{Title: "Jobs", Object: "Invoice"}, q)
		if !problem.HasCode(err, problem.InvalidInput) {
			t.Errorf("%d records: %v", len(records), err)
		}
	}
}

// TestHardSample reads an answer that developers may have beside the repository.
func TestHardSample(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "..", "..", "shared", "samples", "quickbooks", "hard", "custom_fields_and_kinds.json")
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		t.Skip("there are no samples beside the repository; only records of its own were read")
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{records: parsed(t, string(text)).Object("QueryResponse").List("Invoice")}
	q := export.Query{Columns: []string{"Id", "TxnDate", "AllowIPNPayment", "CustomField.*"}}
	header, rows, _ := readShelf(t, s, q)
	if diff := cmp.Diff([][]string{
		{"Id", "date TxnDate", "bool AllowIPNPayment", "Crew", "number Hours", "bool Rush"},
		{"901", "date 2026-02-03", "bool false", "North", "number 12.5", "bool true"},
	}, append([][]string{header}, rows...)); diff != "" {
		t.Error(diff)
	}
}
