package google

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var update = flag.Bool("update", false, "rewrite the golden requests")

// goldenPlan returns a plan for a statement of four rows that goes to a new tab, below a heading.
func goldenPlan(look export.Look) *plan {
	schema := table.Schema{Columns: []table.Column{
		{ID: "Label", Title: "Name", Label: true}, {ID: "Amount", Title: "Total", Kind: table.Money, Currency: "USD"},
	}}
	w := export.WriteRequest{
		Run: "run_1", Owner: "exp_1", Target: export.Target{Sheet: "Data", Start: "A1"}, Rows: table.NewSpool(schema),
		Look: look,
	}
	pl := newPlan(&state{}, place{row: headingRows}, w, time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC))
	pl.titles, pl.widths = []string{"Name", "Total"}, []int{20, 8}
	pl.styles = []style{
		{0, 1, table.Section, 0}, {1, 2, table.Data, 1}, {2, 3, table.Total, 1}, {3, 4, table.Total, 0},
	}
	pl.start(4)
	pl.heading = headingPlan{
		wanted: &export.Heading{}, made: rect{0, 0, headingLines, 1},
		fresh: []string{"Acme", "Profit and loss", "January 1 – March 31, 2026", "Changed", "https://qbo.intuit.com/"},
	}
	pl.overlays = pl.planOverlays()
	return pl
}

// restyledPlan returns a plan for the same rows where they stand in another look.
func restyledPlan(from, to export.Look) *plan {
	first := goldenPlan(from)
	stamp := first.newStamp()
	stamp.Exporter = "exp_1"
	pl := goldenPlan(to)
	t := &tab{id: pl.tabID, title: "Data", rows: 12, cols: 2, grid: true, frozen: 6}
	if from == export.BoardLook {
		t.bands = []band{{first.bandID(), first.target}}
		t.filter = &sheets.BasicFilter{Range: first.target.grid(t.id)}
	}
	pl.place = place{
		tab: t, managed: first.target, row: headingRows, stamp: stamp, named: rangeID("exp_1"), follows: true,
		heading: heading{
			named: headingID("exp_1"), at: rect{0, 0, headingLines, 1}, rows: []int{0, 1, 2, 3},
		},
	}
	pl.whole, pl.header, pl.arr.runs = false, false, nil
	pl.shape = reshaping{now: map[int]int{0: 0, 1: 1}, at: []int{0, 1}, tabCols: 2}
	pl.heading = headingPlan{
		heading: pl.place.heading, wanted: &export.Heading{}, was: first.heading.fresh, fresh: first.heading.fresh,
	}
	pl.overlays = pl.planOverlays()
	return pl
}

// TestGoldenRequests compares the requests for looks and heading with those that were reviewed.
func TestGoldenRequests(t *testing.T) {
	t.Parallel()
	plans := map[string]*plan{
		"report_to_board": restyledPlan(export.ReportLook, export.BoardLook),
		"board_to_plain":  restyledPlan(export.BoardLook, export.PlainLook),
	}
	for _, look := range export.Looks() {
		plans[string(look)] = goldenPlan(look)
	}
	for name, pl := range plans {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reqs := pl.headingChanged()
			reqs = append(reqs, pl.looks()...)
			reqs = append(reqs, pl.overlays.requests...)
			reqs = append(reqs, pl.headingMade()...)
			got, err := json.MarshalIndent(reqs, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", "looks", name+".json")
			if *update {
				if err := os.WriteFile(file, append(got, '\n'), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
				t.Errorf("the requests differ (-want +got); run with -update and review:\n%s", diff)
			}
		})
	}
}
