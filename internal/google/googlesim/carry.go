package googlesim

import (
	"slices"
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
		if t, ok := by.(retitling); ok {
			if fresh := t.text(st, f); fresh != "" {
				values = withValue(old, values, i, fresh)
			}
			continue
		}
		mapped := f.mapReferences(func(r reference) reference {
			if fresh := by.reference(r, home); !fresh.lost || old.Type == "ONE_OF_RANGE" {
				return fresh
			}
			return r
		})
		if mapped == f {
			continue
		}
		values = withValue(old, values, i, mapped.text(st))
	}
	if values == nil {
		return old
	}
	fresh := *old
	fresh.Values = values
	return &fresh
}

// withValue replaces one value of a condition in a copy of its list.
func withValue(
	old *sheets.BooleanCondition, values []*sheets.ConditionValue, i int, text string,
) []*sheets.ConditionValue {
	if values == nil {
		values = slices.Clone(old.Values)
	}
	fresh := *values[i]
	fresh.UserEnteredValue = text
	values[i] = &fresh
	return values
}

// retitling is a tab that gets another title. Formulas know tabs by id; the text of conditions follows.
type retitling struct {
	tab   *sheet
	title string
}

func (t retitling) area(a area) (area, bool) { return a, true }

func (t retitling) reference(r reference, _ int64) reference { return r }

// text is the formula with the new title; empty if it does not name the tab.
func (t retitling) text(st *state, f *formula) (text string) {
	names := slices.ContainsFunc(f.tokens, func(k token) bool {
		return k.kind == tokenReference && k.ref.titled && k.ref.unresolved == "" && k.ref.sheet == t.tab.id
	})
	if !names {
		return ""
	}
	old := t.tab.title
	t.tab.title = t.title
	text = f.text(st)
	t.tab.title = old
	return text
}

// retitle renames a tab with all that names it.
func (st *state) retitle(s *sheet, title string) {
	for _, other := range st.sheets {
		st.carryRules(other, retitling{s, title})
	}
	s.title = title
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
