package supplytest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ledgersheet/internal/supply"
)

// act is what somebody does to the books while they are read. order are the ids as an earlier reading gave them.
type act struct {
	name string
	do   func(b *bench, order []string) error
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
		{"one added at the end", func(b *bench, _ []string) error { return b.put(invoices, idOf(500_000), "late") }},
		{"one added at the beginning", func(b *bench, _ []string) error { return b.put(invoices, idOf(-10), "early") }},
		{"one added in the middle", func(b *bench, o []string) error { return b.put(invoices, between(o, len(o)/2), "mid") }},
		{"one added before the last", func(b *bench, o []string) error { return b.put(invoices, between(o, len(o)-2), "mid") }},
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

// moment is when something is done to the books during a reading, counted from when Records was called.
type moment struct {
	requests int // when so many requests were answered, unless it is negative
	records  int // else before so many records came, -1 before any was asked for
}

func (m moment) String() string {
	if m.requests >= 0 {
		return fmt.Sprintf("after %d requests", m.requests)
	}
	return fmt.Sprintf("before record %d", m.records)
}

// moments are those between requests, where there are any: what comes between two records comes between two requests
// too. Nothing is done before the first request, which counts.
func (b *bench) moments() []moment {
	if b.Between == nil {
		return []moment{{-1, -1}, {-1, 0}, {-1, b.Page - 1}}
	}
	return []moment{{requests: 1}, {requests: 2}, {requests: 3}, {requests: 4}}
}

// when arranges for do to be called at the moment. The caller calls before with the number of records that came, and
// forget in the end.
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

// disturbed changes invoices while they are read: with one page that is full, two pages that are full and overlap by
// one record, and pages of which the last is not full.
func disturbed(ctx context.Context, p Place) error {
	b := prepare(p)
	for _, n := range []int{p.Page, 2*p.Page - 1, 2*p.Page + 3} {
		for _, m := range b.moments() {
			for _, a := range acts() {
				if err := b.fill(invoices, n); err != nil {
					return err
				}
				if err := b.disturb(ctx, b.want(invoices), plot{m, a}); err != nil {
					return fmt.Errorf("%s %s of %d: %w", a.name, m, n, err)
				}
			}
		}
	}
	return nil
}

// conspired changes invoices twice between the requests of a reading, such that the number of records is in the end
// what was counted, or what came.
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
	regrow := act{"one added at the end", func(b *bench, _ []string) error { return b.put(invoices, idOf(500_000), "late") }}
	reshrink := act{"the third deleted", func(b *bench, o []string) error { return b.delete(invoices, o[2]) }}
	for _, n := range []int{p.Page - 1, p.Page, p.Page + 1, 2*p.Page - 1} {
		for _, pair := range [][2]act{{grow, shrink}, {shrink, grow}, {grow, reshrink}, {shrink, regrow}} {
			for _, first := range b.moments()[:3] {
				for second := first; second.requests < 5; second.requests++ {
					if err := b.fill(invoices, n); err != nil {
						return err
					}
					one, two := plot{first, pair[0]}, plot{second, pair[1]}
					if err := b.disturb(ctx, b.want(invoices), one, two); err != nil {
						return fmt.Errorf("%s %s and %s %s of %d: %w", one.name, one.moment, two.name, two.moment, n, err)
					}
				}
			}
		}
	}
	return nil
}

// switched makes vendors inactive and active while the active ones are read.
func switched(ctx context.Context, p Place) error {
	b := prepare(p)
	for _, n := range []int{p.Page, 2*p.Page + 3} {
		if err := b.fill(vendors, n+1); err != nil {
			return err
		}
		for _, m := range b.moments() {
			for _, place := range []int{0, n - 1} {
				// Each reading begins with one vendor inactive, another one each time, and n active ones.
				hidden := b.ids(vendors, true)[place]
				off := act{"one switched off", func(b *bench, o []string) error { return b.activate(vendors, o[place], false) }}
				on := act{"one switched on", func(b *bench, _ []string) error { return b.activate(vendors, hidden, true) }}
				for _, a := range []act{on, off} {
					for _, id := range b.ids(vendors, true) {
						if off := id == hidden; b.books[vendors][id].inactive != off {
							if err := b.activate(vendors, id, !off); err != nil {
								return err
							}
						}
					}
					if err := b.disturb(ctx, b.want(vendors), plot{m, a}); err != nil {
						return fmt.Errorf("%s %s of %d: %w", a.name, m, n, err)
					}
				}
			}
		}
	}
	return nil
}

// plot is something that is done at a moment.
type plot struct {
	moment
	act
}

// disturb reads while something is done. The reading may fail; when it does not, everything came that was wanted the
// whole time, once, and nothing that never was.
func (b *bench) disturb(ctx context.Context, w supply.Want, plots ...plot) error {
	quiet, err := b.all(ctx, w)
	if err != nil {
		return fmt.Errorf("nobody disturbs it: %w", err)
	}
	texts := map[string][]string{}
	for i, id := range quiet.ids {
		texts[id] = append(texts[id], textOf(w.Object, quiet.records[i]))
	}
	var failed error
	var befores []func(int)
	for _, p := range plots {
		before, forget := b.when(p.moment, func() { failed = errors.Join(failed, p.do(b, quiet.ids)) })
		defer forget()
		befores = append(befores, before)
	}
	tell := func(n int) {
		for _, before := range befores {
			before(n)
		}
	}
	var r reading
	records, err := b.Supply.Records(ctx, w)
	if err == nil {
		tell(-1)
		r, err = take(records, func(n int) error { tell(n); return nil })
	}
	switch {
	case failed != nil:
		return failed
	case err != nil:
		return isProblem("while reading", err)
	}
	after := b.ids(w.Object, w.Inactive)
	ever := append(slices.Clone(quiet.ids), after...)
	always := slices.DeleteFunc(slices.Clone(quiet.ids), func(id string) bool {
		_, still := slices.BinarySearch(after, id)
		return !still
	})
	if err := errors.Join(once(r.ids), within(always, r.ids), within(r.ids, ever)); err != nil {
		return fmt.Errorf("it ended without an error after %d: %w", len(r.ids), err)
	}
	for i, id := range r.ids {
		if e := b.books[w.Object][id]; e.text != "" {
			texts[id] = append(texts[id], e.text)
		}
		if text := textOf(w.Object, r.records[i]); len(texts[id]) > 0 && !slices.Contains(texts[id], text) {
			return fmt.Errorf("%s reads %q, which it never was", id, text)
		}
	}
	return nil
}
