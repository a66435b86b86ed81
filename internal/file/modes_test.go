package file_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/internal/file"
	"ledgersheet/internal/table"
)

// readRecords returns the records of a CSV file.
func readRecords(t testing.TB, path string) [][]string {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff"))).ReadAll()
	must(t, err)
	return records
}

// pair is a CSV file and a workbook that the same exporter writes.
type pair struct {
	t      testing.TB
	folder string
	traces [2][]byte
}

// put writes the same rows to both. What they say must agree.
func (p *pair) put(mode export.Mode, partial bool, s table.Schema, rows []table.Row) {
	p.t.Helper()
	var said [2]string
	for i, d := range []export.Destination{file.Folder{Path: p.folder}, file.Workbooks{Path: p.folder}} {
		w := request(p.t, s, rows...)
		w.Target.File = []string{"x.csv", "x.xlsx"}[i]
		w.Mode, w.Partial, w.Trace = mode, partial, p.traces[i]
		res, set, err := export.Put(p.t.Context(), d, w)
		must(p.t, err)
		p.traces[i] = res.Trace
		said[i] = fmt.Sprintf("%d rows, %d added, %d changed, %d removed, %d edited, unchanged %t",
			res.Rows, set.Added, set.Changed, set.Removed, set.Edited, res.Unchanged)
	}
	if said[0] != said[1] {
		p.t.Fatalf("the CSV file says %s, the workbook %s", said[0], said[1])
	}
}

// agree compares what stands in both.
func (p *pair) agree() {
	p.t.Helper()
	book := readCells(p.t, filepath.Join(p.folder, "x.xlsx"))
	for i := range book {
		for len(book[i]) < len(book[0]) {
			book[i] = append(book[i], "")
		}
	}
	if diff := cmp.Diff(readRecords(p.t, filepath.Join(p.folder, "x.csv")), book); diff != "" {
		p.t.Fatalf("(-CSV +workbook):\n%s", diff)
	}
}

// remove takes a row out of both, as a person does.
func (p *pair) remove(row int) {
	p.t.Helper()
	path := filepath.Join(p.folder, "x.csv")
	records := slices.Delete(readRecords(p.t, path), row, row+1)
	out, err := os.Create(path)
	must(p.t, err)
	must(p.t, csv.NewWriter(out).WriteAll(records))
	must(p.t, out.Close())
	edit(p.t, filepath.Join(p.folder, "x.xlsx"), func(f *excelize.File) { must(p.t, f.RemoveRow("Test", row+1)) })
}

func drawRows(rt *rapid.T, s table.Schema) (rows []table.Row) {
	for _, id := range rapid.SliceOfNDistinct(rapid.IntRange(1, 9), 0, 6, rapid.ID).Draw(rt, "ids") {
		r := invoice(fmt.Sprint(id), rapid.SampledFrom([]string{"Ann", "Bob"}).Draw(rt, "name"), int64(id))
		if len(s.Columns) > 3 {
			r.Cells = append(r.Cells, table.TextOf(rapid.SampledFrom([]string{"x", "y"}).Draw(rt, "note")))
		}
		rows = append(rows, r)
	}
	return rows
}

// In every mode, over any history of results, columns and deleted rows, the workbook has the rows that a CSV file has.
func TestModesAgreeWithCSV(t *testing.T) {
	t.Parallel()
	note := table.Schema{Columns: slices.Concat(invoices.Columns, []table.Column{{ID: "Note", Title: "Note"}})}
	for _, mode := range []export.Mode{export.Replace, export.Append, export.Upsert} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				p := &pair{t: t, folder: t.TempDir()}
				s := invoices
				for n := range rapid.IntRange(1, 4).Draw(rt, "writes") {
					// Appended to under other columns, a CSV file gets back what people have deleted.
					if n == 0 || mode != export.Append {
						s = rapid.SampledFrom([]table.Schema{invoices, note}).Draw(rt, "schema")
					}
					p.put(mode, rapid.Bool().Draw(rt, "partial"), s, drawRows(rt, s))
					last := len(readRecords(t, filepath.Join(p.folder, "x.csv"))) - 1
					if last > 0 && rapid.IntRange(0, 2).Draw(rt, "delete") == 0 {
						p.remove(rapid.IntRange(1, last).Draw(rt, "row"))
					}
				}
				p.agree()
			})
		})
	}
}

// A row that people deleted from a workbook that is only added to stays away, also under other columns.
func TestDeletedRowsStayAway(t *testing.T) {
	t.Parallel()
	d := file.Workbooks{Path: t.TempDir()}
	w := request(t, invoices, invoice("1", "Ann", 100), invoice("2", "Bob", 200))
	w.Mode = export.Append
	res, _, err := export.Put(t.Context(), d, w)
	must(t, err)
	path := filepath.Join(d.Path, "x.xlsx")
	edit(t, path, func(f *excelize.File) { must(t, f.RemoveRow("Test", 2)) })
	s := table.Schema{Columns: slices.Concat(invoices.Columns, []table.Column{{ID: "Note", Title: "Note"}})}
	var rows []table.Row
	for _, id := range []string{"1", "2", "3"} {
		r := invoice(id, "Eve", 300)
		r.Cells = append(r.Cells, table.TextOf("new"))
		rows = append(rows, r)
	}
	w = request(t, s, rows...)
	w.Mode, w.Trace = export.Append, res.Trace
	_, set, err := export.Put(t.Context(), d, w)
	must(t, err)
	want := [][]string{{"ID", "Name", "Total", "Note"}, {"2", "Bob", "2.00"}, {"3", "Eve", "3.00", "new"}}
	if diff := cmp.Diff(want, readCells(t, path)); diff != "" || set.Added != 1 || set.Edited != 0 {
		t.Errorf("%+v (-want +got):\n%s", set, diff)
	}
}
