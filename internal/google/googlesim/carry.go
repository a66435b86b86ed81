package googlesim

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/api/sheets/v4"
)

// carrier says where ranges and references land when cells move.
type carrier interface {
	area(a area) (area, bool)
	reference(r reference, home int64) reference
}

// carry moves everything that has a range, or refers to one, along with a shift.
func (st *state) carry(sh shift) {
	st.carryReferences(sh)
	s := st.sheet(sh.sheet)
	looks := sh.area
	if st.how.InheritExtendsRanges {
		looks = sh.joined
	}
	s.merges = slices.DeleteFunc(mapAreas(s.merges, sh.area), area.single)
	s.carryProtections(looks)
	s.carryFilters(sh, looks)
	s.carryConditions(looks)
	s.carryBands(looks)
	st.carryTables(s, sh)
	s.carryAnchors(sh)
	st.carryMetadata(sh)
}

// carryReferences moves what reads cells from anywhere in the spreadsheet: formulas, named ranges,
// conditions, and the sources of charts and pivot tables.
func (st *state) carryReferences(by carrier) {
	change := func(r reference, home int64) reference { return by.reference(r, home) }
	st.mapFormulas(change)
	for i, n := range st.named {
		if a, ok := by.area(n.area); !ok {
			st.named[i] = &namedRange{id: n.id, name: n.name, area: area{sheet: n.area.sheet}, lost: true}
		} else if a != n.area {
			st.named[i] = &namedRange{id: n.id, name: n.name, area: a, lost: n.lost}
		}
	}
	for _, s := range st.sheets {
		st.carryRules(s, by)
		s.charts = carryCharts(s.charts, by)
	}
}

// carryRules maps the references inside conditions of validations, conditional formats and filters, and
// the sources of pivot tables.
func (st *state) carryRules(s *sheet, by carrier) {
	known := map[*sheets.DataValidationRule]*sheets.DataValidationRule{}
	rule := func(old *sheets.DataValidationRule) *sheets.DataValidationRule {
		if old == nil {
			return nil
		}
		if _, ok := known[old]; !ok {
			fresh := *old
			fresh.Condition = st.carryCondition(old.Condition, s.id, by)
			if known[old] = &fresh; fresh.Condition == old.Condition {
				known[old] = old
			}
		}
		return known[old]
	}
	for r := range s.rows {
		if s.rows[r] == nil {
			continue
		}
		for c := 0; c < len(s.rows[r].cells); c++ {
			old := s.rows[r].cells[c].extra
			if old == nil || old.validation == nil && old.pivot == nil {
				continue
			}
			validation, pivot := rule(old.validation), carryPivot(old.pivot, by)
			if validation != old.validation || pivot != old.pivot {
				s.put(r, c).setExtra(func(e *extra) { e.validation, e.pivot = validation, pivot })
			}
		}
	}
	conditions := slices.Clone(s.conditions)
	for i, old := range conditions {
		if old.BooleanRule == nil {
			continue
		}
		if c := st.carryCondition(old.BooleanRule.Condition, s.id, by); c != old.BooleanRule.Condition {
			inner, fresh := *old.BooleanRule, *old
			inner.Condition, fresh.BooleanRule = c, &inner
			conditions[i] = &fresh
		}
	}
	s.conditions = conditions
}

// carryCondition maps the formulas of a condition; it returns the same one if none changed. A relative
// reference is counted from the first cell of a range, so it survives when only that cell dies.
func (st *state) carryCondition(old *sheets.BooleanCondition, home int64, by carrier) *sheets.BooleanCondition {
	if old == nil {
		return nil
	}
	var values []*sheets.ConditionValue
	for i, v := range old.Values {
		text, ok := strings.CutPrefix(v.UserEnteredValue, "=")
		if !ok {
			continue
		}
		f := st.parseFormula(text)
		mapped := f.mapReferences(func(r reference) reference {
			if fresh := by.reference(r, home); !fresh.lost || old.Type == "ONE_OF_RANGE" {
				return fresh
			}
			return r
		})
		if mapped == f {
			continue
		}
		if values == nil {
			values = slices.Clone(old.Values)
		}
		fresh := *v
		fresh.UserEnteredValue = mapped.text(st)
		values[i] = &fresh
	}
	if values == nil {
		return old
	}
	fresh := *old
	fresh.Values = values
	return &fresh
}

func carryPivot(old *sheets.PivotTable, by carrier) *sheets.PivotTable {
	if old == nil || old.Source == nil {
		return old
	}
	a, ok := by.area(areaOf(old.Source))
	if !ok {
		fresh := *old
		fresh.Source = nil
		return &fresh
	}
	if a == areaOf(old.Source) {
		return old
	}
	fresh := *old
	fresh.Source = a.gridRange()
	return &fresh
}

func mapAreas(list []area, by func(area) (area, bool)) []area {
	var out []area
	for _, a := range list {
		if b, ok := by(a); ok && !b.empty() {
			out = append(out, b)
		}
	}
	return out
}

// mapRange maps a range of the API's; nil if nothing is left of it.
func mapRange(g *sheets.GridRange, by func(area) (area, bool)) *sheets.GridRange {
	if g == nil {
		return nil
	}
	if a, ok := by(areaOf(g)); ok && !a.empty() {
		return a.gridRange()
	}
	return nil
}

func (s *sheet) carryProtections(by func(area) (area, bool)) {
	var out []*protection
	for _, p := range s.protections {
		a, ok := by(p.area)
		if !ok {
			continue
		}
		copied := *p
		copied.area, copied.open = a, mapAreas(p.open, by)
		out = append(out, &copied)
	}
	s.protections = out
}

func (s *sheet) carryFilters(sh shift, by func(area) (area, bool)) {
	if old := s.filter; old != nil {
		copied, column := *old, sh.columnsOf(old.Range)
		copied.Criteria, copied.FilterSpecs = mapCriteria(old.Criteria, column), mapFilterSpecs(old.FilterSpecs, column)
		copied.SortSpecs = mapSortSpecs(old.SortSpecs, column)
		if copied.Range = mapRange(old.Range, by); copied.Range != nil {
			s.filter = &copied
		} else {
			s.filter = nil
		}
	}
	var views []*sheets.FilterView
	for _, old := range s.filterViews {
		copied, column := *old, sh.columnsOf(old.Range)
		copied.Criteria, copied.FilterSpecs = mapCriteria(old.Criteria, column), mapFilterSpecs(old.FilterSpecs, column)
		copied.SortSpecs = mapSortSpecs(old.SortSpecs, column)
		if copied.Range = mapRange(old.Range, by); copied.Range != nil {
			views = append(views, &copied)
		}
	}
	s.filterViews = views
}

// columnsOf says where the columns of a filter land, which its criteria name by number.
func (sh shift) columnsOf(g *sheets.GridRange) func(int) (int, bool) {
	return func(col int) (int, bool) {
		if sh.rows || !sh.reaches(areaOf(g).across(false)) {
			return col, true
		}
		lo, _, ok := sh.span(col, col+1)
		return lo, ok
	}
}

// mapCriteria renumbers the columns of criteria; what is said of a deleted column goes with it.
func mapCriteria(by map[string]sheets.FilterCriteria, column func(int) (int, bool)) map[string]sheets.FilterCriteria {
	mapped := maps.Clone(by)
	clear(mapped)
	for key, c := range by {
		if p, err := strconv.Atoi(key); err == nil {
			if to, ok := column(p); ok {
				mapped[strconv.Itoa(to)] = c
			}
		}
	}
	return mapped
}

func mapFilterSpecs(list []*sheets.FilterSpec, column func(int) (int, bool)) []*sheets.FilterSpec {
	var out []*sheets.FilterSpec
	for _, old := range list {
		if to, ok := column(int(old.ColumnIndex)); ok {
			copied := *old
			copied.ColumnIndex = int64(to)
			out = append(out, &copied)
		}
	}
	return out
}

func mapSortSpecs(list []*sheets.SortSpec, column func(int) (int, bool)) []*sheets.SortSpec {
	var out []*sheets.SortSpec
	for _, old := range list {
		if to, ok := column(int(old.DimensionIndex)); ok {
			copied := *old
			copied.DimensionIndex = int64(to)
			out = append(out, &copied)
		}
	}
	return out
}

func (s *sheet) carryConditions(by func(area) (area, bool)) {
	var out []*sheets.ConditionalFormatRule
	for _, old := range s.conditions {
		copied := *old
		copied.Ranges = nil
		for _, g := range old.Ranges {
			if m := mapRange(g, by); m != nil {
				copied.Ranges = append(copied.Ranges, m)
			}
		}
		if len(copied.Ranges) > 0 {
			out = append(out, &copied)
		}
	}
	s.conditions = out
}

func (s *sheet) carryBands(by func(area) (area, bool)) {
	var out []*sheets.BandedRange
	for _, old := range s.bands {
		copied := *old
		if copied.Range = mapRange(old.Range, by); copied.Range != nil {
			out = append(out, &copied)
		}
	}
	s.bands = out
}

// carryAnchors moves the charts that lie over a tab; one whose cell is deleted stays at the place.
func (s *sheet) carryAnchors(sh shift) {
	out := slices.Clone(s.charts)
	for i, old := range out {
		if old.Position == nil || old.Position.OverlayPosition == nil {
			continue
		}
		position, overlay, chart := *old.Position, *old.Position.OverlayPosition, *old
		cell := *overlay.AnchorCell
		row, col, ok := sh.cell(cell.SheetId, int(cell.RowIndex), int(cell.ColumnIndex))
		switch {
		case ok:
			cell.RowIndex, cell.ColumnIndex = int64(row), int64(col)
		case sh.rows:
			cell.RowIndex = int64(max(min(sh.at, s.rowCount-1), 0))
		default:
			cell.ColumnIndex = int64(max(min(sh.at, s.colCount-1), 0))
		}
		overlay.AnchorCell, position.OverlayPosition, chart.Position = &cell, &overlay, &position
		out[i] = &chart
	}
	s.charts = out
}

func (st *state) carryMetadata(sh shift) {
	var out []*metadatum
	for _, m := range st.metadata {
		if m.kind != "ROW" && m.kind != "COLUMN" {
			out = append(out, m)
			continue
		}
		if p, ok := sh.line(m.sheet, m.kind == "ROW", m.index); ok {
			copied := *m
			copied.index = p
			out = append(out, &copied)
		}
	}
	st.metadata = out
}

// carryCharts maps the sources of charts. A series or domain that lost all its cells goes; the chart
// stays.
func carryCharts(list []*sheets.EmbeddedChart, by carrier) []*sheets.EmbeddedChart {
	out := slices.Clone(list)
	for i, old := range out {
		if old.Spec == nil {
			continue
		}
		chart := *old
		chart.Spec = deepCopy(reflect.ValueOf(old.Spec)).Interface().(*sheets.ChartSpec)
		carryRanges(reflect.ValueOf(chart.Spec), by.area)
		if basic := chart.Spec.BasicChart; basic != nil {
			basic.Series = slices.DeleteFunc(basic.Series, func(s *sheets.BasicChartSeries) bool {
				return sourceless(s.Series)
			})
			basic.Domains = slices.DeleteFunc(basic.Domains, func(d *sheets.BasicChartDomain) bool {
				return sourceless(d.Domain)
			})
		}
		out[i] = &chart
	}
	return out
}

func sourceless(d *sheets.ChartData) bool {
	return d != nil && d.SourceRange != nil && len(d.SourceRange.Sources) == 0
}

// carryRanges maps every list of grid ranges below a message, in place.
func carryRanges(v reflect.Value, by func(area) (area, bool)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			carryRanges(v.Elem(), by)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			carryRanges(v.Field(i), by)
		}
	case reflect.Slice:
		list, ok := v.Interface().([]*sheets.GridRange)
		if !ok {
			for i := range v.Len() {
				carryRanges(v.Index(i), by)
			}
			return
		}
		var kept []*sheets.GridRange
		for _, g := range list {
			if m := mapRange(g, by); m != nil {
				kept = append(kept, m)
			}
		}
		v.Set(reflect.ValueOf(kept))
	}
}

// deepCopy copies a message of the API's with everything below it.
func deepCopy(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		fresh := reflect.New(v.Type().Elem())
		fresh.Elem().Set(deepCopy(v.Elem()))
		return fresh
	case reflect.Struct:
		fresh := reflect.New(v.Type()).Elem()
		fresh.Set(v)
		for i := range v.NumField() {
			fresh.Field(i).Set(deepCopy(v.Field(i)))
		}
		return fresh
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			fresh.Index(i).Set(deepCopy(v.Index(i)))
		}
		return fresh
	}
	return v
}

// mapFormulas replaces the references of every formula of every tab.
func (st *state) mapFormulas(change func(r reference, home int64) reference) {
	for _, s := range st.sheets {
		for r := range s.rows {
			if s.rows[r] == nil {
				continue
			}
			for c := 0; c < len(s.rows[r].cells); c++ {
				f := s.rows[r].cells[c].formula()
				if f == nil {
					continue
				}
				fresh := f.mapReferences(func(r reference) reference { return change(r, s.id) })
				if fresh != f {
					s.put(r, c).setExtra(func(e *extra) { e.formula = fresh })
				}
			}
		}
	}
}
