package control

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TieOut sets our figures of a company's month beside QuickBooks' own: of each exporter, those of the newest run that
// read the month.
type TieOut struct {
	Company     export.Company
	Month       string    // 2006-01
	First, Last time.Time // its days
	Parts       []TiePart // by name
	// Missing are exporters of the company of which no run in the history has read the whole month.
	Missing []Named
	// Of all checks: those that hold, those that do not, and those that do not and are known.
	Equal, Differ, Known int
}

// TiePart is what one exporter's run says of the month.
type TiePart struct {
	Exporter Named
	Type     string // the definition's title
	Run      export.ID
	Period   string // that was read; empty for lists without one
	Basis    string
	ReadAt   time.Time
	Rows     int // of the company
	Digest   string
	URL      string
	Figures  []export.FigureValue // of the month, or of a longer period that holds it
	Checks   []export.Check
	Cut      bool // the run may have had more checks than are kept
}

// TieOut returns the company's figures of a month, such as 2026-03, each with what QuickBooks says. An empty month is
// the last one that has ended.
func (d *Desk) TieOut(ctx context.Context, realm export.RealmID, month string) (TieOut, error) {
	company, err := d.Company(ctx, realm)
	if err != nil {
		return TieOut{}, err
	}
	t, err := newTieOut(company, month, d.o.Now())
	if err != nil {
		return TieOut{}, err
	}
	for after := ""; ; {
		page, next, err := d.ListExporters(ctx, ExporterQuery{Company: realm, After: after, Limit: maxPage})
		if err != nil {
			return TieOut{}, err
		}
		for _, e := range page {
			if err := d.addPart(ctx, &t, e.Exporter); err != nil {
				return TieOut{}, err
			}
		}
		if after = next; after == "" {
			return t, nil
		}
	}
}

func newTieOut(c export.Company, month string, now time.Time) (TieOut, error) {
	if month == "" {
		now = now.UTC()
		month = time.Date(now.Year(), now.Month()-1, 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
	}
	first, err := time.Parse("2006-01", month)
	if err != nil {
		return TieOut{}, problem.Invalid("month", "is not a month such as 2026-03")
	}
	return TieOut{Company: c, Month: month, First: first, Last: first.AddDate(0, 1, -1)}, nil
}

// mostTieRuns is how many of an exporter's runs are looked through for one that has read the month.
const mostTieRuns = 1000

func (d *Desk) addPart(ctx context.Context, t *TieOut, e export.Exporter) error {
	r, found, err := d.findTieRun(ctx, t, e.ID)
	if err != nil {
		return err
	}
	if !found {
		t.Missing = append(t.Missing, Named{e.ID, e.Name})
		return nil
	}
	p := TiePart{
		Exporter: Named{e.ID, e.Name}, Type: r.Exporter.Definition, Run: r.ID, ReadAt: r.StartedAt, Digest: r.Digest,
		URL: r.URL, Cut: len(r.Checks) == export.MostChecks,
	}
	if def, ok := d.definitions[r.Exporter.Definition]; ok {
		p.Type, p.Basis = def.Info().Title, r.Exporter.Option(def, export.OptBasis)
	}
	for _, c := range r.Companies {
		if c.Realm == t.Company.Realm {
			p.Rows, p.Period = c.Rows, c.Period
		}
	}
	for _, f := range r.Figures {
		if f.Company == t.Company.Realm && (f.Period == "" || f.Period == p.Period || t.reads(f.Period, r)) {
			p.Figures = append(p.Figures, f)
		}
	}
	for _, c := range r.Checks {
		if !t.about(c, r) {
			continue
		}
		p.Checks = append(p.Checks, c)
		switch {
		case c.Holds:
			t.Equal++
		case c.Accepted:
			t.Known++
		default:
			t.Differ++
		}
	}
	t.Parts = append(t.Parts, p)
	return nil
}

// findTieRun returns the exporter's newest success that has read the whole month.
func (d *Desk) findTieRun(ctx context.Context, t *TieOut, id export.ID) (export.Run, bool, error) {
	filter := export.RunFilter{
		Exporter: id, Company: t.Company.Realm, Status: export.RunSucceeded, Since: t.First, Limit: 10,
	}
	for seen := 0; seen < mostTieRuns; filter.Limit = maxPage {
		runs, next, err := d.Runs(ctx, filter)
		if err != nil {
			return export.Run{}, false, err
		}
		for _, r := range runs {
			i := slices.IndexFunc(r.Companies, func(c export.CompanyOutcome) bool { return c.Realm == t.Company.Realm })
			if i >= 0 && r.Brief().Success() && t.reads(r.Companies[i].Period, r) {
				return r, true, nil
			}
		}
		if seen, filter.Before = seen+len(runs), next; next == "" {
			break
		}
	}
	return export.Run{}, false, nil
}

// reads reports whether a run that read the period has read the month: all of it, or what there was of it when it ran;
// one day in it, for a report as of a day; or within the month, for a list without a period.
func (t TieOut) reads(period string, r export.Run) bool {
	day := r.StartedAt.UTC().Truncate(24 * time.Hour)
	if day.Before(t.First) {
		return false
	}
	last := t.Last
	if !day.After(last) {
		last = day.AddDate(0, 0, -1) // the day of the run may be a day earlier in the exporter's zone
	}
	if start, end, ok := export.PeriodDays(period); ok {
		return !start.After(t.First) && !end.Before(last)
	}
	if text, is := strings.CutPrefix(period, "until "); is {
		end, err := time.Parse(time.DateOnly, text)
		return err == nil && !end.Before(last)
	}
	if text, is := strings.CutPrefix(period, "as of "); is {
		at, err := time.Parse(time.DateOnly, text)
		return err == nil && t.holds(at)
	}
	return period == "" && t.holds(day)
}

// holds reports whether a day is one of the month.
func (t TieOut) holds(day time.Time) bool { return !day.Before(t.First) && !day.After(t.Last) }

// about reports whether a check is about the company. Older runs tell it only if it is the only one.
func (t TieOut) about(c export.Check, r export.Run) bool {
	return c.Company == t.Company.Realm || c.Company == "" && len(r.Companies) == 1
}

// Sentence sums the sheet up.
func (t TieOut) Sentence() string {
	all := t.Equal + t.Differ + t.Known
	text := fmt.Sprintf("All %d figures that QuickBooks states are equal to ours.", all)
	switch {
	case all == 0:
		text = "No run of this month has figures to compare."
	case t.Differ+t.Known > 0:
		text = fmt.Sprintf("%d of %d figures that QuickBooks states are equal to ours; %d differ", t.Equal, all,
			t.Differ+t.Known)
		if t.Known > 0 {
			text += fmt.Sprintf(", %d of them known", t.Known)
		}
		text += "."
	}
	return text
}
