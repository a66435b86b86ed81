package control

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
)

// Exporters returns the exporters that the actor may see and the filter selects, by name. It sets f.Among.
func (d *Desk) Exporters(ctx context.Context, f export.ExporterFilter) ([]export.Exporter, error) {
	if !d.sees() {
		return nil, nil
	}
	f.Among = d.who.Grant.Among()
	return d.o.Store.Exporters(ctx, f)
}

// Exporter returns one exporter. An exporter of several companies is visible only to actors who may see all of them.
func (d *Desk) Exporter(ctx context.Context, id export.ID) (export.Exporter, error) {
	return d.exporterFor(ctx, access.See, id)
}

// exporterFor returns an exporter if the actor may do v to it.
func (d *Desk) exporterFor(ctx context.Context, v access.Verb, id export.ID) (export.Exporter, error) {
	e, err := d.o.Store.Exporter(ctx, id)
	if err != nil {
		return export.Exporter{}, explainMissing(err, "exporter")
	}
	if err := d.allow(v, access.About(e.Companies...), "exporter"); err != nil {
		return export.Exporter{}, err
	}
	return e, nil
}

// CreateExporter checks and stores a new exporter. It sets the id and other fields that only the program sets.
// Companies that the actor may not see are refused as if they were not connected.
func (d *Desk) CreateExporter(ctx context.Context, e export.Exporter) (export.Exporter, error) {
	e, err := d.TryCreate(ctx, e)
	if err != nil {
		return e, err
	}
	return e, d.storeExporter(ctx, e)
}

// CreateOnce is CreateExporter under an id that the caller has chosen, so that asking twice makes one exporter. If the
// id is taken, it returns the exporter that has it, and made is false.
func (d *Desk) CreateOnce(ctx context.Context, id export.ID, e export.Exporter) (
	stored export.Exporter, made bool, err error,
) {
	// The first look spares an equal second request the faults that the first one's exporter gives it, such as a cell
	// that is taken. The second look is for two at the same time.
	if stored, err = d.Exporter(ctx, id); !problem.HasCode(err, problem.NotFound) {
		return stored, false, err
	}
	stored, err = d.tryCreate(ctx, id, e)
	if err == nil {
		err = d.storeExporter(ctx, stored)
	}
	if err == nil {
		return stored, true, nil
	}
	if first, missing := d.Exporter(ctx, id); missing == nil {
		return first, false, nil
	}
	if errors.Is(err, export.ErrExists) {
		err = problem.New(problem.Conflict, "This exporter was made already.")
	}
	return stored, false, err
}

// storeExporter stores a new exporter that TryCreate has returned.
func (d *Desk) storeExporter(ctx context.Context, e export.Exporter) error {
	if err := d.o.Store.CreateExporter(ctx, e); err != nil {
		return fmt.Errorf("storing the exporter: %w", err)
	}
	d.o.Ticker.Wake()
	d.audit(ctx, d.who, "exporter.create", string(e.ID), e.Name)
	return nil
}

// TryCreate returns what CreateExporter would store, or why it would not. It stores nothing.
func (d *Desk) TryCreate(ctx context.Context, e export.Exporter) (export.Exporter, error) {
	return d.tryCreate(ctx, export.NewID(export.ExporterPrefix, d.o.Now()), e)
}

func (d *Desk) tryCreate(ctx context.Context, id export.ID, e export.Exporter) (export.Exporter, error) {
	if err := d.allow(access.Edit, access.Thing{}, "exporter"); err != nil {
		return e, err
	}
	now := d.o.Now()
	e.ID, e.Revision, e.CreatedAt, e.UpdatedAt, e.CreatedBy = id, 1, now, now, d.who.Email
	e.Pause = nil
	e.Target.Tab, e.Target.URL, e.Target.Created, e.Target.CreateKey = nil, "", false, string(e.ID)
	if err := d.check(ctx, &e); err != nil {
		return e, err
	}
	e.NextAt = d.o.Ticker.Plan(e, now)
	return e, nil
}

// UpdateExporter replaces what people configure. A revision other than 0 must be the stored one, or else somebody
// changed the exporter meanwhile.
func (d *Desk) UpdateExporter(
	ctx context.Context, id export.ID, e export.Exporter, revision int,
) (export.Exporter, error) {
	old, change, err := d.planUpdate(ctx, id, e, revision)
	if err != nil {
		return old, err
	}
	stored, err := d.o.Store.PassDue(ctx, id, change)
	if errors.Is(err, export.ErrCycle) { // others were changed since it was checked
		return stored, problem.Invalid("after", "would let it run after itself")
	}
	if err != nil {
		return stored, explainMissing(err, "exporter")
	}
	d.o.Ticker.Wake()
	d.audit(ctx, d.who, "exporter.update", string(id), stored.Name)
	return stored, nil
}

// TryUpdate returns what UpdateExporter would store, or why it would not. It stores nothing.
func (d *Desk) TryUpdate(
	ctx context.Context, id export.ID, e export.Exporter, revision int,
) (export.Exporter, error) {
	old, change, err := d.planUpdate(ctx, id, e, revision)
	if err != nil {
		return old, err
	}
	_, err = change(&old)
	return old, err
}

// planUpdate checks a new configuration of an exporter. It returns the exporter as it is stored, and what puts the
// configuration into it and returns the due times that are missed thereby.
func (d *Desk) planUpdate(ctx context.Context, id export.ID, e export.Exporter, revision int) (
	old export.Exporter, change func(*export.Exporter) (export.DueTime, error), err error,
) {
	if old, err = d.exporterFor(ctx, access.Edit, id); err != nil {
		return old, nil, err
	}
	e.ID = id
	if err := d.check(ctx, &e); err != nil {
		return old, nil, err
	}
	freed, err := d.frees(ctx, old, e)
	if err != nil {
		return old, nil, err
	}
	now := d.o.Now()
	return old, func(s *export.Exporter) (missed export.DueTime, err error) {
		// Its companies may have changed since it was read.
		if err := d.allow(access.Edit, access.About(s.Companies...), "exporter"); err != nil {
			return missed, err
		}
		if revision != 0 && s.Revision != revision {
			return missed, problem.New(problem.Conflict,
				"Somebody else changed this exporter meanwhile (revision %d, not %d).", s.Revision, revision)
		}
		replan := !s.Schedule.SameTimes(e.Schedule) // otherwise a time that is just due would be skipped
		chained := s.Chained()
		target := retarget(s.Target, e.Target, revision != 0, now)
		s.Configure(e)
		s.Target = target
		s.Revision++
		s.UpdatedAt = now
		switch {
		case s.Chained() != chained:
			missed = s.Miss(now, time.Time{}, export.MissedChanged)
			s.NextAt = d.o.Ticker.Plan(unpaused(*s), now)
		case freed || replan:
			missed = d.replan(s, now)
		}
		if freed {
			s.Pause = nil
		}
		return missed, nil
	}, nil
}

// replan makes the schedule's first due time after now the exporter's next one, also if the exporter is paused. It
// returns those that have passed until now without a run. One that runs after others stays due: what it waited for has
// happened.
func (c *core) replan(e *export.Exporter, now time.Time) export.DueTime {
	if e.Chained() {
		return export.DueTime{}
	}
	why := export.MissedChanged
	if e.Paused() {
		why = export.MissedPaused
	}
	at := c.o.Ticker.Plan(unpaused(*e), now)
	missed := e.Miss(now, at, why)
	e.NextAt = at
	return missed
}

func unpaused(e export.Exporter) export.Exporter {
	e.Pause = nil
	return e
}

// retarget returns the target to store when a person changes it. What runs have learnt about the old target is kept
// only while it is the same place. An empty spreadsheet means the one that the first run created, unless the caller has
// seen that one: a program that sends back what it read before the first run does not want a second spreadsheet.
func retarget(old, wanted export.Target, seen bool, now time.Time) export.Target {
	if wanted.IsFile() || old.IsFile() {
		wanted.Tab, wanted.Created, wanted.CreateKey, wanted.URL = nil, false, old.CreateKey, old.URL
		if !wanted.SamePlace(old) {
			wanted.CreateKey, wanted.URL = string(export.NewID("new", now)), ""
		}
		return wanted
	}
	if wanted.Spreadsheet == "" && old.Created && !seen && wanted.Account == old.Account {
		wanted.Spreadsheet = old.Spreadsheet
	}
	if wanted.Spreadsheet != old.Spreadsheet {
		wanted.Tab, wanted.Created, wanted.CreateKey = nil, false, string(export.NewID("new", now))
		return wanted
	}
	if wanted.Spreadsheet == "" && (wanted.Template != old.Template || wanted.DriveFolder != old.DriveFolder) {
		wanted.CreateKey = string(export.NewID("new", now)) // what an earlier try has made is not what is wanted now
		return wanted
	}
	wanted.Created, wanted.CreateKey, wanted.Tab, wanted.URL = old.Created, old.CreateKey, old.Tab, old.URL
	wanted.Share, wanted.Title = old.Share, old.Title
	if !strings.EqualFold(wanted.Sheet, old.Sheet) || wanted.Start != old.Start {
		wanted.Tab = nil
	}
	return wanted
}

// DeleteExporter stops the exporter's runs and deletes it. Its spreadsheet and its history stay.
func (d *Desk) DeleteExporter(ctx context.Context, id export.ID) error {
	e, err := d.exporterFor(ctx, access.Edit, id)
	if err != nil {
		return err
	}
	return d.deleteExporter(ctx, d.who, e)
}

func (c *core) deleteExporter(ctx context.Context, who Actor, e export.Exporter) error {
	active, err := c.o.Store.ActiveRun(ctx, e.ID)
	if err == nil {
		_, err = c.o.Queue.Cancel(ctx, active.ID)
	}
	if err != nil && !errors.Is(err, export.ErrNotFound) &&
		!problem.HasCode(err, problem.Conflict, problem.NotFound) {
		return fmt.Errorf("stopping the active run: %w", err)
	}
	if err := c.o.Store.DeleteExporter(ctx, e.ID); err != nil {
		return explainMissing(err, "exporter")
	}
	c.o.Ticker.Wake()
	c.audit(ctx, who, "exporter.delete", string(e.ID), e.Name)
	return nil
}

// PauseExporter holds scheduled runs back until ResumeExporter or, unless it is zero, until a time. Due times that pass
// meanwhile are missed.
func (d *Desk) PauseExporter(ctx context.Context, id export.ID, until time.Time) (export.Exporter, error) {
	if _, err := d.exporterFor(ctx, access.Operate, id); err != nil {
		return export.Exporter{}, err
	}
	now := d.o.Now()
	if !until.IsZero() && !until.After(now) {
		return export.Exporter{}, problem.Invalid("until", "is not in the future")
	}
	e, err := d.o.Store.UpdateExporter(ctx, id, func(e *export.Exporter) error {
		e.Pause = &export.Pause{Reason: export.PausedByPerson, Who: d.who.Email, Since: now, Until: until}
		return nil
	})
	return d.schedulesChanged(ctx, e, err, "exporter.pause")
}

// ResumeExporter lets scheduled runs go on, from the next due time.
func (d *Desk) ResumeExporter(ctx context.Context, id export.ID) (export.Exporter, error) {
	if _, err := d.exporterFor(ctx, access.Operate, id); err != nil {
		return export.Exporter{}, err
	}
	e, err := d.o.Store.PassDue(ctx, id, func(e *export.Exporter) (missed export.DueTime, err error) {
		if e.Paused() {
			missed = d.replan(e, d.o.Now())
			e.Pause = nil
		}
		return missed, nil
	})
	return d.schedulesChanged(ctx, e, err, "exporter.resume")
}

func (d *Desk) schedulesChanged(
	ctx context.Context, e export.Exporter, err error, action string,
) (export.Exporter, error) {
	if err != nil {
		return e, explainMissing(err, "exporter")
	}
	d.o.Ticker.Wake()
	d.audit(ctx, d.who, action, string(e.ID), e.Name)
	return e, nil
}

// DueTimes returns what became of the exporter's last due times, newest first.
func (d *Desk) DueTimes(ctx context.Context, id export.ID) ([]export.DueTime, error) {
	if _, err := d.Exporter(ctx, id); err != nil {
		return nil, err
	}
	all, err := d.o.Store.DueTimes(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("reading the due times: %w", err)
	}
	return all, nil
}

// Preview returns the first rows that an exporter, saved or not, would write. It covers the companies that e names.
func (d *Desk) Preview(ctx context.Context, e export.Exporter) (pipeline.Preview, error) {
	if err := d.allow(access.Operate, access.Thing{}, "exporter"); err != nil {
		return pipeline.Preview{}, err
	}
	e.Normalize()
	var bad problem.Collect
	def, ok := d.definitions[e.Definition]
	if !ok {
		bad.Add("type", "is not an exporter type; see the catalogue")
		return pipeline.Preview{}, bad.Err()
	}
	// A preview needs no destination and no name: people look at rows before they decide where these go.
	draft := e
	draft.Name, draft.Target = "preview", export.Target{Account: "any", Sheet: "any", Start: "A1"}
	draft.Validate(def, &bad)
	if err := bad.Err(); err != nil {
		return pipeline.Preview{}, err
	}
	if err := d.checkCompanies(ctx, e, &bad); err != nil {
		return pipeline.Preview{}, err
	}
	if err := bad.Err(); err != nil {
		return pipeline.Preview{}, err
	}
	if _, err := d.Exporter(ctx, e.ID); problem.HasCode(err, problem.NotFound) {
		e.ID = "" // state kept for an exporter is only for actors who may see it
	}
	return d.o.Previewer.Preview(ctx, e)
}

// check normalizes an exporter and returns a problem that names every wrong field.
func (d *Desk) check(ctx context.Context, e *export.Exporter) error {
	e.Normalize()
	var bad problem.Collect
	def, ok := d.definitions[e.Definition]
	if !ok {
		bad.Add("type", "is not an exporter type; see the catalogue")
	} else {
		e.Validate(def, &bad)
	}
	if !bad.Has("company_ids") {
		if err := d.checkCompanies(ctx, *e, &bad); err != nil {
			return err
		}
	}
	if e.Target.IsFile() {
		if err := d.checkFile(ctx, *e, &bad); err != nil {
			return err
		}
	}
	if e.Target.Account != "" {
		_, err := d.o.Store.Account(ctx, e.Target.Account)
		if errors.Is(err, export.ErrNotFound) {
			bad.Add("destination.google_account_id", "is no connected Google account")
		} else if err != nil {
			return fmt.Errorf("reading the Google account: %w", err)
		}
	}
	d.checkSchedule(e, &bad)
	if err := d.checkChain(ctx, *e, &bad); err != nil {
		return err
	}
	if err := d.checkPlace(ctx, *e, &bad); err != nil {
		return err
	}
	return bad.Err()
}

func (d *Desk) checkCompanies(ctx context.Context, e export.Exporter, bad *problem.Collect) error {
	for i, realm := range e.Companies {
		_, err := d.o.Store.Company(ctx, realm)
		if errors.Is(err, export.ErrNotFound) || err == nil && !d.sees(realm) {
			bad.Add(fmt.Sprintf("company_ids[%d]", i), "%s is no connected company", realm)
		} else if err != nil {
			return fmt.Errorf("reading the company: %w", err)
		}
	}
	return nil
}

// shortestDay is the length of the day on which the clocks go forward. A daily schedule counts as daily even then.
const shortestDay = 23 * time.Hour

func (c *core) checkSchedule(e *export.Exporter, bad *problem.Collect) {
	s := &e.Schedule
	every, field, why := c.intervals.of(*s, c.o.Now())
	if field == "" && s.Cron == "" && s.Enabled {
		field, why = "schedule.cron", "is missing; it says when to run, such as 0 6 * * 1-5"
	}
	daily := every >= shortestDay && c.o.MinInterval <= 24*time.Hour
	switch {
	case field != "":
		bad.Add(field, "%s", why)
	case s.Cron != "" && every < c.o.MinInterval && !daily:
		bad.Add("schedule.cron",
			"is due every %s, but at least %s must lie between two runs (LEDGERSHEET_MIN_INTERVAL)",
			every, c.o.MinInterval)
	}
}
