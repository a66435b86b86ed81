package google_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
)

const wholeDrive = "https://www.googleapis.com/auth/drive"

// newTemplate makes a template of a person's: a tab with a sum over rows below a named place, and one for reading.
func newTemplate(t *testing.T, b *bench) (id string) {
	t.Helper()
	id = b.sim.CreateSpreadsheet(owner, "Template", "Board", "Data")
	doc := b.sim.Spreadsheet(id)
	for at, text := range map[string]string{
		"Board!A1": "Our clients", "Board!A2": "=SUM(Data!F5:F99)", "Data!A1": "Invoices of the client",
	} {
		must(t, doc.SetCell(at, text))
	}
	tab := doc.Tabs()[1].ID
	must(t, doc.Batch(&sheets.Request{AddNamedRange: &sheets.AddNamedRangeRequest{NamedRange: &sheets.NamedRange{
		Name: "ledgersheet_invoices", Range: &sheets.GridRange{
			SheetId: tab, StartRowIndex: 3, EndRowIndex: 30, StartColumnIndex: 1, EndColumnIndex: 7,
		},
	}}}))
	return id
}

// useAll gives the exporter an account that sees all of its Drive.
func (b *bench) useAll() { b.http = b.sim.Client(owner, wholeDrive, allSheets) }

// TestTemplateIsCopied fills a copy of a person's spreadsheet at the place that a named range, or a tab and a cell,
// tells. The template stays as it is.
func TestTemplateIsCopied(t *testing.T) {
	t.Parallel()
	places := map[string][2]string{"named": {"Anything", "ledgersheet_invoices"}, "told": {"Data", "B4"}}
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, 0)
			b.useAll()
			id := newTemplate(t, b)
			was := b.sim.Spreadsheet(id).NamedRanges()
			b.exporter.Target.Template = id
			b.exporter.Target.Sheet, b.exporter.Target.Start = place[0], place[1]
			b.mustWrite(schema, invoices(20))
			if b.exporter.Target.Spreadsheet == id || !b.exporter.Target.Created || len(b.sim.Files()) != 2 {
				t.Fatalf("target %+v among %v", b.exporter.Target, b.sim.Files())
			}
			b.check("Data!B4:G40", schema, invoices(20))
			b.holds("Data!A1", "Invoices of the client")
			b.holds("Board!A1", "Our clients")
			if got := fmt.Sprintf("%.2f", b.doc().Cell("Board!A2").Value); got != "191.90" {
				t.Errorf("the sum shows %s", got)
			}
			if got := b.doc().Resource(); got.Properties.Title != b.exporter.Name || len(got.Sheets) != 2 {
				t.Errorf("%q with %d tabs", got.Properties.Title, len(got.Sheets))
			}
			if diff := cmp.Diff(was, b.sim.Spreadsheet(id).NamedRanges()); diff != "" {
				t.Errorf("the template has changed:\n%s", diff)
			}
			b.mustWrite(schema, invoices(25))
			b.check("Data!B4:G40", schema, invoices(25))
			if start := b.exporter.Target.Start; start != place[1] {
				t.Errorf("start %q", start)
			}
		})
	}
}

// TestTemplateThatWasWrittenTo copies a spreadsheet to which another exporter writes: in the copy, its rows are taken
// over with all that refers to them, and nothing of its marks or of what it keeps stays.
func TestTemplateThatWasWrittenTo(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, 0)
	k.mustWrite("run_1", schema, invoices(20))
	k.mustWrite("run_2", schema, invoices(22))
	must(t, k.doc().AddTab("Board"))
	must(t, k.doc().SetCell("Board!A1", "=SUM(Invoices!E2:E23)"))
	template := k.exporter.Target.Spreadsheet
	first := k.bench.exporter
	k.bench.exporter.ID = "exp_02client"
	k.bench.exporter.Target = export.Target{
		Account: "con_1", Sheet: "Invoices", Start: "A1", Template: template, CreateKey: "copy_1",
	}
	k.bench.mustWrite(schema, invoices(30)[25:])
	k.check("Invoices!A1:F40", schema, invoices(30)[25:])
	k.holds("Board!A1", fmt.Sprint(25.25+26.26+27.27+28.28+29.29))
	names := k.doc().NamedRanges()
	if len(names) != 1 || names["ledgersheet_exp_02client"] == "" {
		t.Errorf("named ranges %v", names)
	}
	for _, tab := range k.doc().Tabs() {
		for _, row := range k.doc().Values(quoted(tab.Title) + "!A1:Z60") {
			if slices.Contains(row, any("Customer 5")) {
				t.Errorf("a row of the template's is kept on %q: %v", tab.Title, row)
			}
		}
	}
	for _, m := range k.doc().Metadata() {
		if strings.Contains(m.MetadataValue, string(first.ID)) {
			t.Errorf("a mark of the template's: %+v", m)
		}
	}
	k.bench.exporter = first
	k.mustWrite("run_9", schema, invoices(21))
	k.check("Invoices!A1:F40", schema, invoices(21))
}

// TestTemplateOutOfSight: an account that sees only what the program made says so, for the template and for the folder.
func TestTemplateOutOfSight(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before func(b *bench, target *export.Target)
		code   problem.Code
		says   string
	}{
		"template": {func(b *bench, target *export.Target) {
			target.Template = newTemplate(t, b)
		}, problem.SpreadsheetNotFound, "cannot see the template"},
		"folder": {func(b *bench, target *export.Target) {
			target.DriveFolder = b.sim.CreateFolder(owner, false)
		}, problem.SpreadsheetNotFound, "cannot put files into the Drive folder"},
		"locked": {func(b *bench, target *export.Target) {
			target.Template = newTemplate(t, b)
			b.sim.LockCopies(target.Template)
			must(t, b.sim.Share(target.Template, "reader@example.com", "reader"))
			b.http = b.sim.Client("reader@example.com", wholeDrive, allSheets)
		}, problem.SpreadsheetForbidden, "does not allow copies"},
		"name": {func(b *bench, target *export.Target) {
			b.useAll()
			target.Template, target.Start = newTemplate(t, b), "ledgersheet_bills"
		}, problem.SheetConflict, `no named range "ledgersheet_bills"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, 0)
			test.before(b, &b.exporter.Target)
			_, err := b.write(schema, invoices(3))
			if p := problem.From(err); p.Code != test.code || !strings.Contains(p.Message, test.says) || p.Hint == "" {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestFolder puts what is made or copied into a folder, also of a shared drive.
func TestFolder(t *testing.T) {
	t.Parallel()
	for _, shared := range []bool{false, true} {
		for _, template := range []bool{false, true} {
			t.Run(fmt.Sprint(shared, template), func(t *testing.T) {
				t.Parallel()
				b := newBench(t, googlesim.Options{}, 0)
				b.useAll()
				b.exporter.Target.DriveFolder = b.sim.CreateFolder(owner, shared)
				if template {
					b.exporter.Target.Template = newTemplate(t, b)
				}
				b.mustWrite(schema, invoices(3))
				if got := b.sim.Parent(b.exporter.Target.Spreadsheet); got != b.exporter.Target.DriveFolder {
					t.Errorf("it is in %q, want %q", got, b.exporter.Target.DriveFolder)
				}
			})
		}
	}
}

// TestEveryFaultOfACopy makes each request of a first run fail in each way. In the end there is one copy.
func TestEveryFaultOfACopy(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	synctest.Test(t, func(t *testing.T) {
		for n, hit := 0, true; hit; n++ {
			for name, fault := range map[string]googlesim.Fault{
				"lost before": {DropBefore: true}, "lost after": {DropAfterApply: true}, "cut": {CutBody: true},
				"killed":       {Status: http.StatusForbidden, Times: -1, Message: "The caller may not."},
				"failed after": {Status: http.StatusServiceUnavailable, Apply: true},
			} {
				b := newBench(t, googlesim.Options{}, 0)
				b.useAll()
				b.exporter.Target.Template, b.exporter.Target.Start = newTemplate(t, b), "ledgersheet_invoices"
				hit = false
				fault.Skip, fault.Before = n, func() { hit = true }
				b.sim.Fail(fault)
				_, _ = b.write(schema, invoices(20))
				b.sim.ClearFaults()
				b.mustWrite(schema, invoices(20))
				b.check("Data!B4:G40", schema, invoices(20))
				if files := b.sim.Files(); len(files) != 2 {
					t.Errorf("request %d, %s: %d files", n, name, len(files))
				}
			}
		}
	})
}
