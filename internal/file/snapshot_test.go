package file_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/file"
	"ledgersheet/internal/table"
)

// TestSnapshotsInFiles: snapshots are added once, and keep the columns that a later report lacks.
func TestSnapshotsInFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, d := range map[string]export.Destination{
		"x.csv": file.Folder{Path: folder}, "x.xlsx": file.Workbooks{Path: folder},
	} {
		var trace []byte
		add := func(run export.ID, column, text string) bool {
			s := table.Schema{Columns: []table.Column{{ID: "Label", Title: "Name"}, {ID: column, Title: column}}}
			w := request(t, s, table.Row{Cells: []table.Cell{table.TextOf("Sales"), table.TextOf(text)}})
			at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			dated, err := export.Snapshot(w.Rows, run, at, func(int) string { return "2026" })
			must(t, err)
			w.Rows, w.Mode, w.Snapshot, w.Run, w.Trace = dated, export.Append, true, run, trace
			w.Target.File = name
			res, _, err := export.Put(t.Context(), d, w)
			must(t, err)
			trace = res.Trace
			return res.Unchanged
		}
		got := []bool{
			add("run_1", "Nov", "1"), add("run_1", "Nov", "2"), add("run_2", "Nov", "1"), add("run_3", "Dec", "3"),
		}
		if want := []bool{false, true, true, false}; !slices.Equal(want, got) {
			t.Errorf("%s: unchanged is %v, want %v", name, got, want)
		}
		read := readRecords
		if name == "x.xlsx" {
			read = readCells
		}
		var rows [][]string
		for _, row := range read(t, filepath.Join(folder, name)) {
			for len(row) < 6 {
				row = append(row, "") // blank cells at the end
			}
			rows = append(rows, slices.Delete(row, 1, 2))
		}
		if diff := cmp.Diff([][]string{
			{"Report period", "Run", "Name", "Dec", "Nov"}, {"2026", "run_1", "Sales", "", "1"},
			{"2026", "run_3", "Sales", "3", ""},
		}, rows); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}
