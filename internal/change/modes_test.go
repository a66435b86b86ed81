package change_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/change"
)

// TestMark: a row that is not wanted gets the mark once, keeps its other cells, and loses the mark when its record is
// wanted again. A row without a key is nobody's record.
func TestMark(t *testing.T) {
	t.Parallel()
	mark := change.Mark{Column: 2, Value: row("gone")[0]}
	o := change.Options{
		Titles: titles, Keys: []int{0}, Budget: 1 << 10, Policy: change.Policy{Change: true, Mark: mark},
	}
	old := [][]change.Value{row("1", "Ann", "5"), row("2", "Bob", "6"), row("", "note", ""), row("3", "Cyd", "gone")}
	wanted := [][]change.Value{row("1", "Ann", "5")}
	b := fill(o, old, wanted)
	steps := b.Script(change.Layout{})
	if diff := cmp.Diff([]change.Step{
		{Do: change.Keep, Rows: 1}, {Do: change.Relabel, Rows: 1}, {Do: change.Keep, Rows: 2},
	}, steps); diff != "" {
		t.Error(diff)
	}
	set, trace := build(o, old, wanted)
	want := []change.Item{{Kind: change.Changed, Key: "2", Cells: []change.Cell{
		{Column: "Amount", Old: row("6")[0], New: row("gone")[0]},
	}}}
	if set.Changed != 1 || set.Removed != 0 || set.Cells != 1 || set.Rows != 4 || !cmp.Equal(set.Items, want) {
		t.Errorf("%+v", set)
	}
	old[1] = row("2", "Bob", "gone")
	o.Trace = trace
	if again, _ := build(o, old, wanted); !again.Empty() || again.Edited != 0 {
		t.Errorf("once more: %+v", again)
	}
	back, _ := build(o, old, append(wanted, row("2", "Bob", "6")))
	if back.Changed != 1 || back.Added != 0 {
		t.Errorf("wanted again: %+v", back)
	}
}

// TestOtherColumns: after a change of columns, a policy that only adds still knows what people took out.
func TestOtherColumns(t *testing.T) {
	t.Parallel()
	o := change.Options{Titles: titles, Keys: []int{0}}
	_, o.Trace = build(o, nil, [][]change.Value{row("1", "Ann", "5"), row("2", "Bob", "6")})
	o.Reshaped = true
	set, _ := build(o, [][]change.Value{row("1", "Ann", "")}, [][]change.Value{
		row("1", "Ann", "x"), row("2", "Bob", "x"), row("3", "Cyd", "x"),
	})
	if set.Added != 1 || set.Changed != 0 || set.Edited != 0 {
		t.Errorf("%+v", set)
	}
}

// TestSnapshot: all rows of a run are added or none.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	snap := func(period, at, run string, n int) [][]change.Value {
		var rows [][]change.Value
		for i := range 3 {
			rows = append(rows, row(period, at, run, fmt.Sprint(i), fmt.Sprint(n)))
		}
		return rows
	}
	o := change.Options{
		Titles: []string{"Period", "As of", "Run", "Label", "Amount"}, Keys: []int{2}, Budget: 1 << 10,
		Snapshot: &change.Snapshot{Period: 0, AsOf: 1, Run: 2},
	}
	stand := slices.Concat(snap("Jan", "1", "r1", 1), snap("Jan", "2", "r2", 2), snap("Feb", "3", "r3", 1))
	stand = append(stand, row("", "", "", "older than snapshots", "1"))
	_, o.Trace = build(o, nil, snap("Jan", "0", "r0", 9)) // a person has taken it out
	slices.Reverse(stand)                                 // and sorted the rest
	for _, test := range []struct {
		name   string
		wanted [][]change.Value
		added  int
	}{
		{"a run that stands", snap("Jan", "9", "r1", 7), 0},
		{"a run that was taken out", snap("Jan", "9", "r0", 9), 0},
		{"as the newest of the period", snap("Jan", "9", "r4", 2), 0},
		{"as the newest of another period", snap("Mar", "9", "r4", 1), 3},
		{"as an older one of the period", snap("Jan", "9", "r4", 1), 3},
		{"one row less", snap("Jan", "9", "r4", 2)[1:], 2},
		{"nothing", nil, 0},
	} {
		set, _ := build(o, stand, test.wanted)
		if set.Added != test.added || set.Changed+set.Removed != 0 || set.Rows != len(stand)+test.added {
			t.Errorf("%s: %+v", test.name, set)
		}
	}
}
