package exporters_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
)

// The README says how many lists and reports there are; nobody who adds one would think of that. With -update the
// counts are written there.
func TestReadmeCountsTypes(t *testing.T) {
	t.Parallel()
	readme := filepath.Join("..", "README.md")
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	lists, reports := 0, 0
	for _, d := range exporters.All() {
		switch d.(type) {
		case export.Entity:
			lists++
		case export.Report:
			reports++
		}
	}
	for what, want := range map[string]int{"lists": lists, "reports": reports} {
		count := regexp.MustCompile(`\b(\d+)(\s+` + what + `)\b`)
		if *update {
			text = count.ReplaceAll(text, []byte(strconv.Itoa(want)+"${2}"))
			continue
		}
		said := count.FindAllSubmatch(text, -1)
		if len(said) == 0 {
			t.Errorf("README.md nowhere says how many %s there are; write \"%d %s\" near its beginning", what, want,
				what)
		}
		for _, m := range said {
			if n, _ := strconv.Atoi(string(m[1])); n != want {
				t.Errorf("README.md says %d %s, but %d are registered; go test ./exporters -update writes it", n, what,
					want)
			}
		}
	}
	if *update {
		if err := os.WriteFile(readme, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
