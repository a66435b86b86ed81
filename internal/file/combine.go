package file

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"ledgersheet/internal/change"
	"ledgersheet/internal/sheetfile"
	"ledgersheet/internal/table"
)

// bookRow is a row that should stand in a workbook.
type bookRow struct {
	values []sheetfile.Value
	role   table.Role
	level  uint8
}

// combine yields the rows that should stand. Rows that an exporter leaves in place lose their look as a statement.
func (r *bookWrite) combine(there *standing) iter.Seq2[bookRow, error] {
	if r.policy.Order {
		return r.wanted()
	}
	return func(yield func(bookRow, error) bool) {
		stand, stop := iter.Pull2(there.rows(r.titles))
		defer stop()
		fresh := newPicker(r.wanted(), r.steps)
		defer fresh.stop()
		for _, s := range r.steps {
			for i := range s.Rows {
				var row bookRow
				var err error
				if s.Do != change.Insert {
					if row.values, err = pull(stand); err != nil {
						yield(row, err)
						return
					}
				}
				if s.Do == change.Relabel {
					row.values = slices.Clone(row.values)
					row.values[r.policy.Mark.Column] = r.policy.Mark.Value
				}
				if s.Do == change.Write || s.Do == change.Insert {
					row, err = fresh.pick(s.From + i)
				}
				if s.Do != change.Delete && (!yield(row, err) || err != nil) {
					return
				}
			}
		}
	}
}

// pull returns the next row that stands.
func pull(next func() ([]change.Value, error, bool)) ([]change.Value, error) {
	values, err, ok := next()
	if !ok {
		return nil, errors.New("the workbook has fewer rows than a moment ago")
	}
	return values, err
}

// wanted yields the rows of the result.
func (r *bookWrite) wanted() iter.Seq2[bookRow, error] {
	return func(yield func(bookRow, error) bool) {
		enc := sheetfile.Encoder{Zone: r.w.Zone}
		for row, err := range r.w.Rows.Rows() {
			if !yield(bookRow{encodeRow(&enc, nil, row), row.Role, row.Level}, err) || err != nil {
				return
			}
		}
	}
}

// picker gives rows of the result by position. It passes over the result once, and holds those that were passed before
// their turn.
type picker struct {
	next  func() (bookRow, error, bool)
	stop  func()
	at    int          // of the next row
	needs map[int]bool // positions that will be asked for
	held  map[int]bookRow
}

func newPicker(rows iter.Seq2[bookRow, error], steps []change.Step) *picker {
	p := &picker{needs: map[int]bool{}, held: map[int]bookRow{}}
	p.next, p.stop = iter.Pull2(rows)
	for _, s := range steps {
		for i := range s.Rows {
			if s.Do == change.Write || s.Do == change.Insert {
				p.needs[s.From+i] = true
			}
		}
	}
	return p
}

func (p *picker) pick(at int) (bookRow, error) {
	for p.at <= at {
		row, err, ok := p.next()
		if err == nil && !ok {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return row, fmt.Errorf("reading row %d of the result again: %w", p.at+1, err)
		}
		if p.needs[p.at] {
			p.held[p.at] = row
		}
		p.at++
	}
	row := p.held[at]
	delete(p.held, at)
	return row, nil
}
