package supplytest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
)

func feedChecks() []check {
	list := []check{
		{"feed tells what changed", feedTells},
		{"feed loses nothing between two questions", feedEdges},
		{"feed says when it is cut", feedCut},
		{"feed refuses what is too old", feedOld},
		{"feed broken", feedBroken},
	}
	for i, c := range list {
		list[i].run = func(ctx context.Context, p Place) error {
			if p.Feed == nil {
				return nil
			}
			return c.run(ctx, p)
		}
	}
	return list
}

func (b *bench) changes(ctx context.Context, since time.Time, objects ...string) (supply.Delta, error) {
	d, err := b.Feed.Changes(ctx, supply.ChangesWant{Company: b.Company, Objects: objects, Since: since})
	if err != nil {
		return d, fmt.Errorf("asking for changes: %w", err)
	}
	if d.At.Before(since) {
		return d, fmt.Errorf("what changed since %s was told at %s", since, d.At)
	}
	for object, list := range d.Records {
		if !slices.Contains(objects, object) {
			return d, fmt.Errorf("%d records of %s, which was not asked for", len(list), object)
		}
		for _, rec := range list {
			if rec.Text("Id") == "" {
				return d, fmt.Errorf("a changed record of %s has no id", object)
			}
		}
	}
	return d, nil
}

// last returns the last version of a record in a delta.
func last(d supply.Delta, object, id string) record.Record {
	var found record.Record
	for _, rec := range d.Records[object] {
		if rec.Text("Id") == id {
			found = rec
		}
	}
	return found
}

// compareDelta compares what a feed says about records with the books.
func (b *bench) compareDelta(d supply.Delta, object string, ids ...string) error {
	for _, id := range ids {
		rec := last(d, object, id)
		if !rec.Exists() {
			return fmt.Errorf("nothing of %s %s", object, id)
		}
		gone := strings.EqualFold(rec.Text("status"), "Deleted")
		e, there := b.books[object][id]
		if gone == there {
			return fmt.Errorf("%s %s is told as deleted: %t", object, id, gone)
		}
		if there && textOf(object, rec) != e.text {
			return fmt.Errorf("%s %s reads %q, not %q", object, id, textOf(object, rec), e.text)
		}
		if active := rec.Text("Active") != "false"; there && object == vendors && active == e.inactive {
			return fmt.Errorf("%s %s is told as active: %t", object, id, active)
		}
	}
	return nil
}

// readClock reads the books' clock.
func (b *bench) readClock(ctx context.Context) (time.Time, error) {
	books, err := b.Feed.Books(ctx, b.Company, nil)
	if err != nil {
		return time.Time{}, fmt.Errorf("asking about the books: %w", err)
	}
	if _, err := time.Parse(time.DateOnly, books.Closed); books.Closed != "" && err != nil {
		return time.Time{}, fmt.Errorf("the books are closed until %q", books.Closed)
	}
	return books.Now, nil
}

// feedTells makes every kind of change and expects the feed to tell it.
func feedTells(ctx context.Context, p Place) error {
	b := prepare(p)
	if err := errors.Join(b.fill(invoices, 12), b.fill(vendors, 12)); err != nil {
		return err
	}
	b.Pass(time.Hour)
	cursor, err := b.readClock(ctx)
	if err != nil {
		return err
	}
	d, err := b.changes(ctx, cursor, invoices, vendors)
	if err != nil {
		return err
	}
	if n := len(d.Records[invoices]) + len(d.Records[vendors]); n > 0 || d.Cut {
		return fmt.Errorf("%d records changed in a quiet hour, cut: %t", n, d.Cut)
	}
	err = errors.Join(
		b.put(invoices, idOf(1), "changed"), b.put(invoices, idOf(600), "added"), b.delete(invoices, idOf(2)),
		b.put(invoices, idOf(601), "came and went"), b.delete(invoices, idOf(601)),
		b.put(vendors, idOf(1), "changed"), b.put(vendors, idOf(600), "added"), b.activate(vendors, idOf(2), false),
	)
	if err != nil {
		return err
	}
	told := []string{idOf(1), idOf(600), idOf(2), idOf(601)}
	if d, err = b.changes(ctx, cursor, invoices, vendors); err != nil {
		return err
	}
	if err := errors.Join(b.compareDelta(d, invoices, told...), b.compareDelta(d, vendors, told[:3]...)); err != nil {
		return err
	}
	if d.Cut {
		return errors.New("said to be cut after a few changes")
	}
	if d, err = b.changes(ctx, cursor, invoices); err != nil {
		return err
	}
	if err := b.compareDelta(d, invoices, told...); err != nil {
		return fmt.Errorf("of one object: %w", err)
	}
	if p.Other.Realm == "" {
		return nil
	}
	d, err = p.Feed.Changes(ctx, supply.ChangesWant{Company: p.Other, Objects: []string{invoices}, Since: cursor})
	if err != nil {
		return fmt.Errorf("asking for changes of the other company: %w", err)
	}
	if last(d, invoices, idOf(1)).Exists() {
		return errors.New("the other company's feed tells of an invoice that is not its own")
	}
	return nil
}

// feedEdges asks repeatedly, each time since the last answer, and changes something right before and right after each
// request. The clock advances by fractions of a second or not at all.
func feedEdges(ctx context.Context, p Place) error {
	b := prepare(p)
	if err := b.fill(invoices, 30); err != nil {
		return err
	}
	cursor, err := b.readClock(ctx)
	if err != nil {
		return err
	}
	var late []string // what changed right after the last answer
	for i := range 8 {
		id := idOf(700 + i)
		if err := errors.Join(b.put(invoices, id, "right before"), b.delete(invoices, idOf(10+i))); err != nil {
			return err
		}
		d, err := b.changes(ctx, cursor, invoices)
		if err != nil {
			return err
		}
		if err := b.compareDelta(d, invoices, append(late, id, idOf(10+i))...); err != nil {
			return fmt.Errorf("question %d: %w", i, err)
		}
		cursor, late = d.At, []string{idOf(1), idOf(800 + i)}
		err = errors.Join(b.put(invoices, idOf(1), fmt.Sprint(i)), b.put(invoices, idOf(800+i), "right after"))
		if err != nil {
			return err
		}
		b.Pass([]time.Duration{0, 300 * time.Millisecond, 900 * time.Millisecond, 2 * time.Second}[i%4])
	}
	return nil
}

// feedCut changes as many records as an answer can hold, and more, in one object and in two.
func feedCut(ctx context.Context, p Place) error {
	b := prepare(p)
	for _, test := range []struct{ invoices, vendors int }{
		{supply.FeedMost - 1, 0}, {supply.FeedMost + 1, 0},
		{supply.FeedMost / 2, supply.FeedMost/2 - 1}, {supply.FeedMost / 2, supply.FeedMost/2 + 1},
	} {
		b.Pass(time.Hour)
		cursor, err := b.readClock(ctx)
		if err != nil {
			return err
		}
		changed := map[string][]string{}
		for object, n := range map[string]int{invoices: test.invoices, vendors: test.vendors} {
			for i := range n {
				if err := b.put(object, idOf(i), cursor.String()); err != nil {
					return err
				}
				changed[object] = append(changed[object], idOf(i))
			}
		}
		d, err := b.changes(ctx, cursor, invoices, vendors)
		if err != nil {
			return err
		}
		if n := test.invoices + test.vendors; d.Cut && n < supply.FeedMost {
			return fmt.Errorf("%d changes are said to be cut", n)
		}
		if d.Cut {
			continue // the caller has to read everything
		}
		for _, object := range slices.Sorted(maps.Keys(changed)) {
			if err := b.compareDelta(d, object, changed[object]...); err != nil {
				return fmt.Errorf("%d and %d changes, not said to be cut: %w", test.invoices, test.vendors, err)
			}
		}
	}
	return nil
}

// feedOld asks since the oldest allowed time, and since a time that QuickBooks no longer remembers.
func feedOld(ctx context.Context, p Place) error {
	b := prepare(p)
	if err := b.put(invoices, idOf(1), "old"); err != nil {
		return err
	}
	b.Pass(time.Hour)
	now, err := b.readClock(ctx)
	if err != nil {
		return err
	}
	d, err := b.changes(ctx, now.AddDate(0, 0, -supply.FeedDays), invoices)
	if err != nil {
		return err
	}
	if err := b.compareDelta(d, invoices, idOf(1)); err != nil && !d.Cut {
		return err
	}
	_, err = b.changes(ctx, now.AddDate(0, 0, -supply.FeedDays-3), invoices)
	return isProblem(fmt.Sprintf("changes of %d days", supply.FeedDays+3), err)
}

// feedBroken breaks the connection during requests for changes.
func feedBroken(ctx context.Context, p Place) error {
	b := prepare(p)
	if p.Break == nil {
		return nil
	}
	cursor, err := b.readClock(ctx)
	if err != nil {
		return err
	}
	var ids []string
	for i := range 20 {
		if err := b.put(invoices, idOf(i), "changed"); err != nil {
			return err
		}
		ids = append(ids, idOf(i))
	}
	for _, way := range loud() {
		err := b.breakAt(func() error {
			d, err := b.changes(ctx, cursor, invoices)
			if err != nil {
				return err
			}
			if err := b.compareDelta(d, invoices, ids...); err != nil {
				return incomplete{err}
			}
			return nil
		}, way)
		if err != nil {
			return fmt.Errorf("asking for changes: %w", err)
		}
		if err := b.breakAt(func() error { _, err := b.readClock(ctx); return err }, way); err != nil {
			return err
		}
	}
	return nil
}
