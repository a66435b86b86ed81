// Package pipeline carries out a run: it reads what the exporter wants from each of its companies, spools the rows
// until all of them are known to be complete, and then has them written. It also makes previews and dry runs.
package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// Store is the part of the store that a run needs.
type Store interface {
	Company(ctx context.Context, realm export.RealmID) (export.Company, error)
	Account(ctx context.Context, id export.ID) (export.GoogleAccount, error)
	Exporter(ctx context.Context, id export.ID) (export.Exporter, error)
	Exporters(ctx context.Context, f export.ExporterFilter) ([]export.Exporter, error)
	UpdateExporter(ctx context.Context, id export.ID, change func(*export.Exporter) error) (export.Exporter, error)
	Mark(ctx context.Context, key string) ([]byte, error)
	PutMark(ctx context.Context, key string, data []byte) error
	export.DifferenceStore
	export.EvidenceStore
}

// Options are a Runner's dependencies.
type Options struct {
	Definitions []export.Definition
	Store       Store
	Source      export.Source
	Destination export.Destination
	// Recorded returns a source like Source that also passes each raw answer to record: the request's path with its
	// query, the status and the body. Only Capture needs it.
	Recorded func(record func(target string, status int, body []byte)) export.Source
	Spools   table.Spools // hold the rows of a run
	// Build names the program's build: another one may make other rows of the same records.
	Build  string
	Now    func() time.Time // nil means time.Now
	Logger *slog.Logger     // nil discards
}

// Runner carries out runs and previews. It is safe for concurrent use.
type Runner struct {
	o           Options
	log         *slog.Logger
	definitions map[string]export.Definition
	hidden      map[string][]string // by definition, the columns whose values must not appear in a difference
}

// New returns a Runner.
func New(o Options) *Runner {
	if o.Now == nil {
		o.Now = time.Now
	}
	r := &Runner{o: o, log: o.Logger, definitions: map[string]export.Definition{}, hidden: map[string][]string{}}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	for _, d := range o.Definitions {
		r.definitions[d.Info().ID] = d
		for _, c := range d.Catalogue() {
			if c.Sensitive {
				r.hidden[d.Info().ID] = append(r.hidden[d.Info().ID], c.Path)
			}
		}
	}
	return r
}

// Work carries out a run with the exporter's current configuration and calls report with every change to the run's
// record. If it returns a problem the run has failed, and the sheet still has its previous rows; if they are split,
// each tab has all its previous rows or all its new ones.
func (r *Runner) Work(ctx context.Context, run export.Run, report func(change func(*export.Run))) error {
	e, err := r.o.Store.Exporter(ctx, run.Exporter.ID)
	if errors.Is(err, export.ErrNotFound) {
		return problem.New(problem.Cancelled, "The exporter was deleted.")
	}
	if err != nil {
		return fmt.Errorf("reading the exporter: %w", err)
	}
	report(func(run *export.Run) {
		run.Exporter = e
		run.Result, run.Progress = export.Result{}, export.Progress{Phase: export.PhaseReading}
	})
	j := &job{
		Runner: r, run: run.ID, began: r.o.Now(), revision: e.Revision, trigger: run.Trigger,
		undoes: run.Undoes, repairs: run.Repairs, exporter: e, report: report, due: dueOf(run),
		quickBooks: &export.Meter{}, sheets: &export.Meter{},
	}
	defer j.count()
	defer j.keepEvidence(ctx, run.Attempts)
	if run.Trigger == export.TriggerUndo {
		return j.undo(ctx)
	}
	return j.do(ctx)
}

// dueOf returns from when on what QuickBooks says is new enough for a run: exporters that are due together, and
// attempts of one run, share what was asked. A person wants what is true after the click.
func dueOf(run export.Run) time.Time {
	if !run.Due.IsZero() {
		return run.Due
	}
	return run.QueuedAt.Add(1)
}

// job is a run in progress.
type job struct {
	*Runner
	run                export.ID
	began              time.Time
	revision           int // of the exporter, then
	trigger            export.Trigger
	due                time.Time // of a run: see export.Query
	undoes             export.ID // of TriggerUndo
	undoable           bool      // what stood before is kept
	repairs            []export.Repair
	exporter           export.Exporter
	report             func(func(*export.Run))
	quickBooks, sheets *export.Meter
	counted            export.Requests // those that are already in the run's record

	known []byte // what the destination knows after the write: export.WriteResult.Known

	tabs *tabs // of an exporter whose rows are split; else nil
	tab  *tab  // the one of them that is being written
	sent int   // rows of those that have been written
}

// count adds the requests since the last call to the run's record.
func (j *job) count() {
	j.report(func(run *export.Run) {
		now := export.Requests{QuickBooks: j.quickBooks.Count(), Sheets: j.sheets.Count()}
		now.SheetsReads, now.SheetsWrites = j.sheets.Sheets()
		run.QuickBooks += now.QuickBooks - j.counted.QuickBooks
		run.Sheets += now.Sheets - j.counted.Sheets
		run.SheetsReads += now.SheetsReads - j.counted.SheetsReads
		run.SheetsWrites += now.SheetsWrites - j.counted.SheetsWrites
		j.counted = now
	})
}

func (j *job) do(ctx context.Context) error {
	in, account, err := j.inputsFor(ctx)
	if err != nil {
		return err
	}
	rested, last, done, err := j.rest(ctx, in)
	if err != nil || done {
		return err
	}
	if rested != nil {
		if done, err = j.writeDelta(ctx, in, account, rested, last); err != nil {
			return err
		}
		if done {
			return j.leave(ctx, rested, func() {})
		}
	}
	g, err := j.collect(ctx, in)
	if err != nil {
		return err
	}
	totals := g.totals()
	j.report(func(run *export.Run) {
		run.Control = export.TotalTexts(totals)
		run.Warnings = append(run.Warnings, g.warnings...)
		run.Progress.RowsRead, run.Progress.RowsTotal = totals.Rows, totals.Rows
	})
	if g.shares == nil {
		err = j.putWhole(ctx, g, account)
	} else {
		err = j.putShares(ctx, g, account)
	}
	if err != nil || rested == nil {
		return err
	}
	return j.leave(ctx, rested, func() { rested.learn(g, j.known) })
}

// leave stores what the next run may rely on.
func (j *job) leave(ctx context.Context, s *still, learn func()) error {
	j.report(func(run *export.Run) {
		if !run.Unchanged {
			s.Edition = ""
		}
		s.Result = run.Result.Clone()
	})
	learn()
	return j.putStill(ctx, *s)
}

// putWhole has all rows written to one tab.
func (j *job) putWhole(ctx context.Context, g gathered, a export.GoogleAccount) error {
	w, err := j.newRequest(ctx, g)
	if err != nil {
		return err
	}
	return j.put(ctx, w, a, func(res export.WriteResult) error {
		j.known = res.Known
		return j.putMarks(ctx, g.parts, res)
	})
}

// put has the rows written and records what that did. finish stores what the next run needs.
func (j *job) put(ctx context.Context, w export.WriteRequest, a export.GoogleAccount,
	finish func(export.WriteResult) error) error {
	res, set, err := export.Put(ctx, j.o.Destination, w)
	if err != nil {
		j.keepEdits(ctx, set, err)
		return NameAccount(err, a)
	}
	if err := j.saveTarget(ctx, res.Target); err != nil {
		return err
	}
	if err := finish(res); err != nil {
		return err
	}
	if !res.Unchanged {
		complete := j.keepDifference(ctx, set)
		j.undoable = j.undoable || complete && set.Reversible
	}
	j.report(func(run *export.Run) {
		run.Undoable, run.HandEdits = !res.Unchanged && j.undoable, set.Edited
		run.Rows, run.Added, run.Changed, run.Removed = res.Rows, set.Added, set.Changed, set.Removed
		if w.Rows != nil {
			run.Columns = len(w.Rows.Schema().Columns)
		}
		run.Unchanged, run.URL = res.Unchanged, res.Target.URL
		run.Cells, run.Digest = set.Cells, change.TraceDigest(res.Trace)
		if res.Unchanged {
			run.Cells = 0
		}
		run.Warnings = append(run.Warnings, res.Warnings...)
		run.Progress.Phase, run.Progress.RowsWritten = export.PhaseDone, res.Rows
		run.Exporter.Target = res.Target
	})
	return nil
}

// newRequest returns what the destination is asked to write.
func (j *job) newRequest(ctx context.Context, g gathered) (export.WriteRequest, error) {
	if err := j.shareCopy(ctx); err != nil {
		return export.WriteRequest{}, err
	}
	e := j.exporter
	left, err := j.readTraces(ctx)
	if err != nil {
		return export.WriteRequest{}, err
	}
	var reverse *change.Set
	if j.undoes != "" && j.tab == nil { // without it, the destination may still keep what stood before
		if reverse, err = j.Difference(ctx, j.undoes); err != nil && !problem.HasCode(err, problem.NotFound) {
			return export.WriteRequest{}, err
		}
	}
	mode := e.Mode
	if g.replaces {
		mode = export.Replace
	}
	return export.WriteRequest{
		Run: j.run, Owner: j.owner(), Target: j.target(), Title: cmp.Or(e.Target.Title, e.Name),
		Rows: g.rows, Look: e.Look, Heading: g.heading, Note: g.note, Zone: e.Schedule.Location(), Repairs: j.allowed(),
		Mode: mode, Partial: g.partial, Deleted: g.deleted, Snapshot: g.snapshot,
		WhenBlocked: e.WhenBlocked, FillDown: !e.NoFillDown, OnHandEdit: e.OnHandEdit,
		KeepMonthEnds: e.KeepMonths, InPlace: e.InPlace,
		Undo: j.undoes, Reverse: reverse,
		Trace: left.Trace, TraceRun: left.Run, Next: left.Next, NextRun: left.NextRun,
		Naming: export.NamingOf(j.definitions[e.Definition]), Hidden: j.hidden[e.Definition], Budget: j.budget(),
		Meter: j.sheets, Report: j.reportPhase,
		Found:   func(t export.Target) error { return j.saveTarget(ctx, j.targetOf(t)) },
		Planned: func(p export.Planned) error { return j.putPlanned(ctx, p) },
	}, nil
}

func (j *job) reportPhase(phase export.Phase, rows int) {
	j.count()
	j.report(func(run *export.Run) { run.Progress.Phase, run.Progress.RowsWritten = phase, j.sent+rows })
}

// saveTarget stores what is now known about the target, even if the run is being cancelled, because the spreadsheet
// exists all the same. If a person has chosen another target in the meantime, that choice stays.
func (j *job) saveTarget(ctx context.Context, t export.Target) error {
	before := j.exporter.Target
	if reflect.DeepEqual(before, t) { // as most runs leave it
		return nil
	}
	_, err := j.o.Store.UpdateExporter(context.WithoutCancel(ctx), j.exporter.ID, func(e *export.Exporter) error {
		if e.Target.SamePlace(before) {
			if e.Target.Spreadsheet != t.Spreadsheet {
				e.Revision++ // an edit by somebody who has not seen the new spreadsheet must not remove it
			}
			e.Target = t
		}
		return nil
	})
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		return fmt.Errorf("saving where the rows are: %w", err)
	}
	j.exporter.Target = t
	return nil
}

// NameAccount adds the account to the problem's message if it must be let do more.
func NameAccount(err error, a export.GoogleAccount) error {
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok || a.Email == "" ||
		!problem.HasCode(err, problem.SpreadsheetForbidden, problem.SpreadsheetNotFound, problem.SheetProtected) {
		return err
	}
	named := *p
	if a.Kind == export.ServiceAccount && errors.Is(err, export.ErrNoStorage) {
		named.Message, named.Hint = export.ServiceStorage, export.ServiceStorageHint
	}
	named.Message = strings.TrimSuffix(named.Message, ".") + " (" + a.Email + ")."
	return &named
}
