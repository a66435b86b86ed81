// Package progress tells listeners what happens to runs while it happens. A [Broker] hands whole run states to any
// number of listeners and never waits for one: a slow reader misses states in between, but never a run's last one.
package progress

import (
	"context"
	"slices"
	"sync"

	"ledgersheet/internal/export"
)

const (
	// kept is how many events a broker remembers for listeners that come back.
	kept = 512
	// waiting is how many events wait for one listener.
	waiting = 64
)

// Broker passes run events from publishers to listeners. It is safe for
// concurrent use; make it with [New].
type Broker struct {
	mu     sync.Mutex
	seq    int64
	ring   [kept]export.RunEvent // the last ones, each at its number modulo kept
	subs   map[*subscription]struct{}
	closed bool
}

type subscription struct {
	events chan export.RunEvent
	filter func(export.Run) bool
	stop   func() bool // of the context's AfterFunc
}

// New returns a broker without listeners.
func New() *Broker { return &Broker{subs: map[*subscription]struct{}{}} }

// Publish tells the listeners that a run is now in this state. It never blocks
// and keeps a copy of its own, so the caller may go on changing the run.
func (b *Broker) Publish(r export.Run) {
	r = r.Clone()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	b.seq++
	e := export.RunEvent{Seq: b.seq, Run: r}
	b.ring[b.seq%kept] = e
	for s := range b.subs {
		if s.filter == nil || s.filter(r) {
			s.offer(e)
		}
	}
}

// Subscribe returns a channel of the events from now on whose run the filter
// accepts; a nil filter accepts all. The channel is closed when ctx ends or the
// broker is closed. Listeners must not change the runs. The filter is called
// under the broker's lock and must not call the broker.
//
// To get earlier events too, subscribe first, then call Since, and skip events from the channel that you have already
// seen.
func (b *Broker) Subscribe(ctx context.Context, filter func(export.Run) bool) <-chan export.RunEvent {
	s := &subscription{events: make(chan export.RunEvent, waiting), filter: filter}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || ctx.Err() != nil {
		close(s.events)
		return s.events
	}
	b.subs[s] = struct{}{}
	s.stop = context.AfterFunc(ctx, func() { b.drop(s) })
	return s.events
}

// Since returns the events after the numbered one, oldest first. whole is false
// if some of them are forgotten already, or if the number is of another process:
// then the listener should read the runs' present states instead.
func (b *Broker) Since(seq int64) (events []export.RunEvent, whole bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	first := max(1, b.seq-kept+1) // the oldest that is remembered
	if seq < 0 || seq > b.seq {
		return nil, false
	}
	for n := max(first, seq+1); n <= b.seq; n++ {
		events = append(events, b.ring[n%kept])
	}
	return events, seq >= first-1
}

// Close ends all subscriptions; later ones end at once and later events are dropped.
func (b *Broker) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for s := range b.subs {
		s.stop()
		b.end(s)
	}
}

func (b *Broker) drop(s *subscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.subs[s]; ok {
		b.end(s)
	}
}

func (b *Broker) end(s *subscription) {
	delete(b.subs, s)
	close(s.events)
}

// offer puts an event into the channel. The broker's lock makes it the only sender, so the room it makes stays free
// for it.
func (s *subscription) offer(e export.RunEvent) {
	select {
	case s.events <- e:
		return
	default:
	}
	var late []export.RunEvent
	for more := true; more; {
		select {
		case old := <-s.events:
			late = append(late, old)
		default:
			more = false
		}
	}
	for _, e := range thin(append(late, e)) {
		s.events <- e
	}
}

// thin drops events until there is room: first those that a later event of the same run supersedes, then the oldest
// of runs that are still running, and only then the oldest of all.
func thin(events []export.RunEvent) []export.RunEvent {
	newest := map[export.ID]int64{}
	for _, e := range events {
		newest[e.Run.ID] = e.Seq
	}
	events = slices.DeleteFunc(events, func(e export.RunEvent) bool { return newest[e.Run.ID] != e.Seq })
	for len(events) >= waiting {
		i := slices.IndexFunc(events, func(e export.RunEvent) bool { return !e.Run.Status.Over() })
		events = slices.Delete(events, max(i, 0), max(i, 0)+1)
	}
	return events
}
