package supplytest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
)

// act is something that somebody does to the books while they are read. order has the ids as an earlier reading
// returned them.
type act struct {
	name string
	do   func(b *bench, order []string) error
}

// addLast adds a record as QuickBooks does: its id is the highest.
func addLast() act {
	return act{"one added at the end", func(b *bench, _ []string) error {
		return b.put(invoices, idOf(500_000), "late")
	}}
}

func acts() []act {
	remove := func(b *bench, order []string, places ...int) error {
		for _, n := range places {
			if err := b.delete(invoices, order[n]); err != nil {
				return err
			}
		}
		return nil
	}
	return []act{
		addLast(),
		{"one added at the beginning", func(b *bench, _ []string) error { return b.put(invoices, idOf(-10), "early") }},
		{"one added in the middle", func(b *bench, o []string) error {
			return b.put(invoices, between(o, len(o)/2), "mid")
		}},
		{"one added before the last", func(b *bench, o []string) error {
			return b.put(invoices, between(o, len(o)-2), "mid")
		}},
		{"the first deleted", func(b *bench, o []string) error { return remove(b, o, 0) }},
		{"the last of a page deleted", func(b *bench, o []string) error { return remove(b, o, b.Page-1) }},
		{"the last deleted", func(b *bench, o []string) error { return remove(b, o, len(o)-1) }},
		{"two deleted, one added", func(b *bench, o []string) error {
			return errors.Join(remove(b, o, 0, 1), b.put(invoices, idOf(500_000), "late"))
		}},
		{"one deleted, one added before it", func(b *bench, o []string) error {
			return errors.Join(remove(b, o, b.Page/2), b.put(invoices, between(o, 1), "mid"))
		}},
		{"one deleted, one added behind it", func(b *bench, o []string) error {
			return errors.Join(remove(b, o, 1), b.put(invoices, between(o, len(o)-2), "mid"))
		}},
		{"first and last changed", func(b *bench, o []string) error {
			return errors.Join(b.put(invoices, o[0], "changed"), b.put(invoices, o[len(o)-1], "changed"))
		}},
	}
}

// moment is when something happens to the books during a reading, counted from the call of Records.
type moment struct {
	requests int // after this many answers, unless negative
	records  int // otherwise before this many records; -1 means before the first request
}

func (m moment) String() string {
	if m.requests >= 0 {
		return fmt.Sprintf("after %d requests", m.requests)
	}
	return fmt.Sprintf("before record %d", m.records)
}

// moments returns the moments between requests, if there are any: whatever happens between two records also happens
// between two requests. Nothing happens before the first request, which counts the records.
func (b *bench) moments() []moment {
	if b.Between == nil {
		return []moment{{-1, -1}, {-1, 0}, {-1, b.Page - 1}}
	}
	return []moment{{requests: 1}, {requests: 2}, {requests: 3}, {requests: 4}}
}

// when arranges for do to be called at the moment. The caller calls before with the number of records so far, and
// forget at the end.
func (b *bench) when(m moment, do func()) (before func(n int), forget func()) {
	if m.requests >= 0 {
		return func(int) {}, b.Between(m.requests, do)
	}
	return func(n int) {
		if n == m.records {
			do()
		}
	}, func() {}
}

// few returns only the last size in short mode, as under the race detector.
func few(sizes ...int) []int {
	if testing.Short() {
		return sizes[len(sizes)-1:]
	}
	return sizes
}

// disturbed changes invoices while they are read: with one full page, with a further page that is not full, and with
// two full pages that overlap by one record.
func disturbed(ctx context.Context, p Place) error {
	b := prepare(p)
	for _, n := range few(p.Page, p.Page+3, 2*p.Page-1) {
		order, err := b.quiet(ctx, invoices, n)
		if err != nil {
			return err
		}
		for _, m := range b.moments() {
			for _, a := range acts() {
				if err := b.fill(invoices, n); err != nil {
					return err
				}
				if err := b.disturb(ctx, invoices, order, plot{m, a}); err != nil {
					return fmt.Errorf("%s %s of %d: %w", a.name, m, n, err)
				}
			}
		}
	}
	return nil
}

// conspired changes invoices twice between the requests of a reading, such that the final number of records equals the
// number counted or the number read.
func conspired(ctx context.Context, p Place) error {
	b := prepare(p)
	if p.Between == nil {
		return nil
	}
	grow := act{"two added in the middle", func(b *bench, o []string) error {
		return errors.Join(b.put(invoices, between(o, len(o)/2), "mid"), b.put(invoices, between(o, len(o)/2+1), "mid"))
	}}
	shrink := act{"the first two deleted", func(b *bench, o []string) error {
		return errors.Join(b.delete(invoices, o[0]), b.delete(invoices, o[1]))
	}}
	reshrink := act{"the third deleted", func(b *bench, o []string) error { return b.delete(invoices, o[2]) }}
	for _, n := range few(p.Page-1, p.Page, p.Page+1) {
		order, err := b.quiet(ctx, invoices, n)
		if err != nil {
			return err
		}
		for _, pair := range [][2]act{{grow, shrink}, {shrink, grow}, {grow, reshrink}, {shrink, addLast()}} {
			for _, first := range b.moments()[:3] {
				for second := first; second.requests < 5; second.requests++ {
					if err := b.fill(invoices, n); err != nil {
						return err
					}
					one, two := plot{first, pair[0]}, plot{second, pair[1]}
					if err := b.disturb(ctx, invoices, order, one, two); err != nil {
						return fmt.Errorf("%s %s and %s %s of %d: %w", one.name, one.moment, two.name, two.moment, n,
							err)
					}
				}
			}
		}
	}
	return nil
}

// switched deactivates and activates vendors while the active ones are read.
func switched(ctx context.Context, p Place) error {
	b := prepare(p)
	for _, n := range few(p.Page, p.Page+3) {
		all, err := b.quiet(ctx, vendors, n+1)
		if err != nil {
			return err
		}
		for _, place := range []int{0, n - 1} {
			hidden, order := all[place], slices.Delete(slices.Clone(all), place, place+1)
			off := act{
				"one switched off", func(b *bench, o []string) error { return b.activate(vendors, o[place], false) },
			}
			on := act{"one switched on", func(b *bench, _ []string) error { return b.activate(vendors, hidden, true) }}
			for _, m := range b.moments() {
				for _, a := range []act{on, off} {
					if err := errors.Join(b.activate(vendors, hidden, false),
						b.disturb(ctx, vendors, order, plot{m, a})); err != nil {
						return fmt.Errorf("%s %s of %d: %w", a.name, m, n, err)
					}
					if err := errors.Join(b.activate(vendors, hidden, true),
						b.activate(vendors, order[place], true)); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// plot is something that happens at a moment.
type plot struct {
	moment
	act
}

// quiet gives the object n records and returns the order in which they are read.
func (b *bench) quiet(ctx context.Context, object string, n int) ([]string, error) {
	if err := b.fill(object, n); err != nil {
		return nil, err
	}
	r, err := b.readAll(ctx, b.want(object))
	return r.ids, err
}

// disturb reads while something happens to records that were read in that order before. The reading may fail. If it
// does not, it must have returned everything that was wanted throughout, once, and nothing that never was.
func (b *bench) disturb(ctx context.Context, object string, order []string, plots ...plot) error {
	texts := map[string][]string{}
	for id, e := range b.books[object] {
		texts[id] = append(texts[id], e.text)
	}
	var failed error
	var befores []func(int)
	for _, p := range plots {
		before, forget := b.when(p.moment, func() { failed = errors.Join(failed, p.do(b, order)) })
		defer forget()
		befores = append(befores, before)
	}
	tell := func(n int) {
		for _, before := range befores {
			before(n)
		}
	}
	var r reading
	records, err := b.Supply.Records(ctx, b.want(object))
	if err == nil {
		tell(-1)
		r, err = take(records, tell)
	}
	switch {
	case failed != nil:
		return failed
	case err != nil:
		return isProblem("while reading", err)
	}
	after := b.ids(object, false)
	ever := append(slices.Clone(order), after...)
	always := slices.DeleteFunc(slices.Clone(order), func(id string) bool {
		_, still := slices.BinarySearch(after, id)
		return !still
	})
	if err := errors.Join(checkUnique(r.ids), checkWithin(always, r.ids), checkWithin(r.ids, ever)); err != nil {
		return fmt.Errorf("it ended without an error after %d: %w", len(r.ids), err)
	}
	for i, id := range r.ids {
		texts[id] = append(texts[id], b.books[object][id].text)
		if text := textOf(object, r.records[i]); !slices.Contains(texts[id], text) && !slices.Contains(texts[id], "") {
			return fmt.Errorf("%s reads %q, which it never was", id, text)
		}
	}
	return nil
}
