package mirror

import (
	"context"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
	"strings"
)

// doubted is a live supply whose answers a test may change.
type doubted struct {
	Live
	changes func(supply.ChangesWant, supply.Delta, error) (supply.Delta, error)
	see     func(supply.Want, record.Record) record.Record
	count   func(supply.Want, int) int
}

func (d *doubted) Changes(ctx context.Context, w supply.ChangesWant) (supply.Delta, error) {
	delta, err := d.Live.Changes(ctx, w)
	if d.changes != nil {
		return d.changes(w, delta, err)
	}
	return delta, err
}

func (d *doubted) Records(ctx context.Context, w supply.Want) (*supply.Records, error) {
	records, err := d.Live.Records(ctx, w)
	if err == nil && d.count != nil {
		records.Total = d.count(w, records.Total)
	}
	if err != nil || d.see == nil {
		return records, err
	}
	all := records.All
	records.All = func(yield func(record.Record, error) bool) {
		for rec, err := range all {
			if err == nil {
				rec = d.see(w, rec)
			}
			if !yield(rec, err) {
				return
			}
		}
	}
	return records, nil
}

func (d *doubted) Lookup(ctx context.Context, w supply.Want, ids []string) (map[string]record.Record, error) {
	found, err := d.Live.Lookup(ctx, w, ids)
	for id, rec := range found {
		if d.see != nil {
			found[id] = d.see(w, rec)
		}
	}
	return found, err
}

// doubt returns a mirror of a live supply whose answers can be changed.
func (w *world) doubt(d *doubted) *Mirror {
	w.t.Helper()
	d.Live = w.client
	m := w.mirror(w.t.TempDir())
	m.live, m.Feed, m.Reports = d, d, d
	return m
}

// read reads through a mirror alone and returns how many requests that took.
func (w *world) read(m *Mirror, want supply.Want) (list []string, asked int) {
	w.t.Helper()
	before := w.turns.Count()
	records, err := m.Records(context.Background(), want)
	list, err = spelt(records, err)
	if err != nil {
		w.t.Fatal(err)
	}
	return list, w.turns.Count() - before
}

// queries returns the statements since the last ResetRequests that contain a text.
func (w *world) queries(text string) (list []string) {
	for _, r := range w.server.Requests() {
		if strings.Contains(r.Query, text) {
			list = append(list, r.Query)
		}
	}
	return list
}
