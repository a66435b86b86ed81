package statement

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
)

// additiveAt is the place among the additive columns of the one with that key or title, -1 when there is none.
func (v *verifier) additiveAt(name string) int {
	return slices.IndexFunc(v.additive, func(at int) bool {
		c := v.columns[at]
		return c.id == name || strings.EqualFold(c.title, name)
	})
}

// checkEven checks that two columns add up to the same.
func (v *verifier) checkEven(names [2]string) {
	a, b := v.additiveAt(names[0]), v.additiveAt(names[1])
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

// across checks on each row that a column follows from others.
func (v *verifier) across(nodes []*node, rule export.GroupSum) {
	target := v.additiveAt(rule.Group)
	signs := make([]int64, len(v.additive))
	for _, name := range rule.Of {
		name, negative := strings.CutPrefix(name, "-")
		at := v.additiveAt(name)
		if at < 0 {
			return
		}
		signs[at] = 1
		if negative {
			signs[at] = -1
		}
	}
	if target < 0 || len(v.additive) < 2 {
		return
	}
	if len(rule.Of) == 0 {
		for i := range signs {
			if i != target {
				signs[i] = 1
			}
		}
	}
	v.acrossOf(nodes, target, signs)
}

func (v *verifier) acrossOf(nodes []*node, target int, signs []int64) {
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
			v.recordCheck(singleRows, n.name(), v.additive[target], row[target].value, sum)
			if !row[target].value.Equal(sum) {
				v.disagree(n.name(), v.additive[target], row[target].value, sum)
			}
		}
		v.acrossOf(n.children, target, signs)
	}
}

// runningPairs are the columns of amounts whose balances stand in another column.
var runningPairs = map[string]string{
	"rbal_nat_amount": "subt_nat_amount", "rbal_nat_home_amount": "subt_nat_home_amount",
	"rbal_nat_amount_nt": "subt_nat_amount_nt", "rbal_nat_amount_home_nt": "subt_nat_amount_home_nt",
}

// unfiltered says that balances after each row can be recomputed: a filter leaves rows out but not always their share
// of the balance, and another order than by date mixes them up.
func (a asked) unfiltered(d export.Report) bool {
	return !slices.ContainsFunc(d.Params, func(o export.Option) bool {
		return o.Key != "columns" && o.Key != "account" && o.Key != "account_type" && a.params.Has(o.Key)
	})
}

// balances checks that each account of a ledger ends on what it began with and its rows. In a company with several
// currencies rows and balances can be in different ones, so only columns in the home currency are checked there.
func (v *verifier) balances(nodes []*node) {
	mixed := slices.ContainsFunc(v.columns, func(c reportColumn) bool {
		return strings.Contains(c.id, "home") || c.id == "currency" || c.id == "exch_rate"
	})
	for at, c := range v.columns {
		amount := slices.IndexFunc(v.columns, func(x reportColumn) bool { return x.id == runningPairs[c.id] })
		if !c.running() || amount < 0 || (mixed && !strings.Contains(c.id, "home")) {
			continue
		}
		v.balanceOf(nodes, amount, at)
	}
}

func (v *verifier) balanceOf(nodes []*node, amount, balance int) {
	for _, n := range nodes {
		v.balanceOf(n.children, amount, balance)
		sum, last, rows := decimal.Zero, decimal.Zero, 0
		known := true
		for _, c := range n.children {
			if c.section || c.own == nil {
				continue
			}
			a, okA := figure(c.own[amount])
			b, okB := figure(c.own[balance])
			known = known && okA && okB
			if rows == 0 { // where no row says what the account began with, its first balance does
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

// figure reads an amount; a blank one is zero, a text is none.
func figure(c docCell) (decimal.Decimal, bool) {
	if c.text() == "" {
		return decimal.Zero, true
	}
	return parseAmount(c.text())
}
