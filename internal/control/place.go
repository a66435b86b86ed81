package control

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// area is a rectangle of cells of a tab, without its end row and column.
type area struct{ row, col, endRow, endCol int }

func (a area) overlaps(o area) bool {
	return a.row < o.endRow && o.row < a.endRow && a.col < o.endCol && o.col < a.endCol
}

func (a area) String() string {
	return export.CellName(a.row, a.col) + ":" + export.CellName(a.endRow-1, a.endCol-1)
}

// checkPlace refuses an exporter whose rows would meet those of another on the same tab, as far as both sizes are
// known: each would stop at the other's cells, or take its rows for its own. An exporter that stays where it is, with
// as many columns, is not refused, and one that the actor may not see is not named. What is not known is found out by
// the run.
func (d *Desk) checkPlace(ctx context.Context, e export.Exporter, bad *problem.Collect) error {
	if e.Target.Spreadsheet == "" && (e.SharedKey() == "" || e.Target.Share != "") {
		return nil // nothing stands there yet, and the tabs of a set are its own
	}
	all, err := d.o.Store.Exporters(ctx, export.ExporterFilter{Spreadsheet: e.Target.Spreadsheet})
	if err != nil {
		return fmt.Errorf("reading the exporters: %w", err)
	}
	mine, err := d.areaOf(ctx, e)
	if err != nil {
		return err
	}
	stays, taken, right := false, false, 0
	var met []string
	for _, o := range all {
		if !sharesFile(o, e) || !sharesTab(o, e) {
			continue
		}
		its, err := d.areaOf(ctx, o)
		if err != nil {
			return err
		}
		if o.ID == e.ID {
			stays = its.row == mine.row && its.col == mine.col && its.endCol == mine.endCol
			continue
		}
		right = max(right, its.endCol)
		if same := o.Target.Start == e.Target.Start; same || mine.overlaps(its) {
			met = append(met, d.describeArea(o, its, same))
			taken = taken || same
		}
	}
	if len(met) > 0 && mine == (area{}) {
		bad.Add("destination.start_cell", "%s; choose another tab, cell or named range", strings.Join(met, ", and "))
	} else if len(met) > 0 && (taken || !stays) {
		bad.Add("destination.start_cell", "%s; choose another tab or another cell, such as %s",
			strings.Join(met, ", and "), export.CellName(mine.row, right+1))
	}
	return nil
}

// sharesFile reports whether an exporter writes, or will write, into the spreadsheet of e. Exporters that will share a
// copy of a template do.
func sharesFile(o, e export.Exporter) bool {
	if e.Target.Spreadsheet != "" {
		return o.Target.Spreadsheet == e.Target.Spreadsheet
	}
	key := e.SharedKey()
	return o.SharedKey() == key && (o.Target.Spreadsheet == "" || o.Target.CreateKey == key)
}

// sharesTab reports whether exporters of one spreadsheet write to the same tab. The tabs of those whose rows are split
// alike have the same titles.
func sharesTab(o, e export.Exporter) bool {
	if !strings.EqualFold(o.Target.Sheet, e.Target.Sheet) || o.IsSplit() != e.IsSplit() {
		return false
	}
	return !e.IsSplit() || o.Split == e.Split && (e.Split == export.SplitYear ||
		slices.ContainsFunc(o.Companies, func(c export.RealmID) bool { return slices.Contains(e.Companies, c) }))
}

func (d *Desk) describeArea(o export.Exporter, its area, same bool) string {
	who := "another exporter"
	if d.sees(o.Companies...) {
		who = fmt.Sprintf("the exporter %q", o.Name)
	}
	if same {
		return who + " writes there already"
	}
	return fmt.Sprintf("the rows would meet those of %s in %s", who, its)
}

// areaOf returns the cells that an exporter takes at least: as many rows as its last run left, and as many columns as
// it has chosen or that run wrote. It is zero if the start cell is none, such as the name of a range.
func (d *Desk) areaOf(ctx context.Context, e export.Exporter) (area, error) {
	row, col, err := export.ParseCell(e.Target.Start)
	if err != nil {
		return area{}, nil
	}
	var last export.Run
	if e.ID != "" {
		runs, _, err := d.o.Store.Runs(ctx, export.RunFilter{Exporter: e.ID, Status: export.RunSucceeded, Limit: 1})
		if err != nil {
			return area{}, fmt.Errorf("reading the history: %w", err)
		}
		if len(runs) > 0 {
			last = runs[0]
		}
	}
	a := area{row, col, row + 1 + last.Rows, col + max(1, last.Columns)}
	if e.IsSplit() { // it is not known how many rows each tab has
		a.endRow = row + 1
	}
	if e.TitleBlock {
		a.endRow += export.HeadingRows
	}
	if n := d.columnsOf(e); n > 0 {
		a.endCol = col + n
	}
	return a, nil
}

// columnsOf returns how many columns an exporter has; 0 if that depends on what QuickBooks answers.
func (d *Desk) columnsOf(e export.Exporter) int {
	def, ok := d.definitions[e.Definition]
	if _, isReport := def.(export.Report); !ok || isReport {
		return 0
	}
	keys := e.ResultColumns(def)
	n := len(keys)
	isFirst := len(e.Companies) > 1 && e.Split != export.SplitCompany
	if isFirst {
		n++
	}
	for _, key := range keys {
		switch {
		case strings.HasSuffix(key, "*"):
			return 0
		case key == export.CompanyColumn && isFirst:
			n--
		}
	}
	return n
}
