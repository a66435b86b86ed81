package supplytest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
	"ledgersheet/internal/table"
)

// counted compares a reading with the size that the supply states.
func (b *bench) counted(ctx context.Context, w supply.Want) (reading, error) {
	r, err := b.readAll(ctx, w)
	if err != nil {
		return r, err
	}
	if r.total >= 0 && r.total != len(r.ids) {
		return r, fmt.Errorf("%s: a total of %d, but %d came", w.Object, r.total, len(r.ids))
	}
	if !r.exact {
		return r, fmt.Errorf("%s: not exact, but there is nothing to narrow", w.Object)
	}
	w.Limit = 1 // ignored here
	n, err := b.Supply.Count(ctx, w)
	if err != nil {
		return r, fmt.Errorf("counting %s: %w", w.Object, err)
	}
	if n != len(r.ids) {
		return r, fmt.Errorf("%s: counted %d, but %d came", w.Object, n, len(r.ids))
	}
	return r, nil
}

func counts(ctx context.Context, p Place) error {
	b := prepare(p)
	for n := range 4 {
		if err := b.fill(invoices, n); err != nil {
			return err
		}
		if _, err := b.counted(ctx, b.want(invoices)); err != nil {
			return err
		}
	}
	return nil
}

// sizes grows the books across page boundaries, for pages that overlap by one record and for those that do not.
func sizes(ctx context.Context, p Place) error {
	b := prepare(p)
	for _, n := range []int{p.Page - 1, p.Page, p.Page + 1, 2*p.Page - 2, 2*p.Page - 1, 2 * p.Page, 2*p.Page + 1} {
		if err := b.fill(invoices, n); err != nil {
			return err
		}
		if _, err := b.counted(ctx, b.want(invoices)); err != nil {
			return err
		}
	}
	return nil
}

// order reads repeatedly. Neither a change nor a new record may move the others.
func order(ctx context.Context, p Place) error {
	b := prepare(p)
	if err := b.fill(invoices, p.Page+p.Page/2); err != nil {
		return err
	}
	records, err := b.Supply.Records(ctx, b.want(invoices))
	if err != nil {
		return err
	}
	first, err := take(records, nil)
	if err != nil {
		return err
	}
	again, err := take(records, nil)
	if err != nil {
		return fmt.Errorf("ranging again: %w", err)
	}
	if !slices.Equal(first.ids, again.ids) {
		return errors.New("ranging again gives another order")
	}
	b.Pass(time.Minute)
	err = errors.Join(
		b.put(invoices, first.ids[p.Page/2], "changed"), b.put(invoices, first.ids[p.Page], "changed"),
		b.put(invoices, between(first.ids, p.Page/3), "new"),
	)
	if err != nil {
		return err
	}
	later, err := b.readAll(ctx, b.want(invoices))
	if err != nil {
		return err
	}
	rest := slices.DeleteFunc(later.ids, func(id string) bool { return !slices.Contains(first.ids, id) })
	if !slices.Equal(first.ids, rest) {
		return errors.New("changing two records and adding one moved others")
	}
	return nil
}

// between returns an id next to that of the n-th record.
func between(ids []string, n int) string { return ids[n][:len(ids[n])-1] + "5" }

// contents compares each record with its last version.
func contents(ctx context.Context, p Place) error {
	b := prepare(p)
	for _, object := range []string{invoices, vendors} {
		if err := b.fill(object, 20); err != nil {
			return err
		}
		for i := range 10 {
			b.Pass(time.Minute)
			if err := b.put(object, idOf(i), fmt.Sprintf("version %d", i)); err != nil {
				return err
			}
		}
		r, err := b.readAll(ctx, b.want(object))
		if err != nil {
			return err
		}
		for i, id := range r.ids {
			if e := b.books[object][id]; e.text != "" && textOf(object, r.records[i]) != e.text {
				return fmt.Errorf("%s %s reads %q, not %q", object, id, textOf(object, r.records[i]), e.text)
			}
		}
	}
	return nil
}

// inactive deactivates and activates vendors.
func inactive(ctx context.Context, p Place) error {
	b := prepare(p)
	if err := b.fill(vendors, p.Page+5); err != nil {
		return err
	}
	ids := b.ids(vendors, true)
	for _, n := range []int{0, p.Page / 2, p.Page, len(ids) - 1} {
		if err := b.activate(vendors, ids[n], false); err != nil {
			return err
		}
	}
	if err := b.activate(vendors, ids[p.Page/2], true); err != nil {
		return err
	}
	if _, err := b.counted(ctx, b.want(vendors)); err != nil {
		return fmt.Errorf("active ones wanted: %w", err)
	}
	w := b.want(vendors)
	w.Inactive = true
	r, err := b.counted(ctx, w)
	if err != nil {
		return fmt.Errorf("inactive ones wanted too: %w", err)
	}
	for i, id := range r.ids {
		if shown := r.records[i].Text("Active") == "false"; shown != b.books[vendors][id].inactive {
			return fmt.Errorf("vendor %s reads inactive: %t", id, shown)
		}
	}
	return nil
}

// narrowed asks with conditions. The supply says whether it applied them; all matching records must be there.
func narrowed(ctx context.Context, p Place) error {
	b := prepare(p)
	if err := b.fill(invoices, p.Page+p.Page/2); err != nil {
		return err
	}
	for _, list := range [][]supply.Condition{
		{condition("Balance", table.Money, true, export.OpGreater, "1")},
		{condition("Balance", table.Money, true, export.OpEqual, "2"),
			condition("TxnDate", table.Date, true, export.OpAtMost, "2026-01-20")},
		{condition("Balance", table.Money, true, export.OpGreater, "1000")},
		{condition("TxnDate", table.Date, true, export.OpAtLeast, "2026-01-15")},
		{condition("DocNumber", table.Text, true, export.OpEqual, "d-3")},
		{condition("DocNumber", table.Text, true, export.OpIn, "D-1, D-4")},
		{condition("DocNumber", table.Text, true, export.OpNotEqual, "D-1")},
		{condition("DocNumber", table.Text, true, export.OpStartsWith, "D-")},
		{condition("Id", table.Text, true, export.OpGreater, idOf(5))},
		{condition("CustomerRef.value", table.Text, true, export.OpEqual, "1")},
		{condition("PrivateNote", table.Text, false, export.OpEqual, "first")},
		// QuickBooks rejects this condition, whatever the column says.
		{condition("PrivateNote", table.Text, true, export.OpEqual, "first"),
			condition("Balance", table.Money, true, export.OpLess, "2")},
	} {
		if err := b.narrow(ctx, list); err != nil {
			return fmt.Errorf("%s %s %q and %d more: %w", list[0].Filter.Column, list[0].Op, list[0].Value, len(list)-1,
				err)
		}
	}
	return nil
}

func condition(path string, kind table.Kind, queryable bool, op export.Op, value string) supply.Condition {
	return supply.Condition{
		Filter: export.Filter{Column: path, Op: op, Value: value},
		Column: export.Column{Path: path, Title: path, Kind: kind, Queryable: queryable},
	}
}

// match reports whether a record passes all conditions.
func match(rec record.Record, list []supply.Condition) (bool, error) {
	for _, c := range list {
		path, err := record.ParsePath(c.Column.Path)
		if err != nil {
			return false, fmt.Errorf("reading a condition's path: %w", err)
		}
		value, _ := path.Lookup(rec)
		if !c.Match(record.Convert(value, c.Column.Kind)) {
			return false, nil
		}
	}
	return true, nil
}

func (b *bench) narrow(ctx context.Context, list []supply.Condition) error {
	whole, err := b.readAll(ctx, b.want(invoices))
	if err != nil {
		return err
	}
	var wanted []string
	for i, rec := range whole.records {
		ok, err := match(rec, list)
		if err != nil {
			return err
		}
		if ok {
			wanted = append(wanted, whole.ids[i])
		}
	}
	w := b.want(invoices)
	w.Narrow = list
	r, err := b.read(ctx, w)
	if err != nil {
		return err
	}
	if err := errors.Join(checkUnique(r.ids), checkWithin(wanted, r.ids)); err != nil {
		return fmt.Errorf("%d of %d wanted: %w", len(r.ids), len(wanted), err)
	}
	if r.exact && len(r.ids) != len(wanted) {
		return fmt.Errorf("said to be exact, but %d came and %d are wanted", len(r.ids), len(wanted))
	}
	if r.total >= 0 && r.total != len(r.ids) {
		return fmt.Errorf("a total of %d, but %d came", r.total, len(r.ids))
	}
	n, err := b.Supply.Count(ctx, w)
	if err != nil {
		return fmt.Errorf("counting: %w", err)
	}
	if n < len(wanted) || n > len(whole.ids) || (r.exact && n != len(wanted)) {
		return fmt.Errorf("counted %d where %d are wanted", n, len(wanted))
	}
	w.Limit = 3
	if r, err = b.read(ctx, w); err != nil {
		return fmt.Errorf("with a limit: %w", err)
	}
	if least := min(supply.Scan, n); !r.exact && len(r.ids) < least {
		return fmt.Errorf("%d records with a limit and not narrowed whole, want %d", len(r.ids), least)
	}
	if r.exact && len(r.ids) < min(3, len(wanted)) {
		return fmt.Errorf("%d records with a limit of 3 of %d that are wanted", len(r.ids), len(wanted))
	}
	return nil
}

// limited reads only the first records.
func limited(ctx context.Context, p Place) error {
	b := prepare(p)
	for _, n := range []int{0, 4, max(p.Page, 2*supply.Scan) + 5} {
		if err := b.fill(invoices, n); err != nil {
			return err
		}
		whole, err := b.readAll(ctx, b.want(invoices))
		if err != nil {
			return err
		}
		for _, limit := range []int{1, 4, 20, p.Page + 1} {
			w := b.want(invoices)
			w.Limit = limit
			r, err := b.read(ctx, w)
			if err != nil {
				return fmt.Errorf("the first %d of %d: %w", limit, n, err)
			}
			if len(r.ids) < min(limit, n) || len(r.ids) > n || !slices.Equal(r.ids, whole.ids[:len(r.ids)]) {
				return fmt.Errorf("the first %d of %d are %d others", limit, n, len(r.ids))
			}
			if limit <= supply.Scan && supply.Scan < n && len(r.ids) == n {
				return fmt.Errorf("asked for the first %d of %d, all came", limit, n)
			}
			if r.total >= 0 && r.total != n {
				return fmt.Errorf("the first %d of %d: a total of %d", limit, n, r.total)
			}
		}
	}
	return nil
}
