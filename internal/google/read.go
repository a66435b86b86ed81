package google

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"ledgersheet/internal/change"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// readCells is the largest number of cells that one request reads.
const readCells = 2_000_000

// What a read returns of a cell.
const (
	shown   = "UNFORMATTED_VALUE" // its value
	entered = "FORMULA"           // what was entered, so formulas as their text
)

// read yields the rows of a rectangle, each of the rectangle's width, as they arrive: what was entered, so that a
// formula that shows the right value is not taken for the value. A value without a formula is the same either way,
// dates as serial numbers too. The slice is used again.
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/ValueRenderOption
func (s *session) read(ctx context.Context, spreadsheet, title string, area rect, yield func([]value)) error {
	step := max(1, readCells/max(1, area.cols()))
	for row := area.row; row < area.endRow; row += step {
		piece := rect{row, area.col, min(row+step, area.endRow), area.endCol}
		done := 0 // rows that an earlier try of the request has yielded
		err := s.scan(ctx, spreadsheet, title, entered, []rect{piece}, func(_, n int, row []value) {
			if n >= done {
				yield(row)
				done++
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ranges reads rectangles in one request.
func (s *session) ranges(ctx context.Context, spreadsheet, title string, areas []rect) ([][][]value, error) {
	return s.collect(ctx, spreadsheet, title, shown, areas)
}

// entered reads what was entered in rectangles, in one request.
func (s *session) entered(ctx context.Context, spreadsheet, title string, areas []rect) ([][][]value, error) {
	return s.collect(ctx, spreadsheet, title, entered, areas)
}

func (s *session) collect(
	ctx context.Context, spreadsheet, title, render string, areas []rect,
) ([][][]value, error) {
	out := make([][][]value, len(areas))
	err := s.scan(ctx, spreadsheet, title, render, areas, func(area, n int, row []value) {
		if n == 0 {
			out[area] = nil // of an earlier try
		}
		out[area] = append(out[area], slices.Clone(row))
	})
	return out, err
}

// scan reads rectangles in one request and yields their rows, each with its position in its rectangle. If the request
// is tried again, it yields from the beginning. The slice is used again.
func (s *session) scan(ctx context.Context, spreadsheet, title, render string, areas []rect,
	yield func(area, n int, row []value)) error {
	q := url.Values{
		"valueRenderOption": {render}, "dateTimeRenderOption": {"SERIAL_NUMBER"},
		"majorDimension": {"ROWS"}, "prettyPrint": {"false"},
	}
	for _, a := range areas {
		q.Add("ranges", a.a1(title))
	}
	k := call{
		method: http.MethodGet, url: s.c.sheets + "v4/spreadsheets/" + url.PathEscape(spreadsheet) + "/values:batchGet",
		query: q,
	}
	return s.do(ctx, k, func(r io.Reader) error { return scanRanges(r, areas, yield) })
}

// eachMember reads an object and calls read at the value of the member with the name. It skips the others.
func eachMember(dec *json.Decoder, name string, read func() error) error {
	if err := delim(dec, '{'); err != nil {
		return err
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		if key == name {
			if err := read(); err != nil {
				return err
			}
			continue
		}
		var skipped json.RawMessage
		if err := dec.Decode(&skipped); err != nil {
			return err
		}
	}
	return delim(dec, '}')
}

// eachElement reads an array and calls read at each element.
func eachElement(dec *json.Decoder, read func() error) error {
	if err := delim(dec, '['); err != nil {
		return err
	}
	for dec.More() {
		if err := read(); err != nil {
			return err
		}
	}
	return delim(dec, ']')
}

func delim(dec *json.Decoder, want json.Delim) error {
	got, err := dec.Token()
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("expected %s, got %v", want, got)
	}
	return nil
}

// maxRanges limits the ranges of one request, since each makes its URL longer.
const maxRanges = 6

// verifyCells is the largest number of cells that are all read back. Of more, only the first and the last row and the
// money columns are.
const verifyCells = 100_000

// verify reads rows back, in the given columns of a tab, and compares them with a tally of what was written. That takes
// one request unless there are very many rows.
func (r *write) verify(ctx context.Context, title string, row int, cols []int, want *tally) error {
	if want.rows == 0 {
		return nil
	}
	spans := spansOf(cols)
	at := rect{row, spans[0][0], row + want.rows, spans[len(spans)-1][1]}
	if at.rows()*at.cols() > verifyCells && len(spans) == 1 && want.first != nil {
		return r.verifyEnds(ctx, title, at, want)
	}
	got := newTally(0)
	line := make([]value, len(cols))
	err := r.read(ctx, r.state.id, title, at, func(values []value) {
		for i, c := range cols {
			line[i] = values[c-at.col]
		}
		got.addDigest(change.Digest(line))
	})
	if err == nil && got.digest() != want.digest() {
		return problem.New(problem.TotalsMismatch, "The rows on the tab %q are not those that were written.", title)
	}
	return err
}

// verifyEnds reads back the first and the last row, and every money column, whose sums must equal the result's.
func (r *write) verifyEnds(ctx context.Context, title string, at rect, want *tally) error {
	ends := []rect{{at.row, at.col, at.row + 1, at.endCol}, {at.endRow - 1, at.col, at.endRow, at.endCol}}
	spans, width := moneySpans(r.money)
	sums := make([]table.Sum, len(r.money))
	step := max(1, readCells/max(1, width))
	for from := at.row; from < at.endRow; from += step {
		areas := slices.Clone(ends)
		for _, s := range spans {
			areas = append(areas, rect{from, at.col + s[0], min(from+step, at.endRow), at.col + s[1]})
		}
		if len(areas) == 0 {
			break // the ends were checked, and there is no money
		}
		var first, last []value
		partial := make([]table.Sum, len(sums))
		err := r.scan(ctx, r.state.id, title, shown, areas, func(area, n int, row []value) {
			if area == 0 && n == 0 {
				clear(partial) // of an earlier try
			}
			switch {
			case area >= len(ends):
				s := spans[area-len(ends)]
				addMoney(partial[s[0]:s[1]], r.money[s[0]:s[1]], row)
			case area == 0:
				first = slices.Clone(row)
			default:
				last = slices.Clone(row)
			}
		})
		if err != nil {
			return err
		}
		if ends != nil && (!slices.Equal(first, want.first) || !slices.Equal(last, want.last)) {
			return problem.New(problem.TotalsMismatch, "The first or the last row on the tab %q is not the one that "+
				"was written.", title)
		}
		for i := range sums {
			sums[i].AddSum(partial[i])
		}
		ends = nil
	}
	return r.compareSums(title, sums, want)
}

// moneySpans returns the money columns as spans [from, to), and the number of columns in them. If there were too many
// spans, a single one covers them all and the columns between.
func moneySpans(money []bool) (spans [][2]int, width int) {
	for c, isMoney := range money {
		switch last := len(spans) - 1; {
		case !isMoney:
		case last >= 0 && spans[last][1] == c:
			spans[last][1]++
		default:
			spans = append(spans, [2]int{c, c + 1})
		}
	}
	if len(spans) > maxRanges {
		spans = [][2]int{{spans[0][0], spans[len(spans)-1][1]}}
	}
	for _, s := range spans {
		width += s[1] - s[0]
	}
	return spans, width
}

// addMoney adds up the numbers in money columns, as a tally does.
func addMoney(sums []table.Sum, money []bool, row []value) {
	for c, v := range row {
		if money[c] && v.Kind == 'n' {
			sums[c].AddText(v.Text)
		}
	}
}

func (r *write) compareSums(title string, sums []table.Sum, want *tally) error {
	for c := range sums {
		if sum, written := sums[c].Decimal(), want.sums[c].Decimal(); !sum.Equal(written) {
			return problem.New(problem.TotalsMismatch, "Column %q of the tab %q adds up to %s, but the rows that "+
				"were written add up to %s.", r.w.Rows.Schema().Columns[c].Title, title, sum, written)
		}
	}
	return nil
}
