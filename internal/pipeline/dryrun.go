package pipeline

import (
	"context"
	"errors"
	"fmt"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// DryRun tells what a run would do now.
type DryRun struct {
	Change   *change.Set
	Requests export.Requests // what a run would make; the dry run has made those that only read
	Warnings []export.Warning
}

// DryRun reads everything that a run would read, and compares it with what is in the sheet. It writes and stores
// nothing.
func (r *Runner) DryRun(ctx context.Context, e export.Exporter) (dry DryRun, err error) {
	j := &job{
		Runner: r, exporter: e, report: func(func(*export.Run)) {}, quickBooks: &export.Meter{},
		sheets: &export.Meter{},
	}
	in, account, err := j.inputsFor(ctx)
	if err != nil {
		return DryRun{}, err
	}
	res, err := j.collect(ctx, in)
	if err != nil {
		return DryRun{}, err
	}
	res.account = account
	if dry, err = j.prepareAll(ctx, res); err != nil {
		return DryRun{}, err
	}
	dry.Warnings = append(res.allWarnings(), dry.Warnings...)
	return dry, nil
}

// DryUndo compares what stood before a run of the exporter with what is in the sheet. It asks QuickBooks nothing, and
// writes and stores nothing.
func (r *Runner) DryUndo(ctx context.Context, e export.Exporter, run export.ID) (DryRun, error) {
	j := &job{
		Runner: r, undoes: run, exporter: e, report: func(func(*export.Run)) {}, quickBooks: &export.Meter{},
		sheets: &export.Meter{},
	}
	account, err := j.findAccount(ctx, e.Target)
	if err != nil {
		return DryRun{}, err
	}
	if !e.IsSplit() {
		return j.prepare(ctx, gathered{account: account})
	}
	shares, err := j.findUndone(ctx)
	if err != nil {
		return DryRun{}, err
	}
	return j.prepareAll(ctx, gathered{account: account, shares: shares})
}

// prepare finds out what a write would do.
func (j *job) prepare(ctx context.Context, g gathered) (dry DryRun, err error) {
	w, err := j.newRequest(ctx, g)
	if err != nil {
		return DryRun{}, err
	}
	write, err := j.o.Destination.Prepare(ctx, w)
	if err != nil {
		return DryRun{}, NameAccount(err, g.account)
	}
	defer func() { err = errors.Join(err, write.Close()) }()
	dry.Change = write.Change()
	dry.Requests = export.Requests{QuickBooks: j.quickBooks.Count(), Sheets: j.sheets.Count() + write.Requests()}
	if j.exporter.OnHandEdit == export.StopOnHandEdit && dry.Change.Edited > 0 {
		dry.Warnings = export.Warnings(export.WarnWrite, "", "A run would write nothing and fail, because people have "+
			"edited the exported rows.")
	}
	return dry, nil
}

const (
	differenceBudget = 1 << 20   // bytes of changed rows' values to hold in memory for a run
	differenceKept   = 256 << 10 // bytes of them to store
)

// keepDifference stores what a run changed, and reports whether all of it fitted. A failure is only logged, because the
// rows are already in the sheet.
func (j *job) keepDifference(ctx context.Context, set *change.Set) (complete bool) {
	data, complete, err := set.Pack(differenceKept)
	if err == nil {
		err = j.o.Store.PutDifference(context.WithoutCancel(ctx), j.run, data)
	}
	if err != nil {
		j.log.WarnContext(ctx, "what a run changed was not kept", "run", string(j.run), "error", err.Error())
	}
	return complete && err == nil
}

// Difference returns what a run changed. It is a NotFound problem if nothing was stored.
func (r *Runner) Difference(ctx context.Context, run export.ID) (*change.Set, error) {
	data, err := r.o.Store.Difference(ctx, run)
	if errors.Is(err, export.ErrNotFound) {
		return nil, problem.New(problem.NotFound, "Nothing is kept of what this run changed.").
			WithHint("Only runs that wrote something leave a difference.")
	}
	if err != nil {
		return nil, fmt.Errorf("reading what the run changed: %w", err)
	}
	return change.Unpack(data)
}
