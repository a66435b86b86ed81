package change_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/internal/change"
)

// TestEdits plays a person between two writes: each row that the second write changes back is counted once, and told
// with what it was.
func TestEdits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := change.Options{Policy: change.Replace(), Titles: titles, Budget: 1 << 20}
		keyed := rapid.Bool().Draw(t, "keyed")
		if keyed {
			o.Keys = []int{0}
		}
		var rows, edited [][]change.Value
		want := map[string]bool{}
		for i := range rapid.IntRange(0, 12).Draw(t, "rows") {
			was := row(fmt.Sprint(i), fmt.Sprint("name ", i), "1")
			rows = append(rows, was)
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				edited = append(edited, row(fmt.Sprint(i), "edited", "1"))
				want[fmt.Sprint("changed ", i)] = true
			case 1:
				want[fmt.Sprint("removed ", i)] = true
			case 2:
				edited = append(edited, was, row(fmt.Sprint("own ", i), "own", ""))
				want[fmt.Sprint("added own ", i)] = true
			default:
				edited = append(edited, was)
			}
		}
		_, o.Trace = build(o, nil, rows)
		set, _ := build(o, edited, rows)
		if !keyed { // which row a strange one was is not known then
			if set.Edited > len(want) || (set.Edited == 0) != (len(want) == 0) {
				t.Fatalf("%d edits, want %v", set.Edited, want)
			}
			return
		}
		got := map[string]bool{}
		for _, ed := range set.Edits {
			got[string(ed.Kind)+" "+ed.Key] = true
			if ed.Kind == change.Changed && (!ed.Known || len(ed.Cells) != 1 || ed.Cells[0].Column != "Name" ||
				ed.Cells[0].Old.Text != "name "+ed.Key || ed.Cells[0].New.Text != "edited") {
				t.Fatalf("an edit is told as %+v", ed)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || set.Edited != len(want) {
			t.Fatalf("%d edits:\n%s", set.Edited, diff)
		}
		if set, _ := build(o, rows, rows); set.Edited != 0 {
			t.Fatalf("without edits: %+v", set)
		}
		o.Policy = change.Policy{}
		if set, _ := build(o, edited, rows); set.Edited > len(rows) || countKind(set, change.Changed) > 0 {
			t.Fatalf("a policy that changes nothing undoes %+v", set.Edits)
		}
	})
}

func countKind(set *change.Set, kind change.Kind) int {
	n := 0
	for _, ed := range set.Edits {
		if ed.Kind == kind {
			n++
		}
	}
	return n
}

func TestEditsAreHiddenAndBounded(t *testing.T) {
	t.Parallel()
	o := change.Options{
		Policy: change.Replace(), Titles: titles, Keys: []int{0}, Hidden: []int{0, 1}, Budget: 1 << 20,
	}
	var rows, edited [][]change.Value
	for i := range 250 {
		rows = append(rows, row(fmt.Sprint(i), "secret", "1"))
		edited = append(edited, row(fmt.Sprint(i), "another secret", "2"))
	}
	_, o.Trace = build(o, nil, rows)
	set, _ := build(o, edited, rows)
	if set.Edited != 250 || len(set.Edits) != 100 {
		t.Fatalf("%d edits, %d listed", set.Edited, len(set.Edits))
	}
	first := set.Edits[0]
	if first.Key != "" || len(first.Cells) != 2 || first.Cells[0] != (change.Cell{Column: "Name"}) ||
		first.Cells[1].Old.Text != "1" || first.Cells[1].New.Text != "2" {
		t.Errorf("the first is %+v", first)
	}
}

// TestTraceOfAnEarlierVersion: a trace without keys still tells how many rows were edited.
func TestTraceOfAnEarlierVersion(t *testing.T) {
	t.Parallel()
	o := change.Options{Policy: change.Replace(), Titles: titles, Budget: 1 << 20}
	rows := [][]change.Value{row("1", "Ann", "5"), row("2", "Bob", "6")}
	_, o.Trace = build(o, nil, rows)
	o.Keys = []int{0}
	edited := [][]change.Value{row("1", "Ann", "5"), row("2", "Bobby", "6")}
	if set, _ := build(o, edited, rows); set.Edited != 1 || set.Edits[0].Kind != change.Changed {
		t.Errorf("%+v", set)
	}
}
