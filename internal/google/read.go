package google

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// readCells is the largest number of cells read by one request, which limits the memory of an answer.
const readCells = 100_000

// read yields the rows of a rectangle, each of the rectangle's width. It reads in pieces and yields a piece once it has
// fully arrived.
func (s *session) read(ctx context.Context, spreadsheet, title string, area rect, yield func([]value)) error {
	step := max(1, readCells/max(1, area.cols()))
	for row := area.row; row < area.endRow; row += step {
		piece := rect{row, area.col, min(row+step, area.endRow), area.endCol}
		got, err := s.ranges(ctx, spreadsheet, title, []rect{piece})
		if err != nil {
			return err
		}
		for _, r := range got[0] {
			yield(r)
		}
	}
	return nil
}

// ranges reads rectangles in one request. Trailing rows and cells missing from the answer are blank.
func (s *session) ranges(ctx context.Context, spreadsheet, title string, areas []rect) ([][][]value, error) {
	q := url.Values{
		"valueRenderOption": {"UNFORMATTED_VALUE"}, "dateTimeRenderOption": {"SERIAL_NUMBER"},
		"majorDimension": {"ROWS"}, "prettyPrint": {"false"},
	}
	for _, a := range areas {
		q.Add("ranges", a.a1(title))
	}
	var out [][][]value
	k := call{
		method: http.MethodGet, url: s.c.sheets + "v4/spreadsheets/" + url.PathEscape(spreadsheet) + "/values:batchGet",
		query: q,
	}
	err := s.do(ctx, k, func(r io.Reader) error {
		var err error
		out, err = decodeRanges(r, areas)
		return err
	})
	return out, err
}

// decodeRanges decodes a batchGet answer, keeping numbers as text.
func decodeRanges(r io.Reader, areas []rect) ([][][]value, error) {
	var answer struct {
		ValueRanges []struct {
			Values [][]any `json:"values"`
		} `json:"valueRanges"`
	}
	dec := json.NewDecoder(r)
	dec.UseNumber()
	if err := dec.Decode(&answer); err != nil {
		return nil, err
	}
	if len(answer.ValueRanges) != len(areas) {
		return nil, fmt.Errorf("asked for %d ranges, got %d", len(areas), len(answer.ValueRanges))
	}
	out := make([][][]value, len(areas))
	for i, a := range areas {
		got := answer.ValueRanges[i].Values
		if len(got) > a.rows() {
			return nil, fmt.Errorf("asked for %d rows, got %d", a.rows(), len(got))
		}
		out[i] = make([][]value, a.rows())
		for n := range out[i] {
			row := make([]value, a.cols())
			if n < len(got) {
				for c := range min(len(row), len(got[n])) {
					row[c] = readValue(got[n][c])
				}
				got[n] = nil
			}
			out[i][n] = row
		}
	}
	return out, nil
}

// maxRanges limits the ranges of one request, since each makes its URL longer.
const maxRanges = 6

// verify reads back what was written: the first and the last row, and every money column, whose sums must equal the
// result's. That takes one request unless the result is long.
func (r *write) verify(ctx context.Context, title string, at rect) error {
	if at.rows() < 2 {
		return nil
	}
	ends := []rect{{at.row + 1, at.col, at.row + 2, at.endCol}, {at.endRow - 1, at.col, at.endRow, at.endCol}}
	spans, width := moneySpans(r.money)
	sums := make([]decimal.Decimal, len(r.money))
	step := max(1, readCells/max(1, width))
	for from := at.row + 1; from < at.endRow; from += step {
		areas := ends
		for _, s := range spans {
			areas = append(areas, rect{from, at.col + s[0], min(from+step, at.endRow), at.col + s[1]})
		}
		if len(areas) == 0 {
			break // the ends were checked, and there is no money
		}
		got, err := r.ranges(ctx, r.state.id, title, areas)
		if err != nil {
			return err
		}
		if ends != nil {
			if err := r.compareEnds(title, at, got); err != nil {
				return err
			}
			got = got[len(ends):]
			ends = nil
		}
		for i, s := range spans {
			addMoney(sums[s[0]:s[1]], r.money[s[0]:s[1]], got[i])
		}
	}
	return r.compareSums(title, sums)
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
func addMoney(sums []decimal.Decimal, money []bool, rows [][]value) {
	for _, row := range rows {
		for c, v := range row {
			if !money[c] || v.Kind != 'n' {
				continue
			}
			if d, err := table.ParseDecimal(v.Text); err == nil {
				sums[c] = sums[c].Add(d)
			}
		}
	}
}

func (r *write) compareEnds(title string, at rect, got [][][]value) error {
	for i, want := range [][]value{r.fresh.first, r.fresh.last} {
		for c, v := range got[i][0] {
			if v != want[c] {
				row := at.row + 1
				if i == 1 {
					row = at.endRow - 1
				}
				return problem.New(problem.TotalsMismatch, "Cell %s of the tab %q does not hold what was written.",
					cellName(row, at.col+c), title)
			}
		}
	}
	return nil
}

func (r *write) compareSums(title string, sums []decimal.Decimal) error {
	for c, sum := range sums {
		if !sum.Equal(r.fresh.sums[c]) {
			return problem.New(problem.TotalsMismatch, "Column %q of the tab %q adds up to %s, but the rows that "+
				"were written add up to %s.", r.w.Rows.Schema().Columns[c].Title, title, sum, r.fresh.sums[c])
		}
	}
	return nil
}
