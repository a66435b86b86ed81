package google

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"ledgersheet/internal/export"
	"slices"
)

// smallBody returns the whole write as one batchUpdate.
func (r *write) smallBody() ([]byte, error) {
	reqs := append(r.opening(), anys(r.plan.prepare())...)
	if r.copies() {
		r.plan.back = r.putBack()
		return r.commitBody(append(reqs, anys(r.plan.finish())...))
	}
	reqs = append(reqs, r.headerUpdates()...)
	for _, b := range r.plan.arr.blocks() {
		reqs = append(reqs, r.updates(r.plan.first()+b.row, r.picked[b.from:b.from+b.rows])...)
	}
	links, err := r.linkRequests()
	if err != nil {
		return nil, err
	}
	return r.commitBody(slices.Concat(reqs, anys(r.plan.finish()), links))
}

// opening returns the requests with which each commit begins.
func (r *write) opening() []any {
	reqs := anys(r.leftovers())
	if r.plan.place.tab == nil { // the guard goes on the new tab
		return reqs
	}
	return slices.Concat(reqs, anys(r.plan.guards()), anys(r.plan.keepRequests()), anys(r.plan.lift()))
}

// headerUpdates returns the requests that write the header, if it must be written.
func (r *write) headerUpdates() []any {
	if !r.plan.header {
		return nil
	}
	return r.updates(r.plan.target.row, [][]value{r.titles})
}

// updates returns the requests that write rows from a row of the tab on, one for each span of columns.
func (r *write) updates(row int, rows [][]value) []any {
	var reqs []any
	for _, p := range r.plan.parts() {
		width := p.span[1] - p.span[0]
		cells := rows
		if width < len(r.plan.cols) {
			cells = make([][]value, len(rows))
			for n, all := range rows {
				cells[n] = all[p.from : p.from+width]
			}
		}
		at := rect{row, p.span[0], row + len(rows), p.span[1]}
		reqs = append(reqs, &valueUpdate{at: at.grid(r.plan.tabID), rows: cells})
	}
	return reqs
}

func (r *write) putSmall(ctx context.Context, body []byte) error {
	if err := r.stillStands(ctx); err != nil {
		return err
	}
	r.w.Report(export.PhaseCommitting, r.w.Rows.Len())
	if err := r.commit(ctx, body); err != nil {
		return err
	}
	return r.verifyTarget(ctx)
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

// marshal is json.Marshal without escaping < and >, which would cost six bytes each.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding a request: %w", err)
	}
	return b.Bytes(), nil
}

func decodeInto(v any) func(io.Reader) error {
	return func(r io.Reader) error { return json.NewDecoder(r).Decode(v) }
}
