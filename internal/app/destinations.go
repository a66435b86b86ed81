package app

import (
	"context"
	"fmt"

	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/queue"
)

// destinations is where rows can be written to: what the target says decides.
type destinations struct{ sheets, files export.Destination }

var _ export.Editions = destinations{}

// Edition implements export.Editions. Files have none.
func (d destinations) Edition(ctx context.Context, t export.Target, m *export.Meter) string {
	if e, ok := d.sheets.(export.Editions); ok && !t.IsFile() {
		return e.Edition(ctx, t, m)
	}
	return ""
}

// Prepare implements export.Destination.
func (d destinations) Prepare(ctx context.Context, w export.WriteRequest) (export.Write, error) {
	if w.Target.IsFile() {
		return d.files.Prepare(ctx, w)
	}
	return d.sheets.Prepare(ctx, w)
}

// lookFirst has a run look at its spreadsheet before it reads QuickBooks, unless the exporter's last run went well:
// calls to QuickBooks are metered, and what a person has to put right may still be as it was.
func (a *App) lookFirst(work queue.Work) queue.Work {
	return func(ctx context.Context, r export.Run, report func(func(*export.Run))) error {
		if err := a.lookAtTarget(ctx, r); err != nil {
			return err
		}
		return work(ctx, r, report)
	}
}

// lookAtTarget returns why a run's spreadsheet cannot be opened, or is in the bin. It asks nothing if the run says so
// itself without a request.
func (a *App) lookAtTarget(ctx context.Context, r export.Run) error {
	t := r.Exporter.Target
	if t.IsFile() || t.Spreadsheet == "" || r.Trigger == export.TriggerUndo {
		return nil
	}
	h, err := a.store.History(ctx, r.Exporter.ID)
	if err != nil {
		return fmt.Errorf("reading the history of an exporter: %w", err)
	}
	if h.Verdict().Success() {
		return nil
	}
	account, err := a.store.Account(ctx, t.Account)
	if err != nil || account.Status != export.Connected {
		return nil //nolint:nilerr // the run finds that out, and says it better
	}
	if _, err := a.google.client.Title(ctx, t.Account, t.Spreadsheet); err != nil {
		return pipeline.NameAccount(err, account)
	}
	binned, err := a.google.client.Trashed(ctx, t.Account, []string{t.Spreadsheet})
	if err == nil && len(binned) > 0 {
		return export.InBin()
	}
	return nil //nolint:nilerr // Drive does not know every spreadsheet that Sheets may write
}
