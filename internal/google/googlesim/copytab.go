package googlesim

import (
	"slices"
	"strconv"
)

// copyTab fills a fresh tab with the cells and looks of another of the same spreadsheet.
func (c *change) copyTab(s, source *sheet) {
	copyCells(s, source)
	own := func(a area) (area, bool) {
		if a.sheet == source.id {
			a.sheet = s.id
		}
		return a, true
	}
	if f := source.filter; f != nil {
		copied := *f
		copied.Range = mapRange(f.Range, own)
		s.filter = &copied
	}
	s.conditions = source.conditions
	s.carryConditions(own)
	s.bands = source.bands
	s.carryBands(own)
	for _, b := range s.bands {
		b.BandedRangeId = c.st.freshID()
	}
	for _, old := range source.filterViews {
		view := *old
		view.FilterViewId, view.Range = c.st.freshID(), mapRange(old.Range, own)
		s.filterViews = append(s.filterViews, &view)
	}
	for _, old := range source.tables {
		table := *old
		table.Range, table.Name = mapRange(old.Range, own), c.st.freeTableName()
		table.TableId = strconv.FormatInt(c.st.freshID(), 10)
		s.tables = append(s.tables, &table)
	}
	s.charts = carryCharts(source.charts, duplicate{own})
	for _, chart := range s.charts {
		position, overlay, cell := *chart.Position, *chart.Position.OverlayPosition,
			*chart.Position.OverlayPosition.AnchorCell
		cell.SheetId = s.id
		overlay.AnchorCell, position.OverlayPosition = &cell, &overlay
		chart.Position, chart.ChartId = &position, c.st.freshID()
	}
	if c.st.how.DuplicateCopiesProtections {
		s.protections = source.protections
		s.carryProtections(own)
		for _, p := range s.protections {
			p.id = c.st.freshID()
		}
	}
	if c.st.how.DuplicateCopiesMetadata {
		c.st.copyMetadata(s, source)
	}
}

// duplicate carries the ranges of one tab to its copy.
type duplicate struct {
	own func(a area) (area, bool)
}

func (d duplicate) area(a area) (area, bool) { return d.own(a) }

func (d duplicate) reference(r reference, _ int64) reference { return r }

// copyMetadata gives a copied tab the metadata of the original.
func (st *state) copyMetadata(s, source *sheet) {
	for _, m := range st.metadata {
		if m.kind != "SPREADSHEET" && m.sheet == source.id {
			copied := *m
			copied.id, copied.sheet = st.freshID(), s.id
			st.metadata = append(st.metadata, &copied)
		}
	}
}

// copyCells fills a fresh tab with the cells, sizes and merges of another.
func copyCells(s, source *sheet) {
	s.rows = make([]*row, len(source.rows))
	for i, old := range source.rows {
		if old != nil {
			s.rows[i] = &row{gen: s.gen, cells: slices.Clone(old.cells)}
		}
	}
	s.rightToLeft, s.hideGridlines, s.tabColor = source.rightToLeft, source.hideGridlines, source.tabColor
	s.frozenRows, s.frozenCols = source.frozenRows, source.frozenCols
	s.rowSizes, s.colSizes = source.rowSizes, source.colSizes
	for _, a := range source.merges {
		a.sheet = s.id
		s.merges = append(s.merges, a)
	}
}
