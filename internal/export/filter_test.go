package export

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"ledgersheet/internal/table"
)

func TestFilterMatch(t *testing.T) {
	t.Parallel()
	money := func(s string) table.Cell { return table.MoneyOf(decimal.RequireFromString(s)) }
	date := table.DateOf(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	late := table.DateTimeOf(time.Date(2026, 3, 1, 23, 30, 0, 0, time.FixedZone("", -8*3600))) // 2 March in UTC
	for _, test := range []struct {
		cell  table.Cell
		op    Op
		value string
		want  bool
	}{
		{money("10.00"), OpEqual, "10", true}, {money("10.01"), OpEqual, "10", false},
		{money("10"), OpNotEqual, "10.0", false},
		{money("-1"), OpLess, "0", true}, {money("0"), OpLess, "0", false}, {money("0"), OpAtMost, "0", true},
		{money("0.01"), OpGreater, "0", true}, {money("9"), OpGreater, "10", false},
		{money("9"), OpAtLeast, "9", true}, {money("9"), OpEqual, "nine", false},
		{money("9"), OpNotEqual, "nine", true}, {money("9"), OpEqual, "", false},
		{money("9"), OpIn, "1, 9.00,3", true}, {money("9"), OpIn, "", false}, {money("19.5"), OpContains, "9.", true},
		{table.TextOf("Zoë Ltd"), OpEqual, "ZOË ltd", true}, {table.TextOf("00123"), OpEqual, "123", false},
		{table.TextOf("Acme"), OpStartsWith, "ac", true},
		{table.TextOf("Acme"), OpContains, "CM", true}, {table.TextOf("Acme"), OpIn, "x, acme", true},
		{table.TextOf("Acme"), OpGreater, "aardvark", true},
		{date, OpEqual, "2026-03-01", true}, {date, OpAtLeast, "2026-03-02", false},
		{date, OpLess, "2026-03-02", true}, {date, OpEqual, "1 March", false},
		{late, OpEqual, "2026-03-02", true}, {late, OpAtMost, "2026-03-01", false},
		{late, OpGreater, "2026-03-02T07:00:00Z", true},
		{table.BoolOf(true), OpEqual, "true", true}, {table.BoolOf(true), OpEqual, "TRUE", true},
		{table.BoolOf(false), OpNotEqual, "true", true},
		{table.Cell{}, OpEqual, "", true}, {table.Cell{}, OpEqual, "0", false}, {table.Cell{}, OpNotEqual, "0", true},
		{table.Cell{}, OpLess, "5", false},
		{table.Cell{}, OpEmpty, "", true}, {table.Cell{}, OpNotEmpty, "", false}, {money("0"), OpEmpty, "", false},
		{money("0"), OpNotEmpty, "", true},
		{money("1"), "like", "1", false},
	} {
		if got := (Filter{Op: test.op, Value: test.value}).Match(test.cell); got != test.want {
			t.Errorf("%q %s %q is %v", test.cell, test.op, test.value, got)
		}
	}
}

// TestFiltersAgree: an operator and its opposite never both hold, and one of them does if the values can be compared.
func TestFiltersAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cents := rapid.Int64Range(-300, 300)
		a, b := decimal.New(cents.Draw(t, "cell"), -2), decimal.New(cents.Draw(t, "value"), -2)
		holds := func(op Op) bool { return Filter{Op: op, Value: b.String()}.Match(table.MoneyOf(a)) }
		for op, opposite := range map[Op]Op{OpEqual: OpNotEqual, OpGreater: OpAtMost, OpLess: OpAtLeast} {
			if holds(op) == holds(opposite) {
				t.Fatalf("%s %s %s and %s are both %v", a, op, b, opposite, holds(op))
			}
		}
		if holds(OpEqual) != holds(OpIn) || holds(OpEqual) != (holds(OpAtLeast) && holds(OpAtMost)) ||
			holds(OpGreater) != (a.Cmp(b) > 0) {
			t.Fatalf("%s against %s disagrees", a, b)
		}
	})
}

func TestFilterCheck(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		op    Op
		value string
		kind  table.Kind
		right bool
	}{
		{OpEqual, "1.50", table.Money, true}, {OpEqual, "1,50", table.Money, false}, {OpEqual, "", table.Money, true},
		{OpIn, "1, 2", table.Number, true}, {OpIn, "1, x", table.Number, false},
		{OpGreater, "2026-01-31", table.Date, true}, {OpGreater, "2026-02-30", table.Date, false},
		{OpGreater, "yesterday", table.Date, false},
		{OpEqual, "true", table.Bool, true}, {OpEqual, "yes", table.Bool, false},
		{OpContains, "x", table.Money, true}, {OpEmpty, "ignored", table.Date, true}, {"~", "1", table.Money, false},
		{OpEqual, "anything", table.Text, true},
	} {
		if why := (Filter{Column: "c", Op: test.op, Value: test.value}).check(test.kind); (why == "") != test.right {
			t.Errorf("%s %q on %s: %q", test.op, test.value, test.kind, why)
		}
	}
}
