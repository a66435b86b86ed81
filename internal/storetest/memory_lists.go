package storetest

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"ledgersheet/internal/export"
)

// historyOf sums up an exporter's runs by looking at all of them.
func historyOf(runs []export.Run, exporter export.ID) (h export.History) {
	runs = slices.DeleteFunc(slices.Clone(runs), func(r export.Run) bool { return r.Exporter.ID != exporter })
	slices.SortFunc(runs, func(a, b export.Run) int { return cmp.Compare(b.ID, a.ID) })
	h.Runs = len(runs)
	for i, r := range runs {
		h.Days = h.Days.Count(r.Ending(), 1)
		if i == 0 {
			h.Problem = r.Problem
		}
		if i < export.MostRecent {
			h.Recent = append(h.Recent, r.Brief())
		}
		if r.Status == export.RunSucceeded && r.Trigger != export.TriggerUndo && h.Last == nil {
			h.Last = r.Success()
		}
	}
	return h
}

func (m *Memory) history(id export.ID) export.History {
	var runs []export.Run
	for _, r := range m.runs {
		if r.Exporter.ID == id {
			runs = append(runs, clone(r))
		}
	}
	return historyOf(runs, id)
}

// History implements export.ExporterStore.
func (m *Memory) History(ctx context.Context, id export.ID) (h export.History, err error) {
	err = m.do(ctx, func() error { h = m.history(id); return nil })
	return h, err
}

// ExporterHeads implements export.ExporterStore.
func (m *Memory) ExporterHeads(
	ctx context.Context, f export.ExporterFilter, after string,
) iter.Seq2[export.ExporterHead, error] {
	return func(yield func(export.ExporterHead, error) bool) {
		var all []export.ExporterHead
		err := m.do(ctx, func() error {
			for _, e := range m.exporters {
				h := clone(e).Head(m.history(e.ID))
				if h.Matches(f) && h.Position() > after {
					all = append(all, h)
				}
			}
			return nil
		})
		if err != nil {
			yield(export.ExporterHead{}, err)
			return
		}
		slices.SortFunc(all, func(a, b export.ExporterHead) int { return cmp.Compare(a.Position(), b.Position()) })
		for _, h := range all {
			if !yield(h, nil) {
				return
			}
		}
	}
}

// DueExporters implements export.ExporterStore.
func (m *Memory) DueExporters(
	ctx context.Context, now time.Time, limit int,
) (due []export.Exporter, next time.Time, err error) {
	err = m.do(ctx, func() error {
		for _, e := range m.exporters {
			at, ok := e.WakeAt()
			switch {
			case !ok:
			case !at.After(now):
				due = append(due, clone(e))
			case next.IsZero() || at.Before(next):
				next = at
			}
		}
		slices.SortFunc(due, func(a, b export.Exporter) int {
			one, _ := a.WakeAt()
			other, _ := b.WakeAt()
			return cmp.Or(one.Compare(other), cmp.Compare(a.ID, b.ID))
		})
		due = due[:min(len(due), limit)]
		return nil
	})
	return due, next, err
}
