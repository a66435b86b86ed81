package intuit_test

import "runtime"

// peak watches how far the living heap grows over what it was.
type peak struct{ base, most uint64 }

func newPeak() *peak {
	p := &peak{}
	p.base = living()
	return p
}

func (p *peak) look() { p.most = max(p.most, living()) }

func (p *peak) grown() uint64 {
	if p.most < p.base {
		return 0
	}
	return p.most - p.base
}

func living() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
