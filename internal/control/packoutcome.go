package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/export"
)

// lastPackRun returns the last run of a company's pack, or of one in which several stand together, whose exporters are
// given: the one that was last asked for, or a later one of the schedule. It is the zero packRun if there is none.
func (d *Desk) lastPackRun(
	ctx context.Context, pack export.Pack, parts []export.Exporter, realms ...export.RealmID,
) (asked packRun, err error) {
	for _, realm := range realms {
		run, err := readSetting[packRun](ctx, d.core, packRunSetting(pack.ID, realm))
		if err != nil {
			return packRun{}, err
		}
		if run.At.After(asked.At) {
			asked = run
		}
	}
	due, err := d.lastRound(ctx, parts)
	if err != nil || !due.At.After(asked.At) {
		return asked, err
	}
	return due, nil
}

// lastRound returns the last due time that exporters of a pack have in common, as a run of the pack: exporters with
// another schedule take no part. It is the zero packRun if there is none.
func (d *Desk) lastRound(ctx context.Context, parts []export.Exporter) (packRun, error) {
	var run packRun
	ledgers := map[export.ID][]export.DueTime{}
	parts = sharingSchedule(parts)
	for _, e := range parts {
		ledger, err := d.o.Store.DueTimes(ctx, e.ID)
		if err != nil {
			return run, fmt.Errorf("reading due times: %w", err)
		}
		ledgers[e.ID] = ledger
		if len(ledger) > 0 && ledger[0].At.After(run.At) {
			run.At = ledger[0].At
		}
	}
	if run.At.IsZero() {
		return run, nil
	}
	for _, e := range parts {
		if part, takesPart := roundPart(e, ledgers[e.ID], run.At); takesPart {
			run.Parts = append(run.Parts, part)
		}
	}
	return run, nil
}

// sharingSchedule returns those of the exporters that are due at the same times as most are.
func sharingSchedule(parts []export.Exporter) []export.Exporter {
	var most []export.Exporter
	for _, e := range parts {
		if e.Schedule.Cron == "" || !e.Schedule.Enabled {
			continue
		}
		same := slices.DeleteFunc(slices.Clone(parts), func(other export.Exporter) bool {
			return !other.Schedule.SameTimes(e.Schedule)
		})
		if len(same) > len(most) {
			most = same
		}
	}
	return most
}

// roundPart returns what became of an exporter's due time. It takes no part if it was made later, or got its schedule
// later.
func roundPart(e export.Exporter, ledger []export.DueTime, at time.Time) (part packPart, takesPart bool) {
	part = packPart{Exporter: e.ID, Name: e.Name}
	i := slices.IndexFunc(ledger, func(due export.DueTime) bool { return !due.At.After(at) && at.Before(due.Until) })
	switch {
	case i >= 0:
		due := ledger[i]
		if part.Run = due.Run; due.Run == "" {
			part.Why = due.WhyWords()
		}
	case e.NextAt.IsZero() || e.NextAt.After(at):
		return part, false
	case e.Paused():
		part.Why = "it is held back: " + e.PauseWords()
	default:
		part.Waits = true
	}
	return part, true
}

// outcome says how the runs of a pack run stand, as far as the actor may see them.
func (d *Desk) outcome(ctx context.Context, pack export.Pack, realm export.RealmID, run packRun) (PackOutcome, error) {
	o := PackOutcome{Pack: pack, Company: realm, State: PackSucceeded, At: run.At, By: run.By}
	for _, stored := range run.Parts {
		part, seen, ended, err := d.partOutcome(ctx, run.At, stored)
		if err != nil {
			return o, err
		}
		if !seen {
			continue
		}
		o.Parts = append(o.Parts, part)
		if ended.After(o.EndedAt) {
			o.EndedAt = ended
		}
	}
	running := slices.ContainsFunc(o.Parts, func(p PackPart) bool { return p.Running })
	switch {
	case running:
		o.State, o.EndedAt = PackRunning, time.Time{}
	case len(o.Missing()) > 0:
		o.State = PackIncomplete
	}
	return o, nil
}

// partOutcome says what became of a part of a pack run that was asked for, or due, at a time, and when that was so. The
// actor may not see all parts.
func (d *Desk) partOutcome(ctx context.Context, at time.Time, stored packPart) (
	part PackPart, seen bool, ended time.Time, err error,
) {
	part = PackPart{Exporter: stored.Exporter, Name: stored.Name, Run: stored.Run, Why: stored.Why}
	if seen, err = d.seesPart(ctx, stored); err != nil || !seen {
		return part, false, ended, err
	}
	r, err := d.o.Store.Run(ctx, stored.Run)
	switch {
	case err != nil && !errors.Is(err, export.ErrNotFound):
		return part, false, ended, fmt.Errorf("reading a run: %w", err)
	case stored.Waits:
		part.Running = true
	case part.Why != "":
		part.Run = ""
	case err != nil:
		part.Run, part.Why = "", "its run did not begin, or is too old to be kept"
	case !d.sees(r.Exporter.Companies...):
		return part, false, ended, nil
	default:
		part.Done, part.Running, part.Why = r.Status == export.RunSucceeded, !r.Status.Over(), endWords(r)
		ended = r.FinishedAt
	}
	if part.Done || part.Running {
		return part, true, ended, nil
	}
	// Its rows may have come with a later run.
	h, err := d.history(ctx, stored.Exporter)
	if err != nil {
		return part, false, ended, err
	}
	if last := h.Last; last != nil && last.FinishedAt.After(at) {
		part.Done, part.Run, part.Why, ended = true, last.ID, "", last.FinishedAt
	}
	return part, true, ended, nil
}

// seesPart reports whether the actor may see the exporter of a part. Of one that is gone nobody knows whose it was, so
// only those who see all companies see it.
func (d *Desk) seesPart(ctx context.Context, part packPart) (bool, error) {
	if d.who.Grant.Among() == nil {
		return true, nil
	}
	e, err := d.o.Store.Exporter(ctx, part.Exporter)
	if errors.Is(err, export.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading an exporter: %w", err)
	}
	return d.sees(e.Companies...), nil
}

// endWords says why a run has not brought its rows; empty if it has, or is not over.
func endWords(r export.Run) string {
	switch {
	case r.Status == export.RunCancelled:
		return "its run was cancelled"
	case r.Status == export.RunFailed && r.Problem == nil:
		return "its run failed"
	case r.Status == export.RunFailed:
		return strings.TrimSuffix("its run failed: "+r.Problem.Message, ".")
	}
	return ""
}
