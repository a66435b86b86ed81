package storetest

import (
	"context"
	"slices"
	"time"

	"ledgersheet/internal/export"
)

// EnqueueDue implements export.DueStore.
func (m *Memory) EnqueueDue(ctx context.Context, d export.DueRun) (stored export.Run, joined bool, err error) {
	err = m.do(ctx, func() error {
		e, ok := m.exporters[d.Run.Exporter.ID]
		if !ok {
			return export.ErrNotFound
		}
		if d.Run.Due.IsZero() || !e.NextAt.Equal(d.Run.Due) {
			return export.ErrExists
		}
		if before, had := m.hadDue(e.ID, d.Run.Due); had {
			e.NextAt = d.Next
			m.putExporter(e)
			for _, entry := range d.Repeat(before, d.Run.QueuedAt) {
				m.putDueTime(e.ID, entry)
			}
			return export.ErrExists
		}
		if active, ok := m.activeRun(e.ID); ok && !active.StandsForDue() {
			return export.ErrBusy
		}
		if stored, joined, err = m.enqueue(d.Run); err != nil {
			return err
		}
		e.NextAt = d.Next
		m.putExporter(e)
		for _, entry := range d.Entries(stored.ID, joined, d.Run.QueuedAt) {
			m.putDueTime(e.ID, entry)
		}
		return nil
	})
	if err != nil {
		return export.Run{}, false, err
	}
	return stored, joined, nil
}

// hadDue returns the entry of a due time that had its run, made anew if the ledger has forgotten it.
func (m *Memory) hadDue(id export.ID, at time.Time) (export.DueTime, bool) {
	for _, d := range m.due[id] {
		if d.At.Equal(at) {
			return d, true
		}
	}
	r, ok := m.runs[m.byDue[dueID{id, at.UnixNano()}]]
	if !ok {
		return export.DueTime{}, false
	}
	d := export.DueRun{Run: r}.Entries(r.ID, false, r.QueuedAt)[0]
	if r.Status.Over() {
		d.Settle(r)
	}
	return d, true
}

// PassDue implements export.DueStore.
func (m *Memory) PassDue(ctx context.Context, id export.ID,
	change func(*export.Exporter) (export.DueTime, error)) (e export.Exporter, err error) {
	err = m.do(ctx, func() error {
		stored, ok := m.exporters[id]
		if !ok {
			return export.ErrNotFound
		}
		e = clone(stored)
		passed, err := change(&e)
		if err != nil {
			return err
		}
		m.putExporter(clone(e))
		if !passed.At.IsZero() {
			m.putDueTime(id, passed)
		}
		return nil
	})
	return e, err
}

// DueTimes implements export.DueStore.
func (m *Memory) DueTimes(ctx context.Context, id export.ID) (all []export.DueTime, err error) {
	err = m.do(ctx, func() error { all = slices.Clone(m.due[id]); return nil })
	return all, err
}

func (m *Memory) putDueTime(id export.ID, d export.DueTime) {
	all := slices.DeleteFunc(m.due[id], func(old export.DueTime) bool { return old.At.Equal(d.At) })
	all = append(all, d)
	slices.SortFunc(all, func(a, b export.DueTime) int { return b.At.Compare(a.At) })
	m.due[id] = all[:min(len(all), export.MostDueTimes)]
}

func (m *Memory) settleDueTimes(r export.Run) {
	if !r.Status.Over() {
		return
	}
	for i := range m.due[r.Exporter.ID] {
		if d := &m.due[r.Exporter.ID][i]; d.Run == r.ID && d.End == export.DueWaiting {
			d.Settle(r)
		}
	}
}

func (m *Memory) cutDueTimes(stored export.Exporter, next time.Time) {
	if next.IsZero() || !next.Before(stored.NextAt) {
		return
	}
	var kept []export.DueTime
	for _, d := range m.due[stored.ID] {
		if d.Keep(next) {
			kept = append(kept, d)
			continue
		}
		due := dueID{stored.ID, d.At.UnixNano()}
		if r, ok := m.runs[m.byDue[due]]; ok {
			r.Due = time.Time{}
			m.runs[r.ID] = r
		}
		delete(m.byDue, due)
	}
	m.due[stored.ID] = kept
}
