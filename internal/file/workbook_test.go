package file_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"

	"ledgersheet/internal/destinationtest"
	"ledgersheet/internal/export"
	"ledgersheet/internal/file"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// edit changes a workbook as a person does: opens it, changes something, saves it whole.
func edit(t testing.TB, path string, change func(f *excelize.File)) {
	t.Helper()
	f, err := excelize.OpenFile(path)
	must(t, err)
	change(f)
	must(t, f.Save())
	must(t, f.Close())
}

func TestWorkbookConformance(t *testing.T) {
	t.Parallel()
	destinationtest.Run(t, func(t *testing.T) destinationtest.Place {
		folder := t.TempDir()
		path := filepath.Join(folder, "test.xlsx")
		return destinationtest.Place{
			Destination: file.Workbooks{Path: folder}, Target: export.Target{File: "test.xlsx"},
			Read: func() [][]string { return readCells(t, path) },
			Disturb: func() {
				edit(t, path, func(f *excelize.File) { must(t, f.SetCellValue("Test", "B2", "Eve")) })
			},
		}
	}, nil)
}

// readCells returns what a reader sees, with amounts as two decimal places.
func readCells(t testing.TB, path string) [][]string {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	must(t, err)
	defer func() { must(t, f.Close()) }()
	rows, err := f.GetRows("Test")
	must(t, err)
	for _, r := range rows {
		for i := range r {
			r[i] = strings.ReplaceAll(r[i], ",", "")
		}
	}
	return rows
}

var invoices = table.Schema{Columns: []table.Column{
	{ID: "Id", Title: "ID", Key: true}, {ID: "Name", Title: "Name"},
	{ID: "Total", Title: "Total", Kind: table.Money, Currency: "USD"},
}}

func request(t testing.TB, s table.Schema, rows ...table.Row) export.WriteRequest {
	t.Helper()
	spool := table.NewSpool(s)
	for _, r := range rows {
		must(t, spool.Add(r))
	}
	return export.WriteRequest{
		Owner: "exp_1", Target: export.Target{File: "x.xlsx"}, Title: "Test", Rows: spool,
		Note: "Company: Alder\nRun: 1", Zone: time.UTC, Budget: 1 << 20, Report: func(export.Phase, int) {},
	}
}

func invoice(id, name string, cents int64) table.Row {
	return table.Row{Cells: []table.Cell{
		table.TextOf(id), table.TextOf(name), table.MoneyOf(decimal.New(cents, -2)),
	}}
}

// What people add to a workbook is never lost: it is refused with its name, and the file stays as they left it.
func TestPeoplesWorkStays(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		edit func(f *excelize.File) error
		says string
	}{
		"tab": {func(f *excelize.File) error {
			_, err := f.NewSheet("My pivot")
			return err
		}, "My pivot"},
		"column":   {func(f *excelize.File) error { return f.SetCellStr("Test", "D1", "Note") }, "titles"},
		"inserted": {func(f *excelize.File) error { return f.InsertCols("Test", "B", 1) }, "titles"},
		"renamed":  {func(f *excelize.File) error { return f.SetCellStr("Test", "B1", "Customer") }, "titles"},
		"beside":   {func(f *excelize.File) error { return f.SetCellFormula("Test", "F3", "SUM(C2:C3)") }, "row 3"},
		"stamp": {func(f *excelize.File) error {
			return f.SetDocProps(&excelize.DocProperties{Identifier: "ledgersheet exp_2 a b"})
		}, "another exporter"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := file.Workbooks{Path: t.TempDir()}
			rows := []table.Row{invoice("1", "Ann", 100), invoice("2", "Bob", 200)}
			_, _, err := export.Put(t.Context(), d, request(t, invoices, rows...))
			must(t, err)
			path := filepath.Join(d.Path, "x.xlsx")
			edit(t, path, func(f *excelize.File) { must(t, test.edit(f)) })
			before, err := os.ReadFile(path)
			must(t, err)
			_, _, err = export.Put(t.Context(), d, request(t, invoices, invoice("1", "Eve", 100)))
			if !problem.HasCode(err, problem.SheetConflict) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v", err)
			}
			after, err := os.ReadFile(path)
			must(t, err)
			if !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
			left, err := os.ReadDir(d.Path)
			must(t, err)
			if len(left) != 1 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// Saved again by another program, even without its properties, a workbook is known and not rewritten.
func TestSavedByOthers(t *testing.T) {
	t.Parallel()
	d := file.Workbooks{Path: t.TempDir()}
	path := filepath.Join(d.Path, "x.xlsx")
	rows := []table.Row{invoice("007", "=1+1", 110), invoice("2", " _x0041_ ", 123456789012345)}
	res, _, err := export.Put(t.Context(), d, request(t, invoices, rows...))
	must(t, err)
	must(t, os.Chmod(path, 0o644))
	edit(t, path, func(f *excelize.File) { must(t, f.SetColWidth("Test", "A", "A", 40)) })
	saved, err := os.ReadFile(path)
	must(t, err)
	again := request(t, invoices, rows...)
	again.Trace, again.Note = res.Trace, "Run: 2"
	res, set, err := export.Put(t.Context(), d, again)
	must(t, err)
	if now, err := os.ReadFile(path); err != nil || !res.Unchanged || set.Edited != 0 || !bytes.Equal(saved, now) {
		t.Errorf("%+v, %+v, %v", res, set, err)
	}
	edit(t, path, func(f *excelize.File) {
		must(t, f.SetDocProps(&excelize.DocProperties{Identifier: "none"}))
		must(t, f.SetCellValue("Test", "C2", 5))
	})
	again.Rows = request(t, invoices, rows...).Rows
	res, set, err = export.Put(t.Context(), d, again)
	must(t, err)
	if res.Unchanged || set.Changed != 1 || set.Edited != 1 {
		t.Errorf("after a hand edit: %+v, %+v", res, set)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the file's permissions are %v, %v", info.Mode(), err)
	}
}

// Rows in another order, or that look different, are written although no row is added, changed or removed.
func TestOrderAndLooksCount(t *testing.T) {
	t.Parallel()
	a, b := invoice("1", "Ann", 100), invoice("2", "Bob", 200)
	bold := b
	bold.Role = table.Total
	euros := table.Schema{Columns: append([]table.Column{}, invoices.Columns...)}
	euros.Columns[2].Currency = "JPY"
	for name, w := range map[string]export.WriteRequest{
		"order": request(t, invoices, b, a), "role": request(t, invoices, a, bold), "currency": request(t, euros, a, b),
		"same": request(t, invoices, a, b),
	} {
		d := file.Workbooks{Path: t.TempDir()}
		_, _, err := export.Put(t.Context(), d, request(t, invoices, a, b))
		must(t, err)
		res, set, err := export.Put(t.Context(), d, w)
		must(t, err)
		if !set.Empty() || res.Unchanged != (name == "same") {
			t.Errorf("%s: %+v, %+v", name, res, set)
		}
	}
}

func TestOnlyWorkbooksOfTheFolder(t *testing.T) {
	t.Parallel()
	d := file.Workbooks{Path: t.TempDir()}
	for _, name := range []string{"", "../out.xlsx", "a/b.xlsx", "..", "x.csv"} {
		w := request(t, invoices)
		w.Target.File = name
		if _, err := d.Prepare(t.Context(), w); !problem.HasCode(err, problem.InvalidInput) {
			t.Errorf("%q: %v", name, err)
		}
	}
	must(t, os.WriteFile(filepath.Join(d.Path, "x.xlsx"), []byte("ID,Name\n"), 0o600))
	if _, err := d.Prepare(t.Context(), request(t, invoices)); !problem.HasCode(err, problem.SheetConflict) {
		t.Errorf("a file of another kind: %v", err)
	}
}

func TestCutTextsAreTold(t *testing.T) {
	t.Parallel()
	d := file.Workbooks{Path: t.TempDir()}
	res, _, err := export.Put(t.Context(), d, request(t, invoices, invoice("1", strings.Repeat("x", 40_000), 1)))
	must(t, err)
	if texts := export.WarningTexts(res.Warnings); fmt.Sprint(texts) !=
		"[Texts cut to the 32,767 characters that a cell holds: 1]" {
		t.Errorf("warnings %q", texts)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
