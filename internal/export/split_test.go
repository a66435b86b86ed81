package export

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// TestPartTitles makes titles of all names that there are: short enough, in one line, new, and not of the name alone.
func TestPartTitles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tab := cutTo(oneLine(rapid.String().Draw(t, "tab")), maxTabTitle)
		var taken []string
		for range 4 {
			p := Part{Split: SplitCompany, Of: "1", Name: rapid.String().Draw(t, "name")}
			title := p.Title(tab, taken)
			if n := units(title); n == 0 || n > maxTabTitle || strings.ContainsFunc(title, unicode.IsControl) {
				t.Fatalf("title %q has %d units", title, n)
			}
			for _, other := range taken {
				if strings.EqualFold(title, other) {
					t.Fatalf("%q is taken", title)
				}
			}
			taken = append(taken, title)
		}
	})
}

func TestOwners(t *testing.T) {
	t.Parallel()
	seen := map[ID]bool{}
	for _, p := range []Part{
		{Split: SplitYear, Of: "2025"}, {Split: SplitYear},
		{Split: SplitCompany, Of: "2025"}, {Split: SplitCompany, Of: "9"},
	} {
		owner := p.Owner("exp_01")
		if seen[owner] || ExporterOf(owner) != "exp_01" {
			t.Errorf("%+v is %s, of %s", p, owner, ExporterOf(owner))
		}
		seen[owner] = true
	}
	if ExporterOf("exp_01") != "exp_01" || ExporterOf("x") != "x" {
		t.Error("an owner that is no part is another exporter's")
	}
}
