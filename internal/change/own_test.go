package change_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/internal/change"
)

// TestOwnRows plays a person who puts rows in between: exactly these are found, and once they are set aside, nothing is
// counted for them but the edit, and carrying out the script leaves the wanted rows. Without keys, a row beside one
// that people changed is left out, because it may be that one.
func TestOwnRows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := change.Options{Policy: change.Replace(), Titles: titles, Budget: 1 << 20}
		keyed := rapid.Bool().Draw(t, "keyed")
		if keyed {
			o.Keys = []int{0}
		}
		var left, stand, want [][]change.Value
		var own []int
		edited := false
		for i := range rapid.IntRange(0, 12).Draw(t, "rows") {
			was := row(fmt.Sprint(i), fmt.Sprint("name ", i), "1")
			left = append(left, was)
			if rapid.IntRange(0, 3).Draw(t, "is wanted") > 0 {
				want = append(want, was)
			}
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0:
				stand, edited = append(stand, row(fmt.Sprint(i), "edited", "1")), true
			case 1:
				own = append(own, len(stand)+1)
				stand = append(stand, was, row(fmt.Sprint("own ", i), "own", ""))
			default:
				stand = append(stand, was)
			}
		}
		_, o.Trace = build(o, nil, left)
		b := change.NewBuilder(o)
		for _, r := range stand {
			b.Stand(r)
		}
		for _, r := range want {
			b.Want(r)
		}
		got := b.PutIn()
		if !keyed && edited {
			for _, at := range got {
				if !slices.Contains(own, at) {
					t.Fatalf("row %d is not the person's", at)
				}
			}
			return
		}
		if diff := cmp.Diff(own, got); diff != "" {
			t.Fatalf("the person's rows (-want +got):\n%s", diff)
		}
		b.SetAside(got)
		set := b.Set(func(yield func([]change.Value)) {
			for _, r := range stand {
				yield(r)
			}
		})
		if set.Rows != len(want) || set.Removed > len(left) || set.Edited < len(own) {
			t.Fatalf("%+v, with %d rows of the person's", set, len(own))
		}
		for _, it := range set.Items {
			for _, c := range it.Cells {
				if c.Old.Text == "own" {
					t.Fatalf("a row of the person's is among the changes: %+v", it)
				}
			}
		}
		at, wrote := 0, 0
		for _, s := range b.Script(change.Layout{Most: 100}) {
			switch s.Do {
			case change.Keep:
				for n := range s.Rows {
					if slices.Contains(own, at+n) {
						t.Fatalf("row %d of the person's is kept", at+n)
					}
				}
				wrote += s.Rows
			case change.Write, change.Insert:
				wrote += s.Rows
			}
			if s.Do != change.Insert {
				at += s.Rows
			}
		}
		if at != len(stand) || wrote != len(want) {
			t.Fatalf("the script passes over %d rows of %d and leaves %d of %d", at, len(stand), wrote, len(want))
		}
		again := change.NewBuilder(change.Options{
			Policy: change.Replace(), Titles: titles, Keys: o.Keys, Trace: b.Trace(),
		})
		for _, r := range want {
			again.Stand(r)
		}
		for _, r := range want {
			again.Want(r)
		}
		if set := again.Set(func(func([]change.Value)) {}); !set.Empty() || set.Edited != 0 {
			t.Fatalf("the trace is not that of the wanted rows: %+v", set)
		}
	})
}
