package supplytest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ledgersheet/internal/supply"
)

// mostRequests is the number of requests after which the suite takes a call for endless.
const mostRequests = 1000

// broken breaks the connection after every number of answers. A call must fail with a problem or return a whole answer.
func broken(ctx context.Context, p Place) error {
	b := prepare(p)
	if p.Break == nil {
		return nil
	}
	if err := b.fill(invoices, 2*p.Page+3); err != nil {
		return err
	}
	ids := b.ids(invoices, true)
	first := b.want(invoices)
	first.Limit = 10
	for _, call := range []struct {
		name string
		do   func() error
	}{
		{"reading", func() error {
			r, err := b.read(ctx, b.want(invoices))
			if err != nil {
				return err
			}
			if err := sameIDs(r.ids, ids); err != nil {
				return incomplete{err}
			}
			return nil
		}},
		{"reading the beginning", func() error {
			r, err := b.read(ctx, first)
			if err == nil && len(r.ids) < 10 {
				return incomplete{fmt.Errorf("only %d records", len(r.ids))}
			}
			return err
		}},
		{"counting", func() error {
			n, err := p.Supply.Count(ctx, b.want(invoices))
			if err == nil && n != len(ids) {
				return incomplete{fmt.Errorf("%d of %d", n, len(ids))}
			}
			return err
		}},
		{"looking up", func() error {
			found, err := p.Supply.Lookup(ctx, b.want(invoices), ids[:20])
			if err == nil && len(found) != 20 {
				return incomplete{fmt.Errorf("%d of 20", len(found))}
			}
			return err
		}},
	} {
		for _, way := range loud() {
			if err := b.breakAt(call.do, way); err != nil {
				return fmt.Errorf("%s: %w", call.name, err)
			}
		}
	}
	return nil
}

// incomplete is an answer that was not whole although it came without an error.
type incomplete struct{ error }

// breakAt breaks the connection during a call after 0, 1, 2 … answers, until that no longer matters.
func (b *bench) breakAt(call func() error, way Way) error {
	for n := range mostRequests {
		mend := b.Break(n, way)
		err := call()
		mend()
		switch wrong, isWrong := errors.AsType[incomplete](err); {
		case isWrong:
			return fmt.Errorf("%s after %d answers, there was no error but %w", way, n, wrong.error)
		case err == nil && n == 0:
			return fmt.Errorf("%s from the beginning, there was no error", way)
		case err == nil:
			return nil
		}
		if err := isProblem(fmt.Sprintf("%s after %d answers", way, n), err); err != nil {
			return err
		}
		if err := call(); err != nil {
			return fmt.Errorf("after the way was mended: %w", err)
		}
	}
	return fmt.Errorf("it takes more than %d requests", mostRequests)
}

// short makes the answers to all requests after the first ones hold too few records. That shows in the count, if
// nowhere else.
func short(ctx context.Context, p Place) error {
	b := prepare(p)
	if p.Break == nil {
		return nil
	}
	for _, size := range []int{p.Page / 2, 2*p.Page + 3} {
		if err := b.fill(invoices, size); err != nil {
			return err
		}
		for n := range 5 {
			mend := p.Break(n, Short)
			r, err := b.read(ctx, b.want(invoices))
			mend()
			if err == nil {
				err = sameIDs(r.ids, b.ids(invoices, true))
			} else {
				err = isProblem("reading", err)
			}
			if err != nil {
				return fmt.Errorf("%d records, short after %d answers: %w", size, n, err)
			}
		}
	}
	return nil
}

// stopped leaves readings early, at various points, and starts again.
func stopped(ctx context.Context, p Place) error {
	b := prepare(p)
	if err := b.fill(invoices, 2*p.Page+3); err != nil {
		return err
	}
	records, err := p.Supply.Records(ctx, b.want(invoices))
	if err != nil {
		return err
	}
	whole, err := take(records, nil)
	if err != nil {
		return err
	}
	for _, n := range []int{1, p.Page - 1, p.Page, p.Page + 1, 2*p.Page + 3} {
		var ids []string
		for rec, err := range records.All {
			if err != nil {
				return fmt.Errorf("leaving after %d: %w", n, err)
			}
			if ids = append(ids, rec.Text("Id")); len(ids) == n {
				break
			}
		}
		if !slices.Equal(ids, whole.ids[:n]) {
			return fmt.Errorf("the first %d are others when nobody wants more", n)
		}
	}
	_, err = b.readAll(ctx, b.want(invoices))
	return err
}

// cancelled ends the context before and during requests.
func cancelled(ctx context.Context, p Place) error {
	b := prepare(p)
	if err := b.fill(invoices, 2*p.Page+3); err != nil {
		return err
	}
	over, end := context.WithCancel(ctx)
	end()
	ids := b.ids(invoices, true)
	first := b.want(invoices)
	first.Limit = 5
	calls := map[string]func() error{
		"reading":               func() error { _, err := b.read(over, b.want(invoices)); return err },
		"reading the beginning": func() error { _, err := b.read(over, first); return err },
		"counting":              func() error { _, err := p.Supply.Count(over, b.want(invoices)); return err },
		"looking up": func() error {
			_, err := p.Supply.Lookup(over, b.want(invoices), ids[:3])
			return err
		},
	}
	if p.Feed != nil {
		calls["asking for changes"] = func() error {
			_, err := p.Feed.Changes(over, supply.ChangesWant{
				Company: p.Company, Objects: []string{invoices}, Since: today,
			})
			return err
		}
		calls["asking about the books"] = func() error { _, err := p.Feed.Books(over, p.Company, nil); return err }
	}
	for what, call := range calls {
		if err := isEnd(what, call()); err != nil {
			return err
		}
	}
	for _, n := range []int{0, p.Page / 2, p.Page} {
		over, end := context.WithCancel(ctx)
		records, err := p.Supply.Records(over, b.want(invoices))
		if err != nil {
			end()
			return err
		}
		r, err := take(records, func(came int) {
			if came == n {
				end()
			}
		})
		end()
		if err == nil {
			err = sameIDs(r.ids, ids) // what had already arrived may be read to its end
		} else {
			err = isEnd("reading", err)
		}
		if err != nil {
			return fmt.Errorf("cancelled before record %d: %w", n, err)
		}
	}
	return nil
}

func isEnd(what string, err error) error {
	if err := isProblem(what+" with a cancelled context", err); err != nil {
		return err
	}
	if !errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s: a cancelled context gives %w", what, err)
	}
	return nil
}
