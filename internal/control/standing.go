package control

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ledgersheet/internal/export"
)

// State says how an exporter stands.
type State string

// The states of exporters, the first that holds: what happens now, then what holds it back, then how it went.
const (
	StateRunning  State = "running"     // a run is queued or under way
	StatePaused   State = "paused"      // until a person, or a new consent, lets it go on
	StateBlocked  State = "blocked"     // one of its connections is of no use at present
	StateLate     State = "late"        // a due time has passed without a run
	StateNeverRun State = "never_run"   // no run has ended but those that people stopped
	StateOK       State = "ok"          // the last run succeeded
	StateDiffers  State = "differences" // it did, and QuickBooks' own figures disagree
	StateFailing  State = "failing"     // the last run failed
)

// lateAfter is how long after its due time an exporter counts as late.
const lateAfter = 5 * time.Minute

// stoppedRuns is how far back the last run is looked for that nobody stopped and that was no undoing.
const stoppedRuns = 20

// StateOf returns the state of an exporter, given its latest runs, newest first, and whether a connection blocks it.
func StateOf(e export.Exporter, blocked bool, now time.Time, runs ...export.Run) State {
	switch {
	case len(runs) > 0 && !runs[0].Status.Over():
		return StateRunning
	case e.Paused():
		return StatePaused
	case blocked:
		return StateBlocked
	case e.Schedule.Enabled && !e.NextAt.IsZero() && now.Sub(e.NextAt) > lateAfter:
		return StateLate
	}
	for _, r := range runs {
		switch {
		case r.Trigger == export.TriggerUndo: // says nothing of QuickBooks
		case r.Status == export.RunFailed:
			return StateFailing
		case r.Status == export.RunSucceeded && r.Differences() > 0:
			return StateDiffers
		case r.Status == export.RunSucceeded:
			return StateOK
		}
	}
	return StateNeverRun
}

// Standing is how an exporter stands.
type Standing struct {
	State   State
	Success *export.Run // the last run that succeeded; nil if the history has none
}

// Standings returns how each of the exporters stands. It reads one run of an exporter whose last run succeeded, and a
// few of another's own history.
func (d *Desk) Standings(ctx context.Context, exporters ...export.Exporter) ([]Standing, error) {
	blocks, err := d.findBlocks(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Standing, len(exporters))
	for i, e := range exporters {
		if list[i], err = d.standing(ctx, e, blocks(e)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// findBlocks returns a function that reports whether a connection stands in an exporter's way.
func (d *Desk) findBlocks(ctx context.Context) (func(export.Exporter) bool, error) {
	companies, err := d.o.Store.Companies(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading companies: %w", err)
	}
	accounts, err := d.o.Store.Accounts(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading Google accounts: %w", err)
	}
	return func(e export.Exporter) bool {
		_, blocked := FindBlock(e, companies, accounts)
		return blocked
	}, nil
}

// Block is a connection that is of no use at present: a company, or else a Google account.
type Block struct {
	Company *export.Company
	Account *export.GoogleAccount
}

// FindBlock returns the connection that stands in an exporter's way. Those that want a person's consent come before
// companies that QuickBooks refuses as a whole.
func FindBlock(e export.Exporter, companies []export.Company, accounts []export.GoogleAccount) (Block, bool) {
	uses := func(is func(export.Company) bool) int {
		return slices.IndexFunc(companies, func(c export.Company) bool {
			return is(c) && slices.Contains(e.Companies, c.Realm)
		})
	}
	if i := uses(func(c export.Company) bool { return c.Status != export.Connected }); i >= 0 {
		return Block{Company: &companies[i]}, true
	}
	i := slices.IndexFunc(accounts, func(a export.GoogleAccount) bool {
		return a.Status != export.Connected && a.ID == e.Target.Account
	})
	if i >= 0 {
		return Block{Account: &accounts[i]}, true
	}
	if i := uses(export.Company.Refused); i >= 0 {
		return Block{Company: &companies[i]}, true
	}
	return Block{}, false
}

func (d *Desk) standing(ctx context.Context, e export.Exporter, blocked bool) (Standing, error) {
	runs, _, err := d.Runs(ctx, export.RunFilter{Exporter: e.ID, Limit: 1})
	if err == nil && len(runs) > 0 && (runs[0].Status == export.RunCancelled || runs[0].Trigger == export.TriggerUndo) {
		runs, _, err = d.Runs(ctx, export.RunFilter{Exporter: e.ID, Limit: stoppedRuns})
	}
	if err != nil {
		return Standing{}, err
	}
	s := Standing{State: StateOf(e, blocked, d.o.Now(), runs...)}
	succeeded := func(r export.Run) bool {
		return r.Status == export.RunSucceeded && r.Trigger != export.TriggerUndo
	}
	if len(runs) > 0 && !slices.ContainsFunc(runs, succeeded) {
		runs, _, err = d.Runs(ctx, export.RunFilter{Exporter: e.ID, Status: export.RunSucceeded, Limit: stoppedRuns})
		if err != nil {
			return Standing{}, err
		}
	}
	if i := slices.IndexFunc(runs, succeeded); i >= 0 {
		s.Success = &runs[i]
	}
	return s, nil
}
