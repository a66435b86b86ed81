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

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// maxBody is how large a request body gets: Google recommends at most 2 MB.
const maxBody = 1_900_000

// spreadsheetBase is where spreadsheets are opened when Google's answer did not say.
const spreadsheetBase = "https://docs.google.com/spreadsheets/d/"

// Replace implements export.Destination. Its plans, the least first:
//
//   - unchanged: what stands in the managed range is the result already; nothing is written.
//   - small: one atomic batchUpdate holds all rows.
//   - staged: the rows go to a hidden tab in pieces, are read back and checked, and one atomic batchUpdate copies them
//     over and deletes the hidden tab.
func (c *Client) Replace(ctx context.Context, w export.WriteRequest) (export.WriteResult, error) {
	s, err := c.session(w.Exporter.Target.Account, w.Meter)
	if err != nil {
		return export.WriteResult{}, err
	}
	r := &replacement{session: s, w: w}
	if err := r.find(ctx); err != nil {
		return export.WriteResult{}, err
	}
	if err := r.measure(); err != nil {
		return export.WriteResult{}, err
	}
	if r.plan, err = newPlan(r.state, r.place, w, r.fresh.digest(), c.o.Now()); err != nil {
		return export.WriteResult{}, err
	}
	r.plan.styles, r.plan.widths = r.styles, r.widths
	same, err := r.compare(ctx)
	if err != nil {
		return export.WriteResult{}, err
	}
	if same {
		return r.unchanged(ctx)
	}
	if err := r.write(ctx); err != nil {
		return export.WriteResult{}, err
	}
	return r.result(), nil
}

// replacement is one Replace under way.
type replacement struct {
	*session
	w      export.WriteRequest
	made   bool // the spreadsheet is of this run: nobody has put anything into it
	state  *state
	place  place
	enc    encoder
	fresh  *tally // of the result
	diff   *diff
	money  []bool
	bytes  int // estimate of the rows as one updateCells
	styles []style
	widths []int // the longest text of each column in characters, as far as the first rows tell
	plan   *plan
}

// find makes the spreadsheet if there is none, reads its state and locates the managed range.
func (r *replacement) find(ctx context.Context) error {
	target := r.w.Exporter.Target
	if target.Spreadsheet == "" {
		var err error
		if target.Spreadsheet, r.made, err = r.create(ctx, target.CreateKey, r.w.Title); err != nil {
			return err
		}
		target.Created = true
		r.w.Exporter.Target = target
		if err := r.w.Found(target); err != nil {
			return err
		}
	}
	st, err := r.session.state(ctx, target.Spreadsheet)
	if err != nil {
		return err
	}
	r.state = st
	r.enc.zone = r.w.Zone
	if loc, err := time.LoadLocation(st.zone); err == nil && st.zone != "" {
		r.enc.zone = loc
	}
	if r.place, err = st.locate(r.w.Exporter); err != nil {
		return err
	}
	return r.prove(ctx)
}

// prove looks at cells where the spreadsheet's state alone does not tell whose they are.
func (r *replacement) prove(ctx context.Context) error {
	p := &r.place
	if !p.claim.empty() {
		written := newTally(p.claim.cols())
		if err := r.read(ctx, r.state.id, p.tab.title, p.claim, func(row []value) { written.add(row, nil) }); err != nil {
			return err
		}
		if written.digest() == p.stamp.Digest {
			p.managed = p.claim
		}
	}
	if p.rename && !r.made {
		taken, err := r.firstTaken(ctx, p.tab.title, rect{0, 0, p.tab.rows, p.tab.cols})
		if err != nil {
			return err
		}
		if taken != "" { // somebody has begun to use the tab: it stays, and another is made
			p.tab, p.rename = nil, false
		}
	}
	return nil
}

// rows yields the header and the rows as values.
func (r *replacement) rows(yield func(row []value, meta table.Row) error) error {
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

// measure walks the result once: its digest, its size, the styles of its rows.
func (r *replacement) measure() error {
	schema := r.w.Rows.Schema()
	r.fresh = newTally(len(schema.Columns))
	r.money, r.widths = make([]bool, len(schema.Columns)), make([]int, len(schema.Columns))
	for i, col := range schema.Columns {
		r.money[i] = col.Kind == table.Money
	}
	n := 0
	return r.rows(func(row []value, meta table.Row) error {
		r.fresh.add(row, r.money)
		for i, v := range row {
			r.bytes += 46 + len(v.text)
			if n < widthRows {
				r.widths[i] = max(r.widths[i], shownWidth(v, meta, i))
			}
		}
		if last := len(r.styles) - 1; n > 0 && (meta.Role != table.Data || meta.Level > 0) {
			if last >= 0 && r.styles[last].to == n && r.styles[last].role == meta.Role && r.styles[last].level == meta.Level {
				r.styles[last].to++
			} else if last+1 < maxStyledRuns {
				r.styles = append(r.styles, style{from: n, to: n + 1, role: meta.Role, level: meta.Level})
			}
		}
		n++
		return nil
	})
}

// widthRows is how many rows tell how wide columns are made.
const widthRows = 500

// shownWidth is about how many characters a value takes where it is shown: dates and amounts are longer than the numbers
// that stand for them.
func shownWidth(v value, row table.Row, column int) int {
	n := utf8.RuneCountInString(v.text)
	if column < len(row.Cells) && v.kind == 'n' {
		n = utf8.RuneCountInString(row.Cells[column].String())
		if row.Cells[column].Kind() == table.Money {
			n += 2 // separators
		}
	}
	return min(n+2*int(row.Level), 100) // a level is indented by two
}

// compare reads what stands in the managed range and in the cells that the result would newly take. It reports whether
// the range is right already, and refuses to take cells that hold something.
func (r *replacement) compare(ctx context.Context) (same bool, err error) {
	r.w.Report(export.PhaseComparing, 0)
	title := ""
	if r.place.tab != nil {
		title = r.place.tab.title
	}
	for _, area := range r.plan.fresh() {
		if err := r.mustBeEmpty(ctx, title, area); err != nil {
			return false, err
		}
	}
	m := r.place.managed
	if m.empty() {
		return false, nil
	}
	old := newTally(m.cols())
	keys := r.w.Rows.Schema().Keys()
	sameSchema := r.place.stamp.Schema == schemaID(r.plan.schema)
	if !sameSchema {
		keys = nil
	}
	r.diff = newDiff(keys)
	first := true
	err = r.read(ctx, r.state.id, title, m, func(row []value) {
		old.add(row, nil)
		if !first {
			r.diff.addOld(row)
		}
		first = false
	})
	return err == nil && sameSchema && m == r.plan.target && old.digest() == r.fresh.digest(), err
}

func (r *replacement) mustBeEmpty(ctx context.Context, title string, area rect) error {
	taken, err := r.firstTaken(ctx, title, area)
	if err != nil || taken == "" {
		return err
	}
	return problem.New(problem.SheetConflict, "Cell %s of the tab %q holds something that is not this exporter's, where %d rows and %d columns must go.", taken, title, r.plan.target.rows(), r.plan.target.cols())
}

// firstTaken is the address of the first cell that holds something; empty when none does.
func (r *replacement) firstTaken(ctx context.Context, title string, area rect) (taken string, err error) {
	at := area.row
	err = r.read(ctx, r.state.id, title, area, func(row []value) {
		for i, v := range row {
			if v.kind != 0 && taken == "" {
				taken = cellName(at, area.col+i)
			}
		}
		at++
	})
	return taken, err
}

// unchanged ends a run that has nothing to write, but for hidden tabs that a dead run may have left.
func (r *replacement) unchanged(ctx context.Context) (export.WriteResult, error) {
	if left := r.leftovers(); len(left) > 0 {
		gone := func(st *state) bool { return !slices.ContainsFunc(st.tabs, func(t tab) bool { return t.staging }) }
		if err := r.batch(ctx, left, gone); err != nil {
			return export.WriteResult{}, err
		}
	}
	res := r.result()
	res.Unchanged, res.Added, res.Changed, res.Removed = true, 0, 0, 0
	return res, nil
}

func (r *replacement) write(ctx context.Context) error {
	if r.bytes <= r.c.o.MaxBody {
		body, err := r.smallBody()
		if err != nil {
			return err
		}
		if len(body) <= r.c.o.MaxBody {
			return r.writeSmall(ctx, body)
		}
	}
	return r.writeStaged(ctx)
}

// smallBody is the whole replacement as one batchUpdate.
func (r *replacement) smallBody() ([]byte, error) {
	update := updateCells{Range: r.plan.target.grid(r.plan.tabID), Fields: "userEnteredValue"}
	err := r.rows(func(row []value, _ table.Row) error {
		cells := make([]cellData, len(row))
		for i, v := range row {
			cells[i] = v.cellData()
		}
		update.Rows = append(update.Rows, rowData{Values: cells})
		return nil
	})
	if err != nil {
		return nil, err
	}
	reqs := anys(r.leftovers())
	reqs = append(reqs, anys(r.plan.prepare())...)
	reqs = append(reqs, map[string]any{"updateCells": update})
	return marshal(map[string]any{"requests": append(reqs, anys(r.plan.finish())...)})
}

func (r *replacement) writeSmall(ctx context.Context, body []byte) error {
	r.w.Report(export.PhaseCommitting, r.w.Rows.Len())
	if err := r.commit(ctx, body); err != nil {
		return err
	}
	r.w.Report(export.PhaseVerifying, r.w.Rows.Len())
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout) // the new rows are there: too late to cancel
	defer cancel()
	return r.verify(ctx, r.plan.title, r.plan.target)
}

func (r *replacement) result() export.WriteResult {
	target := r.w.Exporter.Target
	target.Spreadsheet, target.Sheet, target.Tab = r.state.id, r.plan.title, &r.plan.tabID
	res := export.WriteResult{Target: target, URL: r.state.url, Rows: r.w.Rows.Len()}
	if res.URL == "" {
		res.URL = spreadsheetBase + r.state.id + "/edit"
	}
	res.URL += fmt.Sprintf("#gid=%d", r.plan.tabID)
	if r.enc.cut > 0 {
		res.Warnings = append(res.Warnings, "Some texts had more than the 50,000 characters that a Google Sheets cell holds; they are cut and end with a note that says so.")
	}
	if r.diff == nil {
		res.Added = res.Rows
		return res
	}
	n := 0
	_ = r.rows(func(row []value, _ table.Row) error { // walked before without an error
		if n++; n > 1 && len(row) > 0 {
			r.diff.addNew(row)
		}
		return nil
	})
	res.Added, res.Changed, res.Removed = r.diff.counts()
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
