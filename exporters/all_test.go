package exporters_test

import (
	"encoding/csv"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/exporters"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/storetest"
)

var update = flag.Bool("update", false, "rewrite the golden tables")

// TestEveryTypeEqualsItsTable exports every type with its default columns from simulated books to a simulated
// spreadsheet, as a run does, and compares lists of records with what should then stand in the sheet; reports have a
// test of their own.
func TestEveryTypeEqualsItsTable(t *testing.T) { compareTypes(t, exporters.All()) }

func compareTypes(t *testing.T, all []export.Definition) {
	t.Parallel()
	w := newWorld(t, all)
	t.Run("types", func(t *testing.T) {
		for _, d := range all {
			if _, log := d.(export.ChangeLog); log {
				continue // it has no rows before something changed; TestChangeLogEqualsItsTable changes something
			}
			variants := []string{"false"}
			if e, ok := d.(export.Entity); ok && e.Lines {
				variants = append(variants, "true")
			}
			for _, lines := range variants {
				name, options := d.Info().ID, map[string]string{}
				if lines == "true" {
					name, options[export.OptLines] = name+"_lines", lines
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					e := w.exporter(d, options)
					run, rows := w.run(t, e)
					if want := len(rows) - 1; run.Rows != want || want < 1 {
						t.Errorf("the run says %d rows, the sheet has %d", run.Rows, want)
					}
					if len(run.Warnings) > 0 {
						t.Errorf("warnings: %q", run.Warnings)
					}
					if d.Info().Kind == export.KindEntity {
						findBlanks(t, d, lines == "true", rows)
						compareTable(t, name, rows)
					}
				})
			}
		}
	})
	for _, r := range w.books.Writes() {
		t.Errorf("%s %s was sent to QuickBooks", r.Method, r.Path)
	}
	if n := w.refused.Load(); n > 0 {
		t.Errorf("QuickBooks refused %d conditions", n)
	}
}

// compareTable compares rows with the golden table of that name.
func compareTable(t *testing.T, name string, rows [][]string) {
	t.Helper()
	var b strings.Builder
	out := csv.NewWriter(&b)
	if err := out.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; go test ./exporters -update writes it", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")); diff != "" {
		t.Errorf("the table is another one:\n%s", diff)
	}
}

// blankInTheBooks are default columns for which the simulated books have no value, each with the reason.
var blankInTheBooks = map[string]string{}

// findBlanks finds default columns without any value: nearly always their path is wrong.
func findBlanks(t *testing.T, d export.Definition, lines bool, rows [][]string) {
	t.Helper()
	for i, key := range export.Defaults(d, lines) {
		if e, ok := d.(export.Entity); ok && !intuitsim.Knows(e.Object) && computedColumn(d, key) {
			continue // of an object that only the literal describes there is nothing from which to compute it
		}
		filled := slices.ContainsFunc(rows[1:], func(row []string) bool { return i < len(row) && row[i] != "" })
		if id := d.Info().ID + " " + key; !filled && blankInTheBooks[id] == "" {
			t.Errorf("%q: no row has a value in this default column", id)
		} else if filled && blankInTheBooks[id] != "" && lines {
			t.Errorf("%q has values; take it off the list", id)
		}
	}
}

func computedColumn(d export.Definition, key string) bool {
	c, err := export.FindColumn(d, key)
	return err == nil && c.From != nil
}

// TestNewTypeIsOneLiteral makes a type that is not registered and takes it through catalogue, control, check, preview
// and run: nothing else has to know it.
func TestNewTypeIsOneLiteral(t *testing.T) {
	t.Parallel()
	made := export.Entity{
		ID: "unpaid_people", Title: "People to pay", Group: "Own", Object: "Vendor", HasActive: true,
		AppPath: "vendordetail?nameId=",
		Summary: "A list made up for a test.",
		Columns: []export.Column{
			{Path: "Id", Title: "ID", Key: true, Queryable: true},
			{Path: "DisplayName", Title: "Who", Queryable: true},
			{Path: "TermRef.DueDays", Title: "Patience"},
			{Path: "TaxIdentifier", Title: "Number", Off: true, Sensitive: true},
		},
	}
	all := append(exporters.All(), made)
	if err := exporters.Validate(all); err != nil {
		t.Fatal(err)
	}
	c := control.New(control.Options{Definitions: all, Store: storetest.NewMemory()}).As(control.Local("test"))
	d, err := c.Definition("unpaid_people")
	if err != nil || len(c.Definitions()) != len(all) {
		t.Fatalf("%d definitions, %v", len(c.Definitions()), err)
	}
	var keys []string
	for _, col := range d.Catalogue() {
		keys = append(keys, col.Path)
		if (col.Path == "TaxIdentifier") != strings.HasPrefix(col.Help, "Sensitive") {
			t.Errorf("the help of %s is %q", col.Path, col.Help)
		}
	}
	if diff := cmp.Diff([]string{"Id", "DisplayName", "TermRef.DueDays", "TaxIdentifier", "Link", "Status", "Company"},
		keys); diff != "" {
		t.Error(diff)
	}
	w := newWorld(t, all)
	e := w.exporter(d, map[string]string{export.OptIncludeInactive: "true"}, "Id", "DisplayName",
		"TermRef.DueDays", "Link")
	var bad problem.Collect
	if e.Validate(d, &bad); bad.Err() != nil {
		t.Fatal(bad.Err())
	}
	run, rows := w.run(t, e)
	if vendors := len(w.books.Company(string(w.company.Realm)).IDs("Vendor")); run.Rows != vendors {
		t.Errorf("%d rows of %d vendors", run.Rows, vendors)
	}
	if diff := cmp.Diff([]string{"ID", "Who", "Patience", "Link"}, rows[0]); diff != "" {
		t.Error(diff)
	}
	for _, row := range rows[1:] {
		if row[0] == "" || row[1] == "" || row[2] == "" || row[3] != w.company.AppLink("vendordetail?nameId="+row[0]) {
			t.Errorf("a row reads %q", row)
		}
	}
	p, err := w.runner.Preview(t.Context(), e)
	if err != nil || len(p.Rows) != len(rows)-1 {
		t.Errorf("the preview has %d rows, %v", len(p.Rows), err)
	}
}
