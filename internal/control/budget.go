package control

import (
	"context"
	"fmt"
	"slices"

	"ledgersheet/internal/access"
	"ledgersheet/internal/budget"
	"ledgersheet/internal/export"
)

// Budget counts the metered calls to QuickBooks and foresees what schedules take.
type Budget interface {
	Report(ctx context.Context) (budget.Report, error)
	Price(ctx context.Context, of ...export.Exporter) (budget.Price, error)
}

// Budget returns how many metered calls were made and are foreseen, of the companies that the actor may see. The sums
// are of those, too. The limit and the pace are the installation's. Who does not see Google accounts does not see what
// they take.
func (d *Desk) Budget(ctx context.Context) (budget.Report, error) {
	if err := d.allow(access.See, access.Thing{}, "budget"); err != nil || d.o.Budget == nil {
		return budget.Report{}, err
	}
	r, err := d.o.Budget.Report(ctx)
	if err != nil {
		return r, fmt.Errorf("reading the budget: %w", err)
	}
	if d.who.Grant.Among() == nil {
		return r, nil
	}
	r.Companies = slices.DeleteFunc(r.Companies, func(c budget.CompanyUse) bool { return !d.sees(c.Realm) })
	r.Use, r.Google = budget.Use{}, budget.GoogleReport{}
	for _, c := range r.Companies {
		r.Today += c.Today
		r.ThisMonth += c.ThisMonth
		r.Forecast += c.Forecast
	}
	return r, nil
}

// Price returns what a schedule costs in calls that exporters share. They need not be stored; of a stored one that the
// actor may not see, nothing is known.
func (d *Desk) Price(ctx context.Context, of ...export.Exporter) (budget.Price, error) {
	if err := d.allow(access.See, access.Thing{}, "budget"); err != nil || d.o.Budget == nil || len(of) == 0 {
		return budget.Price{}, err
	}
	of = slices.Clone(of)
	for i, e := range of {
		if stored, err := d.o.Store.Exporter(ctx, e.ID); err != nil || !d.sees(stored.Companies...) {
			of[i].ID = ""
		}
	}
	p, err := d.o.Budget.Price(ctx, of...)
	if err != nil {
		return p, fmt.Errorf("reading the price of a schedule: %w", err)
	}
	return p, nil
}
