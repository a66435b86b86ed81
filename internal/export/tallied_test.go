package export_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// tallyRecord is what one record adds to two figures.
type tallyRecord struct {
	currency string
	amounts  [2]string // empty adds nothing
}

func (r tallyRecord) add(t *export.Tally) {
	for i, text := range r.amounts {
		if c, ok := table.ParseCell(table.Money, text); ok && text != "" {
			t.Add(i, r.currency, c)
		}
	}
}

// TestTalliedReplace takes records out of a tally and puts others in. Where that is said to be exact, the figures are
// those of a tally of all records that are left, in the same order and spelling.
func TestTalliedReplace(t *testing.T) {
	t.Parallel()
	figures := []export.Figure{{ID: "total", Title: "Total"}, {ID: "open", Title: "Open"}}
	c := export.Company{Realm: "1", HomeCurrency: "USD"}
	exactly := 0
	rapid.Check(t, func(t *rapid.T) {
		currencies := []string{"USD", "EUR"}[:rapid.IntRange(1, 2).Draw(t, "currencies")]
		draw := rapid.Custom(func(t *rapid.T) tallyRecord {
			amount := rapid.SampledFrom([]string{"1.50", "2", "", "0.125", "-7.00"})
			return tallyRecord{rapid.SampledFrom(currencies).Draw(t, "currency"),
				[2]string{amount.Draw(t, "total"), amount.Draw(t, "open")}}
		})
		records := rapid.SliceOfN(draw, 0, 8).Draw(t, "records")
		all, out, in, left := export.NewTally(figures), export.NewTally(figures), export.NewTally(figures),
			export.NewTally(figures)
		steady := true
		for _, r := range records {
			r.add(all)
			was, is := export.NewTally(figures), export.NewTally(figures)
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				r.add(left)
				continue
			case 1:
				other := draw.Draw(t, "other")
				other.add(is)
				other.add(in)
				other.add(left)
			}
			r.add(was)
			r.add(out)
			steady = steady && was.Tallied().SameShape(is.Tallied())
		}
		var kept export.Tallied
		text, err := json.Marshal(all.Tallied())
		if err == nil {
			err = json.Unmarshal(text, &kept)
		}
		if err != nil {
			t.Fatal(err)
		}
		got, exact := kept.Replace(out.Tallied(), in.Tallied(), steady)
		if !exact {
			if len(currencies) == 1 {
				t.Fatal("one currency is always exact")
			}
			return
		}
		exactly++
		if diff := cmp.Diff(left.Values(c, "2026"), got.Values(figures, c, "2026")); diff != "" {
			t.Fatalf("(-all that is left +replaced):\n%s", diff)
		}
	})
	if exactly < 10 {
		t.Errorf("only %d tallies were exact", exactly)
	}
}
