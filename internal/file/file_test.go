package file_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"ledgersheet/internal/destinationtest"
	"ledgersheet/internal/export"
	"ledgersheet/internal/file"
	"ledgersheet/internal/table"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	destinationtest.Run(t, func(t *testing.T) destinationtest.Place {
		folder := t.TempDir()
		path := filepath.Join(folder, "test.csv")
		return destinationtest.Place{
			Destination: file.Folder{Path: folder}, Target: export.Target{File: "test.csv"},
			Read: func() [][]string { return readPlainly(t, path) },
			Disturb: func() {
				if err := os.WriteFile(path, []byte("ID,Name,Total\n1,Eve,1.00\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			},
		}
	}, nil)
}

func TestOnlyFilesOfTheFolder(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "../out.csv", "a/b.csv", ".."} {
		_, err := file.Folder{Path: t.TempDir()}.Prepare(t.Context(), export.WriteRequest{
			Target: export.Target{File: name}, Rows: table.NewSpool(table.Schema{}), Zone: time.UTC,
			Report: func(export.Phase, int) {},
		})
		if err == nil {
			t.Errorf("%q is taken for a file of the folder", name)
		}
	}
}

func TestTextsAreNoFormulas(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "-5": "'-5", "@x": "'@x", "plain": "plain", "": "", "00123": "00123",
	} {
		if got := file.Text(table.TextOf(in)); got != want {
			t.Errorf("%q stands as %q, want %q", in, got, want)
		}
	}
}
