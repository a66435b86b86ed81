package google

import (
	"context"
	"encoding/json"
	"slices"

	"ledgersheet/internal/change"
	"ledgersheet/internal/problem"
)

// checked returns the rows that the commit's answer must hold: header and ends, and the neighbours of what is written
// or taken out. All of them were read beforehand or are written.
func (r *write) checked() []rect {
	at := r.plan.landing()
	rows := []int{at.row, at.row + 1, at.endRow - 1}
	for _, p := range r.plan.arr.pieces() {
		for n := -1; n <= p.rows; n++ {
			if row := at.row + 1 + p.row + n; row > at.row && row < at.endRow {
				rows = append(rows, row)
			}
		}
	}
	want := r.known.Want
	for n := 1; n < len(want) && r.w.Policy().Order; n++ {
		if stay := want[n-1] >= 0 && want[n] >= 0; stay && want[n] != want[n-1]+1 {
			rows = append(rows, at.row+n, at.row+1+n) // rows between them went
		}
	}
	return rowAreas(rows, at)
}

// askBack has a batch answer with the rows that it writes.
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/batchUpdate
func (r *write) askBack(body []byte) ([]byte, error) {
	var ranges []string
	for _, a := range r.checked() {
		ranges = append(ranges, a.a1(r.plan.title))
	}
	text, err := json.Marshal(ranges)
	if err != nil {
		return nil, err
	}
	body = append(body[:len(body)-1], `,"responseRanges":`...)
	return append(append(body, text...), '}'), nil
}

// verifyKnown compares the rows that the commit's answer holds with those that are to stand. If that answer was lost
// they are read.
func (r *write) verifyKnown(ctx context.Context) error {
	at, areas := r.plan.landing(), r.checked()
	left := r.known.left
	if left == nil {
		_, doc, err := r.stateWith(ctx, r.state.id, r.plan.tabID, areas, nil)
		if err != nil {
			return err
		}
		left = rowsOf(doc, r.plan.tabID, at)
	}
	want := slices.Collect(r.change.Left())
	for _, a := range areas {
		for row := a.row; row < a.endRow; row++ {
			values := left[row]
			if values == nil {
				values = make([]value, at.cols())
			}
			holds := slices.Equal(values, r.titles)
			if row > at.row {
				holds = row-at.row-1 < len(want) && change.Digest(values) == want[row-at.row-1]
			}
			if !holds {
				return problem.New(problem.TotalsMismatch, "The rows on the tab %q are not those that were written.",
					r.plan.title)
			}
		}
	}
	return nil
}

// verifyLeft reads all rows back that stand after a write that had read them, unless there are very many.
func (r *write) verifyLeft(ctx context.Context) error {
	at := r.plan.landing()
	if at.rows()*at.cols() > verifyCells {
		return nil
	}
	want := slices.Collect(r.change.Left())
	row, same := at.row, at.rows() == len(want)+1
	err := r.read(ctx, r.state.id, r.plan.title, at, func(values []value) {
		if n := row - at.row - 1; n >= 0 && same {
			same = change.Digest(values) == want[n]
		}
		row++
	})
	if err == nil && !same {
		return problem.New(problem.TotalsMismatch, "The rows on the tab %q are not those that were written.",
			r.plan.title)
	}
	return err
}
