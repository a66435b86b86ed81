package control

import (
	"context"
	"errors"
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

// States lists the states.
func States() []State {
	return []State{
		StateRunning, StatePaused, StateBlocked, StateLate, StateNeverRun, StateOK, StateDiffers, StateFailing,
	}
}

// StateOf returns the state of an exporter, given the history of its runs, and whether a connection blocks it.
func StateOf(e export.Exporter, h export.History, blocked bool, now time.Time) State {
	return stateOf(e.Head(h), blocked, now)
}

func stateOf(h export.ExporterHead, blocked bool, now time.Time) State {
	switch {
	case h.Active:
		return StateRunning
	case h.Paused:
		return StatePaused
	case blocked:
		return StateBlocked
	case (h.Schedule.Enabled || h.Chained) && !h.NextAt.IsZero() && now.Sub(h.NextAt) > lateAfter:
		return StateLate
	case h.Verdict == export.RunFailed:
		return StateFailing
	case h.Differs:
		return StateDiffers
	case h.Verdict == export.RunSucceeded:
		return StateOK
	}
	return StateNeverRun
}

// Standing is how an exporter stands.
type Standing struct {
	State   State
	History export.History // as far as the actor may see it
}

// Standings returns how each of the exporters stands. It reads what is kept of their runs, not the runs.
func (d *Desk) Standings(ctx context.Context, exporters ...export.Exporter) ([]Standing, error) {
	blocks := d.newBlocks()
	list := make([]Standing, len(exporters))
	for i, e := range exporters {
		h, err := d.history(ctx, e.ID)
		if err != nil {
			return nil, err
		}
		head := e.Head(h)
		blocked, err := blocks.of(ctx, head)
		if err != nil {
			return nil, err
		}
		list[i] = Standing{State: stateOf(head, blocked, d.o.Now()), History: h}
	}
	return list, nil
}

// history sums up the runs of an exporter that the actor may see.
func (d *Desk) history(ctx context.Context, id export.ID) (export.History, error) {
	h, err := d.o.Store.History(ctx, id)
	if err != nil {
		return h, fmt.Errorf("reading the history of an exporter: %w", err)
	}
	if among := d.who.Grant.Among(); among == nil || h.Among(among) {
		return h, nil
	}
	// Some of its runs were of companies that the actor may not see, so the others are looked for.
	h = export.History{}
	runs, _, err := d.Runs(ctx, export.RunFilter{Exporter: id, Limit: export.MostRecent})
	if err != nil {
		return h, err
	}
	for _, r := range runs {
		h.Runs++ // of the recent ones
		h.Note(r)
	}
	if h.Last != nil {
		return h, nil
	}
	runs, _, err = d.Runs(ctx, export.RunFilter{Exporter: id, Status: export.RunSucceeded, Limit: export.MostRecent})
	if i := slices.IndexFunc(runs, func(r export.Run) bool { return r.Brief().Success() }); i >= 0 {
		h.Last = runs[i].Success()
	}
	return h, err
}

// blocks finds out which exporters a lost or refused connection stands in the way of. It asks for each connection once.
type blocks struct {
	store     export.Store
	companies map[export.RealmID]bool
	accounts  map[export.ID]bool
}

func (d *Desk) newBlocks() blocks {
	return blocks{d.o.Store, map[export.RealmID]bool{}, map[export.ID]bool{}}
}

// learn spares asking for connections that have been read already.
func (b blocks) learn(companies []export.Company, accounts []export.GoogleAccount) {
	for _, c := range companies {
		b.companies[c.Realm] = isLost(c) || c.Refused()
	}
	for _, a := range accounts {
		b.accounts[a.ID] = a.Status != export.Connected
	}
}

func (b blocks) of(ctx context.Context, h export.ExporterHead) (bool, error) {
	for _, realm := range h.Companies {
		blocked, known := b.companies[realm]
		if !known {
			c, err := b.store.Company(ctx, realm)
			if err != nil && !errors.Is(err, export.ErrNotFound) {
				return false, fmt.Errorf("reading the company: %w", err)
			}
			blocked = err == nil && (isLost(c) || c.Refused())
			b.companies[realm] = blocked
		}
		if blocked {
			return true, nil
		}
	}
	blocked, known := b.accounts[h.Account]
	if !known {
		a, err := b.store.Account(ctx, h.Account)
		if err != nil && !errors.Is(err, export.ErrNotFound) {
			return false, fmt.Errorf("reading the Google account: %w", err)
		}
		blocked = err == nil && a.Status != export.Connected
		b.accounts[h.Account] = blocked
	}
	return blocked, nil
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
	if i := uses(isLost); i >= 0 {
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

func isLost(c export.Company) bool { return c.Status != export.Connected }
