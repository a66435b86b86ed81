package file_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"ledgersheet/internal/destinationtest"
	"ledgersheet/internal/export"
	"ledgersheet/internal/file"
	"ledgersheet/internal/problem"
)

func folders(allowed ...string) file.Folders {
	return file.Folders{Allowed: allowed, URL: func(id export.ID) string { return "https://x.example/" + string(id) }}
}

func TestFoldersConformance(t *testing.T) {
	t.Parallel()
	for kind, name := range map[export.TargetKind]string{export.CSVFile: "x.csv", export.XLSXFile: "x.xlsx"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			destinationtest.Run(t, func(t *testing.T) destinationtest.Place {
				allowed := t.TempDir()
				folder := filepath.Join(allowed, "a", "b")
				must(t, os.MkdirAll(folder, 0o700))
				path := filepath.Join(folder, name)
				place := destinationtest.Place{
					Destination: folders(t.TempDir(), allowed),
					Target:      export.Target{Kind: kind, Folder: folder, File: name},
					Read:        func() [][]string { return readPlainly(t, path) },
					Disturb: func() {
						must(t, os.WriteFile(path, []byte("ID,Name,Total\n1,Eve,1.00\n"), 0o600))
					},
				}
				if kind == export.XLSXFile {
					place.Read = func() [][]string { return readCells(t, path) }
					place.Disturb = func() {
						edit(t, path, func(f *excelize.File) { must(t, f.SetCellValue("Test", "B2", "Eve")) })
					}
				}
				return place
			}, nil)
		})
	}
}

// readPlainly returns the records of a CSV file without the marks before texts that look like formulas.
func readPlainly(t testing.TB, path string) [][]string {
	t.Helper()
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	records := readRecords(t, path)
	for _, r := range records {
		for i := range r {
			r[i] = strings.TrimPrefix(r[i], "'")
		}
	}
	return records
}

// TestNothingLeavesTheFolders: no name, no path and no link leads out of the folders that are allowed, neither when a
// target is checked nor when it is written or read.
func TestNothingLeavesTheFolders(t *testing.T) {
	t.Parallel()
	allowed, outside := t.TempDir(), t.TempDir()
	must(t, os.Mkdir(filepath.Join(allowed, "in"), 0o700))
	must(t, os.Symlink(outside, filepath.Join(allowed, "out")))
	must(t, os.Symlink("in", filepath.Join(allowed, "inner")))
	must(t, os.WriteFile(filepath.Join(outside, "theirs.csv"), []byte("secret\n"), 0o600))
	must(t, os.Symlink(filepath.Join(outside, "theirs.csv"), filepath.Join(allowed, "link.csv")))
	must(t, os.Symlink(filepath.Join(outside, "new.csv"), filepath.Join(allowed, "dangling.csv")))
	must(t, os.Mkdir(filepath.Join(allowed, "folder.csv"), 0o700))
	d := folders(allowed)
	for _, test := range []struct{ folder, name, field string }{
		{allowed, "x.csv", ""}, {allowed + "/", "x.csv", ""}, {allowed + "/in/../in", "Ä b.csv", ""},
		{allowed + "/inner", "x.csv", ""},
		{outside, "x.csv", "folder"}, {allowed + "/..", "x.csv", "folder"}, {allowed + "x", "x.csv", "folder"},
		{allowed + "/out", "x.csv", "folder"}, {allowed + "/missing", "x.csv", "folder"},
		{allowed + "/in/../../" + filepath.Base(outside), "x.csv", "folder"}, {"", "x.csv", "folder"},
		{"in", "x.csv", "folder"}, {"/", "x.csv", "folder"},
		{allowed, "link.csv", "file"}, {allowed, "dangling.csv", "file"}, {allowed, "folder.csv", "file"},
		{allowed, "../x.csv", "file"}, {allowed, "in/x.csv", "file"}, {allowed, `in\x.csv`, "file"},
		{allowed, ".csv", "file"}, {allowed, ".hidden.csv", "file"}, {allowed, "x.txt", "file"}, {allowed, "x", "file"},
		{allowed, "a\x00b.csv", "file"}, {allowed, "a\nb.csv", "file"}, {allowed, " x.csv", "file"},
		{allowed, "x .csv", "file"}, {allowed, "a:b.csv", "file"}, {allowed, "\xff.csv", "file"},
		{allowed, strings.Repeat("x", 200) + ".csv", "file"},
	} {
		target := export.Target{Kind: export.CSVFile, Folder: test.folder, File: test.name}
		err := d.Check(target)
		if test.field == "" {
			if err != nil {
				t.Errorf("%s, %q: %v", test.folder, test.name, err)
			}
			continue
		}
		if err == nil || problem.From(err).Fields["destination."+test.field] == "" {
			t.Errorf("%s, %q: %v", test.folder, test.name, err)
		}
		w := request(t, invoices, invoice("1", "Ann", 100))
		w.Target = target
		if write, err := d.Prepare(t.Context(), w); err == nil {
			if _, err = write.Commit(t.Context()); err == nil {
				t.Errorf("%s, %q was written", test.folder, test.name)
			}
			must(t, write.Close())
		}
		if in, _, err := d.Open(target); err == nil && test.name != "folder.csv" {
			data, _ := io.ReadAll(in)
			t.Errorf("%s, %q was opened: %s", test.folder, test.name, data)
		}
	}
	left, err := os.ReadDir(outside)
	must(t, err)
	if len(left) != 1 {
		t.Errorf("outside lie %v", left)
	}
	if err := folders().Check(export.Target{Kind: export.CSVFile, Folder: allowed, File: "x.csv"}); err == nil ||
		problem.From(err).Fields["destination.kind"] == "" {
		t.Errorf("without any folder: %v", err)
	}
}

// TestForeignFilesStay: an exporter that has never written a file does not take one with other titles for its own.
func TestForeignFilesStay(t *testing.T) {
	t.Parallel()
	d := folders(t.TempDir())
	path := filepath.Join(d.Allowed[0], "x.csv")
	must(t, os.WriteFile(path, []byte("My,Own\n1,2\n"), 0o600))
	w := request(t, invoices, invoice("1", "Ann", 100))
	w.Target = export.Target{Kind: export.CSVFile, Folder: d.Allowed[0], File: "x.csv"}
	if _, _, err := export.Put(t.Context(), d, w); !problem.HasCode(err, problem.SheetConflict) {
		t.Fatalf("got %v", err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "My,Own\n1,2\n" {
		t.Errorf("the file holds %s, %v", data, err)
	}
	must(t, os.Remove(path))
	res, _, err := export.Put(t.Context(), d, w)
	must(t, err)
	if res.Target.URL != "https://x.example/exp_1" {
		t.Errorf("the address is %s", res.Target.URL)
	}
	fewer := invoices
	fewer.Columns = slices.Clone(invoices.Columns[:2])
	row := invoice("1", "Ann", 100)
	row.Cells = row.Cells[:2]
	again := request(t, fewer, row)
	again.Target, again.Trace = res.Target, res.Trace
	if _, _, err := export.Put(t.Context(), d, again); err != nil {
		t.Errorf("its own file with another column: %v", err)
	}
	in, info, err := d.Open(again.Target)
	must(t, err)
	data, err := io.ReadAll(in)
	must(t, errors.Join(err, in.Close()))
	if string(data) != "\ufeffID,Name\n1,Ann\n" || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("the file holds %q, %v", data, info.Mode())
	}
}

// TestHandEditsStopAFile: a file whose rows people have edited stays if the exporter wants that, and no run of a file
// can be undone.
func TestHandEditsStopAFile(t *testing.T) {
	t.Parallel()
	d := folders(t.TempDir())
	put := func(w export.WriteRequest) (export.WriteResult, error) {
		res, _, err := export.Put(t.Context(), d, w)
		return res, err
	}
	w := request(t, invoices, invoice("1", "Ann", 100), invoice("2", "Bob", 200))
	w.Target = export.Target{Kind: export.CSVFile, Folder: d.Allowed[0], File: "x.csv"}
	res, err := put(w)
	must(t, err)
	path := filepath.Join(d.Allowed[0], "x.csv")
	must(t, os.WriteFile(path, []byte("ID,Name,Total\n1,Eve,1.00\n2,Bob,2.00\n"), 0o600))
	again := request(t, invoices, invoice("1", "Ann", 100), invoice("2", "Bob", 200))
	again.Target, again.Trace, again.OnHandEdit = res.Target, res.Trace, export.StopOnHandEdit
	if _, err := put(again); !problem.HasCode(err, problem.SheetConflict) {
		t.Errorf("an edited file: %v", err)
	}
	again.OnHandEdit = export.OverwriteHandEdits
	again.Rows = request(t, invoices, invoice("1", "Ann", 100), invoice("2", "Bob", 200)).Rows
	_, err = put(again)
	must(t, err)
	if _, err := put(export.WriteRequest{Undo: "run_1", Target: res.Target}); !problem.HasCode(err, problem.Conflict) {
		t.Errorf("an undo: %v", err)
	}
}
