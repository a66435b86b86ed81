package sheetfile_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/sheetfile"
	"ledgersheet/internal/table"
)

// TestBinder binds results of different columns into one workbook: each has its tab, whatever the titles.
func TestBinder(t *testing.T) {
	t.Parallel()
	other := table.Schema{Columns: []table.Column{{ID: "Name", Title: "Name", Kind: table.Text}}}
	names := spoolOf(t, other, table.Row{Cells: []table.Cell{table.TextOf("=A1")}})
	long := strings.Repeat("x", 40)
	var b sheetfile.Binder
	for _, s := range []sheetfile.Sheet{
		{Title: "Data", Rows: sample(t), Zone: time.UTC, About: []string{"From Monday."}},
		{Title: "data", Rows: names, Zone: time.UTC}, {Title: "about", Rows: names, Zone: time.UTC},
		{Title: long, Rows: names, Zone: time.UTC}, {Title: long, Rows: names, Zone: time.UTC},
	} {
		if err := b.Add(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	file, err := b.File("All")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := errors.Join(file.Write(&out), file.Close(), b.Close()); err != nil || file.Name != "All.xlsx" {
		t.Fatal(file.Name, err)
	}
	book := open(t, out.Bytes())
	want := []string{"Data", "data (2)", "about", long[:31], long[:27] + " (2)", "About (2)"}
	if got := book.GetSheetList(); !slices.Equal(got, want) {
		t.Errorf("the tabs are %q, want %q", got, want)
	}
	for cell, want := range map[[2]string]string{
		{"Data", "B2"}: `=HYPERLINK("x")`, {"Data", "C2"}: "-1,234.50", {"data (2)", "A1"}: "Name",
		{"data (2)", "A2"}: "=A1", {want[4], "A2"}: "=A1",
		{"About (2)", "A1"}: "Data", {"About (2)", "A2"}: "From Monday.",
	} {
		if got, err := book.GetCellValue(cell[0], cell[1]); err != nil || got != want {
			t.Errorf("%s is %q, %v, want %q", cell, got, err, want)
		}
	}
}

// TestBinderHoldsNothing refuses a workbook without a result, and can be closed at any time.
func TestBinderHoldsNothing(t *testing.T) {
	t.Parallel()
	var b sheetfile.Binder
	if _, err := b.File("All"); err == nil {
		t.Error("there is a workbook without a tab")
	}
	if err := b.Add(t.Context(), tab(sample(t))); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(b.Close(), b.Close()); err != nil {
		t.Error(err)
	}
}
