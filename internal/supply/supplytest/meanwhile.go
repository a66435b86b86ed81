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

// moments are when it is done: before so many records came. The first is before anything is read but the count.
func (b *bench) moments() []int { return []int{-1, 0, b.Page / 2, b.Page - 1} }

// disturbed changes invoices while they are read: with one page that is full, two pages that are full and overlap by
// one record, and pages of which the last is not full.
func disturbed(ctx context.Context, p Place) error {
	b := prepare(p)
	for _, n := range []int{p.Page, p.Page + 1, 2*p.Page - 1, 2*p.Page + 3} {
		for _, moment := range b.moments() {
			for _, a := range acts() {
				if err := b.fill(invoices, n); err != nil {
					return err
				}
				if err := b.disturb(ctx, b.want(invoices), moment, a); err != nil {
					return fmt.Errorf("%s among %d before record %d: %w", a.name, n, moment, err)
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
		for _, moment := range b.moments() {
			for _, place := range []int{0, p.Page / 2, n - 1} {
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
					if err := b.disturb(ctx, b.want(vendors), moment, a); err != nil {
						return fmt.Errorf("%s among %d before record %d: %w", a.name, n, moment, err)
					}
				}
			}
		}
	}
	return nil
}

// disturb reads while something is done. The reading may fail; when it does not, everything came that was wanted the
// whole time, once, and nothing that never was.
func (b *bench) disturb(ctx context.Context, w supply.Want, moment int, a act) error {
	before, err := b.all(ctx, w)
	if err != nil {
		return fmt.Errorf("before: %w", err)
	}
	texts := map[string][]string{}
	for i, id := range before.ids {
		texts[id] = append(texts[id], textOf(w.Object, before.records[i]))
	}
	records, err := b.Supply.Records(ctx, w)
	if err != nil {
		return fmt.Errorf("before: %w", err)
	}
	var failed error
	do := func() { failed = a.do(b, before.ids) }
	if moment < 0 {
		do()
	}
	r, err := take(records, func(n int) error {
		if n == moment {
			do()
		}
		return failed
	})
	if failed != nil {
		return failed
	}
	after := b.ids(w.Object, w.Inactive)
	if err == nil {
		ever := append(slices.Clone(before.ids), after...)
		always := slices.DeleteFunc(slices.Clone(before.ids), func(id string) bool {
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
	} else if err := isProblem("while reading", err); err != nil {
		return err
	}
	if _, err := b.all(ctx, w); err != nil {
		return fmt.Errorf("afterwards: %w", err)
	}
	return nil
}
