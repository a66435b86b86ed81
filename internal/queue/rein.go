package queue

import (
	"fmt"
	"slices"
	"time"

	"ledgersheet/internal/export"
)

// farthest is the longest time for which a run may have to wait for its next attempt.
func (q *Queue) farthest() time.Duration {
	longest := longestWait
	if len(q.o.Backoff) > 0 {
		longest = max(longest, slices.Max(q.o.Backoff))
	}
	return longest + longest/5
}

// rein lets runs begin whose time is farther ahead than any wait can be: it was set while the clock was wrong. It looks
// at the first pass, and whenever the clock has been set back.
func (q *Queue) rein(now time.Time) error {
	if !q.looked.IsZero() && !now.Before(q.looked) {
		q.looked = now
		return nil
	}
	active, err := q.o.Store.ActiveRuns(q.base)
	if err != nil {
		return fmt.Errorf("reading the queue: %w", err)
	}
	for _, r := range active {
		ahead := r.NotBefore.After(now.Add(q.farthest())) || r.QueuedAt.After(now.Add(look))
		if r.Status != export.RunQueued || !ahead {
			continue
		}
		if err := q.reinOne(r.Exporter.ID, r.ID, now); err != nil {
			return err
		}
	}
	q.looked = now
	return nil
}

func (q *Queue) reinOne(exporter, id export.ID, now time.Time) error {
	defer q.turns.of(exporter)()
	stored, err := q.o.Store.UpdateRun(q.base, id, func(r *export.Run) error {
		if r.Status != export.RunQueued {
			return nil
		}
		if r.QueuedAt.After(now.Add(look)) {
			r.QueuedAt = now
		}
		if r.NotBefore.After(now.Add(q.farthest())) {
			r.NotBefore = now
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("correcting a time in the queue: %w", err)
	}
	q.log.Warn("a run waited for a time that a wrong clock had set", "run", id, "exporter", exporter)
	q.publish(stored)
	return nil
}
