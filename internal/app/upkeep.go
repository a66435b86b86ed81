package app

import (
	"context"
	"time"

	"ledgersheet/internal/export"
)

const (
	upkeepEvery = time.Hour
	// keepRuns is how many runs of an exporter stay in the history, however old they are.
	keepRuns = 200
	// touchWithin is how long before its expiry a refresh token is renewed although nothing needs it. Unused ones die.
	touchWithin = 60 * 24 * time.Hour
)

// Leader picks one of the processes that share a store for work that only one of them needs to do. Correctness must not
// depend on it, because two may lead for a moment.
type Leader interface {
	// Lead calls do whenever this process becomes the leader, with a context that ends when it stops being the leader.
	// It returns when ctx has ended.
	Lead(ctx context.Context, name string, do func(context.Context))
}

// alone always leads, because the store's file belongs to one process.
type alone struct{}

func (alone) Lead(ctx context.Context, _ string, do func(context.Context)) { do(ctx) }

// startUpkeep starts the hourly upkeep: it deletes old runs and sessions, and keeps unused connections alive.
func (a *App) startUpkeep(ctx context.Context) {
	a.background(ctx, "upkeep", func(ctx context.Context) {
		a.leader.Lead(ctx, "upkeep", func(ctx context.Context) {
			for {
				a.tidy(ctx)
				if !sleep(ctx, upkeepEvery) {
					return
				}
			}
		})
	})
}

func (a *App) tidy(ctx context.Context) {
	now := time.Now()
	if n, err := a.store.PruneRuns(ctx, now.Add(-a.o.Settings.Retention), keepRuns); err != nil {
		a.log.WarnContext(ctx, "old runs were not deleted", "error", err.Error())
	} else if n > 0 {
		a.log.InfoContext(ctx, "old runs deleted", "count", n)
	}
	if _, err := a.store.DeleteExpiredSessions(ctx, now); err != nil {
		a.log.WarnContext(ctx, "old sessions were not deleted", "error", err.Error())
	}
	if err := a.budget.Prune(ctx); err != nil {
		a.log.WarnContext(ctx, "old counts of calls were not deleted", "error", err.Error())
	}
	if err := a.control.RevokeOwed(ctx); err != nil {
		a.log.WarnContext(ctx, "grants were not revoked", "error", err.Error())
	}
	companies, err := a.store.Companies(ctx)
	if err != nil {
		a.log.WarnContext(ctx, "connections were not looked at", "error", err.Error())
		return
	}
	a.tidyCopies(ctx, companies)
	for _, c := range companies {
		if c.Status != export.Connected || c.TokenExpiresAt.IsZero() || c.TokenExpiresAt.After(now.Add(touchWithin)) {
			continue
		}
		if _, err := a.books.sources.For(export.CompanyGrant(c.Realm)).Token(ctx); err != nil {
			a.log.WarnContext(ctx, "a connection could not be kept alive",
				"company", string(c.Realm), "error", err.Error())
		}
	}
}

// tidyCopies closes local copies that nobody reads, and deletes those of companies that are gone.
func (a *App) tidyCopies(ctx context.Context, companies []export.Company) {
	if a.books.mirror == nil {
		return
	}
	realms := make([]export.RealmID, len(companies))
	for i, c := range companies {
		realms[i] = c.Realm
	}
	if err := a.books.mirror.Tidy(ctx, realms); err != nil {
		a.log.WarnContext(ctx, "local copies were not tidied", "error", err.Error())
	}
}
