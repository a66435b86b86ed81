package googlesim

import (
	"slices"

	"google.golang.org/api/sheets/v4"
)

// addConditionalFormatRule inserts a rule before the one with the index. See
// https://developers.google.com/workspace/sheets/api/samples/conditional-formatting.
func (c *change) addConditionalFormatRule(r *sheets.AddConditionalFormatRuleRequest) error {
	target, err := c.checkRule(r.Rule)
	if err != nil {
		return err
	}
	if r.Index < 0 || int(r.Index) > len(target.conditions) {
		return badRequest("The index %d is out of range.", r.Index)
	}
	target.conditions = slices.Insert(slices.Clone(target.conditions), int(r.Index), r.Rule)
	return nil
}

// checkRule returns the one tab on which a rule lies.
func (c *change) checkRule(rule *sheets.ConditionalFormatRule) (*sheet, error) {
	if rule == nil || len(rule.Ranges) == 0 {
		return nil, badRequest("A rule with at least one range must be specified.")
	}
	if (rule.BooleanRule == nil) == (rule.GradientRule == nil) {
		return nil, badRequest("Exactly one of 'booleanRule' and 'gradientRule' must be specified.")
	}
	var target *sheet
	for _, g := range rule.Ranges {
		s, a, err := c.area(g)
		if err != nil {
			return nil, err
		}
		if target != nil && s != target {
			return nil, badRequest("All ranges of a conditional format rule must be on one sheet.")
		}
		if err := c.mayEdit(a); err != nil {
			return nil, err
		}
		target = s
	}
	return target, nil
}

// ruleAt finds a rule by its place.
func (c *change) ruleAt(sheetID, index int64) (*sheet, error) {
	s, err := c.st.grid(sheetID)
	if err != nil {
		return nil, err
	}
	if index < 0 || int(index) >= len(s.conditions) {
		return nil, badRequest("No conditional format on sheet: %d at index: %d", sheetID, index)
	}
	return s, nil
}

// updateConditionalFormatRule replaces a rule or, without one, moves it. See
// https://developers.google.com/workspace/sheets/api/samples/conditional-formatting.
func (c *change) updateConditionalFormatRule(r *sheets.UpdateConditionalFormatRuleRequest) (*sheets.Response, error) {
	id := r.SheetId
	if r.Rule != nil {
		target, err := c.checkRule(r.Rule)
		if err != nil {
			return nil, err
		}
		id = target.id
	}
	s, err := c.ruleAt(id, r.Index)
	if err != nil {
		return nil, err
	}
	answer := &sheets.UpdateConditionalFormatRuleResponse{
		OldIndex: r.Index, OldRule: s.conditions[r.Index], NewIndex: r.Index, NewRule: r.Rule,
	}
	s.conditions = slices.Clone(s.conditions)
	if r.Rule != nil {
		s.conditions[r.Index] = r.Rule
		return &sheets.Response{UpdateConditionalFormatRule: answer}, nil
	}
	if r.NewIndex < 0 || int(r.NewIndex) >= len(s.conditions) {
		return nil, badRequest("The index %d is out of range.", r.NewIndex)
	}
	s.conditions = slices.Delete(s.conditions, int(r.Index), int(r.Index)+1)
	s.conditions = slices.Insert(s.conditions, int(r.NewIndex), answer.OldRule)
	answer.NewIndex, answer.NewRule = r.NewIndex, answer.OldRule
	return &sheets.Response{UpdateConditionalFormatRule: answer}, nil
}

// deleteConditionalFormatRule removes a rule; those after it move up. See
// https://developers.google.com/workspace/sheets/api/samples/conditional-formatting.
func (c *change) deleteConditionalFormatRule(r *sheets.DeleteConditionalFormatRuleRequest) (*sheets.Response, error) {
	s, err := c.ruleAt(r.SheetId, r.Index)
	if err != nil {
		return nil, err
	}
	answer := &sheets.DeleteConditionalFormatRuleResponse{Rule: s.conditions[r.Index]}
	s.conditions = slices.Delete(slices.Clone(s.conditions), int(r.Index), int(r.Index)+1)
	return &sheets.Response{DeleteConditionalFormatRule: answer}, nil
}

// pasteConditions gives the pasted cells the rules of the copied ones: a rule of the same tab gets
// another range, joined to one it continues; another tab gets a rule of its own.
func (c *change) pasteConditions(source *sheet, from area, target *sheet, to area) {
	height, width := from.r2-from.r1, from.c2-from.c1
	rules := source.conditions
	if c.st.how.PasteReplacesConditions && source != target {
		target.takeConditions(to)
	}
	for i, rule := range rules {
		var fresh []*sheets.GridRange
		for _, g := range rule.Ranges {
			part := source.clamp(areaOf(g)).intersect(from)
			if part.empty() {
				continue
			}
			for row := to.r1; row < to.r2; row += height {
				for col := to.c1; col < to.c2; col += width {
					pasted := area{
						sheet: target.id, r1: row + part.r1 - from.r1, r2: row + part.r2 - from.r1,
						c1: col + part.c1 - from.c1, c2: col + part.c2 - from.c1,
					}
					fresh = append(fresh, pasted.gridRange())
				}
			}
		}
		if len(fresh) == 0 {
			continue
		}
		copied := *rule
		if source != target {
			copied.Ranges = joinRanges(nil, fresh)
			target.conditions = append(slices.Clone(target.conditions), &copied)
			continue
		}
		copied.Ranges = joinRanges(rule.Ranges, fresh)
		target.conditions = slices.Clone(target.conditions)
		target.conditions[i] = &copied
	}
}

// takeConditions takes the rules off an area. A rule that lies nowhere else is gone.
func (s *sheet) takeConditions(a area) {
	var left []*sheets.ConditionalFormatRule
	for _, rule := range s.conditions {
		cut := *rule
		cut.Ranges = nil
		for _, g := range rule.Ranges {
			cut.Ranges = append(cut.Ranges, cutRange(s.clamp(areaOf(g)), a)...)
		}
		if len(cut.Ranges) > 0 {
			left = append(left, &cut)
		}
	}
	s.conditions = left
}

// cutRange returns the parts of an area outside another: above and below, then left and right.
func cutRange(b, a area) []*sheets.GridRange {
	if !b.overlaps(a) {
		return []*sheets.GridRange{b.gridRange()}
	}
	both := b.intersect(a)
	var list []*sheets.GridRange
	for _, part := range []area{
		{sheet: b.sheet, r1: b.r1, r2: both.r1, c1: b.c1, c2: b.c2},
		{sheet: b.sheet, r1: both.r2, r2: b.r2, c1: b.c1, c2: b.c2},
		{sheet: b.sheet, r1: both.r1, r2: both.r2, c1: b.c1, c2: both.c1},
		{sheet: b.sheet, r1: both.r1, r2: both.r2, c1: both.c2, c2: b.c2},
	} {
		if !part.empty() {
			list = append(list, part.gridRange())
		}
	}
	return list
}

// joinRanges adds ranges to a list. One that lies in another is left out, one that continues another
// below or beside it lengthens it.
func joinRanges(list, more []*sheets.GridRange) []*sheets.GridRange {
	list = slices.Clone(list)
	for _, g := range more {
		b, joined := areaOf(g), false
		for i, old := range list {
			a := areaOf(old)
			switch {
			case a.covers(b):
				joined = true
			case a.sheet == b.sheet && a.c1 == b.c1 && a.c2 == b.c2 && a.r2 == b.r1:
				a.r2, joined = b.r2, true
			case a.sheet == b.sheet && a.r1 == b.r1 && a.r2 == b.r2 && a.c2 == b.c1:
				a.c2, joined = b.c2, true
			}
			if joined {
				list[i] = a.gridRange()
				break
			}
		}
		if !joined {
			list = append(list, g)
		}
	}
	return list
}
