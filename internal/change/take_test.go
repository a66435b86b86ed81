package change

import (
	"testing"

	"pgregory.net/rapid"
)

// TestTakeFindsTheFirst: a wanted row is the first existing one with its content that no other wanted row is, whatever
// their order.
func TestTakeFindsTheFirst(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.SliceOfN(rapid.IntRange(1, 6), 0, 12)
		stand, want := digits.Draw(t, "stand"), digits.Draw(t, "want")
		if rapid.Bool().Draw(t, "begins alike") {
			want = append(append([]int{}, stand...), want...)
		}
		b := NewBuilder(Options{})
		for _, d := range stand {
			b.StandKnown(Identity{Content: uint64(d)})
		}
		taken := map[int]bool{}
		for n, d := range want {
			b.WantKnown(Identity{Content: uint64(d)})
			first := int32(none)
			for i, s := range stand {
				if s == d && !taken[i] {
					first, taken[i] = int32(i), true
					break
				}
			}
			if b.match[n] != first {
				t.Fatalf("row %d is %d, want %d", n, b.match[n], first)
			}
		}
		for i := range b.taken {
			if b.taken[i] != taken[i] {
				t.Fatalf("existing row %d is taken: %t", i, b.taken[i])
			}
		}
	})
}
