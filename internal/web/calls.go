package web

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/schedule"
)

// callsView is how many metered calls to QuickBooks were made and are foreseen. The zero value is unknown.
type callsView struct {
	Month string // such as "March 2026"
	callsUse
	Limit, High int // 0 for no limit; from High on it runs short
	Slowed      string
	Companies   []companyCalls
}

type callsUse struct{ Today, ThisMonth, Forecast int }

type companyCalls struct {
	Name  string
	realm export.RealmID
	callsUse
}

func (w *Web) callsView(ctx context.Context, d *control.Desk) (callsView, error) {
	r, err := d.Budget(ctx)
	if err != nil || r.Month == "" {
		return callsView{}, err
	}
	companies, err := d.Companies(ctx)
	if err != nil {
		return callsView{}, err
	}
	v := callsView{
		Month: r.Month, callsUse: callsUse(r.Use), Limit: r.Limit, High: r.Limit / 10 * 9,
		Slowed: slowedWords(r.Least, r.Limit),
	}
	if month, err := time.Parse("2006-01", r.Month); err == nil {
		v.Month = month.Format("January 2006")
	}
	for _, u := range r.Companies {
		row := companyCalls{string(u.Realm), u.Realm, callsUse(u.Use)}
		for _, co := range companies {
			if co.Realm == u.Realm {
				row.Name = co.Name
			}
		}
		v.Companies = append(v.Companies, row)
	}
	slices.SortFunc(v.Companies, func(a, b companyCalls) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.realm, b.realm))
	})
	return v, nil
}

// of returns the use of one company.
func (v callsView) of(realm export.RealmID) callsUse {
	for _, c := range v.Companies {
		if c.realm == realm {
			return c.callsUse
		}
	}
	return callsUse{}
}

// slowedWords says that scheduled runs are slowed down; empty if they are not.
func slowedWords(least time.Duration, limit int) string {
	if least == 0 {
		return ""
	}
	return fmt.Sprintf("Scheduled runs are slowed down to one in %s for each exporter, because the schedules would "+
		"use up the %s calls to QuickBooks of a month. Runs started by hand always go.", duration(least), count(limit))
}

// describeSlowed says why an exporter's next run comes later than its schedule says; empty if it does not.
func (w *Web) describeSlowed(ctx context.Context, d *control.Desk, e export.Exporter) (string, error) {
	if !schedule.Slowed(e, w.o.Now()) {
		return "", nil
	}
	r, err := d.Budget(ctx)
	if err != nil || r.Month == "" {
		return "", err
	}
	if r.Google.Least(e.Target.Account) > r.Least {
		return fmt.Sprintf("Its schedule is slowed down, because those of its Google account ask for more than "+
			"Google's quotas let through: the next run is due on %s.",
			formatExact(e.NextAt, e.Schedule.Location())), nil
	}
	return fmt.Sprintf("Its schedule is slowed down, so that the %s calls to QuickBooks of this month suffice: the "+
		"next run is due on %s.", count(r.Limit), formatExact(e.NextAt, e.Schedule.Location())), nil
}
