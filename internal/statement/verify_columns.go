package statement

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
)

// findAdditive returns the index in additive of the column with that key or title, or -1.
func (v *verifier) findAdditive(name string) int {
	return slices.IndexFunc(v.additive, func(at int) bool {
		c := v.columns[at]
		return c.id == name || strings.EqualFold(c.title, name)
	})
}

// checkEven checks that two columns have the same sum.
func (v *verifier) checkEven(names [2]string) {
	a, b := v.findAdditive(names[0]), v.findAdditive(names[1])
	if a < 0 || b < 0 {
		return
	}
	var sum func(nodes []*node) amounts
	sum = func(nodes []*node) amounts {
		total := make(amounts, len(v.additive))
		for _, n := range nodes {
			total = total.add(v.read(n.own), 1).add(sum(n.children), 1)
		}
		return total
	}
	total := sum(v.top)
	if x, y := total[a], total[b]; !x.garbled && !y.garbled {
		name := "Total " + v.columns[v.additive[a]].title
		v.recordCheck(results, name, v.additive[b], y.value, x.value)
		if !x.value.Equal(y.value) {
			v.disagree(name, v.additive[b], y.value, x.value)
		}
	}
}

// checkAcross checks in each row that one column is the sum of others. Some reports show what a rule subtracts as
// negative amounts already, so the signs are those with which more rows hold.
func (v *verifier) checkAcross(nodes []*node, rule export.GroupSum) {
	target := v.findAdditive(rule.Group)
	signs, plain, less := make([]int64, len(v.additive)), make([]int64, len(v.additive)), make([]int64, len(v.additive))
	for _, name := range rule.Of {
		name, negative := strings.CutPrefix(name, "-")
		at := v.findAdditive(name)
		if at < 0 {
			return
		}
		signs[at], plain[at] = 1, 1
		if negative {
			signs[at], less[at] = -1, 1
		}
	}
	if target < 0 || len(v.additive) < 2 {
		return
	}
	if len(rule.Of) == 0 {
		for i := range signs {
			if i != target {
				signs[i], plain[i] = 1, 1
			}
		}
	}
	declared, added, negative := 0, 0, decimal.Zero
	v.visitAcross(nodes, target, less, func(_ *node, _, sum decimal.Decimal) { negative = negative.Add(sum) })
	v.visitAcross(nodes, target, signs, func(_ *node, says, sum decimal.Decimal) {
		if says.Equal(sum) {
			declared++
		}
	})
	v.visitAcross(nodes, target, plain, func(_ *node, says, sum decimal.Decimal) {
		if says.Equal(sum) {
			added++
		}
	})
	if added > declared && negative.IsNegative() {
		signs = plain
	}
	v.visitAcross(nodes, target, signs, func(n *node, says, sum decimal.Decimal) {
		v.recordCheck(singleRows, n.name(), v.additive[target], says, sum)
		if !says.Equal(sum) {
			v.disagree(n.name(), v.additive[target], says, sum)
		}
	})
}

// visitAcross calls do with what each row says in the target column and what the others add up to. Rows with cells that
// cannot be read are left out.
func (v *verifier) visitAcross(nodes []*node, target int, signs []int64, do func(n *node, says, sum decimal.Decimal)) {
	for _, n := range nodes {
		for _, cells := range [][]docCell{n.own, n.summary} {
			if cells == nil {
				continue
			}
			row := v.read(cells)
			sum, garbled := decimal.Zero, row[target].garbled
			for i, sign := range signs {
				sum = sum.Add(row[i].value.Mul(decimal.NewFromInt(sign)))
				garbled = garbled || (sign != 0 && row[i].garbled)
			}
			if garbled || (!row[target].stated && sum.IsZero()) {
				continue
			}
			do(n, row[target].value, sum)
		}
		v.visitAcross(n.children, target, signs, do)
	}
}

// runningPairs maps columns of running balances to the columns of the amounts that change them.
var runningPairs = map[string]string{
	"rbal_nat_amount": "subt_nat_amount", "rbal_nat_home_amount": "subt_nat_home_amount",
	"rbal_nat_amount_nt": "subt_nat_amount_nt", "rbal_nat_amount_home_nt": "subt_nat_amount_home_nt",
}

// unfiltered reports whether the running balances can be recomputed. A filter leaves rows out but not always their
// share of the balance, and any order but that by date mixes the balances up.
func (a asked) unfiltered(d export.Report) bool {
	return !slices.ContainsFunc(d.Params, func(o export.Option) bool {
		return o.Key != "columns" && o.Key != "account" && o.Key != "account_type" && a.params.Has(o.Key)
	})
}

// checkBalances checks that each ledger account's last balance is its opening balance plus its rows. In a company with
// several currencies rows and balances can be in different ones, so only columns in the home currency are checked.
func (v *verifier) checkBalances(nodes []*node) {
	mixed := slices.ContainsFunc(v.columns, func(c reportColumn) bool {
		return strings.Contains(c.id, "home") || c.id == "currency" || c.id == "exch_rate"
	})
	for at, c := range v.columns {
		amount := slices.IndexFunc(v.columns, func(x reportColumn) bool { return x.id == runningPairs[c.id] })
		if !c.running() || amount < 0 || (mixed && !strings.Contains(c.id, "home")) {
			continue
		}
		v.checkBalance(nodes, amount, at)
	}
}

func (v *verifier) checkBalance(nodes []*node, amount, balance int) {
	for _, n := range nodes {
		v.checkBalance(n.children, amount, balance)
		sum, last, rows := decimal.Zero, decimal.Zero, 0
		known := true
		for _, c := range n.children {
			if c.section || c.own == nil {
				continue
			}
			a, okA := parseFigure(c.own[amount])
			b, okB := parseFigure(c.own[balance])
			known = known && okA && okB
			if rows == 0 { // the first balance implies the opening one, which may have no row of its own
				sum = b.Sub(a)
			}
			sum, last = sum.Add(a), b
			rows++
		}
		if !known || rows == 0 {
			continue
		}
		v.recordCheck(singleRows, n.label, balance, last, sum)
		if !sum.Equal(last) {
			v.disagree(n.label, balance, last, sum)
		}
	}
}

// parseFigure parses an amount. A blank cell is zero; ok is false for text.
func parseFigure(c docCell) (decimal.Decimal, bool) {
	if c.text() == "" {
		return decimal.Zero, true
	}
	return c.amount()
}
