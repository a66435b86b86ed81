package web

import (
	"fmt"
	"math"

	"ledgersheet/internal/export"
)

// The sparkline's size in its own units. A step is one bar and the gap after it.
const (
	sparkHeight = 24
	sparkBar    = 4
	sparkStep   = 6
)

// spark is a small chart of an exporter's last runs, oldest first, with one bar per run, as high as its rows. The table
// of runs has the same numbers, so people who cannot see the chart get just one sentence.
type spark struct {
	Bars          []bar
	Width, Height int
	Label         string
}

// bar is one run. Failed runs have no rows, so they are hatched and all of the same height.
type bar struct {
	X, Y, Width, Height int
	Class               string
	Title               string
}

func newSpark(runs []export.Brief) spark {
	s := spark{Width: sparkRuns * sparkStep, Height: sparkHeight}
	least, most := math.MaxInt, 0
	ok, failed := 0, 0
	for _, r := range runs {
		switch r.Status {
		case export.RunSucceeded:
			ok++
			least, most = min(least, max(r.Rows, 1)), max(most, r.Rows)
		case export.RunFailed:
			failed++
		}
	}
	height := func(rows int) int { return rows * (sparkHeight - 2) / max(most, 1) }
	if least > 0 && ok > 0 && most/least > 100 {
		top := math.Log1p(float64(most))
		height = func(rows int) int { return int(math.Log1p(float64(rows)) * (sparkHeight - 2) / top) }
	}
	for i := range runs {
		r := runs[len(runs)-1-i]
		b := bar{X: s.Width - (len(runs)-i)*sparkStep, Width: sparkBar}
		switch {
		case r.Status == export.RunSucceeded:
			b.Class, b.Height = "ok", 2+height(r.Rows)
			b.Title = plural(r.Rows, "row", "rows")
		case r.Status == export.RunFailed:
			b.Class, b.Height, b.Title = "failed", sparkHeight/2, "failed"
		case r.Status.Over():
			b.Class, b.Height, b.Title = "none", 3, "cancelled"
		default:
			b.Class, b.Height, b.Title = "now", sparkHeight/2, "under way"
		}
		b.Y = sparkHeight - b.Height
		s.Bars = append(s.Bars, b)
	}
	switch {
	case len(runs) == 0:
		s.Label = "No runs yet."
	case ok == 0:
		s.Label = fmt.Sprintf("Last %s: none succeeded, %d failed.", plural(len(runs), "run", "runs"), failed)
	default:
		if most == 0 {
			least = 0
		}
		s.Label = fmt.Sprintf("Last %s: %d succeeded, %d failed, %s to %s rows.", plural(len(runs), "run", "runs"),
			ok, failed, count(least), count(most))
	}
	return s
}
