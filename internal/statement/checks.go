package statement

import (
	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// weight orders the checks of a report by how much a reader learns from them. The lighter ones give way first when
// there are more than export.MostChecks.
type weight int

const (
	results     weight = iota // net income, grand totals: what the report is read for
	topTotals                 // totals of the sections at the top
	innerTotals               // totals of the sections in them
	inPeriods                 // added to those above: in a column of which another one is the total
	_
	_
	singleRows // columns against each other in one row, balances of one account
	weights
)

// evidence collects what was checked. It is bounded however long the report is; the zero value is empty.
type evidence struct {
	differ []export.Check
	hold   [weights][]export.Check
}

// recordCheck records a figure that the report states in a column and what it should follow from.
func (v *verifier) recordCheck(w weight, what string, column int, says, addsUpTo decimal.Decimal) {
	list := &v.evidence.differ
	holds := says.Equal(addsUpTo)
	if holds {
		if w < inPeriods && v.hasTotal && !v.columns[column].total {
			w += inPeriods
		}
		list = &v.evidence.hold[w]
	}
	if len(*list) < export.MostChecks {
		*list = append(*list, export.Check{
			What: problem.Safe(what), Place: problem.Safe(v.columns[column].title),
			Says: table.DecimalText(says), AddsUpTo: table.DecimalText(addsUpTo), Holds: holds,
		})
	}
}

// comparedAll records a row of stated figures. Where a total is that of the section's own rows, without those of the
// sections in it, direct has what it follows from. Blank and unreadable figures are no evidence.
func (v *verifier) comparedAll(w weight, what string, stated, sum, direct amounts) {
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

// checks are those that are kept, differences first.
func (e *evidence) checks() []export.Check {
	list := e.differ
	for _, more := range e.hold {
		list = export.AppendChecks(list, more...)
	}
	return list
}

// placed names the company, and a period where more than one was read, before the columns in which the figures stand.
func placed(checks []export.Check, where string) []export.Check {
	out := make([]export.Check, len(checks))
	for i, c := range checks {
		c.Place = where + ", " + c.Place
		out[i] = c
	}
	return out
}
