package app

import (
	"context"
	"time"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/oauth"
)

const (
	upkeepEvery = time.Hour
	// keepRuns is how many runs of an exporter stay in the history, however old they are.
	keepRuns = 200
	// touchAfter is how long after the end of its access token an idle connection is renewed, which comes to once a
	// day. Intuit ends connections that are not renewed for 100 days, Google for six months; and what has ended is
	// noticed within a day.
	touchAfter = 23 * time.Hour
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
			t := time.NewTicker(upkeepEvery)
			defer t.Stop()
			checked := map[export.RealmID]time.Time{}
			a.tidy(ctx)
			for {
				select {
				case <-ctx.Done():
					return
				case <-t.C:
					a.tidy(ctx)
				case realm := <-a.rechecks:
					a.recheck(ctx, realm, checked)
				}
			}
		})
	})
}

const (
	mostRechecks = 16 // that wait
	// recheckGap is how long a company is not tested again, because anybody can ask for that.
	recheckGap = 5 * time.Minute
)

// askRecheck has upkeep test a company's connection. If many wait already it does nothing: the daily renewal also
// notices what has ended.
func (a *App) askRecheck(realm export.RealmID) {
	select {
	case a.rechecks <- realm:
	default:
	}
}

// recheck tests a company's connection unless that was done just now. checked has when each was tested.
func (a *App) recheck(ctx context.Context, realm export.RealmID, checked map[export.RealmID]time.Time) {
	c, err := a.store.Company(ctx, realm)
	if err != nil || c.Status != export.Connected || time.Since(checked[realm]) < recheckGap {
		return
	}
	checked[realm] = time.Now()
	if _, err := a.control.As(control.Local("upkeep")).TestCompany(ctx, realm); err != nil {
		a.log.InfoContext(ctx, "a connection was said to have ended", "company", string(realm), "error", err.Error())
	}
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
	a.touchConnections(ctx, companies)
}

// touchConnections renews the connections that nothing has used for a day.
func (a *App) touchConnections(ctx context.Context, companies []export.Company) {
	for _, c := range companies {
		if c.Status == export.Connected {
			a.touch(ctx, a.books.sources, export.CompanyGrant(c.Realm))
		}
	}
	accounts, err := a.store.Accounts(ctx)
	if err != nil {
		a.log.WarnContext(ctx, "Google accounts were not looked at", "error", err.Error())
		return
	}
	for _, account := range accounts {
		if account.Status == export.Connected && account.Kind == export.OAuthAccount {
			a.touch(ctx, a.google.sources, export.AccountGrant(account.ID))
		}
	}
}

func (a *App) touch(ctx context.Context, sources *oauth.Sources, key export.GrantKey) {
	g, err := a.store.Grant(ctx, key)
	if err == nil && time.Since(g.Expiry) < touchAfter {
		return
	}
	if err == nil {
		_, err = sources.For(key).Token(ctx)
	}
	if err != nil && ctx.Err() == nil {
		a.log.WarnContext(ctx, "a connection could not be kept alive", "connection", string(key), "error", err.Error())
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
