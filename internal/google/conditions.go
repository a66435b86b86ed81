package google

import (
	"encoding/json"
	"slices"

	"google.golang.org/api/sheets/v4"
)

// A copy of cells brings their conditional formats along. Google does not document what becomes of those that lie over
// the cells into which it goes. So the tab that keeps states has no rules when one is put back: the range's own stay,
// once. If they do not, people are told.

// clearConditions returns the requests that take all conditional formats off a tab.
func clearConditions(t *tab) []*sheets.Request {
	var reqs []*sheets.Request
	for range t.conditions {
		reqs = append(reqs, &sheets.Request{DeleteConditionalFormatRule: &sheets.DeleteConditionalFormatRuleRequest{
			SheetId: t.id, ForceSendFields: []string{"SheetId", "Index"},
		}})
	}
	return reqs
}

// lostConditions reports whether a rule that lay over the range before the commit lies over it no more.
func (r *write) lostConditions(after *state) bool {
	now := after.tab(r.plan.tabID)
	if now == nil || r.place.tab == nil {
		return false
	}
	var left []string
	for _, rule := range now.conditions {
		if liesOver(rule, now, r.plan.landing()) {
			left = append(left, effectOf(rule))
		}
	}
	for _, rule := range r.place.tab.conditions {
		if !liesOver(rule, r.place.tab, r.place.managed) {
			continue
		}
		i := slices.Index(left, effectOf(rule))
		if i < 0 {
			return true
		}
		left = slices.Delete(left, i, i+1)
	}
	return false
}

// liesOver reports whether a rule lies over some of the cells of a tab.
func liesOver(rule *sheets.ConditionalFormatRule, t *tab, cells rect) bool {
	return slices.ContainsFunc(rule.Ranges, func(g *sheets.GridRange) bool {
		return rectOf(g, t.rows, t.cols).overlaps(cells)
	})
}

// effectOf returns what a rule does, wherever it lies.
func effectOf(rule *sheets.ConditionalFormatRule) string {
	bare := *rule
	bare.Ranges = nil
	text, _ := json.Marshal(bare) // what came as JSON cannot fail to be it again
	return string(text)
}
