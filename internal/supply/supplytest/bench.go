package supplytest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
)

// The objects whose records the suite changes: one that can be deleted, one that can be inactive, one that has days.
const (
	invoices = "Invoice"
	vendors  = "Vendor"
	rates    = "ExchangeRate"
)

// bench is a place under test, with what its books hold.
type bench struct {
	Place
	books map[string]map[string]entry // by object and id
}

// entry is what the suite knows about one record.
type entry struct {
	text     string // as passed to put; empty for a record that was there before
	inactive bool
}

func prepare(p Place) *bench {
	b := &bench{Place: p, books: map[string]map[string]entry{}}
	for _, object := range []string{invoices, vendors} {
		b.books[object] = map[string]entry{}
		for _, id := range p.Books.IDs(object) {
			b.books[object][id] = entry{}
		}
	}
	return b
}

// idOf returns the id of the suite's n-th record. There is room for nine ids between two of them.
func idOf(n int) string { return strconv.Itoa(1_000_000 + 10*n) }

// put adds or changes a record. Its amounts and days derive from its id, its name and memo from the text.
func (b *bench) put(object, id, text string) error {
	n, err := strconv.Atoi(id)
	if err != nil {
		return fmt.Errorf("putting %s %q: %w", object, id, err)
	}
	json := fmt.Appendf(nil, `{"Id":%q,"DisplayName":"%s %s","Notes":%q}`, id, text, id, text)
	if object == invoices {
		json = fmt.Appendf(nil,
			`{"Id":%q,"DocNumber":"D-%d","TxnDate":"2026-01-%02d","TotalAmt":%d.50,"Balance":%d.00,`+
				`"CustomerRef":{"value":"1","name":"Ann"},"PrivateNote":%q}`, id, n/10%5, n/10%28+1, n%100, n/10%4,
			text)
	}
	if err := b.Books.Put(object, json); err != nil {
		return fmt.Errorf("putting %s %s: %w", object, id, err)
	}
	b.books[object][id] = entry{text: text, inactive: b.books[object][id].inactive}
	return nil
}

func (b *bench) delete(object, id string) error {
	if err := b.Books.Delete(object, id); err != nil {
		return fmt.Errorf("deleting %s %s: %w", object, id, err)
	}
	delete(b.books[object], id)
	return nil
}

func (b *bench) activate(object, id string, active bool) error {
	if err := b.Books.Activate(object, id, active); err != nil {
		return fmt.Errorf("switching %s %s: %w", object, id, err)
	}
	e := b.books[object][id]
	e.inactive = !active
	b.books[object][id] = e
	return nil
}

// fill gives the object n records. Invoices are then the suite's first n. Vendors cannot be deleted, so new ones join
// those that were there.
func (b *bench) fill(object string, n int) error {
	keep := map[string]bool{}
	for i := 1; i <= n; i++ {
		keep[idOf(i)] = true
	}
	if object == invoices {
		for _, id := range b.ids(object, true) {
			if !keep[id] {
				if err := b.delete(object, id); err != nil {
					return err
				}
			}
		}
	}
	for i := 1; len(b.books[object]) < n; i++ {
		if _, there := b.books[object][idOf(i)]; there {
			continue
		}
		if err := b.put(object, idOf(i), "first"); err != nil {
			return err
		}
	}
	return nil
}

// ids returns the sorted ids of the wanted records.
func (b *bench) ids(object string, inactive bool) []string {
	var list []string
	for id, e := range b.books[object] {
		if inactive || !e.inactive {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}

func (b *bench) want(object string) supply.Want {
	return supply.Want{Company: b.Company, Object: object, Title: object + " records", Day: today}
}

// today is the day of the run.
var today = time.Date(2026, time.March, 14, 0, 0, 0, 0, time.UTC)

// reading is what a supply returned.
type reading struct {
	total   int
	exact   bool
	ids     []string
	records []record.Record
}

var errGoesOn = errors.New("the reading goes on behind its error")

// read reads all wanted records.
func (b *bench) read(ctx context.Context, w supply.Want) (reading, error) {
	records, err := b.Supply.Records(ctx, w)
	if err != nil {
		return reading{}, err
	}
	return take(records, nil)
}

// take reads the records. Before each record it calls before, unless that is nil, with the number of records so far.
func take(records *supply.Records, before func(n int)) (reading, error) {
	r := reading{total: records.Total, exact: records.Exact}
	var ended error
	for rec, err := range records.All {
		switch {
		case ended != nil:
			return r, errGoesOn
		case err != nil:
			ended = err
			continue
		case before != nil:
			before(len(r.ids))
		}
		r.ids = append(r.ids, rec.Text("Id"))
		r.records = append(r.records, rec)
	}
	return r, ended
}

// readAll reads everything and compares it with the books.
func (b *bench) readAll(ctx context.Context, w supply.Want) (reading, error) {
	r, err := b.read(ctx, w)
	if err != nil {
		return r, fmt.Errorf("reading %s: %w", w.Object, err)
	}
	if err := sameIDs(r.ids, b.ids(w.Object, w.Inactive)); err != nil {
		return r, fmt.Errorf("reading %d %s: %w", len(b.books[w.Object]), w.Object, err)
	}
	return r, nil
}

// sameIDs returns an error unless both lists have the same ids, in any order.
func sameIDs(got, want []string) error {
	if err := checkUnique(got); err != nil {
		return err
	}
	if err := checkWithin(want, got); err != nil {
		return fmt.Errorf("missing: %w", err)
	}
	if err := checkWithin(got, want); err != nil {
		return fmt.Errorf("not wanted: %w", err)
	}
	return nil
}

// checkUnique returns an error that names an id that occurs twice.
func checkUnique(ids []string) error {
	seen := map[string]bool{}
	for _, id := range ids {
		if seen[id] {
			return fmt.Errorf("%q is given twice", id)
		}
		seen[id] = true
	}
	return nil
}

// checkWithin returns an error that names the ids that are not in the list.
func checkWithin(ids, list []string) error {
	rest := map[string]bool{}
	for _, id := range ids {
		rest[id] = true
	}
	for _, id := range list {
		delete(rest, id)
	}
	if len(rest) == 0 {
		return nil
	}
	some := slices.Sorted(maps.Keys(rest))
	return fmt.Errorf("%d records, such as %q", len(rest), some[:min(3, len(some))])
}

// textOf returns the text with which a record was put.
func textOf(object string, rec record.Record) string {
	if object == invoices {
		return rec.Text("PrivateNote")
	}
	return rec.Text("Notes")
}

// isProblem checks that an error is a problem, which can be shown to people.
func isProblem(what string, err error) error {
	if err == nil {
		return fmt.Errorf("%s: no error", what)
	}
	if _, ok := errors.AsType[*problem.Problem](err); !ok {
		return fmt.Errorf("%s: the error is no problem: %w", what, err)
	}
	return nil
}
