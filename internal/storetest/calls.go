package storetest

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"testing"

	"ledgersheet/internal/export"
)

func testCalls(t *testing.T, s export.Store) {
	ctx := t.Context()
	check := func(what, first, last string, want ...export.CallCount) {
		t.Helper()
		got, err := s.Calls(ctx, first, last)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v", what, got, err, want)
		}
	}
	check("nothing counted", "2026-01-01", "2026-12-31")
	must(t, s.PruneCalls(ctx, "2026-12-31"))
	must(t, s.AddCalls(ctx, []export.CallCount{
		{Day: "2026-03-28", Realm: "9", Calls: 5}, {Day: "2026-03-29", Realm: "1", Calls: 2},
		{Day: "2026-03-28", Realm: "1", Calls: 1}, {Day: "2026-04-01", Realm: "1", Calls: 7},
	}))
	must(t, s.AddCalls(ctx, []export.CallCount{
		{Day: "2026-03-29", Realm: "1", Calls: 40}, {Day: "2026-03-29", Realm: "10", Calls: 1},
	}))
	march := []export.CallCount{
		{Day: "2026-03-28", Realm: "1", Calls: 1}, {Day: "2026-03-28", Realm: "9", Calls: 5},
		{Day: "2026-03-29", Realm: "1", Calls: 42}, {Day: "2026-03-29", Realm: "10", Calls: 1},
	}
	april := export.CallCount{Day: "2026-04-01", Realm: "1", Calls: 7}
	check("a month", "2026-03-01", "2026-03-31", march...)
	check("a day", "2026-03-28", "2026-03-28", march[:2]...)
	check("the first and the last day", "2026-03-29", "2026-04-01", append(slices.Clone(march[2:]), april)...)

	var adding sync.WaitGroup
	for range 20 {
		adding.Go(func() {
			if err := s.AddCalls(ctx, []export.CallCount{{Day: "2026-04-01", Realm: "1", Calls: 1}}); err != nil {
				t.Error(err)
			}
		})
	}
	adding.Wait()
	april.Calls += 20
	check("added at once", "2026-04-01", "2026-04-30", april)

	must(t, s.PruneCalls(ctx, "2026-03-29"))
	check("pruned", "2026-01-01", "2026-12-31", append(slices.Clone(march[2:]), april)...)

	ended, cancel := context.WithCancel(ctx)
	cancel()
	wantErr(t, "AddCalls", s.AddCalls(ended, []export.CallCount{april}), context.Canceled)
	wantErr(t, "PruneCalls", s.PruneCalls(ended, "2027-01-01"), context.Canceled)
	_, err := s.Calls(ended, "2026-01-01", "2026-12-31")
	wantErr(t, "Calls", err, context.Canceled)
	check("an ended context", "2026-04-01", "2026-04-30", april)
}

// calls counts calls in memory.
type calls map[callKey]int

type callKey struct {
	day   string
	realm export.RealmID
}

// AddCalls implements export.CallStore.
func (m *Memory) AddCalls(ctx context.Context, more []export.CallCount) error {
	return m.do(ctx, func() error {
		for _, c := range more {
			m.calls[callKey{c.Day, c.Realm}] += c.Calls
		}
		return nil
	})
}

// Calls implements export.CallStore.
func (m *Memory) Calls(ctx context.Context, first, last string) (counts []export.CallCount, err error) {
	err = m.do(ctx, func() error {
		for k, n := range m.calls {
			if first <= k.day && k.day <= last {
				counts = append(counts, export.CallCount{Day: k.day, Realm: k.realm, Calls: n})
			}
		}
		slices.SortFunc(counts, func(a, b export.CallCount) int {
			return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Realm, b.Realm))
		})
		return nil
	})
	return counts, err
}

// PruneCalls implements export.CallStore.
func (m *Memory) PruneCalls(ctx context.Context, before string) error {
	return m.do(ctx, func() error {
		for k := range m.calls {
			if k.day < before {
				delete(m.calls, k)
			}
		}
		return nil
	})
}
