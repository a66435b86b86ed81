package google

import (
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

// abortTimeout is how long a run that has ended may still talk to Google to remove its staging tab.
const abortTimeout = 30 * time.Second

// putStaged fills a hidden tab with the rows that are written, in pieces, checks it, and copies them to where they
// belong in one atomic batch. A tab that is new is filled itself while it is hidden, and the batch shows it: rows need
// no room twice then.
func (r *write) putStaged(ctx context.Context) error {
	if r.plan.isNewTab() {
		return r.putNewTab(ctx)
	}
	rows := r.plan.arr.written()
	r.picked = nil // they did not fit after all, with what else the batch holds
	if r.needsPlace() && r.mayWriteInPlace() {
		return r.putInPlace(ctx)
	}
	if err := r.checkRoom(); err != nil {
		return err
	}
	id := numberFor("staging", string(r.w.Run), r.plan.digest)
	for r.state.tab(id) != nil {
		id++
	}
	links, err := r.linkRequests()
	if err != nil {
		return err
	}
	return r.throughHiddenTab(ctx, hiddenTab{id: id, rows: max(1, rows), cols: len(r.plan.cols)}, func() []any {
		reqs := append(r.opening(), anys(r.plan.prepare())...)
		reqs = append(reqs, r.headerUpdates()...)
		reqs = append(reqs, anys(r.plan.pastes(id))...)
		return append(reqs, slices.Concat(anys(r.plan.finish()), links, []any{deleteSheet(id)})...)
	})
}

// putNewTab fills a new tab and shows it.
func (r *write) putNewTab(ctx context.Context) error {
	pl := r.plan
	var replaced []*sheets.Request
	if pl.place.replaces != nil {
		replaced = append(replaced, deleteSheet(pl.place.replaces.id))
	}
	links, err := r.linkRequests()
	if err != nil {
		return err
	}
	rows, cols := pl.size()
	h := hiddenTab{id: pl.tabID, rows: rows, cols: cols, row: pl.first(), col: pl.place.col}
	return r.throughHiddenTab(ctx, h, func() []any {
		shown := &sheets.SheetProperties{SheetId: h.id, Title: pl.title, ForceSendFields: []string{"Hidden"}}
		reqs := append(r.opening(), anys([]*sheets.Request{
			drop(stagingKey, string(r.w.Owner)), updateSheet(shown, "title,hidden"),
		})...)
		reqs = append(reqs, r.headerUpdates()...)
		return append(reqs, slices.Concat(anys(pl.finish()), links, anys(replaced))...)
	})
}

// isNewTab reports whether the rows go to a tab that does not exist yet.
func (pl *plan) isNewTab() bool { return pl.whole && pl.place.tab == nil }

// hiddenTab is a tab that is filled before anybody sees it. The first written row goes to a cell of it.
type hiddenTab struct {
	id         int64
	rows, cols int
	row, col   int
}

// throughHiddenTab fills a hidden tab, checks it, and sends the batch that uses it.
func (r *write) throughHiddenTab(ctx context.Context, h hiddenTab, batch func() []any) (err error) {
	title := fmt.Sprintf("ledgersheet staging %d", h.id)
	defer func() {
		if err != nil {
			err = r.abort(ctx, h.id, err)
		}
	}()
	if err := r.stage(ctx, h, title); err != nil {
		return err
	}
	r.staging = h.id
	sent, err := r.fill(ctx, title, h.row, h.col)
	if err != nil {
		return err
	}
	r.w.Report(export.PhaseVerifying, r.w.Rows.Len())
	cols := make([]int, len(r.plan.cols))
	for i := range cols {
		cols[i] = h.col + i
	}
	if err := r.verify(ctx, title, h.row, cols, sent); err != nil {
		return err
	}
	if err := r.stillStands(ctx); err != nil {
		return err
	}
	r.w.Report(export.PhaseCommitting, r.w.Rows.Len())
	body, err := r.commitBody(batch())
	if err != nil {
		return err
	}
	if err := r.commit(ctx, body); err != nil {
		return err
	}
	return r.verifyTarget(ctx)
}

// pastes returns the requests that copy rows from the staging tab to where they belong.
func (pl *plan) pastes(staging int64) []*sheets.Request {
	var reqs []*sheets.Request
	for _, b := range pl.arr.blocks() {
		for _, part := range pl.parts() {
			from := rect{b.from, part.from, b.from + b.rows, part.from + part.span[1] - part.span[0]}
			reqs = append(reqs, paste(from.grid(staging), pl.rowRect(b.row, b.rows, part.span).grid(pl.tabID),
				"PASTE_VALUES"))
		}
	}
	return reqs
}

// part is a span of the tab's columns in which columns of the result stand side by side. They always stand in the
// result's order.
type part struct {
	from int // the first of the result's columns
	span [2]int
}

func (pl *plan) parts() []part {
	var list []part
	for i, c := range pl.cols {
		if n := len(list); n > 0 && list[n-1].span[1] == c {
			list[n-1].span[1]++
		} else {
			list = append(list, part{i, [2]int{c, c + 1}})
		}
	}
	return list
}

// leftovers returns the requests that delete the hidden tabs of the exporter's runs that died. Its runs never overlap,
// so none is in use.
func (r *write) leftovers() []*sheets.Request {
	var reqs []*sheets.Request
	for _, t := range r.state.tabs {
		if t.staging == r.w.Owner {
			reqs = append(reqs, deleteSheet(t.id))
		}
	}
	return reqs
}

// stage creates the hidden tab. Its id is chosen before, so that a repeated request is recognised.
func (r *write) stage(ctx context.Context, h hiddenTab, title string) error {
	reqs := append(r.leftovers(), addHiddenTab(h.id, title, h.rows, h.cols),
		createMetadata(&sheets.DeveloperMetadata{
			MetadataId: h.id, MetadataKey: stagingKey, MetadataValue: string(r.w.Owner), Visibility: "DOCUMENT",
			Location: &sheets.DeveloperMetadataLocation{SheetId: h.id},
		}))
	err := r.batch(ctx, reqs, func(st *state) bool { return st.tab(h.id) != nil })
	if err == nil { // the commit must not delete them again
		r.state.tabs = slices.DeleteFunc(r.state.tabs, func(t tab) bool { return t.staging == r.w.Owner })
	}
	return err
}

// fill writes the rows into the hidden tab in pieces, each to an absolute range, the first one to the given cell. It
// returns a tally of them.
func (r *write) fill(ctx context.Context, title string, row, col int) (*tally, error) {
	var body, line []byte
	sent := newTally(len(r.plan.cols))
	from := 0
	flush := func() error {
		if sent.rows == from {
			return nil
		}
		piece := rect{row + from, col, row + sent.rows, col + len(r.plan.cols)}.a1(title)
		k := call{method: http.MethodPut, write: true, body: append(body, "]}"...),
			url:   r.c.sheets + "v4/spreadsheets/" + url.PathEscape(r.state.id) + "/values/" + url.PathEscape(piece),
			query: url.Values{"valueInputOption": {"RAW"}, "fields": {"updatedRange"}}}
		if err := r.do(ctx, k, decodeInto(&sheets.UpdateValuesResponse{})); err != nil {
			return err
		}
		body = make([]byte, 0, len(body)) // the transport may still hold the one that was sent
		from = sent.rows
		r.w.Report(export.PhaseWriting, sent.rows)
		return nil
	}
	err := r.written(r.plan.arr, func(_ int, values []value) error {
		var err error
		if line, err = appendRow(line[:0], values); err != nil {
			return err
		}
		if len(body) > 0 && len(body)+len(line) >= r.c.o.MaxBody {
			if err := flush(); err != nil {
				return err
			}
		}
		if len(body) == 0 {
			body = append(body, `{"majorDimension":"ROWS","values":[`...)
		} else {
			body = append(body, ',')
		}
		body = append(body, line...)
		sent.add(values, r.money)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return sent, flush()
}

// abort removes the hidden tab after a failure, and returns the failure. If somebody has deleted that tab before, which
// is what failed, the write starts over. If abort fails too, the next run removes the tab.
func (r *write) abort(ctx context.Context, id int64, failure error) error {
	ended := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	st, err := r.session.state(ctx, r.state.id)
	switch {
	case err != nil:
	case st.tab(id) != nil && st.tab(id).staging == "": // it was shown: the rows are there
	case st.tab(id) != nil:
		err = r.batch(ctx, []*sheets.Request{deleteSheet(id)}, func(st *state) bool { return st.tab(id) == nil })
	case r.staging == id && !ended && problem.HasCode(failure, problem.GoogleRejected):
		return errors.Join(export.ErrMoved, failure)
	}
	if err != nil {
		r.c.o.Logger.WarnContext(ctx, "staging tab stays until the next run", "error", err.Error())
	}
	return failure
}
