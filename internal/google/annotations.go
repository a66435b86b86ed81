package google

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
)

// annotation is what people have attached to a cell besides a value: a note, or a rule for what may be entered. It
// makes a cell theirs even while nothing is entered there.
type annotation struct {
	row, col int
	note     bool
	rule     bool
}

// annotatedCells is how many cells are asked for annotations in one request. One takes some 100 bytes of the answer.
const annotatedCells = 400_000

// annotations returns the annotations in a tab's rectangles, in their order.
func (s *session) annotations(ctx context.Context, id, title string, areas []rect) ([]annotation, error) {
	var found []annotation
	var pieces []rect
	cells := 0
	flush := func() error {
		if len(pieces) == 0 {
			return nil
		}
		more, err := s.readAnnotations(ctx, id, title, pieces)
		found, pieces, cells = append(found, more...), nil, 0
		return err
	}
	for _, a := range areas {
		step := max(1, annotatedCells/max(1, a.cols()))
		for row := a.row; row < a.endRow; row += step {
			piece := rect{row, a.col, min(row+step, a.endRow), a.endCol}
			if size := piece.rows() * piece.cols(); cells+size > annotatedCells || len(pieces) == maxRanges {
				if err := flush(); err != nil {
					return nil, err
				}
			}
			pieces, cells = append(pieces, piece), cells+piece.rows()*piece.cols()
		}
	}
	return found, flush()
}

// readAnnotations is annotations for what one request takes.
func (s *session) readAnnotations(ctx context.Context, id, title string, areas []rect) ([]annotation, error) {
	q := url.Values{
		"prettyPrint": {"false"},
		"fields":      {"sheets(data(rowData(values(note,dataValidation(condition(type))))))"},
	}
	for _, a := range areas {
		q.Add("ranges", a.a1(title))
	}
	var found []annotation
	k := call{
		method: http.MethodGet, query: q, url: s.c.sheets + "v4/spreadsheets/" + url.PathEscape(id),
	}
	err := s.do(ctx, k, func(in io.Reader) error {
		found = nil // of an earlier try
		dec, at := json.NewDecoder(in), 0
		return eachMember(dec, "sheets", func() error {
			return eachElement(dec, func() error {
				return eachMember(dec, "data", func() error {
					return eachElement(dec, func() error {
						if at == len(areas) {
							return errLost
						}
						err := scanAnnotations(dec, areas[at], func(a annotation) { found = append(found, a) })
						at++
						return err
					})
				})
			})
		})
	})
	return found, err
}

// scanAnnotations decodes a GridData row by row.
func scanAnnotations(dec *json.Decoder, area rect, yield func(annotation)) error {
	row := area.row
	return eachMember(dec, "rowData", func() error {
		return eachElement(dec, func() error {
			var data struct {
				Values []struct {
					Note           string           `json:"note"`
					DataValidation *json.RawMessage `json:"dataValidation"`
				} `json:"values"`
			}
			if err := dec.Decode(&data); err != nil {
				return err
			}
			for i, v := range data.Values {
				if v.Note != "" || v.DataValidation != nil {
					yield(annotation{row, area.col + i, v.Note != "", v.DataValidation != nil})
				}
			}
			row++
			return nil
		})
	})
}

// withoutOurRules returns the annotations without rules that go on from the last row above, without a gap: people have
// laid such a rule over whole columns, our rows among them, and its cells are as free as those rows' next ones.
func withoutOurRules(all []annotation, last int) []annotation {
	var list []annotation
	end := map[int]int{} // by column: the last row of a rule that began in ours
	for _, a := range all {
		if a.row == last && a.rule {
			end[a.col] = last
		} else if before, ok := end[a.col]; ok && a.rule && before == a.row-1 {
			end[a.col] = a.row
			a.rule = false
		}
		if a.row > last && (a.note || a.rule) {
			list = append(list, a)
		}
	}
	return list
}
