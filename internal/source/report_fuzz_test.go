package source_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/source"
)

func FuzzDecodeReport(f *testing.F) {
	names, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil || len(names) == 0 {
		f.Fatalf("%d reports in testdata, %v", len(names), err)
	}
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		var small bytes.Buffer
		if err := json.Compact(&small, body); err != nil {
			f.Fatal(err)
		}
		f.Add(small.String(), false)
		f.Add(small.String(), true)
	}
	f.Add(`{"Columns":{"Column":[{"Columns":{}}]},"Rows":{"Row":[{},{"Header":{}},{"Summary":{"ColData":null}},{"Rows":{"Row":null}}]}}`, true)
	f.Fuzz(func(t *testing.T, body string, list bool) {
		d := balanceSheet()
		if list {
			d.Shape = export.List
		}
		for _, layout := range []string{"statement", "table", "tidy"} {
			c, _ := newScripted(intuit.Options{MaxTries: 1}, respond(200, body))
			reading, err := source.New(c, nil).Read(t.Context(), d, export.Query{
				Columns: []string{"Section", "Label", "LabelId", "RowKind", "Amounts", "Company"},
				Options: options("layout", layout),
			})
			if err != nil {
				if problem.HasCode(err, problem.Internal) {
					t.Error(err)
				}
				continue
			}
			rows := 0
			for r, err := range reading.Rows {
				if err != nil || len(r.Cells) != len(reading.Schema.Columns) {
					t.Fatalf("%d cells under %d columns, %v", len(r.Cells), len(reading.Schema.Columns), err)
				}
				rows++
			}
			ids := slices.Collect(func(yield func(string) bool) {
				for _, c := range reading.Schema.Columns {
					if !yield(c.ID) {
						return
					}
				}
			})
			slices.Sort(ids)
			if rows != reading.Total || len(slices.Compact(ids)) != len(reading.Schema.Columns) {
				t.Errorf("%d rows, total %d, columns %q", rows, reading.Total, ids)
			}
		}
	})
}
