package queue

import (
	"hash/fnv"
	"sync"

	"ledgersheet/internal/export"
)

// turns are held while a run's status is stored and published, so that listeners see each run's changes in order. An
// exporter has one active run at most, so changes of different exporters' runs need not wait for one another, and a
// store can write them together.
type turns struct {
	everybody sync.RWMutex
	some      [64]sync.Mutex // by exporter
}

// of takes the turn for the active run of an exporter, and returns what ends the turn.
func (t *turns) of(exporter export.ID) (end func()) {
	t.everybody.RLock()
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(exporter))
	one := &t.some[sum.Sum32()%uint32(len(t.some))]
	one.Lock()
	return func() { one.Unlock(); t.everybody.RUnlock() }
}

// all takes the turn for all runs.
func (t *turns) all() (end func()) {
	t.everybody.Lock()
	return t.everybody.Unlock
}
