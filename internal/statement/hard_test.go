package statement

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
)

// readHard arranges a file of testdata/hard.
func readHard(t *testing.T, name string, d export.Report) *arranged {
	t.Helper()
	var doc document
	if err := decodeReport(readSample(t, filepath.Join("testdata", "hard", name+".json")), &doc); err != nil {
		t.Fatal(err)
	}
	return arrange(&doc, d)
}

// layOut returns a report's rows: role and level, then the cells.
func layOut(t *testing.T, a *arranged, d export.Report, kind string) []string {
	t.Helper()
	q := export.Query{Columns: []string{"Label", "Amounts"}}
	l, err := newLayout(a, d, kind, q, asked{})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for row, err := range newReading(l, q).Rows {
		if err != nil {
			t.Fatal(err)
		}
		line := []string{roleNames[row.Role]}
		for _, c := range row.Cells {
			line = append(line, c.String())
		}
		list = append(list, strings.Join(line, "|"))
	}
	return list
}

func TestSpellingsOfAmounts(t *testing.T) {
	t.Parallel()
	d := profitAndLoss()
	a := readHard(t, "amounts_spelt", d)
	if err := verify(a, d, asked{}); err != nil || len(a.notes) > 0 {
		t.Errorf("verify says %v, %q", err, a.notes)
	}
	want := []string{
		"section|Income|", "data|Sales|2000.25", "data|Returns|-100.25", "data|Tips|5.00", "data|None|",
		"data|Exponent|100", "total|Total Income|2005.00", "total|Net Income|2005.00",
	}
	if diff := cmp.Diff(want, layOut(t, a, d, export.LayoutStatement)); diff != "" {
		t.Error(diff)
	}
}

// TestUnreadableAmountsAreNamed proves that an amount nobody can read is named by report, row and column.
func TestUnreadableAmountsAreNamed(t *testing.T) {
	t.Parallel()
	body := strings.Replace(string(readSample(t, filepath.Join("testdata", "hard", "amounts_spelt.json"))), "$5.00",
		"about 5", 1)
	var doc document
	if err := decodeReport([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	a := arrange(&doc, profitAndLoss())
	if len(a.notes) != 1 || !strings.Contains(a.notes[0],
		`ProfitAndLoss the row "Tips" has "about 5" under "Total"`) {
		t.Errorf("%q", a.notes)
	}
}
