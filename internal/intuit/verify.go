package intuit

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// verify recomputes the totals that a report states of itself: rows against their section's summary, results such as
// net income against the sections they follow from, and periods against their total.
func verify(a *arranged, d export.Report, want asked) error {
	v := &verifier{arranged: a, groups: map[string]amounts{}, names: map[string]string{}}
	for i, c := range a.columns {
		if c.additive && i != a.label {
			v.additive = append(v.additive, i)
		}
	}
	sum := v.sum(a.top)
	for _, n := range a.top {
		// Lists of transactions mix accounts of either sign, so their grand total is no sum of what is above.
		if n.computed() && strings.EqualFold(n.group, "GrandTotal") && !a.detail() {
			v.compare(n.summary[0].text(), n.summary, sum, sum)
		}
	}
	for _, g := range d.Groups {
		v.rule(g)
	}
	if !d.Balance && slices.Contains([]string{"Days", "Week", "Month", "Quarter", "Year"}, want.summarize) {
		v.periods(a.top)
	}
	if v.err == nil {
		return nil
	}
	return v.err
}

// verifier keeps the first disagreement.
type verifier struct {
	*arranged
	additive []int // positions of the columns that add up
	groups   map[string]amounts
	names    map[string]string // a group's label
	err      *problem.Problem
}

// amounts are decimals by the positions in additive. A column that holds a text somewhere cannot be added.
type amounts []amount

type amount struct {
	value   decimal.Decimal
	stated  bool // some cell had a value
	garbled bool
}

func (v *verifier) read(cells []docCell) amounts {
	out := make(amounts, len(v.additive))
	if cells == nil {
		return out
	}
	for i, at := range v.additive {
		text := cells[at].text()
		if text == "" {
			continue
		}
		d, ok := parseAmount(text)
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

// sum adds up nodes and everything below them, comparing each section with its summary on the way.
func (v *verifier) sum(nodes []*node) amounts {
	total := make(amounts, len(v.additive))
	for _, n := range nodes {
		if n.computed() {
			v.note(n, v.read(n.summary))
			continue
		}
		own := v.read(n.own).add(v.sum(n.children), 1)
		if n.summary != nil {
			v.compare(n.label, n.summary, own, v.direct(n))
		}
		v.note(n, own)
		total = total.add(own, 1)
	}
	return total
}

func (v *verifier) note(n *node, a amounts) {
	if n.group == "" {
		return
	}
	if before, ok := v.groups[n.group]; ok {
		a = before.add(a, 1)
	}
	v.groups[n.group] = a
	v.names[n.group] = n.label
	if n.computed() {
		v.names[n.group] = n.summary[0].text()
	}
}

// direct is the sum of a section without the sections in it.
func (v *verifier) direct(n *node) amounts {
	total := v.read(n.own)
	for _, c := range n.children {
		if !c.section {
			total = total.add(v.read(c.own), 1)
		}
	}
	return total
}

// compare checks a summary. Lists of transactions leave blank what they do not total, and may total an account without
// the accounts below it.
func (v *verifier) compare(name string, summary []docCell, sum, direct amounts) {
	for i, want := range v.read(summary) {
		switch {
		case want.garbled || sum[i].garbled, want.value.Equal(sum[i].value):
		case v.detail() && (!want.stated || want.value.Equal(direct[i].value)):
		default:
			v.disagree(name, v.additive[i], want.value, sum[i].value)
		}
	}
}

// rule checks one of the definition's statements about groups. Groups that are missing count as zero; without the group
// itself there is nothing to check.
func (v *verifier) rule(g export.GroupSum) {
	want, ok := v.groups[g.Group]
	if !ok {
		return
	}
	sum := make(amounts, len(v.additive))
	for _, name := range g.Of {
		name, negative := strings.CutPrefix(name, "-")
		part, ok := v.groups[name]
		switch {
		case !ok:
		case negative:
			sum = sum.add(part, -1)
		default:
			sum = sum.add(part, 1)
		}
	}
	for i := range want {
		if !want[i].garbled && !sum[i].garbled && !want[i].value.Equal(sum[i].value) {
			v.disagree(v.names[g.Group], v.additive[i], want[i].value, sum[i].value)
		}
	}
}

// standing are groups whose figures are balances, which periods do not add up to.
var standing = []string{"BeginningCash", "EndingCash"}

// periods checks that the periods of each row add up to its total.
func (v *verifier) periods(nodes []*node) {
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
	v.periodsOf(nodes, total)
}

func (v *verifier) periodsOf(nodes []*node, total int) {
	for _, n := range nodes {
		if slices.Contains(standing, n.group) {
			continue
		}
		v.across(n.label, v.read(n.own), total)
		if n.summary != nil {
			v.across(n.summary[0].text(), v.read(n.summary), total)
		}
		v.periodsOf(n.children, total)
	}
}

func (v *verifier) across(name string, row amounts, total int) {
	sum := decimal.Zero
	for i, a := range row {
		if a.garbled {
			return
		}
		if i != total {
			sum = sum.Add(a.value)
		}
	}
	if row[total].stated && !row[total].value.Equal(sum) {
		v.disagree(name, v.additive[total], row[total].value, sum)
	}
}

func (v *verifier) disagree(name string, column int, stated, sum decimal.Decimal) {
	if v.err != nil {
		return
	}
	v.err = problem.New(problem.TotalsMismatch, "In QuickBooks' report %q says %s under %q, but adding up gives %s.",
		safe(name), table.DecimalText(stated), safe(v.columns[column].title), table.DecimalText(sum)).
		WithHint("The report that QuickBooks sent does not add up; the run is tried again by itself. The sheet keeps its previous rows.")
}
