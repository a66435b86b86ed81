package google

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// Rows for which there is no room twice are written straight into the managed range, if the exporter's owner has
// allowed it. A first batch makes room for them and leaves a stamp that says that a write is under way; then come the
// rows, in as few requests as fit; then the write starts over, which reads everything back and ends with the stamp that
// says that all is there. A run that finds such a stamp knows that the rows are a mixture: it compares what stands with
// the result and repairs it, and takes nothing for a person's edit.

// putInPlace writes the rows where they belong, one request after the other.
func (r *write) putInPlace(ctx context.Context) error {
	pl := r.plan
	pl.writing = true
	pl.note = fmt.Sprintf("Run %s has been writing these rows since %s. Until it has finished, old and new rows stand "+
		"side by side.", pl.run, pl.at.UTC().Format(time.RFC3339))
	body, err := r.frameBody()
	if err != nil {
		return err
	}
	if err := r.stillStands(ctx); err != nil {
		return err
	}
	r.w.Report(export.PhaseWriting, 0)
	if err := r.commit(ctx, body); err != nil {
		return err
	}
	if err := r.fillInPlace(ctx); err != nil {
		return err
	}
	r.w.Report(export.PhaseVerifying, r.w.Rows.Len())
	set := r.set
	if err := r.again(ctx); err != nil {
		return err
	}
	if len(r.plan.arr.pieces()) > 0 {
		return export.ErrMoved // somebody came in between
	}
	body, err = r.smallBody()
	if err != nil {
		return err
	}
	if err := r.putSmall(ctx, body); err != nil {
		return err
	}
	r.set, r.set.Reversible = set, false
	return nil
}

// frameBody returns the batch that does all but write the rows. A row at an edge that was copied to where it belongs
// must not stand twice until another one is written over it.
func (r *write) frameBody() ([]byte, error) {
	reqs := append(r.opening(), anys(r.plan.prepare())...)
	for _, c := range r.plan.arr.copies {
		for _, s := range spansOf(r.plan.cols) {
			reqs = append(reqs, reset(r.plan.rowRect(c.from, 1, s).grid(r.plan.tabID), "userEnteredValue"))
		}
	}
	reqs = append(reqs, r.headerUpdates()...)
	return r.commitBody(append(reqs, anys(r.plan.finish())...))
}

// fillInPlace writes the rows. Each request has absolute ranges, so that it may be repeated. Before each, a look proves
// that the rows are still where the first batch has put them.
func (r *write) fillInPlace(ctx context.Context) error {
	f := filler{write: r, blocks: r.plan.arr.blocks(), parts: r.plan.parts(), top: r.plan.landing().row + 1}
	err := r.written(r.plan.arr, func(_ int, row []value) error { return f.add(ctx, row) })
	if err != nil {
		return err
	}
	return f.flush(ctx)
}

// filler collects rows into requests.
type filler struct {
	*write
	blocks []run // of the rows to come
	done   int   // rows of the first block that were added
	parts  []part
	top    int // the tab's row of the first row below the header

	rows  int // all that were added
	first int // the tab's row of the first one in the request's last piece
	lines [][]byte
	data  bytes.Buffer // pieces that are complete
	size  int
}

// add takes the next row.
func (f *filler) add(ctx context.Context, row []value) error {
	if f.done == f.blocks[0].rows {
		f.blocks, f.done = f.blocks[1:], 0
		f.endPiece()
	}
	at := f.top + f.blocks[0].row + f.done
	f.done++
	if len(f.lines) == 0 {
		f.first = at
	}
	line := make([][]byte, len(f.parts))
	size := 0
	for i, p := range f.parts {
		text := []byte{'['}
		for n, v := range row[p.from : p.from+p.span[1]-p.span[0]] {
			if n > 0 {
				text = append(text, ',')
			}
			if v == (value{}) {
				text = append(text, `""`...) // blanks the cell; null would leave it as it is
				continue
			}
			var err error
			if text, err = appendValue(text, v); err != nil {
				return err
			}
		}
		line[i] = append(text, ']')
		size += len(line[i]) + 1
	}
	if f.size > 0 && f.size+size > f.c.o.MaxBody {
		if err := f.flush(ctx); err != nil {
			return err
		}
		f.first = at
	}
	f.lines = append(f.lines, bytes.Join(line, []byte{0}))
	f.size += size
	f.rows++
	return nil
}

// endPiece closes the piece of consecutive rows that is under way.
func (f *filler) endPiece() {
	if len(f.lines) == 0 {
		return
	}
	for i, p := range f.parts {
		if f.data.Len() > 0 {
			f.data.WriteByte(',')
		}
		at := rect{f.first, p.span[0], f.first + len(f.lines), p.span[1]}
		name, _ := marshal(at.a1(f.plan.title)) // a string cannot fail to marshal
		fmt.Fprintf(&f.data, `{"majorDimension":"ROWS","range":%s,"values":[`, bytes.TrimRight(name, "\n"))
		for n, line := range f.lines {
			if n > 0 {
				f.data.WriteByte(',')
			}
			f.data.Write(bytes.Split(line, []byte{0})[i])
		}
		f.data.WriteString("]}")
		f.size += 100
	}
	f.lines = nil
}

// flush sends what was collected.
func (f *filler) flush(ctx context.Context) error {
	f.endPiece()
	if f.data.Len() == 0 {
		return nil
	}
	if err := f.stillFramed(ctx); err != nil {
		return err
	}
	body := append([]byte(`{"valueInputOption":"RAW","data":[`), f.data.Bytes()...)
	k := call{
		method: http.MethodPost, write: true, body: append(body, "]}"...),
		query: url.Values{"fields": {"totalUpdatedRows"}},
		url:   f.c.sheets + "v4/spreadsheets/" + url.PathEscape(f.state.id) + "/values:batchUpdate",
	}
	err := f.do(ctx, k, decodeInto(&sheets.BatchUpdateValuesResponse{}))
	if problem.HasCode(err, problem.GoogleRejected) && errors.Is(f.stillFramed(ctx), export.ErrMoved) {
		return errors.Join(export.ErrMoved, err)
	}
	if err != nil {
		return err
	}
	f.data.Reset()
	f.size = 0
	f.w.Report(export.PhaseWriting, f.rows)
	return nil
}

// stillFramed returns export.ErrMoved if people have moved the rows since the first batch, or another run has begun.
func (f *filler) stillFramed(ctx context.Context) error {
	st, err := f.session.state(ctx, f.state.id)
	if err != nil {
		return err
	}
	n, t := st.rangeOf(f.w.Owner), st.tab(f.plan.tabID)
	if t == nil || n.tab != t.id || n.at != f.plan.landing() || t.stamps[f.w.Owner].Writing != f.w.Run ||
		t.title != f.plan.title {
		return export.ErrMoved
	}
	return nil
}

// isUnfinished reports whether a run has begun to write rows in place and not finished.
func (s stamp) isUnfinished() bool { return s.Writing != "" }

// mayWriteInPlace reports whether the exporter's owner allows it. An undo copies what is kept, and cannot be repeated.
func (r *write) mayWriteInPlace() bool { return r.w.InPlace && !r.isUndo() }

// needsPlace reports whether there is room for the rows, but not for them twice.
func (r *write) needsPlace() bool {
	b := r.budget()
	return b.full() > export.MostCells && b.full()-b.staging <= export.MostCells
}

// checkRoom returns a problem if the spreadsheet has no room for what the write needs.
func (r *write) checkRoom() error {
	if !r.needsPlace() {
		return r.budget().check()
	}
	if r.mayWriteInPlace() {
		return nil
	}
	p := problem.From(r.budget().check())
	if r.place.stamp.isUnfinished() {
		p.Message += " An earlier run has not finished: old and new rows stand side by side."
	}
	return p.WithHint("Use another spreadsheet, fewer columns or a filter, or delete tabs that you do not need. Or " +
		"allow the exporter to write in place: readers may then see old and new rows side by side for minutes. " +
		"Nothing was written.")
}

// inPlaceRequests returns how many requests a write in place takes.
func (r *write) inPlaceRequests() int {
	const frame, look, looks, commit, verify = 1, 1, 4, 1, 1
	return frame + (r.weight/4/r.c.o.MaxBody+1)*(look+1) + looks + commit + verify
}

// unfinishedStamp returns the stamp of a write in place that has begun. It keeps what the last run has left, because
// what was known of that is all that is known.
func (pl *plan) unfinishedStamp(s stamp) stamp {
	s.Exporter, s.Run, s.Digest, s.Writing = pl.owner, pl.place.stamp.Run, "", pl.run
	s.Fields = slices.Clone(s.Fields)
	return s
}
