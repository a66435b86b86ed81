package google

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// An exporter may keep what stands at each month's end. The first run of a month that finds rows which were written in
// an earlier one copies them to a tab of their own, before it writes. The copy holds values and formats; it has no
// formulas, because those would calculate anew. The stamp, which the same batch renews, tells the next run that the
// month is done, even if people have deleted the copy.
const (
	monthEndKey = "ledgersheet_month_end"

	// monthEndShare is how full a spreadsheet may become with a copy, in percent of the cells that Google allows. The
	// rest is for rows to come.
	monthEndShare = 90

	monthLayout = "2006-01"
)

// monthEnd is the metadata of a tab that keeps what stood at a month's end.
type monthEnd struct {
	Exporter export.ID `json:"exporter"`
	Month    string    `json:"month"`
}

// endedMonth returns the month in which a write took place if it has ended by now; empty otherwise.
func endedMonth(written string, now time.Time, zone *time.Location) string {
	at, err := time.Parse(time.RFC3339, written)
	if err != nil {
		return ""
	}
	if was := at.In(zone).Format(monthLayout); was < now.In(zone).Format(monthLayout) {
		return was
	}
	return ""
}

// keepsMonth reports whether a tab keeps the exporter's rows of the month already.
func (st *state) keepsMonth(owner export.ID, month string) bool {
	return slices.ContainsFunc(st.tabs, func(t tab) bool {
		return slices.Contains(t.monthEnds, monthEnd{owner, month})
	})
}

// keepMonthEnd plans to copy the range to a tab of its own if it stands as a month has left it. Where there is no room,
// it only warns.
func (r *write) keepMonthEnd() {
	pl, m, s := r.plan, r.place.extent(), r.place.stamp
	if !r.w.KeepMonthEnds || r.place.tab == nil || m.empty() {
		return
	}
	month := endedMonth(s.At, pl.at, r.w.Zone)
	if month == "" || r.state.keepsMonth(pl.owner, month) {
		return
	}
	tabs := len(r.state.tabs) + 1 // with a staging tab
	if pl.kept.copied != "" {
		tabs++
	}
	parts := nonEmpty(m, r.place.heading.at)
	rows, cols := 0, 0
	for _, p := range parts {
		rows, cols = max(rows, p.endRow), max(cols, p.endCol)
	}
	size, need := rows*cols, r.budget()
	need.kept += size
	if need.full() > export.MostCells/100*monthEndShare || tabs >= mostTabs {
		pl.kept.warning = fmt.Sprintf("There is no room to keep a copy of the rows as they stood at the end of %s. "+
			"The spreadsheet has %d tabs of at most %d. %s Copies may fill %d %% of that. Delete tabs that you no "+
			"longer need.", month, len(r.state.tabs), mostTabs, need, monthEndShare)
		return
	}
	id := numberFor("month end", string(pl.owner), month)
	for r.state.tab(id) != nil {
		id++
	}
	pl.kept.copies = append(pl.kept.copies, r.monthEndRequests(id, month, rows, cols, parts)...)
	pl.kept.cells += size
	pl.kept.monthEnd = true
	pl.kept.monthTitle = r.state.freeTitle(r.place.tab.title, " "+month)
}

// monthEndRequests returns the requests that make the tab and copy the range, which is the first part, and the heading
// to it, to the same cells.
func (r *write) monthEndRequests(id int64, month string, rows, cols int, parts []rect) []*sheets.Request {
	pl, t, s, m := r.plan, r.place.tab, r.place.stamp, parts[0]
	grid := &sheets.GridProperties{RowCount: int64(rows), ColumnCount: int64(cols)}
	if t.frozen < rows {
		grid.FrozenRowCount = int64(t.frozen)
	}
	text, _ := json.Marshal(monthEnd{pl.owner, month}) // strings cannot fail to marshal
	note := fmt.Sprintf("The rows of the tab “%s” as they stood at the end of %s. Run %s wrote them; they were right "+
		"at %s. ledgersheet keeps this copy and never changes it.", t.title, month, s.Run, s.At)
	corner := rect{m.row, m.col, m.row + 1, m.col + 1}
	reqs := []*sheets.Request{
		{AddSheet: &sheets.AddSheetRequest{Properties: &sheets.SheetProperties{
			SheetId: id, Title: r.state.freeTitle(t.title, " "+month), GridProperties: grid,
		}}},
		createMetadata(&sheets.DeveloperMetadata{
			MetadataId: id, MetadataKey: monthEndKey, MetadataValue: string(text), Visibility: "DOCUMENT",
			Location: &sheets.DeveloperMetadataLocation{SheetId: id},
		}),
		{UpdateCells: &sheets.UpdateCellsRequest{
			Range: corner.grid(id), Fields: "note",
			Rows: []*sheets.RowData{{Values: []*sheets.CellData{{Note: note}}}},
		}},
	}
	for i, p := range parts {
		reqs = append(reqs, paste(p.grid(t.id), p.grid(id), "PASTE_VALUES"),
			paste(p.grid(t.id), p.grid(id), "PASTE_FORMAT"))
		if i == 0 { // a heading may be wider than its column
			reqs = append(reqs, &sheets.Request{AutoResizeDimensions: &sheets.AutoResizeDimensionsRequest{
				Dimensions: dimension(id, "COLUMNS", m.col, m.endCol),
			}})
		}
	}
	return reqs
}

// putMonthEnd makes the copy in a run that finds the rows right as they are. The stamp stays that of the run which
// wrote them, but for its time.
func (r *write) putMonthEnd(ctx context.Context) error {
	if err := r.stillStands(ctx); err != nil {
		return err
	}
	pl := r.plan
	body, err := marshal(map[string]any{
		"requests": slices.Concat(r.opening(), anys(pl.hideFiltered()), anys(pl.marks())),
	})
	if err != nil {
		return err
	}
	want := pl.newStamp()
	_, err = r.send(ctx, body, func(st *state) bool {
		t := st.tab(pl.tabID)
		return t != nil && t.stamps[pl.owner].Writes == want.Writes && t.stamps[pl.owner].At == want.At
	})
	if problem.HasCode(err, problem.GoogleRejected) {
		return r.refused(ctx, err)
	}
	return err
}

// checkMonthEnd reads the copy of a month's end back, if one was made, and warns if it is not what stood when the run
// looked. It cannot be made again: the rows that it is a copy of have been written over.
func (r *write) checkMonthEnd(ctx context.Context) {
	if r.monthEndReads() == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout) // it is there: too late to cancel
	defer cancel()
	title := r.plan.kept.monthTitle
	switch err := r.compareMonthEnd(ctx, title); {
	case errors.Is(err, errDiffers):
		r.warnings = append(r.warnings, fmt.Sprintf("The tab %q, which keeps the rows of a month's end, does not hold "+
			"what stood when this run began: somebody changed cells meanwhile, or Google did not copy all of them. "+
			"Compare it with the version history (File, Version history).", title))
	case err != nil:
		r.warnings = append(r.warnings, fmt.Sprintf("The tab %q, which keeps the rows of a month's end, could not be "+
			"read back: %s", title, problem.From(err).Message))
	}
}

// monthEndReads returns how many requests checkMonthEnd makes.
func (r *write) monthEndReads() int {
	if !r.plan.kept.monthEnd || r.kept == nil {
		return 0
	}
	return min(r.kept.Len(), 1)
}

// errDiffers says that a copy is not like its original.
var errDiffers = errors.New("the copy differs")

// compareMonthEnd compares the copy with the rows that the run has read. A formula has left its value, which is not
// known.
func (r *write) compareMonthEnd(ctx context.Context, title string) error {
	stood := newReader(r.existing())
	defer stood.stop()
	m := r.place.extent()
	at, row, same := rect{m.row + 1, m.col, m.row + 1 + r.kept.Len(), m.endCol}, 0, true
	err := r.read(ctx, r.state.id, title, at, func(copied []value) {
		want, err := stood.row(row)
		row++
		for i, c := range r.w.Rows.Schema().Columns {
			if col, ok := r.place.layout.at[c.ID]; ok && err == nil && !isFormula(want[i]) {
				same = same && copied[col-m.col] == want[i]
			}
		}
		same = same && err == nil
	})
	if err == nil && !same {
		return errDiffers
	}
	return err
}
