package table

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fill adds rows that do not compress, of about 4 MB in all.
func fill(t *testing.T, s *Spool) {
	t.Helper()
	seed := uint64(1)
	for n := range 4000 {
		var text strings.Builder
		for range 64 {
			seed = seed*6364136223846793005 + 1442695040888963407
			_, _ = fmt.Fprintf(&text, "%016x", seed)
		}
		if err := s.Add(Row{Cells: []Cell{TextOf(text.String()), BoolOf(n%2 == 0)}}); err != nil {
			t.Fatal(err)
		}
	}
}

func spillSchema() Schema {
	return Schema{Columns: []Column{{ID: "a", Kind: Text}, {ID: "b", Kind: Bool}}}
}

func readAll(s *Spool) (list []string, err error) {
	for row, err := range s.Scan() {
		if err != nil {
			return list, err
		}
		list = append(list, row.Cells[0].String()+row.Cells[1].String())
	}
	return list, nil
}

// TestSpoolsInFiles compares a spool that is partly in a file with one in memory, also while two readers take turns.
func TestSpoolsInFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	inFile, inMemory := Spools{Folder: folder}.New(spillSchema()), NewSpool(spillSchema())
	fill(t, inFile)
	fill(t, inMemory)
	if inFile.kept.file == nil || inMemory.kept.file != nil {
		t.Fatal("the wrong spool has a file")
	}
	if inFile.Size() != inMemory.Size() {
		t.Errorf("sizes %d and %d", inFile.Size(), inMemory.Size())
	}
	held := 0
	for _, c := range inFile.kept.list {
		held += cap(c)
	}
	if held > keptInMemory {
		t.Errorf("%d bytes are in memory", held)
	}
	want, err := readAll(inMemory)
	if err != nil {
		t.Fatal(err)
	}
	turn := 0
	for row, err := range inFile.Scan() {
		if err != nil {
			t.Fatal(err)
		}
		if got := row.Cells[0].String() + row.Cells[1].String(); got != want[turn] {
			t.Fatalf("row %d differs", turn)
		}
		if turn++; turn%1500 == 0 {
			got, err := readAll(inFile)
			if d := cmp.Diff(want, got); d != "" || err != nil {
				t.Fatal(d, err)
			}
		}
	}
	if turn != len(want) {
		t.Errorf("%d rows, want %d", turn, len(want))
	}
	if names, _ := filepath.Glob(filepath.Join(folder, "*")); len(names) > 0 {
		t.Errorf("files with names are left: %v", names)
	}
}

// TestSpoolsAreSealed looks for what was added in the file.
func TestSpoolsAreSealed(t *testing.T) {
	t.Parallel()
	s := Spools{Folder: t.TempDir()}.New(spillSchema())
	fill(t, s)
	part := make([]byte, s.kept.file.end)
	if _, err := s.kept.file.file.ReadAt(part, 0); err != nil {
		t.Fatal(err)
	}
	first, _ := readAll(s)
	if strings.Contains(string(part), first[0][:16]) {
		t.Error("the rows can be read in the file")
	}
}

// TestSpoolsWithoutRoom shows that rows are kept whatever becomes of the folder.
func TestSpoolsWithoutRoom(t *testing.T) {
	t.Parallel()
	s := Spools{Folder: filepath.Join(t.TempDir(), "missing")}.New(spillSchema())
	fill(t, s)
	if got, err := readAll(s); len(got) != 4000 || err != nil {
		t.Errorf("%d rows, %v", len(got), err)
	}
	later := Spools{Folder: t.TempDir()}.New(spillSchema())
	fill(t, later)
	readOnly, err := os.Open("/dev/null")
	if err != nil {
		t.Skip("there is no /dev/null")
	}
	defer func() { _ = readOnly.Close() }()
	was := later.kept.file.file
	later.kept.file.file = readOnly // nothing can be written any more
	away := len(later.kept.away)
	fill(t, later)
	later.kept.file.file = was
	if got, err := readAll(later); len(got) != 8000 || err != nil {
		t.Errorf("%d rows, %v", len(got), err)
	}
	if len(later.kept.away) != away {
		t.Error("pieces are said to be in a file that took none")
	}
}

// TestSpoiltSpool shows that other bytes than were written are an error and never rows.
func TestSpoiltSpool(t *testing.T) {
	t.Parallel()
	for _, spoil := range []func(f *os.File) error{
		func(f *os.File) error { _, err := f.WriteAt([]byte{1}, 100); return err },
		func(f *os.File) error { return f.Truncate(1000) },
	} {
		s := Spools{Folder: t.TempDir()}.New(spillSchema())
		fill(t, s)
		if err := spoil(s.kept.file.file); err != nil {
			t.Fatal(err)
		}
		if got, err := readAll(s); err == nil {
			t.Errorf("%d rows and no error", len(got))
		}
	}
}
