package googlesim

import (
	"slices"
	"strconv"
	"strings"

	"google.golang.org/api/sheets/v4"
)

// setBasicFilter replaces the tab's one filter, which hides rows from everybody. See
// https://developers.google.com/workspace/sheets/api/guides/filters.
func (c *change) setBasicFilter(r *sheets.SetBasicFilterRequest) error {
	if r.Filter == nil {
		return badRequest("A filter must be specified.")
	}
	s, a, err := c.area(r.Filter.Range)
	if err != nil {
		return err
	}
	if err := c.mayShape(s, true); err != nil {
		return err
	}
	filter := *r.Filter
	filter.Range = s.clamp(a).gridRange()
	if err := checkCriteria(filter.Criteria, filter.FilterSpecs); err != nil {
		return err
	}
	s.filter = &filter
	return nil
}

// clearBasicFilter removes the tab's filter; the rows it hid show again. See
// https://developers.google.com/workspace/sheets/api/guides/filters.
func (c *change) clearBasicFilter(r *sheets.ClearBasicFilterRequest) error {
	s, err := c.st.grid(r.SheetId)
	if err != nil {
		return err
	}
	s.filter = nil
	return nil
}

// addFilterView adds a filter that hides rows only from those who choose it. See
// https://developers.google.com/workspace/sheets/api/guides/filters.
func (c *change) addFilterView(r *sheets.AddFilterViewRequest) (*sheets.Response, error) {
	if r.Filter == nil {
		return nil, badRequest("A filter must be specified.")
	}
	fresh := *r.Filter
	if fresh.FilterViewId == 0 && !sent(fresh.ForceSendFields, "FilterViewId") {
		fresh.FilterViewId = c.st.freshID()
	}
	if s, _ := c.st.filterView(fresh.FilterViewId); s != nil {
		return nil, badRequest("Filter view with id %d already exists.", fresh.FilterViewId)
	}
	s, err := c.placeFilterView(&fresh)
	if err != nil {
		return nil, err
	}
	if fresh.Title == "" {
		fresh.Title = "Filter " + strconv.Itoa(len(s.filterViews)+1)
	}
	s.filterViews = append(slices.Clone(s.filterViews), &fresh)
	return &sheets.Response{AddFilterView: &sheets.AddFilterViewResponse{Filter: &fresh}}, nil
}

// placeFilterView checks the range of a filter view, its own or that of a named range or table.
func (c *change) placeFilterView(f *sheets.FilterView) (*sheet, error) {
	grid := f.Range
	switch {
	case grid == nil && f.NamedRangeId != "":
		i, err := c.findNamedRange(f.NamedRangeId)
		if err != nil {
			return nil, err
		}
		grid = c.st.named[i].area.gridRange()
	case grid == nil && f.TableId != "":
		s, i := c.st.table(f.TableId)
		if s == nil {
			return nil, badRequest("No table with id: %s", f.TableId)
		}
		grid = s.tables[i].Range
	}
	s, a, err := c.area(grid)
	if err != nil {
		return nil, err
	}
	f.Range = s.clamp(a).gridRange()
	return s, checkCriteria(f.Criteria, f.FilterSpecs)
}

// filterView finds a filter view; the tab is nil if there is none.
func (st *state) filterView(id int64) (*sheet, int) {
	for _, s := range st.sheets {
		i := slices.IndexFunc(s.filterViews, func(f *sheets.FilterView) bool { return f.FilterViewId == id })
		if i >= 0 {
			return s, i
		}
	}
	return nil, -1
}

// updateFilterView replaces the masked fields of a filter view. See
// https://developers.google.com/workspace/sheets/api/guides/filters.
func (c *change) updateFilterView(r *sheets.UpdateFilterViewRequest) error {
	m, err := updateMask(r.Fields, sheets.FilterView{})
	if err != nil {
		return err
	}
	if r.Filter == nil {
		return badRequest("A filter must be specified.")
	}
	s, i := c.st.filterView(r.Filter.FilterViewId)
	if s == nil {
		return badRequest("No filter view with id: %d", r.Filter.FilterViewId)
	}
	fresh := *s.filterViews[i]
	assignMask(m, &fresh, r.Filter)
	fresh.FilterViewId = r.Filter.FilterViewId
	target, err := c.placeFilterView(&fresh)
	if err != nil {
		return err
	}
	s.filterViews = slices.Delete(slices.Clone(s.filterViews), i, i+1)
	target.filterViews = append(slices.Clone(target.filterViews), &fresh)
	return nil
}

// duplicateFilterView copies a filter view under a new id. See
// https://developers.google.com/workspace/sheets/api/guides/filters.
func (c *change) duplicateFilterView(r *sheets.DuplicateFilterViewRequest) (*sheets.Response, error) {
	s, i := c.st.filterView(r.FilterId)
	if s == nil {
		return nil, badRequest("No filter view with id: %d", r.FilterId)
	}
	fresh := *s.filterViews[i]
	fresh.FilterViewId, fresh.Title = c.st.freshID(), "Copy of "+fresh.Title
	s.filterViews = append(slices.Clone(s.filterViews), &fresh)
	return &sheets.Response{DuplicateFilterView: &sheets.DuplicateFilterViewResponse{Filter: &fresh}}, nil
}

// deleteFilterView removes a filter view. See
// https://developers.google.com/workspace/sheets/api/guides/filters.
func (c *change) deleteFilterView(r *sheets.DeleteFilterViewRequest) error {
	s, i := c.st.filterView(r.FilterId)
	if s == nil {
		return badRequest("No filter view with id: %d", r.FilterId)
	}
	s.filterViews = slices.Delete(slices.Clone(s.filterViews), i, i+1)
	return nil
}

// checkCriteria refuses criteria this simulator could only pretend to apply.
func checkCriteria(by map[string]sheets.FilterCriteria, specs []*sheets.FilterSpec) error {
	check := func(c *sheets.FilterCriteria) error {
		if c != nil && c.Condition != nil && !knownCondition(c.Condition) {
			return badRequest("This simulator does not know how to filter by %s.", c.Condition.Type)
		}
		return nil
	}
	for key, c := range by {
		if _, err := strconv.Atoi(key); err != nil {
			return badRequest("Invalid filter column: %s", key)
		}
		if err := check(&c); err != nil {
			return err
		}
	}
	for _, spec := range specs {
		if err := check(spec.FilterCriteria); err != nil {
			return err
		}
	}
	return nil
}

// filteredRows are the rows the tab's basic filter hides now. The header row always shows.
func (st *state) filteredRows(s *sheet) map[int]bool {
	if s.filter == nil || s.filter.Range == nil {
		return nil
	}
	criteria := map[int]*sheets.FilterCriteria{}
	for key, c := range s.filter.Criteria {
		if col, err := strconv.Atoi(key); err == nil {
			criteria[col] = &c
		}
	}
	for _, spec := range s.filter.FilterSpecs {
		criteria[int(spec.ColumnIndex)] = spec.FilterCriteria
	}
	hidden := map[int]bool{}
	a := s.clamp(areaOf(s.filter.Range))
	for row := a.r1 + 1; row < a.r2; row++ {
		for col, c := range criteria {
			if c != nil && st.hides(c, s, row, col) {
				hidden[row] = true
			}
		}
	}
	return hidden
}

func (st *state) hides(c *sheets.FilterCriteria, s *sheet, row, col int) bool {
	v, shown := st.value(s, row, col), ""
	if stored := s.at(row, col); stored != nil {
		shown = st.format(v, stored.format)
	}
	return slices.Contains(c.HiddenValues, shown) || c.Condition != nil && !holds(c.Condition, v, shown)
}

// conditionArguments are the conditions a filter can have here, with how many values each takes.
func conditionArguments(kind string) (int, bool) {
	switch kind {
	case "BLANK", "NOT_BLANK":
		return 0, true
	case "NUMBER_BETWEEN", "NUMBER_NOT_BETWEEN":
		return 2, true
	case "NUMBER_GREATER", "NUMBER_GREATER_THAN_EQ", "NUMBER_LESS", "NUMBER_LESS_THAN_EQ", "NUMBER_EQ", "NUMBER_NOT_EQ",
		"TEXT_CONTAINS", "TEXT_NOT_CONTAINS", "TEXT_STARTS_WITH", "TEXT_ENDS_WITH", "TEXT_EQ":
		return 1, true
	}
	return 0, false
}

func knownCondition(c *sheets.BooleanCondition) bool {
	n, ok := conditionArguments(c.Type)
	return ok && n == len(c.Values)
}

// holds reports whether a cell that shows a value as a text meets a condition.
func holds(c *sheets.BooleanCondition, v value, shown string) bool {
	switch c.Type {
	case "BLANK":
		return shown == ""
	case "NOT_BLANK":
		return shown != ""
	}
	want := c.Values[0].UserEnteredValue
	lower, part := strings.ToLower(shown), strings.ToLower(want)
	switch c.Type {
	case "TEXT_CONTAINS":
		return strings.Contains(lower, part)
	case "TEXT_NOT_CONTAINS":
		return !strings.Contains(lower, part)
	case "TEXT_STARTS_WITH":
		return strings.HasPrefix(lower, part)
	case "TEXT_ENDS_WITH":
		return strings.HasSuffix(lower, part)
	case "TEXT_EQ":
		return lower == part
	}
	if v.kind != kindNumber {
		return strings.Contains(c.Type, "NOT")
	}
	low := typedValue(want).num
	switch c.Type {
	case "NUMBER_GREATER":
		return v.num > low
	case "NUMBER_GREATER_THAN_EQ":
		return v.num >= low
	case "NUMBER_LESS":
		return v.num < low
	case "NUMBER_LESS_THAN_EQ":
		return v.num <= low
	case "NUMBER_EQ":
		return v.num == low
	case "NUMBER_NOT_EQ":
		return v.num != low
	}
	between := v.num >= low && v.num <= typedValue(c.Values[1].UserEnteredValue).num
	return between == (c.Type == "NUMBER_BETWEEN")
}
