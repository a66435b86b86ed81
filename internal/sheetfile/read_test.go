package sheetfile_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"ledgersheet/internal/sheetfile"
	"ledgersheet/internal/table"
)

func readBook(t testing.TB, data []byte) (*sheetfile.Book, [][]sheetfile.Value) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.xlsx")
	must(t, os.WriteFile(path, data, 0o600))
	b, err := sheetfile.OpenBook(path)
	must(t, err)
	defer func() { must(t, b.Close()) }()
	var rows [][]sheetfile.Value
	for r, err := range b.Rows() {
		must(t, err)
		rows = append(rows, r)
	}
	return b, rows
}

// What was written is read back as it was, straight from the file and after another program has saved it.
func TestWorkbookIsReadBack(t *testing.T) {
	t.Parallel()
	s := table.Schema{Columns: []table.Column{{Title: "a"}, {Title: "b", Kind: table.Number}, {Title: "c"}}}
	texts := rapid.StringMatching("[ \n\ta_xF0-9&<>'\"=ü😀]{0,12}|_x005F__x0041_|_x00[0-9]{2}_{0,3}")
	rapid.Check(t, func(rt *rapid.T) {
		var rows []table.Row
		enc := sheetfile.Encoder{Zone: time.UTC}
		want := [][]sheetfile.Value{{{Kind: 's', Text: "a"}, {Kind: 's', Text: "b"}, {Kind: 's', Text: "c"}}}
		for range rapid.IntRange(1, 5).Draw(rt, "rows") {
			r := table.Row{Cells: []table.Cell{
				table.TextOf(texts.Draw(rt, "a")),
				table.NumberOf(dec(rapid.StringMatching(`-?[0-9]{1,9}(\.[0-9]{1,6})?`).Draw(rt, "b"))),
				table.BoolOf(rapid.Bool().Draw(rt, "c")),
			}}
			var line []sheetfile.Value
			for _, c := range r.Cells {
				line = append(line, enc.Value(c))
			}
			rows, want = append(rows, r), append(want, line)
		}
		data := write(t, sheetfile.XLSX, tab(spoolOf(t, s, rows...)))
		_, got := readBook(t, data)
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

func TestBooksOfOthers(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	for cell, v := range map[string]any{
		"A1": "ID", "C1": 1.1, "B2": true, "A5": "shared", "D5": "  spaces ", "B7": 1e-7,
	} {
		must(t, f.SetCellValue("Sheet1", cell, v))
	}
	must(t, f.SetCellFormula("Sheet1", "B1", "1+1"))
	must(t, f.SetCellRichText("Sheet1", "A7", []excelize.RichTextRun{
		{Text: "bold ", Font: &excelize.Font{Bold: true}}, {Text: "plain"},
	}))
	style, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	must(t, err)
	must(t, f.SetCellStyle("Sheet1", "A9", "B9", style)) // cells without values
	must(t, f.SetCellDefault("Sheet1", "E1", "1.1000000000000001"))
	_, err = f.NewSheet("Mine")
	must(t, err)
	must(t, f.SetDocProps(&excelize.DocProperties{Identifier: "stamp"}))
	var out bytes.Buffer
	must(t, f.Write(&out))
	b, got := readBook(t, out.Bytes())
	if diff := cmp.Diff([]string{"Sheet1", "Mine"}, b.Tabs); diff != "" || b.Stamp != "stamp" {
		t.Errorf("%s, stamp %q", diff, b.Stamp)
	}
	text := func(s string) sheetfile.Value { return sheetfile.Value{Kind: 's', Text: s} }
	number := func(s string) sheetfile.Value { return sheetfile.Value{Kind: 'n', Text: s} }
	want := [][]sheetfile.Value{
		{text("ID"), {Kind: sheetfile.Formula, Text: "=1+1"}, number("1.1"), {}, number("1.1")},
		{{}, {Kind: 'b', Text: "true"}}, nil, nil, {text("shared"), {}, {}, text("  spaces ")}, nil,
		{text("bold plain"), number("0.0000001")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNoBooks(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.xlsx")
	for _, data := range []string{"", "ID,Name\r\n", "PK\x05\x06" + string(make([]byte, 18))} {
		must(t, os.WriteFile(path, []byte(data), 0o600))
		if _, err := sheetfile.OpenBook(path); err == nil {
			t.Errorf("%q is taken for a workbook", data)
		}
	}
}
