package supplytest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/supply"
	"ledgersheet/internal/table"
)

// dated puts rates for two days. Those of the day of the run are wanted, unless a condition names another day.
func dated(ctx context.Context, p Place) error {
	b := prepare(p)
	yesterday := today.AddDate(0, 0, -1)
	wanted := map[time.Time][]string{}
	for i, code := range []string{"SEK", "NOK", "DKK", "ISK"} {
		day := yesterday
		if i%2 == 0 {
			day = today
		}
		json := fmt.Appendf(nil,
			`{"Id":%q,"SourceCurrencyCode":%q,"TargetCurrencyCode":"USD","Rate":1.5,"AsOfDate":%q}`,
			idOf(i), code, day.Format(time.DateOnly))
		if err := p.Books.Put(rates, json); err != nil {
			return fmt.Errorf("putting a rate: %w", err)
		}
		wanted[day] = append(wanted[day], code)
	}
	for _, day := range []time.Time{today, yesterday} {
		w := b.want(rates)
		w.Day = day
		if err := b.ratesOf(ctx, w, day, wanted[day]); err != nil {
			return fmt.Errorf("as of %s: %w", day.Format(time.DateOnly), err)
		}
		// A condition on the day overrides the day of the run.
		w.Day = today
		w.Narrow = []supply.Condition{condition("AsOfDate", table.Date, true, export.OpEqual,
			day.Format(time.DateOnly))}
		if err := b.ratesOf(ctx, w, day, wanted[day]); err != nil {
			return fmt.Errorf("where the day is %s: %w", day.Format(time.DateOnly), err)
		}
	}
	return nil
}

func (b *bench) ratesOf(ctx context.Context, w supply.Want, day time.Time, codes []string) error {
	r, err := b.read(ctx, w)
	if err != nil {
		return err
	}
	var got []string
	for _, rec := range r.records {
		if rec.Text("AsOfDate") == day.Format(time.DateOnly) {
			got = append(got, rec.Text("SourceCurrencyCode"))
		} else if r.exact {
			return fmt.Errorf("a rate of %s", rec.Text("AsOfDate"))
		}
	}
	if err := errors.Join(checkUnique(got), checkWithin(codes, got)); err != nil {
		return err
	}
	n, err := b.Supply.Count(ctx, w)
	if err != nil {
		return fmt.Errorf("counting: %w", err)
	}
	if n >= 0 && n != len(r.records) || r.total >= 0 && r.total != len(r.records) {
		return fmt.Errorf("counted %d, a total of %d, but %d came", n, r.total, len(r.records))
	}
	return nil
}

// singles reads objects that have one record and cannot be counted.
func singles(ctx context.Context, p Place) error {
	b := prepare(p)
	for _, object := range []string{"CompanyInfo", "Preferences"} {
		n, err := p.Supply.Count(ctx, b.want(object))
		if err != nil {
			return fmt.Errorf("counting %s: %w", object, err)
		}
		if n != -1 {
			return fmt.Errorf("counted %d of %s", n, object)
		}
		for _, limit := range []int{0, 1, 5} {
			w := b.want(object)
			w.Limit = limit
			r, err := b.read(ctx, w)
			if err != nil {
				return fmt.Errorf("reading %s: %w", object, err)
			}
			if len(r.records) != 1 || r.ids[0] == "" || (r.total != -1 && r.total != 1) || !r.exact {
				return fmt.Errorf("%s: %d records, a total of %d, exact: %t", object, len(r.records), r.total, r.exact)
			}
		}
	}
	return nil
}

// activeless asks for inactive records of objects that have none, as is done for every list.
func activeless(ctx context.Context, p Place) error {
	b := prepare(p)
	for _, object := range []string{invoices, "RecurringTransaction", "CompanyInfo", "Preferences", rates} {
		w := b.want(object)
		without, err := b.read(ctx, w)
		if err != nil {
			return fmt.Errorf("reading %s: %w", object, err)
		}
		w.Inactive = true
		with, err := b.read(ctx, w)
		if err != nil {
			return fmt.Errorf("reading %s with inactive ones: %w", object, err)
		}
		if !slices.Equal(with.ids, without.ids) {
			return fmt.Errorf("%d of %s, but %d with inactive ones", len(without.ids), object, len(with.ids))
		}
	}
	all := p.Books.IDs("TaxAgency")
	for _, inactive := range []bool{false, true} {
		w := b.want("TaxAgency")
		w.Inactive = inactive
		r, err := b.read(ctx, w)
		if err != nil {
			return fmt.Errorf("reading tax agencies: %w", err)
		}
		if err := sameIDs(r.ids, all); err != nil {
			return fmt.Errorf("tax agencies: %w", err)
		}
		found, err := p.Supply.Lookup(ctx, w, all)
		if err != nil {
			return fmt.Errorf("looking up tax agencies: %w", err)
		}
		if len(found) != len(all) {
			return fmt.Errorf("looking up %d tax agencies found %d", len(all), len(found))
		}
	}
	return nil
}

// recurring expects recurring transactions without the wrapping of QuickBooks' answers.
func recurring(ctx context.Context, p Place) error {
	b := prepare(p)
	all := p.Books.IDs("RecurringTransaction")
	for _, limit := range []int{0, 20} {
		w := b.want("RecurringTransaction")
		w.Limit = limit
		r, err := b.read(ctx, w)
		if err != nil {
			return fmt.Errorf("reading recurring transactions: %w", err)
		}
		if err := sameIDs(r.ids, all); err != nil {
			return fmt.Errorf("recurring transactions: %w", err)
		}
		for _, rec := range r.records {
			if rec.Text("TxnType") == "" {
				return fmt.Errorf("recurring transaction %s does not say its type", rec.Text("Id"))
			}
		}
	}
	return nil
}

// lookup asks for records by id: as many as allowed, none, missing ones, and the same one twice.
func lookup(ctx context.Context, p Place) error {
	b := prepare(p)
	if err := errors.Join(b.fill(vendors, supply.MostLookedUp+20), b.fill(invoices, 20)); err != nil {
		return err
	}
	ids := b.ids(vendors, true)
	for _, id := range ids[3:8] {
		if err := b.activate(vendors, id, false); err != nil {
			return err
		}
	}
	deleted := b.ids(invoices, true)[0]
	if err := b.delete(invoices, deleted); err != nil {
		return err
	}
	strange := []string{"999999999", "", "x' OR Id > '0", `\`, deleted}
	for _, test := range []struct {
		object   string
		inactive bool
		ids      []string
	}{
		{vendors, true, ids[:supply.MostLookedUp]},
		{vendors, false, ids[:10]},
		{vendors, true, nil},
		{vendors, true, []string{ids[0], ids[0], ids[4]}},
		{invoices, false, append(b.ids(invoices, true)[:5], strange...)},
		{invoices, false, strange},
	} {
		w := b.want(test.object)
		w.Inactive = test.inactive
		found, err := p.Supply.Lookup(ctx, w, test.ids)
		if err != nil {
			return fmt.Errorf("looking up %d %s: %w", len(test.ids), test.object, err)
		}
		var want, got []string
		for _, id := range b.ids(test.object, test.inactive) {
			if slices.Contains(test.ids, id) {
				want = append(want, id)
			}
		}
		for id, rec := range found {
			if got = append(got, id); rec.Text("Id") != id {
				return fmt.Errorf("%s %s is that of id %q", test.object, id, rec.Text("Id"))
			}
		}
		if err := sameIDs(got, want); err != nil {
			return fmt.Errorf("looking up %d %s, inactive ones: %t: %w", len(test.ids), test.object, test.inactive, err)
		}
	}
	return nil
}

// lookupTooMany expects that excess ids are not silently dropped.
func lookupTooMany(ctx context.Context, p Place) error {
	b := prepare(p)
	ids := make([]string, supply.MostLookedUp+1)
	for i := range ids {
		ids[i] = idOf(i)
	}
	_, err := p.Supply.Lookup(ctx, b.want(vendors), ids)
	return isProblem("looking up more than the most", err)
}

// alone expects that companies are kept apart.
func alone(ctx context.Context, p Place) error {
	b := prepare(p)
	if p.Other.Realm == "" {
		return nil
	}
	if err := b.put(invoices, idOf(1), "first"); err != nil {
		return err
	}
	w := b.want(invoices)
	w.Company = p.Other
	r, err := b.read(ctx, w)
	if err != nil {
		return fmt.Errorf("reading the other company: %w", err)
	}
	found, err := p.Supply.Lookup(ctx, w, []string{idOf(1)})
	if err != nil {
		return fmt.Errorf("looking up in the other company: %w", err)
	}
	if slices.Contains(r.ids, idOf(1)) || len(found) > 0 {
		return errors.New("the other company has an invoice that is not its own")
	}
	return nil
}
