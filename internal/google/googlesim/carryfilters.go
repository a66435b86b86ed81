package googlesim

import (
	"maps"
	"strconv"

	"google.golang.org/api/sheets/v4"
)

// carryFilters moves the filters of a tab along with a shift, and the criteria with their columns.
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
