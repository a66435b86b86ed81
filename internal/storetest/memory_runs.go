package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"ledgersheet/internal/export"
)

func (m *Memory) activeRun(exporter export.ID) (export.Run, bool) {
	r, ok := m.runs[m.active[exporter]]
	return r, ok
}

// dueID names a due time of an exporter.
type dueID struct {
	exporter export.ID
	at       int64
}

// Enqueue implements export.RunStore.
func (m *Memory) Enqueue(ctx context.Context, r export.Run) (stored export.Run, joined bool, err error) {
	err = m.do(ctx, func() error {
		stored, joined, err = m.enqueue(r)
		return err
	})
	return stored, joined, err
}

func (m *Memory) enqueue(r export.Run) (export.Run, bool, error) {
	if r.Exporter.ID == "" {
		return export.Run{}, false, errors.New("queueing run: it has no exporter")
	}
	if other, ok := m.activeRun(r.Exporter.ID); ok {
		return clone(other), true, nil
	}
	if _, ok := m.runs[r.ID]; ok {
		return export.Run{}, false, export.ErrExists
	}
	r.Status, r.Owner = export.RunQueued, ""
	return m.putRun(r), false, nil
}

// putRun stores a copy of the run. While the run is queued, it carries its exporter as stored.
func (m *Memory) putRun(r export.Run) export.Run {
	if e, ok := m.exporters[r.Exporter.ID]; ok && r.Status == export.RunQueued {
		r.Exporter = e
	}
	if r.Status != export.RunRunning {
		r.Owner = ""
	}
	if old := m.runs[r.ID]; r.Brief().Success() && !old.Status.Over() {
		m.noteMoves(m.history(r.Exporter.ID).Last, r)
	}
	m.runs[r.ID] = clone(r)
	if !r.Due.IsZero() {
		m.byDue[dueID{r.Exporter.ID, r.Due.UnixNano()}] = r.ID
	}
	switch {
	case !r.Status.Over():
		m.active[r.Exporter.ID] = r.ID
	case m.active[r.Exporter.ID] == r.ID:
		delete(m.active, r.Exporter.ID)
	}
	m.settleDueTimes(r)
	return r
}

// noteMoves keeps what a run found to be different from the success before it.
func (m *Memory) noteMoves(before *export.Success, r export.Run) {
	found, moved := export.FindMoves(before, clone(r))
	if !moved {
		return
	}
	list := m.moves[r.Exporter.ID]
	if n := len(list); n > 0 && list[n-1].Day == found.Day {
		list[n-1] = list[n-1].Join(found)
		return
	}
	oldest := found.At.UTC().AddDate(0, 0, -export.KeptMoves).Format(time.DateOnly)
	list = slices.DeleteFunc(list, func(m export.Moves) bool { return m.Day < oldest })
	m.moves[r.Exporter.ID] = append(list, found)
}

// Moves implements export.MoveStore.
func (m *Memory) Moves(ctx context.Context, exporter export.ID, since string) (all []export.Moves, err error) {
	err = m.do(ctx, func() error {
		for _, found := range m.moves[exporter] {
			if found.Day >= since {
				all = append(all, clone(found))
			}
		}
		return nil
	})
	return all, err
}

// Run implements export.RunStore.
func (m *Memory) Run(ctx context.Context, id export.ID) (export.Run, error) {
	r, err := read(ctx, m, m.runs, id)
	return clone(r), err
}

// UpdateRun implements export.RunStore.
func (m *Memory) UpdateRun(ctx context.Context, id export.ID,
	change func(*export.Run) error) (r export.Run, err error) {
	err = m.do(ctx, func() error {
		stored, ok := m.runs[id]
		if !ok {
			return export.ErrNotFound
		}
		changed := clone(stored)
		if err := change(&changed); err != nil {
			return err
		}
		switch {
		case changed.ID != id || changed.Exporter.ID != stored.Exporter.ID:
			return fmt.Errorf("run %s: its ids must stay as they are", id)
		case stored.Status.Over() && !changed.Status.Over():
			return fmt.Errorf("run %s is over", id)
		}
		r = m.putRun(changed)
		return nil
	})
	return r, err
}

// Claim implements export.RunStore.
func (m *Memory) Claim(ctx context.Context, worker export.ID, choose func(iter.Seq[export.ActiveRun]) []export.ID,
	begin func(*export.Run)) (claimed []export.Run, err error) {
	err = m.do(ctx, func() error {
		for _, id := range choose(slices.Values(m.activities())) {
			r := clone(m.runs[id])
			if r.Status != export.RunQueued {
				return fmt.Errorf("claiming run %s: it is not queued", id)
			}
			r.Status, r.Owner, r.Attempts = export.RunRunning, worker, r.Attempts+1
			begin(&r)
			claimed = append(claimed, m.putRun(r))
		}
		return nil
	})
	return claimed, err
}

// activities returns what decides when runs may begin, in the order of export.RunStore.
func (m *Memory) activities() (all []export.ActiveRun) {
	for _, id := range m.active {
		all = append(all, m.runs[id].Activity())
	}
	waits := map[export.RunStatus]int{export.RunQueued: 1}
	slices.SortFunc(all, func(a, b export.ActiveRun) int {
		return cmp.Or(cmp.Compare(waits[a.Status], waits[b.Status]), a.Ready().Compare(b.Ready()),
			cmp.Compare(a.ID, b.ID))
	})
	return all
}

// UpdateRunning implements export.RunStore.
func (m *Memory) UpdateRunning(ctx context.Context, h export.Held, change func(*export.Run) error) (export.Run, error) {
	return m.UpdateRun(ctx, h.Run, func(r *export.Run) error {
		if !h.Holds(*r) {
			return export.ErrFenced
		}
		return change(r)
	})
}

// Rescue implements export.RunStore.
func (m *Memory) Rescue(ctx context.Context, gone func(export.ID) bool,
	decide func(*export.Run)) (rescued []export.Run, err error) {
	err = m.do(ctx, func() error {
		for _, r := range m.listActive() {
			if r.Status == export.RunRunning && gone(r.Owner) || r.Status == export.RunQueued && r.Cancelling {
				decide(&r)
				rescued = append(rescued, m.putRun(r))
			}
		}
		return nil
	})
	return rescued, err
}

// ActiveRuns implements export.RunStore.
func (m *Memory) ActiveRuns(ctx context.Context) (all []export.Run, err error) {
	err = m.do(ctx, func() error { all = m.listActive(); return nil })
	return all, err
}

func (m *Memory) listActive() (all []export.Run) {
	for _, id := range m.active {
		all = append(all, clone(m.runs[id]))
	}
	slices.SortFunc(all, func(a, b export.Run) int {
		return cmp.Or(a.QueuedAt.Compare(b.QueuedAt), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// ActiveRun implements export.RunStore.
func (m *Memory) ActiveRun(ctx context.Context, exporter export.ID) (r export.Run, err error) {
	err = m.do(ctx, func() error {
		active, ok := m.activeRun(exporter)
		if !ok {
			return export.ErrNotFound
		}
		r = clone(active)
		return nil
	})
	return r, err
}

// CountActive implements export.RunStore.
func (m *Memory) CountActive(ctx context.Context) (queued, running int, err error) {
	err = m.do(ctx, func() error {
		for _, r := range m.runs {
			switch r.Status {
			case export.RunQueued:
				queued++
			case export.RunRunning:
				running++
			}
		}
		return nil
	})
	return queued, running, err
}

// Runs implements export.RunStore.
func (m *Memory) Runs(ctx context.Context, f export.RunFilter) (page []export.Run, next export.ID, err error) {
	err = m.do(ctx, func() error {
		for _, r := range m.runs {
			if f.Matches(r) && (f.Before == "" || r.ID < f.Before) {
				page = append(page, clone(r))
			}
		}
		return nil
	})
	slices.SortFunc(page, func(a, b export.Run) int { return cmp.Compare(b.ID, a.ID) })
	limit := f.Limit
	if limit <= 0 {
		limit = 50
	}
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].ID
	}
	return page, next, err
}

// PruneRuns implements export.RunStore.
func (m *Memory) PruneRuns(ctx context.Context, before time.Time, keep int) (deleted int, err error) {
	err = m.do(ctx, func() error {
		seen := map[export.ID]int{}
		for _, id := range slices.SortedFunc(maps.Keys(m.runs), func(a, b export.ID) int { return cmp.Compare(b, a) }) {
			r := m.runs[id]
			seen[r.Exporter.ID]++
			if seen[r.Exporter.ID] > keep && r.Status.Over() && r.FinishedAt.Before(before) {
				delete(m.runs, id)
				if due := (dueID{r.Exporter.ID, r.Due.UnixNano()}); m.byDue[due] == id {
					delete(m.byDue, due)
				}
				m.forget(id)
				deleted++
			}
		}
		return nil
	})
	return deleted, err
}
