package statement

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// checkRules checks the definition's rules about groups. If there are several rules for a group, one of them has to
// hold. A statement with a section that no rule knows, as other countries have, is not checked, because that section
// may affect the results.
func (v *verifier) checkRules(rules []export.GroupSum) {
	known := map[string]bool{}
	byGroup := map[string][]export.GroupSum{}
	var order []string
	for _, g := range rules {
		if byGroup[g.Group] == nil {
			order = append(order, g.Group)
		}
		byGroup[g.Group] = append(byGroup[g.Group], g)
		known[fold(g.Group)] = true
		for _, part := range g.Of {
			known[fold(strings.TrimPrefix(part, "-"))] = true
		}
	}
	for _, n := range v.top {
		if !known[fold(n.group)] && n.section {
			return
		}
	}
	for _, name := range order {
		group := fold(name)
		want, ok := v.groups[group]
		if !ok {
			continue
		}
		var first amounts
		holds := slices.ContainsFunc(byGroup[name], func(g export.GroupSum) bool {
			sum, any := v.sumRule(g)
			if first == nil {
				first = sum
			}
			if any {
				v.markProven(v.top, group)
			}
			if any && sum.matches(want) {
				v.recordChecks(results, v.totals[group], want, sum, sum)
			}
			return !any || sum.matches(want)
		})
		if !holds {
			v.recordChecks(results, v.totals[group], want, first, first)
			for i := range want {
				if !want[i].value.Equal(first[i].value) {
					v.disagree(v.names[group], v.additive[i], want[i].value, first[i].value)
				}
			}
		}
	}
}

// sumRule evaluates a rule. Missing groups count as zero; any reports whether there was a group at all.
func (v *verifier) sumRule(g export.GroupSum) (sum amounts, any bool) {
	sum = make(amounts, len(v.additive))
	for _, name := range g.Of {
		name, negative := strings.CutPrefix(name, "-")
		part, ok := v.groups[fold(name)]
		switch {
		case !ok:
			continue
		case negative:
			sum = sum.add(part, -1)
		default:
			sum = sum.add(part, 1)
		}
		any = true
	}
	return sum, any
}

// matches reports whether all columns are equal in which nothing is garbled.
func (a amounts) matches(b amounts) bool {
	for i := range a {
		if !a[i].garbled && !b[i].garbled && !a[i].value.Equal(b[i].value) {
			return false
		}
	}
	return true
}

// coversTail reports whether a section's summary is the total of only its last rows, from the one that it names. Older
// answers state an account's total "with sub-accounts" so: the account and its subaccounts stand side by side, and the
// total closes the section around them.
func (v *verifier) coversTail(n *node, w weight) bool {
	name := fold(n.summary[0].text())
	for i, c := range slices.Backward(n.children) {
		if label := fold(c.name()); i == 0 || !c.section || label == "" || !strings.Contains(name, label) {
			continue
		}
		tail := make(amounts, len(v.additive))
		for _, c := range n.children[i:] {
			tail = tail.add(v.total(c), 1)
		}
		if v.read(n.summary).equal(tail) {
			v.recordChecks(w, n.summary[0].text(), tail, tail, tail)
			v.partial[n] = true
			return true
		}
	}
	return false
}

// total returns what a node states as its total, or else what it and the rows below add up to.
func (v *verifier) total(n *node) amounts {
	if n.summary != nil && !v.partial[n] {
		return v.read(n.summary)
	}
	total := v.read(n.own)
	for _, c := range n.children {
		total = total.add(v.total(c), 1)
	}
	return total
}

// maxSigned is the largest number of sections for which signed tries all combinations of signs.
const maxSigned = 8

// signed reports whether a section's summary is the sum of its inner sections with some of them subtracted, the same
// ones in every column.
func (v *verifier) signed(n *node) bool {
	if n.own != nil || len(n.children) < 2 || len(n.children) > maxSigned {
		return false
	}
	var parts []amounts
	for _, c := range n.children {
		if c.summary == nil {
			return false
		}
		parts = append(parts, v.read(c.summary))
	}
	want := v.read(n.summary)
	for signs := range 1 << len(parts) {
		sum := make(amounts, len(v.additive))
		for i, part := range parts {
			sum = sum.add(part, 1-2*int64(signs>>i&1))
		}
		if signs > 0 && sum.equal(want) {
			return true
		}
	}
	return false
}

// markProven notes that the results of a group were compared.
func (v *verifier) markProven(nodes []*node, group string) {
	for _, n := range nodes {
		if fold(n.group) == group {
			v.proven[n] = true
		}
		v.markProven(n.children, group)
	}
}

// checkResults looks for what each result follows from that no rule has compared: rows of groups that no definition
// names, as other countries have, and totals of transactions without a name.
func (v *verifier) checkResults(nodes []*node) {
	for i, n := range nodes {
		switch {
		case !n.computed():
			v.checkResults(n.children)
		case !v.proven[n] && !n.stands():
			v.explain(n, nodes[:i], results)
		}
	}
}

// explain compares a row that follows from others by no known rule with the rows before it, added or subtracted. What
// does not follow from them is no difference, because the rule may be another: people are told that nothing proves it.
func (v *verifier) explain(n *node, before []*node, w weight) {
	says, what := v.read(n.summary), cmp.Or(n.summary[0].text(), n.label)
	if v.isNothing(says) || len(v.unproven) > mostNamed {
		return
	}
	v.proven[n] = true
	if what == "" {
		what = "A total without a name"
	}
	if v.follows(says, v.read(n.own), before) {
		v.recordChecks(w, what+", from the rows before it", says, says, says)
		return
	}
	report := problem.Safe(string(v.header.ReportName))
	text := fmt.Sprintf("In the report %s nothing that is known proves %q; it is exported as QuickBooks says it.",
		report, problem.Safe(what))
	if len(v.unproven) == mostNamed {
		text = fmt.Sprintf("In the report %s nothing that is known proves more totals.", report)
	}
	v.unproven = append(v.unproven, text)
}

// mostBefore limits the rows that are looked through for what a result follows from.
const mostBefore = 1000

// statedIn reports whether a sum has the figures, in all columns that have one.
func (a amounts) statedIn(sum amounts) bool {
	for i := range a {
		if a[i].stated && !sum[i].garbled && !a[i].value.Equal(sum[i].value) {
			return false
		}
	}
	return true
}

func (v *verifier) isNothing(row amounts) bool {
	return !slices.ContainsFunc(row, func(a amount) bool { return !a.garbled && !a.value.IsZero() })
}

// follows reports whether figures are the sum of the last rows of a list, however many, with or without the results
// among them; or of some of the last rows less the others, or of any two results, the same ones in every column. Single
// transactions are not subtracted: too many sums are possible to mean anything. start is added to each sum of rows.
func (v *verifier) follows(says, start amounts, rows []*node) bool {
	all, leaves := start, start
	var last, lastLeaves, computed []amounts
	for _, n := range slices.Backward(rows[max(0, len(rows)-mostBefore):]) {
		row := v.total(n)
		all = all.add(row, 1)
		if !n.computed() {
			leaves = leaves.add(row, 1)
		} else if len(computed) < 2*maxSigned {
			computed = append(computed, row)
		}
		if says.statedIn(all) || says.statedIn(leaves) {
			return true
		}
		if v.listed || (v.detail() && !n.section) {
			continue
		}
		if last = append(last, row); len(last) <= maxSigned && v.combines(says, start, last) {
			return true
		}
		if n.computed() {
			continue
		}
		if lastLeaves = append(lastLeaves, row); len(lastLeaves) <= maxSigned && v.combines(says, start, lastLeaves) {
			return true
		}
	}
	if v.listed {
		return false
	}
	for i := range computed {
		for _, other := range computed[i+1:] {
			if v.combines(says, start, []amounts{computed[i], other}) {
				return true
			}
		}
	}
	return false
}

// combines reports whether the parts add up to the figures if some of them are subtracted.
func (v *verifier) combines(says, start amounts, parts []amounts) bool {
	for signs := range 1 << len(parts) {
		sum := start
		for i, part := range parts {
			sum = sum.add(part, 1-2*int64(signs>>i&1))
		}
		if says.statedIn(sum) {
			return true
		}
	}
	return false
}
