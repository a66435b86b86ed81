package google

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// maxBody is the largest request body. Google recommends at most 2 MB.
const maxBody = 1_900_000

// spreadsheetBase is where spreadsheets are opened if Google's answer did not say.
const spreadsheetBase = "https://docs.google.com/spreadsheets/d/"

// write is one write under way. Its plans, the least first:
//
//   - unchanged: what stands in the managed range is the result already; nothing is written.
//   - small: one atomic batchUpdate holds all rows.
//   - staged: the rows go to a hidden tab in pieces, are read back and checked, and one atomic batchUpdate copies them
//     over and deletes the hidden tab.
type write struct {
	*session
	w      export.WriteRequest
	made   bool // this run created the spreadsheet, so nobody has put anything into it
	state  *state
	looked time.Time
	place  place
	plan   *plan

	old    *tally       // of the existing rows; nil if there are none
	kept   *table.Spool // the existing rows
	change *change.Builder
	set    *change.Set

	enc    encoder
	fresh  *tally // of the result
	money  []bool
	bytes  int       // estimated size of the rows as one updateCells
	cells  []rowData // header and rows while they may fit into one request, otherwise nil
	styles []style
	widths []int // the longest text of each column in characters, as far as the first rows tell
}

var _ export.Destination = (*Client)(nil)

// Prepare implements export.Destination. It reads the spreadsheet's state, the managed range, and the cells that the
// result would newly take. Without a spreadsheet it makes no request.
func (c *Client) Prepare(ctx context.Context, w export.WriteRequest) (export.Write, error) {
	s, err := c.session(w.Target.Account, w.Meter)
	if err != nil {
		return nil, err
	}
	r := &write{session: s, w: w}
	if w.Target.Spreadsheet == "" {
		return r, r.weigh()
	}
	if err := r.look(ctx); err != nil {
		return nil, err
	}
	return r, r.decide(ctx)
}

// decide reads the existing rows, compares the result with them and makes the plan.
func (r *write) decide(ctx context.Context) error {
	r.w.Report(export.PhaseComparing, 0)
	r.newChange()
	if err := r.stand(ctx); err != nil {
		return err
	}
	if err := r.weigh(); err != nil {
		return err
	}
	var err error
	if r.plan, err = newPlan(r.state, r.place, r.w, r.fresh.digest(), r.c.o.Now()); err != nil {
		return err
	}
	r.plan.styles, r.plan.widths = r.styles, r.widths
	return r.mustBeEmpty(ctx)
}

// newChange starts a change. Rows are identified by their keys if the columns are those of the last write.
func (r *write) newChange() {
	schema := r.w.Rows.Schema()
	o := change.Options{Trace: r.w.Trace, Budget: r.w.Budget}
	for i, c := range schema.Columns {
		o.Titles = append(o.Titles, c.Title)
		if slices.Contains(r.w.Hidden, c.ID) {
			o.Hidden = append(o.Hidden, i)
		}
	}
	if r.place.stamp.Schema == schemaID(schema) {
		o.Keys = schema.Keys()
	} else {
		o.Trace = nil // of rows of other columns
	}
	r.change = change.NewBuilder(o)
}

// weigh passes over the result once to find its digest and size, what it changes, how its rows look, and the cells for
// a single request in case it fits.
func (r *write) weigh() error {
	if r.change == nil {
		r.newChange()
	}
	schema := r.w.Rows.Schema()
	r.enc = encoder{zone: r.zone()}
	r.fresh, r.bytes, r.cells, r.styles = newTally(len(schema.Columns)), 0, []rowData{}, nil
	r.money, r.widths = make([]bool, len(schema.Columns)), make([]int, len(schema.Columns))
	for i, col := range schema.Columns {
		r.money[i] = col.Kind == table.Money
	}
	n := 0
	err := r.rows(func(row []value, meta table.Row) error {
		r.fresh.add(row, r.money)
		if n > 0 {
			r.change.Want(row)
			r.styleRow(n, meta)
		}
		for i, v := range row {
			r.bytes += 46 + len(v.Text)
			if n < widthRows {
				r.widths[i] = max(r.widths[i], shownWidth(v, meta, i))
			}
		}
		r.keepCells(row)
		n++
		return nil
	})
	r.set = r.change.Set(r.standing)
	return err
}

// keepCells keeps a row for the one request, as long as that may hold all rows.
func (r *write) keepCells(row []value) {
	if r.bytes > r.c.o.MaxBody {
		r.cells = nil
	}
	if r.cells == nil {
		return
	}
	cells := make([]cellData, len(row))
	for i, v := range row {
		cells[i] = cellDataOf(v)
	}
	r.cells = append(r.cells, rowData{Values: cells})
}

// styleRow notes how row n looks, together with rows before it that look alike.
func (r *write) styleRow(n int, meta table.Row) {
	if meta.Role == table.Data && meta.Level == 0 {
		return
	}
	last := len(r.styles) - 1
	if last >= 0 && r.styles[last].to == n && r.styles[last].role == meta.Role && r.styles[last].level == meta.Level {
		r.styles[last].to++
	} else if last+1 < maxStyledRuns {
		r.styles = append(r.styles, style{from: n, to: n + 1, role: meta.Role, level: meta.Level})
	}
}

// rows yields the header and the rows as values.
func (r *write) rows(yield func(row []value, meta table.Row) error) error {
	schema := r.w.Rows.Schema()
	buf := make([]value, len(schema.Columns))
	for i, col := range schema.Columns {
		buf[i] = r.enc.text(col.Title)
	}
	if err := yield(buf, table.Row{}); err != nil {
		return err
	}
	for row, err := range r.w.Rows.Rows() {
		if err != nil {
			return err
		}
		for i, cell := range row.Cells {
			buf[i] = r.enc.value(cell)
		}
		if err := yield(buf, row); err != nil {
			return err
		}
	}
	return nil
}

// widthRows is how many rows tell how wide columns are made.
const widthRows = 500

// shownWidth estimates how many characters a value takes when shown. Dates and amounts are longer than the numbers that
// represent them.
func shownWidth(v value, row table.Row, column int) int {
	n := utf8.RuneCountInString(v.Text)
	if column < len(row.Cells) && v.Kind == 'n' {
		n = utf8.RuneCountInString(row.Cells[column].String())
		if row.Cells[column].Kind() == table.Money {
			n += 2 // separators
		}
	}
	return min(n+2*int(row.Level), 100) // a level is indented by two
}

// Change implements export.Write.
func (r *write) Change() *change.Set { return r.set }

// isSame reports whether the sheet already holds the result.
func (r *write) isSame() bool {
	return r.old != nil && r.plan != nil && r.place.stamp.Schema == schemaID(r.plan.schema) &&
		r.place.managed == r.plan.target && r.old.digest() == r.fresh.digest()
}

// Requests implements export.Write. It does not foresee the separate reads that verify a long result in pieces.
func (r *write) Requests() int {
	const create, state, commit, stage = 2, 1, 1, 1
	verify := min(r.w.Rows.Len(), 1) // a header alone is not read back
	switch {
	case r.isSame():
		return min(len(r.leftovers()), 1)
	case r.w.Target.Spreadsheet == "" && r.cells != nil:
		return create + state + commit + verify
	case r.cells != nil:
		return commit + verify
	}
	pieces := r.bytes/4/r.c.o.MaxBody + 1
	if r.w.Target.Spreadsheet == "" {
		pieces += create + state
	}
	return stage + pieces + verify + commit
}

// Commit implements export.Write.
func (r *write) Commit(ctx context.Context) (export.WriteResult, error) {
	if r.w.Target.Spreadsheet == "" {
		if err := r.begin(ctx); err != nil {
			return export.WriteResult{}, err
		}
	}
	if r.isSame() {
		return r.finishUnchanged(ctx)
	}
	if err := r.put(ctx); err != nil {
		return export.WriteResult{}, err
	}
	return r.result(), nil
}

// begin creates the spreadsheet and looks at it.
func (r *write) begin(ctx context.Context) error {
	target := r.w.Target
	var err error
	if target.Spreadsheet, r.made, err = r.create(ctx, target.CreateKey, r.w.Title); err != nil {
		return err
	}
	target.Created = true
	r.w.Target = target
	if err := r.w.Found(target); err != nil {
		return err
	}
	if err := r.look(ctx); err != nil {
		return err
	}
	return r.decide(ctx)
}

// Close implements export.Write.
func (r *write) Close() error {
	r.kept, r.cells = nil, nil
	return nil
}

// finishUnchanged ends a run that has nothing to write. It only deletes hidden tabs that a dead run may have left.
func (r *write) finishUnchanged(ctx context.Context) (export.WriteResult, error) {
	if left := r.leftovers(); len(left) > 0 {
		gone := func(st *state) bool { return !slices.ContainsFunc(st.tabs, func(t tab) bool { return t.staging }) }
		if err := r.batch(ctx, left, gone); err != nil {
			return export.WriteResult{}, err
		}
	}
	res := r.result()
	res.Unchanged = true
	return res, nil
}

func (r *write) put(ctx context.Context) error {
	if r.cells != nil {
		body, err := r.smallBody()
		if err != nil {
			return err
		}
		if len(body) <= r.c.o.MaxBody {
			return r.putSmall(ctx, body)
		}
	}
	return r.putStaged(ctx)
}

// smallBody returns the whole write as one batchUpdate.
func (r *write) smallBody() ([]byte, error) {
	update := updateCells{Range: r.plan.target.grid(r.plan.tabID), Fields: "userEnteredValue", Rows: r.cells}
	reqs := anys(r.leftovers())
	reqs = append(reqs, anys(r.plan.prepare())...)
	reqs = append(reqs, map[string]any{"updateCells": update})
	return marshal(map[string]any{"requests": append(reqs, anys(r.plan.finish())...)})
}

func (r *write) putSmall(ctx context.Context, body []byte) error {
	if err := r.stillStands(ctx, 0); err != nil {
		return err
	}
	r.w.Report(export.PhaseCommitting, r.w.Rows.Len())
	if err := r.commit(ctx, body); err != nil {
		return err
	}
	r.w.Report(export.PhaseVerifying, r.w.Rows.Len())
	// The new rows are there: too late to cancel.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	return r.verify(ctx, r.plan.title, r.plan.target)
}

func (r *write) result() export.WriteResult {
	target := r.w.Target
	target.Spreadsheet, target.Sheet, target.Tab = r.state.id, r.plan.title, &r.plan.tabID
	target.URL = r.state.url
	if target.URL == "" {
		target.URL = spreadsheetBase + r.state.id + "/edit"
	}
	target.URL += fmt.Sprintf("#gid=%d", r.plan.tabID)
	res := export.WriteResult{Target: target, Rows: r.w.Rows.Len(), Trace: r.change.Trace()}
	if r.enc.cut > 0 {
		res.Warnings = export.Warnings(export.WarnWrite, "",
			"Some texts had more than the 50,000 characters that a Google Sheets cell holds; they are cut and end "+
				"with a note that says so.")
	}
	return res
}

// updateCells and rowData are Sheets' request with our cellData.
type updateCells struct {
	Range  any       `json:"range"`
	Rows   []rowData `json:"rows"`
	Fields string    `json:"fields"`
}

type rowData struct {
	Values []cellData `json:"values"`
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
