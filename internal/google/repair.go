package google

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// stranded is where rows with the exporter's header stand although no mark says that they are its own.
type stranded struct {
	at     rect
	fields []field // from left to right; those of the result's columns that are there
	owners []export.ID
	named  []namedRange // of these owners
}

// searchRows and searchCols limit where a header is searched.
const searchRows, searchCols = 100, 200

// findStranded searches the tab for rows with the exporter's header: most of the result's titles, all of its keys
// among them. Its rows end where the keys are blank. It prefers the start cell.
func (r *write) findStranded(ctx context.Context) (stranded, error) {
	t := r.place.tab
	area := rect{0, 0, min(t.rows, searchRows), min(t.cols, searchCols)}
	top, err := r.ranges(ctx, r.state.id, t.title, []rect{area})
	if err != nil {
		return stranded{}, err
	}
	var found stranded
	for row, cells := range top[0] {
		at := r.matchHeader(cells)
		if at == nil || found.fields != nil && row != r.place.row {
			continue
		}
		found = stranded{fields: r.fieldsAt(at), at: rect{row, area.endCol, row + 1, 0}}
		for _, col := range at {
			found.at.col, found.at.endCol = min(found.at.col, col), max(found.at.endCol, col+1)
		}
		if found.at.endRow, err = r.endOfRows(ctx, row+1, at); err != nil {
			return stranded{}, err
		}
	}
	if found.fields == nil {
		return found, nil
	}
	for _, n := range r.state.named {
		if n.tab == t.id && isOurs(n) && !isHeading(n) && n.id != r.place.named && n.at.overlaps(found.at) {
			found.named = append(found.named, n)
			found.owners = append(found.owners, export.ID(strings.TrimPrefix(n.name, rangePrefix)))
		}
	}
	return found, nil
}

// matchHeader returns the columns in which the result's titles stand in a row, by field ID; nil if the row is not the
// exporter's header.
func (r *write) matchHeader(cells []value) map[string]int {
	schema := r.w.Rows.Schema()
	at, used := map[string]int{}, map[int]bool{}
	for _, c := range schema.Columns {
		title := r.enc.text(c.Title).Text
		for col, v := range cells {
			if v.Kind == 's' && v.Text == title && !used[col] {
				at[c.ID], used[col] = col, true
				break
			}
		}
		if _, ok := at[c.ID]; !ok && c.Key {
			return nil
		}
	}
	if len(at) == 0 || 2*len(at) < len(schema.Columns) {
		return nil
	}
	return at
}

// fieldsAt returns the result's columns that are there, as if they had been written.
func (r *write) fieldsAt(at map[string]int) []field {
	var fields []field
	for _, c := range r.w.Rows.Schema().Columns {
		if _, ok := at[c.ID]; ok {
			fields = append(fields, field{ID: c.ID, Title: r.enc.text(c.Title).Text})
		}
	}
	return fields
}

// endOfRows returns where the rows under a header end: at the first row without a key, or that is blank if the result
// has no keys.
func (r *write) endOfRows(ctx context.Context, row int, at map[string]int) (int, error) {
	t := r.place.tab
	end, ended := row, false
	var cols []int
	for _, c := range r.w.Rows.Schema().Columns {
		if col, ok := at[c.ID]; ok && (c.Key || len(r.w.Rows.Schema().Keys()) == 0) {
			cols = append(cols, col)
		}
	}
	spans := spansOf(cols)
	area := rect{row, spans[0][0], t.rows, spans[len(spans)-1][1]}
	if area.empty() {
		return row, nil
	}
	err := r.read(ctx, r.state.id, t.title, area, func(values []value) {
		blank := true
		for _, col := range cols {
			blank = blank && values[col-area.col].Kind == 0
		}
		if ended = ended || blank; !ended {
			end++
		}
	})
	return end, err
}

// takeOver makes the rows that stand under the exporter's header its managed range, as a person has allowed.
func (r *write) takeOver(ctx context.Context) error {
	p := &r.place
	if !r.w.May(export.RepairTakeOver) || p.tab == nil || !p.managed.empty() {
		return nil
	}
	found, err := r.findStranded(ctx)
	if err != nil || found.fields == nil {
		return err
	}
	p.managed, p.row, p.col, p.heirOf = found.at, found.at.row, found.at.col, found
	p.stamp.Fields = found.fields
	return nil
}

// inherits reports whether the named range is of an exporter whose rows are taken over.
func (s stranded) inherits(n namedRange) bool {
	return slices.ContainsFunc(s.named, func(o namedRange) bool { return o.id == n.id })
}

// inherit returns the requests that remove the marks of exporters whose rows were taken over.
func (pl *plan) inherit() []*sheets.Request {
	var reqs []*sheets.Request
	for _, n := range pl.place.heirOf.named {
		reqs = append(reqs, &sheets.Request{DeleteNamedRange: &sheets.DeleteNamedRangeRequest{NamedRangeId: n.id}})
	}
	for _, owner := range pl.place.heirOf.owners {
		s, ok := pl.place.tab.stamps[owner]
		if !ok {
			continue
		}
		reqs = append(reqs, deleteMetadata(s.id), drop(rowKey, rowMarkOf(owner, headEnd)),
			drop(rowKey, rowMarkOf(owner, lastEnd)))
		for _, f := range s.Fields {
			reqs = append(reqs, drop(columnKey, markOf(owner, f.ID)))
		}
	}
	return reqs
}

// offerRows returns the problem that something is in the way. If rows that look like the exporter's own stand on the
// tab, it also offers to take them over.
func (r *write) offerRows(ctx context.Context, p *problem.Problem) error {
	if !r.place.managed.empty() {
		return p
	}
	found, err := r.findStranded(ctx)
	if err != nil {
		return err
	}
	if found.fields == nil {
		return p
	}
	p = p.WithRemedies(string(export.RepairTakeOver), string(export.RepairStartOver))
	if len(found.owners) > 0 {
		for _, o := range found.owners {
			p.Owners = append(p.Owners, string(o))
		}
		p.Hint += " If that exporter was deleted, its rows can be taken over."
		return p
	}
	p.Message += fmt.Sprintf(" Rows under this exporter's header stand at %s.", found.at.a1(r.plan.title))
	return p.WithHint("If these rows came from this export, take them over. Otherwise move them, or choose another " +
		"tab or start cell. Nothing was written.")
}

// findPlace finds where the rows go. A run that starts over sends them to a new tab, as a person has allowed, or to the
// one that an earlier attempt of the run made.
func (r *write) findPlace() (place, error) {
	target, err := r.state.resolve(r.w.Target)
	if err != nil && !r.w.May(export.RepairStartOver) {
		return place{}, err
	}
	if !r.w.May(export.RepairStartOver) {
		return r.state.locate(r.w.Owner, target)
	}
	id := besideID(r.w.Owner, r.w.Run)
	if t := r.state.tab(id); t != nil {
		r.w.Target.Tab, r.w.Target.Sheet = &id, t.title
		target.Tab, target.Sheet = &id, t.title
		return r.state.locate(r.w.Owner, target)
	}
	r.w.Target.Sheet = r.state.freeTitle(r.w.Target.Sheet, "")
	row, col, err := parseStart(target)
	return place{row: row, col: col, named: r.state.rangeOf(r.w.Owner).id}, err
}

// besideID returns the id of the tab on which a run starts over.
func besideID(owner, run export.ID) int64 { return numberFor("beside", string(owner), string(run)) }

// mostTitle is how long a tab's title may be, in UTF-16 units.
const mostTitle = 100

// freeTitle returns the title with the end, or one like it that no tab has. It shortens a title that is too long.
func (st *state) freeTitle(title, end string) string {
	for n := 1; ; n++ {
		tail := end
		if n > 1 {
			tail += fmt.Sprintf(" (%d)", n)
		}
		begin := []rune(title)
		for len(begin) > 0 && len(utf16.Encode(begin))+len(utf16.Encode([]rune(tail))) > mostTitle {
			begin = begin[:len(begin)-1]
		}
		if free := strings.TrimSpace(string(begin)) + tail; st.tabTitled(free) == nil {
			return free
		}
	}
}

// mergedProblem returns the problem that merged cells are in the way.
func mergedProblem(format string, args ...any) error {
	return problem.New(problem.SheetConflict, format, args...).
		WithHint("Unmerge those cells, or choose another tab or start cell. Nothing was written.").
		WithRemedies(string(export.RepairUnmerge), string(export.RepairStartOver))
}
