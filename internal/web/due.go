package web

import (
	"context"
	"time"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/schedule"
)

// dueShown is how many past due times an exporter's page shows.
const dueShown = 10

// dueRow is a due time, or several in a row, with what became of it.
type dueRow struct {
	At, ISO string
	Until   string // if it stands for several
	Pill    pill
	Run     export.ID
	Why     string
}

// dueRows returns the exporter's last due times, newest first. One that has passed and waits for the end of a run that
// began before it is not in the ledger yet, and comes first.
func (w *Web) dueRows(ctx context.Context, d *control.Desk, e export.Exporter) ([]dueRow, error) {
	all, err := d.DueTimes(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	zone, now := e.Schedule.Location(), w.o.Now()
	var rows []dueRow
	if at := e.Upcoming(); !at.IsZero() && !at.After(now) {
		rows = append(rows, dueRow{
			At: formatExact(at, zone), ISO: at.UTC().Format(time.RFC3339), Pill: duePill(export.DueWaiting),
			Why: "its run begins when the present one has ended",
		})
	}
	for _, t := range all[:min(len(all), dueShown)] {
		if t.At.After(now) {
			continue // what is going to be left out
		}
		row := dueRow{
			At: formatExact(t.At, zone), ISO: t.At.UTC().Format(time.RFC3339), Pill: duePill(t.End), Run: t.Run,
			Why: t.WhyWords(),
		}
		if many := w.dueBetween(e, t); many != "" {
			row.Until = many
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// dueBetween says until when an entry tells of more due times than one; empty if it is one.
func (w *Web) dueBetween(e export.Exporter, t export.DueTime) string {
	view := e
	view.Pause, view.Schedule.Enabled = nil, true
	if next := schedule.Plan(view, t.At); next.IsZero() || !next.Before(t.Until) {
		return ""
	}
	return "and all until " + formatExact(t.Until, e.Schedule.Location())
}

func duePill(end export.DueEnd) pill {
	switch end {
	case export.DueRan:
		return pill{"Ran", "check", toneGood}
	case export.DueJoined:
		return pill{"Joined another run", "check", toneGood}
	case export.DueCaughtUp:
		return pill{"Caught up", "check", toneGood}
	case export.DueMissed:
		return pill{"Missed", "warn", toneWarn}
	}
	return pill{"Waits", "clock", toneQuiet}
}
