package intuit

import (
	"os"
	"path/filepath"
	"testing"
)

// samples is a folder of QuickBooks' real answers that developers may have beside the repository. The files in testdata
// were written after them.
var samples = filepath.Join("..", "..", "..", "shared", "samples", "quickbooks")

// eachAnswer calls check with the answers in testdata, and in a test of its own with the samples, which is skipped
// where there are none.
func eachAnswer[T any](
	t *testing.T, own, sampled map[string]T, check func(t *testing.T, name string, body []byte, want T),
) {
	t.Helper()
	read := func(t *testing.T, folder string, wants map[string]T) {
		t.Helper()
		for name, want := range wants {
			body, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil {
				t.Fatal(err)
			}
			check(t, name, body, want)
		}
	}
	read(t, "testdata", own)
	t.Run("samples", func(t *testing.T) {
		if _, err := os.Stat(samples); os.IsNotExist(err) {
			t.Skip("there are no samples beside the repository; only testdata was read")
		}
		read(t, samples, sampled)
	})
}
