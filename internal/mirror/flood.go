package mirror

import (
	"ledgersheet/internal/supply"
	"maps"
	"slices"
	"strings"
	"time"
)

// applyFlooded deals with objects of which more changed than an answer can hold. The changed records come in pages;
// deletions, of which those do not tell, show in the count.
func (r *refresh) applyFlooded(q *question, again map[string][]string) ([]change, error) {
	var changes []change
	for _, name := range q.flooded {
		kind := objectOf(name)
		if kind.txn {
			r.move()
		}
		d := r.drafts[name]
		if d == nil && kind.txn {
			// Which records a deleted transaction was linked to cannot be known.
			if err := r.replaceTransactions(); err != nil {
				return nil, err
			}
			continue
		}
		if d == nil {
			// Which records were deleted, or merged into others, only the whole list tells.
			if err := r.compareList(name, again); err != nil {
				return nil, err
			}
			continue
		}
		found, err := r.applyPages(name, d, q.from)
		if err != nil {
			return nil, err
		}
		changes = append(changes, found...)
	}
	return changes, nil
}

// replaceTransactions has all transactions read anew.
func (r *refresh) replaceTransactions() error {
	for _, name := range slices.Sorted(maps.Keys(r.drafts)) {
		if d := r.drafts[name]; d.kind.txn && !d.read {
			if err := r.replace(name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *refresh) applyPages(name string, d *draft, from time.Time) ([]change, error) {
	if d.read {
		return nil, nil
	}
	records, err := r.changedSince(name, from)
	if err != nil {
		return nil, aside(err)
	}
	if records.Total > mostPaged {
		return nil, r.replace(name)
	}
	list, err := collect(records)
	if err != nil {
		return nil, err
	}
	if err := r.replaceAll(d, list); err != nil {
		return nil, r.orReadWhole(name, err)
	}
	var changes []change
	for _, rec := range list {
		id := rec.Text("Id")
		if e, changed := d.changed[id]; changed {
			old, there := d.old[id]
			changes = append(changes, change{key: key{name, id}, old: old, wasThere: there, now: e, isThere: true})
		}
	}
	return changes, r.provePages(d)
}

// mostPaged is how many changed records are read in pages. For more, all records are read.
const mostPaged = 5000

// provePages compares the count, and asks whether anything changed meanwhile, which would make the count prove nothing.
func (r *refresh) provePages(d *draft) error {
	n, err := r.b.m.live.Count(r.ctx, r.wantAll(d.name))
	if err != nil {
		return aside(err)
	}
	if n != d.count() {
		return r.replace(d.name)
	}
	after, err := r.b.m.Feed.Changes(r.ctx, supply.ChangesWant{
		Company: r.want.Company, Objects: []string{d.name}, Since: r.at, Meter: r.want.Meter,
	})
	if err != nil {
		return err
	}
	if after.Cut {
		return r.replace(d.name)
	}
	for _, rec := range after.Records[d.name] {
		e, there := d.changed[rec.Text("Id")]
		if strings.EqualFold(rec.Text("status"), "Deleted") || !there || newer(entryOf(rec), e) {
			return r.replace(d.name)
		}
	}
	return nil
}
