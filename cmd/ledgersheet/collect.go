package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// The garbage collector runs four times as often as by default: the service mostly waits for others, and a large
// result then needs a third less memory. While little is in use it need not run as often, because nobody misses a few
// megabytes.
const (
	collectAt = 25       // per cent of what is in use
	littleUse = 40 << 20 // bytes that may be in use with what is garbage by then
	seldom    = 400      // per cent at most
)

// tuneCollector adjusts the garbage collector after each of its rounds, unless GOGC says what is wanted.
func tuneCollector() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(collectAt)
	watchCollector()
}

// watchCollector leaves an object behind that the collector's next round finds unused.
func watchCollector() {
	type left struct{ _ *left } // with a pointer, so that it shares no memory with others
	runtime.AddCleanup(&left{}, func(struct{}) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		if live[0].Value.Kind() == metrics.KindUint64 {
			debug.SetGCPercent(percentFor(live[0].Value.Uint64()))
		}
		watchCollector()
	}, struct{}{})
}

// percentFor returns how much garbage there may be beside what is in use, in per cent of it.
func percentFor(live uint64) int {
	if live == 0 {
		return seldom
	}
	return min(max(int(littleUse*100/live)-100, collectAt), seldom)
}
