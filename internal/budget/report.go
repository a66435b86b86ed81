package budget

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"ledgersheet/internal/export"
)

// Report is what was counted and what is foreseen.
type Report struct {
	Day, Month string // of UTC: 2006-01-02 and 2006-01
	Limit      int    // a month, of all companies; 0 for none
	Use
	// Least is the least time that lies between an exporter's scheduled runs at present; 0 if nothing is slowed down.
	Least time.Duration
	// Ends is when the month does.
	Ends      time.Time
	Companies []CompanyUse // those with any use, by realm
	Google    GoogleReport
}

// Use is how many calls were made, and how many the month will have if schedules stay as they are and are not slowed
// down.
type Use struct{ Today, ThisMonth, Forecast int }

// CompanyUse is the use of one company.
type CompanyUse struct {
	Realm export.RealmID
	Use
}

// Report returns the present state.
func (b *Budget) Report(ctx context.Context) (Report, error) { return b.report(ctx, false) }

// Glance is Report for who asks again and again: what is foreseen may be some minutes old.
func (b *Budget) Glance(ctx context.Context) (Report, error) { return b.report(ctx, true) }

func (b *Budget) report(ctx context.Context, old bool) (Report, error) {
	f, err := b.foresee(ctx, old)
	if err != nil {
		return Report{}, err
	}
	now, google := b.o.Now(), f.google.report()
	b.mu.Lock()
	defer b.mu.Unlock()
	day, month := tallyOf(b.days, dayOf(now)), tallyOf(b.months, monthOf(now))
	r := Report{
		Day: dayOf(now), Month: monthOf(now), Limit: b.o.Limit, Least: f.least, Ends: f.end, Google: google,
		Use: Use{Today: day.total, ThisMonth: month.total, Forecast: month.total + round(f.rest)},
	}
	realms := maps.Clone(month.byRealm)
	for realm := range f.byRealm {
		realms[realm] += 0
	}
	for realm := range realms {
		r.Companies = append(r.Companies, CompanyUse{realm, Use{
			Today: day.byRealm[realm], ThisMonth: month.byRealm[realm],
			Forecast: month.byRealm[realm] + round(f.byRealm[realm]),
		}})
	}
	slices.SortFunc(r.Companies, func(a, c CompanyUse) int { return cmp.Compare(a.Realm, c.Realm) })
	return r, nil
}

func round(calls float64) int { return int(math.Ceil(calls)) }

// Price is what a schedule costs.
type Price struct {
	Calls    float64 // of one run of each exporter
	Measured bool    // by the exporters' own last runs
	Runs     int     // in the next 30 days
	// Used is what this month has had, of the Limit; 0 for none.
	Used, Limit int
	// Others is what all other schedules take in the rest of this month, and Rest what this one does.
	Others, Rest int
	Google       GooglePrice
}

// Price returns what a schedule costs that the exporters share, enabled or not. They need not be stored. If all of them
// are new, what other schedules take may be some minutes old.
func (b *Budget) Price(ctx context.Context, of ...export.Exporter) (Price, error) {
	stored := map[export.ID]bool{}
	for _, e := range of {
		stored[e.ID] = e.ID != ""
	}
	f, err := b.foresee(ctx, !stored[of[0].ID])
	if err != nil {
		return Price{}, err
	}
	now := b.o.Now()
	p := Price{Measured: true, Limit: b.o.Limit}
	for _, e := range of {
		calls, measured := f.guess.of(e)
		p.Calls, p.Measured = p.Calls+calls, p.Measured && measured
	}
	others := newForecast(now, nil, f.guess)
	for _, o := range f.all {
		if !stored[o.ID] {
			others.all = append(others.all, o)
		}
	}
	others.addUp(f)
	b.mu.Lock()
	p.Used = tallyOf(b.months, monthOf(now)).total
	b.mu.Unlock()
	p.Runs = countDue(of[0].Schedule, now, now.AddDate(0, 0, 30))
	p.Google = f.googlePrice(of)
	p.Others = round(others.rest)
	p.Rest = round(float64(others.countDue(of[0].Schedule, f)) * p.Calls)
	return p, nil
}
