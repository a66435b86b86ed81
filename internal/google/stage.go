package google

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// How long a run that has ended may still talk to Google.
const (
	abortTimeout = 30 * time.Second // to remove its staging tab
	// settleTimeout is for learning the outcome of a request whose answer was lost, or for verifying what was written.
	settleTimeout = 3 * time.Minute
)

// putStaged fills a hidden tab in pieces, checks it, and copies it over in one atomic batch.
func (r *write) putStaged(ctx context.Context) (err error) {
	size := r.plan.target.rows() * r.plan.target.cols()
	if full := r.state.cells() + max(0, r.plan.growth()) + size; full > export.MostCells {
		return problem.New(problem.SpreadsheetFull, "Writing these %d rows without a half-written moment needs room "+
			"for them twice, %d cells in all; Google allows %d.", r.w.Rows.Len(), full, export.MostCells)
	}
	id := numberFor("staging", string(r.w.Run), r.plan.digest)
	for r.state.tab(id) != nil {
		id++
	}
	title := fmt.Sprintf("ledgersheet staging %d", id)
	defer func() {
		if err != nil {
			r.abort(ctx, id)
		}
	}()
	if err := r.stage(ctx, id, title); err != nil {
		return err
	}
	if err := r.fill(ctx, title); err != nil {
		return err
	}
	r.w.Report(export.PhaseVerifying, r.w.Rows.Len())
	whole := rect{0, 0, r.plan.target.rows(), r.plan.target.cols()}
	if err := r.verify(ctx, title, whole); err != nil {
		return err
	}
	if err := r.stillStands(ctx, id); err != nil {
		return err
	}
	r.w.Report(export.PhaseCommitting, r.w.Rows.Len())
	reqs := r.plan.prepare()
	reqs = append(reqs, &sheets.Request{CopyPaste: &sheets.CopyPasteRequest{
		Source: whole.grid(id), Destination: r.plan.target.grid(r.plan.tabID), PasteType: "PASTE_VALUES",
		PasteOrientation: "NORMAL"}})
	reqs = append(reqs, r.plan.finish()...)
	reqs = append(reqs, deleteSheet(id))
	body, err := marshal(map[string]any{"requests": reqs})
	if err != nil {
		return err
	}
	return r.commit(ctx, body)
}

// leftovers returns the requests that delete the hidden tabs of runs that died. Runs on one spreadsheet never overlap,
// so none is in use.
func (r *write) leftovers() []*sheets.Request {
	var reqs []*sheets.Request
	for _, t := range r.state.tabs {
		if t.staging {
			reqs = append(reqs, deleteSheet(t.id))
		}
	}
	return reqs
}

// stage creates the hidden tab, exactly large enough. Its id is chosen here, so that a repeated request is recognised.
func (r *write) stage(ctx context.Context, id int64, title string) error {
	t := r.plan.target
	reqs := append(r.leftovers(),
		&sheets.Request{AddSheet: &sheets.AddSheetRequest{Properties: &sheets.SheetProperties{
			SheetId: id, Title: title, Hidden: true,
			GridProperties: &sheets.GridProperties{RowCount: int64(t.rows()), ColumnCount: int64(t.cols())},
		}}},
		createMetadata(&sheets.DeveloperMetadata{
			MetadataId: id, MetadataKey: stagingKey, MetadataValue: string(r.w.Run), Visibility: "DOCUMENT",
			Location: &sheets.DeveloperMetadataLocation{SheetId: id},
		}))
	return r.batch(ctx, reqs, func(st *state) bool { return st.tab(id) != nil })
}

// fill writes the rows into the hidden tab in pieces, each to an absolute range.
func (r *write) fill(ctx context.Context, title string) error {
	var body bytes.Buffer
	from, n := 0, 0
	flush := func() error {
		if n == from {
			return nil
		}
		piece := rect{from, 0, n, r.plan.target.cols()}.a1(title)
		body.WriteString("]}")
		k := call{method: http.MethodPut, write: true, body: bytes.Clone(body.Bytes()),
			url:   r.c.sheets + "v4/spreadsheets/" + url.PathEscape(r.state.id) + "/values/" + url.PathEscape(piece),
			query: url.Values{"valueInputOption": {"RAW"}, "fields": {"updatedRange"}}}
		if err := r.do(ctx, k, decodeInto(&sheets.UpdateValuesResponse{})); err != nil {
			return err
		}
		body.Reset()
		from = n
		r.w.Report(export.PhaseWriting, max(0, n-1))
		return nil
	}
	err := r.rows(func(row []value, _ table.Row) error {
		line, err := marshal(slices.Collect(jsonOf(row)))
		if err != nil {
			return err
		}
		if body.Len() > 0 && body.Len()+len(line) > r.c.o.MaxBody {
			if err := flush(); err != nil {
				return err
			}
		}
		if body.Len() == 0 {
			body.WriteString(`{"majorDimension":"ROWS","values":[`)
		} else {
			body.WriteByte(',')
		}
		body.Write(bytes.TrimRight(line, "\n"))
		n++
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

func jsonOf(row []value) func(func(any) bool) {
	return func(yield func(any) bool) {
		for _, v := range row {
			if !yield(rawOf(v)) {
				return
			}
		}
	}
}

// abort removes the hidden tab after a failure. If that fails too, the next run removes it.
func (r *write) abort(ctx context.Context, id int64) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	st, err := r.session.state(ctx, r.state.id)
	if err == nil && st.tab(id) != nil {
		err = r.batch(ctx, []*sheets.Request{deleteSheet(id)}, func(st *state) bool { return st.tab(id) == nil })
	}
	if err != nil {
		r.c.o.Logger.WarnContext(ctx, "staging tab stays until the next run", "error", err.Error())
	}
}

// commit sends the batch that readers see. Its stamp shows whether it was carried out.
func (r *write) commit(ctx context.Context, body []byte) error {
	return r.send(ctx, body, func(st *state) bool {
		t := st.tab(r.plan.tabID)
		if t == nil {
			return false
		}
		s := t.stamps[r.w.Owner]
		return s.Run == r.w.Run && s.Digest == r.plan.digest
	})
}

// batch sends requests as one batchUpdate. applied reports, given a state, whether they were carried out.
func (r *write) batch(ctx context.Context, reqs []*sheets.Request, applied func(*state) bool) error {
	body, err := marshal(map[string]any{"requests": reqs})
	if err != nil {
		return err
	}
	return r.send(ctx, body, applied)
}

// send carries out a batch exactly once. After a lost answer, or if a second try is refused, the spreadsheet's state
// tells what happened to the first try. send finds out even if ctx ends meanwhile, because a run must not be reported
// as cancelled if its rows are in the sheet.
func (r *write) send(ctx context.Context, body []byte, applied func(*state) bool) error {
	k := call{method: http.MethodPost, write: true, once: true, body: body,
		url:   r.c.sheets + "v4/spreadsheets/" + url.PathEscape(r.state.id) + ":batchUpdate",
		query: url.Values{"fields": {"spreadsheetId"}}}
	err := r.do(ctx, k, decodeInto(&json.RawMessage{}))
	if err == nil || !errors.Is(err, errUnknownOutcome) {
		return err
	}
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	for try := 1; ; try++ {
		if wait := r.wait(settle, try, err); wait != nil {
			return errors.Join(wait, err)
		}
		st, stateErr := r.session.state(settle, r.state.id)
		if stateErr != nil {
			return errors.Join(stateErr, err)
		}
		switch {
		case applied(st):
			return nil
		case ctx.Err() != nil:
			return errors.Join(ctx.Err(), err)
		case try == r.c.o.MaxTries, !errors.Is(err, errUnknownOutcome):
			return err // the last try was refused, and not because an earlier one had gone through
		}
		if err = r.do(settle, k, decodeInto(&json.RawMessage{})); err == nil {
			return nil
		}
	}
}

func deleteSheet(id int64) *sheets.Request {
	return &sheets.Request{DeleteSheet: &sheets.DeleteSheetRequest{SheetId: id, ForceSendFields: []string{"SheetId"}}}
}
