package statement

import (
	"cmp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// verify recomputes the totals that a report states: a section's rows against its summary, results such as net income
// against the sections they follow from, columns against each other, and periods against their total. It leaves what
// it compared in a.checks, and returns the first difference. QuickBooks' statements follow rules of their own, so a
// difference is no proof of an error.
func verify(a *arranged, d export.Report, want asked) error {
	v := &verifier{
		arranged: a, groups: map[string]amounts{}, names: map[string]string{}, totals: map[string]string{},
		proven: map[*node]bool{}, partial: map[*node]bool{}, listed: a.detail() && a.flat(),
	}
	for i, c := range a.columns {
		if c.additive && i != a.label {
			v.additive = append(v.additive, i)
			v.hasTotal = v.hasTotal || c.total
		}
	}
	sum, _ := v.sum(a.top, topTotals)
	for _, n := range a.top {
		// Transactions in sections belong to accounts of either sign, so their grand total is not the sum of the rows.
		if n.computed() && strings.EqualFold(n.group, grandTotal) && (!a.detail() || a.flat()) {
			v.compare(results, n.summary[0].text(), n.summary, sum, sum)
			v.proven[n] = true
		}
	}
	v.checkRules(d.Groups)
	v.checkResults(a.top)
	v.checkEven(d.Even)
	for _, rule := range d.Across {
		v.checkAcross(a.top, rule)
	}
	if d.Dates != export.BalanceAtEnd &&
		slices.Contains([]string{"Days", "Week", "Month", "Quarter", "Year"}, want.summarize) {
		v.checkPeriods(a.top)
	}
	if d.Running && a.detail() && want.unfiltered(d) {
		v.checkBalances(a.top)
	}
	a.checks, a.unproven = v.evidence.checks(), v.unproven
	if v.err == nil {
		return nil
	}
	return v.err
}

// flat reports whether no rows stand in sections.
func (a *arranged) flat() bool {
	return !slices.ContainsFunc(a.top, func(n *node) bool { return len(n.children) > 0 })
}

// verifier keeps the first disagreement as its error, and everything that it compared as evidence.
type verifier struct {
	*arranged
	additive []int // indexes of the columns that add up
	listed   bool  // the rows are transactions in no sections
	hasTotal bool  // one of them is the total of the others
	groups   map[string]amounts
	names    map[string]string // labels by group
	totals   map[string]string // labels of the rows with the totals, by group
	evidence evidence
	proven   map[*node]bool // rows whose totals or results were compared, whatever came of it
	partial  map[*node]bool // sections whose total is only that of their last rows
	unproven []string       // what people read about the others
	err      *problem.Problem
}

// amounts has one amount for each column in additive.
type amounts []amount

type amount struct {
	value   decimal.Decimal
	stated  bool // some cell had a value
	garbled bool // some cell held text, so the column cannot be added up
}

func (v *verifier) read(cells []docCell) amounts {
	out := make(amounts, len(v.additive))
	if cells == nil {
		return out
	}
	for i, at := range v.additive {
		if cells[at].text() == "" {
			continue
		}
		d, ok := cells[at].amount()
		out[i] = amount{value: d, stated: ok, garbled: !ok}
	}
	return out
}

func (a amounts) add(b amounts, sign int64) amounts {
	out := slices.Clone(a)
	for i := range out {
		out[i].value = out[i].value.Add(b[i].value.Mul(decimal.NewFromInt(sign)))
		out[i].stated = out[i].stated || b[i].stated
		out[i].garbled = out[i].garbled || b[i].garbled
	}
	return out
}

// sum adds up nodes and everything below them, and compares each section with its summary on the way. plain reports
// whether the sum is certain: a section whose total follows a rule of its own cannot be recomputed.
func (v *verifier) sum(nodes []*node, w weight) (total amounts, plain bool) {
	total = make(amounts, len(v.additive))
	plain = true
	for _, n := range nodes {
		if n.computed() {
			v.note(n, v.read(n.summary))
			continue
		}
		below, certain := v.sum(n.children, innerTotals)
		own := v.read(n.own).add(below, 1)
		switch {
		case n.summary == nil:
		case v.agrees(n.summary, own, v.sumDirect(n)):
			v.recordChecks(w, cmp.Or(n.summary[0].text(), n.label), v.read(n.summary), own, v.sumDirect(n))
			certain = true
		case v.coversTail(n, w):
			certain = true
		case v.signed(n):
			// Net other income subtracts other expenses; other countries subtract liabilities from assets.
			what := cmp.Or(n.summary[0].text(), n.label) + ", parts subtracted"
			own = v.read(n.summary)
			v.recordChecks(w, what, own, own, own)
			certain = false
		case !certain, slices.ContainsFunc(n.children, (*node).computed):
			// Other countries' statements have sections such as net current assets, which subtract liabilities from
			// assets, or which hold results among their rows.
			v.explain(n, n.children, w)
			own, certain = v.read(n.summary), false
		default:
			v.compare(w, n.label, n.summary, own, v.sumDirect(n))
		}
		v.note(n, own)
		total = total.add(own, 1)
		plain = plain && certain
	}
	return total, plain
}

func (a amounts) equal(b amounts) bool {
	for i := range a {
		if a[i].garbled || b[i].garbled || !a[i].value.Equal(b[i].value) {
			return false
		}
	}
	return true
}

func (v *verifier) note(n *node, a amounts) {
	group := fold(n.group)
	if group == "" {
		return
	}
	if before, ok := v.groups[group]; ok {
		a = before.add(a, 1)
	}
	v.groups[group] = a
	v.names[group], v.totals[group] = n.label, n.label
	if n.summary != nil {
		v.totals[group] = cmp.Or(n.summary[0].text(), n.label)
	}
	if n.computed() {
		v.names[group] = n.summary[0].text()
	}
}

// sumDirect adds up a section without its inner sections.
func (v *verifier) sumDirect(n *node) amounts {
	total := v.read(n.own)
	for _, c := range n.children {
		if !c.section {
			total = total.add(v.read(c.own), 1)
		}
	}
	return total
}

// compare checks a summary against its sum.
func (v *verifier) compare(w weight, name string, summary []docCell, sum, direct amounts) {
	v.recordChecks(w, cmp.Or(summary[0].text(), name), v.read(summary), sum, direct)
	for i, want := range v.read(summary) {
		if !v.adds(want, sum[i], direct[i]) {
			v.disagree(name, v.additive[i], want.value, sum[i].value)
		}
	}
}

func (v *verifier) agrees(summary []docCell, sum, direct amounts) bool {
	for i, want := range v.read(summary) {
		if !v.adds(want, sum[i], direct[i]) {
			return false
		}
	}
	return true
}

// adds reports whether a stated total equals the sum. Lists of transactions leave blank what they do not total, and may
// total an account without its subaccounts.
func (v *verifier) adds(want, sum, direct amount) bool {
	return want.garbled || sum.garbled || want.value.Equal(sum.value) ||
		(v.detail() && (!want.stated || want.value.Equal(direct.value)))
}

// standing lists the groups whose figures are balances, which do not add up over periods.
var standing = []string{"BeginningCash", "EndingCash"}

func (n *node) stands() bool {
	return slices.ContainsFunc(standing, func(g string) bool { return strings.EqualFold(g, n.group) })
}

// checkPeriods checks that the periods of each row add up to its total.
func (v *verifier) checkPeriods(nodes []*node) {
	total, parts := -1, 0
	for i, at := range v.additive {
		c := v.columns[at]
		switch {
		case c.total:
			total = i
		case c.end != "":
			parts++
		}
	}
	if total < 0 || parts == 0 {
		return
	}
	v.checkRowPeriods(nodes, total)
}

func (v *verifier) checkRowPeriods(nodes []*node, total int) {
	for _, n := range nodes {
		if n.stands() {
			continue
		}
		v.checkTotal(singleRows, n.label, v.read(n.own), total)
		if n.summary != nil {
			v.checkTotal(innerTotals, n.summary[0].text(), v.read(n.summary), total)
		}
		v.checkRowPeriods(n.children, total)
	}
}

func (v *verifier) checkTotal(w weight, name string, row amounts, total int) {
	sum := decimal.Zero
	for i, a := range row {
		if a.garbled {
			return
		}
		if i != total {
			sum = sum.Add(a.value)
		}
	}
	if !row[total].stated {
		return
	}
	v.recordCheck(w, name+" over the periods", v.additive[total], row[total].value, sum)
	if !row[total].value.Equal(sum) {
		v.disagree(name, v.additive[total], row[total].value, sum)
	}
}

func (v *verifier) disagree(name string, column int, stated, sum decimal.Decimal) {
	if v.err != nil {
		return
	}
	v.err = problem.New(problem.TotalsMismatch, "In QuickBooks' report %q says %s under %q, but adding up gives %s.",
		problem.Safe(name), table.DecimalText(stated), problem.Safe(v.columns[column].title), table.DecimalText(sum)).
		WithHint("The report does not add up and changes while it is read; the run is tried again by itself. The " +
			"sheet keeps its previous rows.")
}
