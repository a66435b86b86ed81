package google

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"time"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// settleTimeout is how long a run that has ended may still talk to Google, to learn the outcome of a request whose
// answer was lost, or to verify what was written.
const settleTimeout = 3 * time.Minute

// commitBody returns a batchUpdate that answers with the spreadsheet's state afterwards.
func (r *write) commitBody(reqs []any) ([]byte, error) {
	if r.plan.place.tab == nil {
		reqs = append(reqs, anys(r.plan.guards())...)
	}
	size := r.plan.linkBytes
	if r.picked != nil {
		size += r.weight
	}
	body, err := batchBody(reqs, size)
	if err != nil || r.known == nil {
		return body, err
	}
	return r.askBack(body)
}

// commit sends the batch that readers see. Its stamp shows whether it was carried out. If the rows are not where the
// plan has put them, somebody moved cells between the look and the commit: commit returns export.ErrMoved, and the next
// write puts right what this one left.
func (r *write) commit(ctx context.Context, body []byte) error {
	st, err := r.send(ctx, body, func(st *state) bool {
		t := st.tab(r.plan.tabID)
		if t == nil {
			return false
		}
		s := t.stamps[r.w.Owner]
		if r.plan.writing {
			return s.Writing == r.w.Run
		}
		return s.Run == r.w.Run && s.Digest == r.plan.digest
	})
	if problem.HasCode(err, problem.GoogleRejected) {
		return r.refused(ctx, err)
	}
	if err != nil {
		return err
	}
	if n := st.rangeOf(r.w.Owner); n.tab != r.plan.tabID || n.at != r.plan.landing() {
		return errors.Join(export.ErrMoved, problem.New(problem.SheetConflict,
			"Somebody moved cells of the tab %q while it was written.", r.plan.title))
	}
	if r.copies() && r.lostConditions(st) {
		r.warnings = append(r.warnings, fmt.Sprintf("Google took conditional formats off the rows of the tab %q when "+
			"it put them back. Look at Format, Conditional formatting.", r.plan.title))
	}
	return nil
}

// refused tells why Google refused a commit: because the spreadsheet is no longer what was looked at, or because of
// what was asked.
func (r *write) refused(ctx context.Context, refusal error) error {
	now, err := r.session.state(ctx, r.state.id)
	if err != nil {
		return errors.Join(refusal, err)
	}
	if reflect.DeepEqual(r.state.without(r.w.Owner), now.without(r.w.Owner)) {
		return refusal
	}
	return errors.Join(export.ErrMoved, problem.New(problem.SheetConflict,
		"Somebody changed the tab %q again and again while it was to be written.", r.tabTitle()))
}

// tabTitle returns the title of the rows' tab.
func (r *write) tabTitle() string {
	if r.place.tab != nil && !r.place.rename {
		return r.place.tab.title
	}
	return r.w.Target.Sheet
}

// verifyTarget reads the rows back from where readers see them. If they are not those that were written, somebody came
// in between, or Google did not write into rows that a filter hides.
func (r *write) verifyTarget(ctx context.Context) error {
	r.w.Report(export.PhaseVerifying, r.w.Rows.Len())
	// The new rows are there: too late to cancel.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	err := r.verifyRows(ctx)
	switch {
	case problem.HasCode(err, problem.TotalsMismatch):
		return errors.Join(export.ErrMoved, err)
	case err != nil: // the rows are there all the same
		r.warnings = append(r.warnings, "The rows were written, but could not be read back: "+
			problem.From(err).Message)
	}
	return nil
}

func (r *write) verifyRows(ctx context.Context) error {
	if r.known != nil {
		if err := r.verifyKnown(ctx); err != nil || !r.known.Read {
			return err
		}
		return r.verifyLeft(ctx)
	}
	if r.copies() {
		return r.verifyUndo(ctx)
	}
	return r.verify(ctx, r.plan.title, r.plan.landing().row+1, r.plan.cols, r.expected(false))
}

// batch sends requests as one batchUpdate. applied reports, given a state, whether they were carried out.
func (r *write) batch(ctx context.Context, reqs []*sheets.Request, applied func(*state) bool) error {
	body, err := marshal(map[string]any{"requests": reqs})
	if err != nil {
		return err
	}
	_, err = r.send(ctx, body, applied)
	return err
}

// send carries out a batch exactly once, and returns the state that follows if the batch asks for it. After a lost
// answer, or if a second try is refused, the spreadsheet's state tells what happened to the first try. send finds out
// even if ctx ends meanwhile, because a run must not be reported as cancelled if its rows are in the sheet.
func (r *write) send(ctx context.Context, body []byte, applied func(*state) bool) (*state, error) {
	k := call{method: http.MethodPost, write: true, once: true, body: body,
		url:   r.c.sheets + "v4/spreadsheets/" + url.PathEscape(r.state.id) + ":batchUpdate",
		query: url.Values{"fields": {"spreadsheetId,updatedSpreadsheet(" + r.answerFields() + ")"}}}
	var at time.Time
	k.answered = &at
	r.since, r.after = time.Time{}, nil // what it leaves is not known before it has answered
	var answer sheets.BatchUpdateSpreadsheetResponse
	read := func(in io.Reader) error {
		answer = sheets.BatchUpdateSpreadsheetResponse{}
		return json.NewDecoder(in).Decode(&answer)
	}
	after := func() *state {
		if answer.UpdatedSpreadsheet == nil {
			return nil
		}
		r.after = stateOf(answer.UpdatedSpreadsheet)
		r.since = at
		if r.known != nil {
			r.known.left = rowsOf(answer.UpdatedSpreadsheet, r.plan.tabID, r.plan.landing())
		}
		return r.after
	}
	err := r.do(ctx, k, read)
	if err == nil || !errors.Is(err, errUnknownOutcome) {
		return after(), err
	}
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	for try := 1; ; try++ {
		if wait := r.wait(settle, try, err); wait != nil {
			return nil, errors.Join(wait, err)
		}
		st, stateErr := r.session.state(settle, r.state.id)
		if stateErr != nil {
			return nil, errors.Join(stateErr, err)
		}
		switch {
		case applied(st):
			return st, nil
		case ctx.Err() != nil:
			return nil, errors.Join(ctx.Err(), err)
		case try == r.c.o.MaxTries, !errors.Is(err, errUnknownOutcome), !mayRetry(err):
			return nil, err // the last try was refused, and not because an earlier one had gone through
		}
		if err = r.do(settle, k, read); err == nil {
			return after(), nil
		}
	}
}
