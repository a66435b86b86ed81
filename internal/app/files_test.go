package app_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/sheetfile"
)

// TestFilesAreKeptCurrent keeps a list as a CSV file and as a workbook through the whole program: what they hold equals
// a download, an unchanged run writes nothing, changes and hand edits are found, and pages, API and messages fit.
func TestFilesAreKeptCurrent(t *testing.T) {
	t.Parallel()
	for kind, name := range map[export.TargetKind]string{export.CSVFile: "Invoices.csv", export.XLSXFile: "I.xlsx"} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			folder := filepath.Join(dir, "client a")
			must(t, os.Mkdir(folder, 0o700))
			w := makeWorld(t, intuitsim.Options{Customers: 5, Vendors: 3, Items: 5, Invoices: 20, Nasty: true})
			w.set.ExportDirs = []string{dir}
			w.openToVisitors()
			v, company := w.signIn(), w.connect(1)[0]
			e := w.newExporter("invoices", nil, []string{"Id", "DocNumber", "TotalAmt", "PrivateNote"}, company)
			e.Target = export.Target{Kind: kind, Folder: folder, File: name}
			e = w.create(e)
			path := filepath.Join(folder, name)

			dry, err := w.desk().DryRun(w.ctx, e.ID)
			must(t, err)
			run := w.run(e.ID)
			if run.Status != export.RunSucceeded || run.Rows < 20 || run.Sheets != 0 || dry.Change.Added != run.Rows {
				t.Fatalf("the run is %+v, %v, foreseen %d", run.Result, run.Problem, dry.Change.Added)
			}
			if again := w.run(e.ID); !again.Unchanged {
				t.Errorf("the second run is %+v", again.Result)
			}
			kept, err := os.ReadFile(path)
			must(t, err)
			page := "/exporters/" + string(e.ID)
			for _, from := range []string{page + "/file", "/api/v1" + page + "/file"} {
				if !bytes.Equal(v.download(from), kept) {
					t.Errorf("%s gives another file", from)
				}
			}
			fresh := filepath.Join(t.TempDir(), name)
			must(t, os.WriteFile(fresh, v.download(page+"/download?format="+string(kind)), 0o600))
			got, want := cellsOf(t, kind, path), cellsOf(t, kind, fresh)
			if !slices.EqualFunc(got, want, slices.Equal) {
				t.Errorf("the file holds %q, a download %q", got, want)
			}
			if !v.see(page).offers("Get the file", w.set.BaseURL+page+"/file") {
				t.Error("the exporter's page does not offer the file")
			}

			books := w.intuit.Company(string(company.Realm))
			_, err = books.AddInvoice(intuitsim.Sale{DocNumber: "=1+1", Amount: "1.00"})
			must(t, err)
			changed := w.run(e.ID)
			set, err := w.desk().Difference(w.ctx, changed.ID)
			must(t, err)
			if changed.Added != 1 || len(set.Items) != 1 || set.Items[0].Kind != "added" {
				t.Errorf("the run that adds a row is %+v, %+v", changed.Result, set)
			}
			if _, err := w.desk().UndoRun(w.ctx, changed.ID); !problem.HasCode(err, problem.Conflict) ||
				!strings.Contains(err.Error(), "file") {
				t.Errorf("an undo: %v", err)
			}
			must(t, os.Remove(path))
			if gone, _, _, err := w.desk().OpenFile(w.ctx, e.ID); !problem.HasCode(err, problem.NotFound) {
				t.Errorf("a file that somebody has deleted: %v %v", gone.ID, err)
			}
			if back := w.run(e.ID); back.Rows != run.Rows+1 || back.Unchanged {
				t.Errorf("made anew: %+v", back.Result)
			}
			must(t, os.RemoveAll(folder))
			if lost := w.run(e.ID); lost.Problem == nil || !strings.Contains(lost.Problem.Error(), "folder") {
				t.Errorf("without its folder: %+v", lost)
			}
		})
	}
}

// cellsOf returns the texts of a file's cells.
func cellsOf(t *testing.T, kind export.TargetKind, path string) [][]string {
	t.Helper()
	if kind == export.CSVFile {
		data, err := os.ReadFile(path)
		must(t, err)
		data = bytes.TrimPrefix(data, []byte("\ufeff"))
		records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
		must(t, err)
		return records
	}
	book, err := sheetfile.OpenBook(path)
	must(t, err)
	defer book.Close()
	var rows [][]string
	for row, err := range book.Rows() {
		must(t, err)
		var texts []string
		for _, v := range row {
			texts = append(texts, v.Text)
		}
		rows = append(rows, texts)
	}
	return rows
}
