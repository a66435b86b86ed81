package main

import "testing"

func TestPercentFor(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{0: 400, 1: 400, 10 << 20: 300, 20 << 20: 100, 30 << 20: 33, 1 << 40: 25} {
		if got := percentFor(live); got != want {
			t.Errorf("%d bytes: %d per cent, want %d", live, got, want)
		}
	}
}
