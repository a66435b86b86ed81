package change_test

import (
	"fmt"
	"runtime"
	"testing"

	"ledgersheet/internal/change"
)

// liveBytes returns how many bytes are reachable.
func liveBytes() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // the first may have left what was freed while it ran
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestBytesPerRow limits what a builder holds for a row, however much of a result changes. It runs alone, since other
// tests would hold memory too.
func TestBytesPerRow(t *testing.T) {
	const rows, mostBytes = 20_000, 80
	keyed := func(p change.Policy) change.Options {
		return change.Options{Policy: p, Titles: []string{"Id", "Text"}, Keys: []int{0}}
	}
	line := make([]change.Value, 2)
	play := func(b *change.Builder, from int, text string, take func([]change.Value)) {
		for n := range rows {
			line[0] = change.Value{Kind: 's', Text: fmt.Sprint(from + n)}
			line[1] = change.Value{Kind: 's', Text: fmt.Sprint(text, n)}
			take(line)
		}
	}
	for _, policy := range []change.Policy{
		change.Replace(), {Change: true}, {Change: true, Remove: true}, {},
	} {
		for _, test := range []struct {
			name string
			from int
			text string
		}{{"same", 0, "a"}, {"all changed", 0, "b"}, {"all others", rows, "a"}} {
			first := change.NewBuilder(keyed(policy))
			play(first, 0, "a", first.Want)
			o := keyed(policy)
			o.Trace = first.Trace()
			before := liveBytes()
			b := change.NewBuilder(o)
			b.Grow(rows, rows)
			play(b, 0, "a", b.Stand)
			play(b, test.from, test.text, b.Want)
			b.Set(func(yield func([]change.Value)) { play(b, 0, "a", yield) })
			steps := b.Script(change.Layout{Most: 500})
			if per := (liveBytes() - before) / rows; per > mostBytes {
				t.Errorf("%+v, %s: %d bytes are held for each row", policy, test.name, per)
			}
			runtime.KeepAlive(steps)
			trace := b.Trace()
			if more := cap(trace) - len(trace); more > 8 {
				t.Errorf("%+v, %s: a trace of %d bytes has %d more", policy, test.name, len(trace), more)
			}
		}
	}
}
