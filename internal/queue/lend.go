package queue

import (
	"time"

	"ledgersheet/internal/export"
)

// lentFactor is how many times as many runs as there are workers may wait for providers besides those that work. It
// bounds what many runs need that go on together.
const lentFactor = 4

// lend lets other runs use the task's worker, and keeps further runs of its companies from beginning, while all that it
// does is wait until a time. It goes on with what it has read, so it is over the limit of workers for a moment then.
func (q *Queue) lend(t *task, until time.Time) (over func()) {
	q.mu.Lock()
	t.waits++
	first := t.waits == 1
	q.mu.Unlock()
	if !first {
		return func() { q.takeBack(t) }
	}
	t.live.report(func(r *export.Run) { r.Progress.WaitsUntil = until })
	q.Wake()
	return func() { q.takeBack(t) }
}

func (q *Queue) takeBack(t *task) {
	q.mu.Lock()
	t.waits--
	last := t.waits == 0
	q.mu.Unlock()
	if last {
		t.live.report(func(r *export.Run) { r.Progress.WaitsUntil = time.Time{} })
		q.Wake()
	}
}

// waiting returns which of the runs under way here only wait.
func (q *Queue) waiting() map[export.ID]bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	var lent map[export.ID]bool
	for id, t := range q.tasks {
		if t.waits > 0 && len(lent) < lentFactor*q.o.Workers {
			if lent == nil {
				lent = map[export.ID]bool{}
			}
			lent[id] = true
		}
	}
	return lent
}
