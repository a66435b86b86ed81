package statement

import (
	"slices"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// weight orders a report's checks by how much a reader learns from them. If there are more than export.MostChecks, the
// least telling ones are dropped first.
type weight int

const (
	results     weight = iota // net income, grand totals: what the report is read for
	topTotals                 // totals of top-level sections
	innerTotals               // totals of sections within sections
	inPeriods                 // added to the weights above for a column that another column totals
	_
	_
	singleRows // columns of one row against each other, balances of one account
	weights
)

// evidence collects what was checked. Its size is bounded, however long the report is. The zero value is empty.
type evidence struct {
	differ []export.Check
	hold   [weights][]export.Check
}

// recordCheck records a figure that the report states in a column, and what the figure should be.
func (v *verifier) recordCheck(w weight, what string, column int, says, addsUpTo decimal.Decimal) {
	list := &v.evidence.differ
	holds := says.Equal(addsUpTo)
	if !holds && addsUpTo.Abs().LessThan(says.Abs()) {
		v.short = true
	}
	if holds {
		if w < inPeriods && v.hasTotal && !v.columns[column].total {
			w += inPeriods
		}
		list = &v.evidence.hold[w]
	}
	check := export.Check{
		What: problem.Safe(what), Place: problem.Safe(v.columns[column].title),
		Says: table.DecimalText(says), AddsUpTo: table.DecimalText(addsUpTo), Holds: holds,
	}
	// Two rules can find the same difference, which is one to people.
	if len(*list) < export.MostChecks && (holds || !slices.Contains(*list, check)) {
		*list = append(*list, check)
	}
}

// recordChecks records a row of stated figures. A detail report's total may cover only the section's own rows, without
// its inner sections; direct is the sum of those rows. Blank and unreadable figures are not evidence.
func (v *verifier) recordChecks(w weight, what string, stated, sum, direct amounts) {
	for i, s := range stated {
		from := sum[i]
		if v.detail() && !s.value.Equal(from.value) && s.value.Equal(direct[i].value) {
			from = direct[i]
		}
		blank := !s.stated && (v.detail() || !from.stated)
		if !blank && !s.garbled && !from.garbled {
			v.recordCheck(w, what, v.additive[i], s.value, from.value)
		}
	}
}

// checks returns the checks to keep, differences first.
func (e *evidence) checks() []export.Check {
	list := e.differ
	for _, more := range e.hold {
		list = export.AppendChecks(list, more...)
	}
	return list
}

// prefixPlaces puts where before the place of each check: the company, and the period if more than one was read.
func prefixPlaces(checks []export.Check, where string) []export.Check {
	out := make([]export.Check, len(checks))
	for i, c := range checks {
		c.Place = where + ", " + c.Place
		out[i] = c
	}
	return out
}
