package control_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/exporters"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	realqueue "ledgersheet/internal/queue"
	"ledgersheet/internal/schedule"
	"ledgersheet/internal/storetest"
)

// TestYear plays a year of fifty companies: schedules of all kinds in eleven zones, runs that take minutes or hours,
// outages, lost connections, pauses, restarts, kills and clocks that go wrong. Queue, schedule and control are real;
// the work is not, and the store is in memory. In the end each due time must have its one entry in the ledger, and each
// entry must agree with what happened.
func TestYear(t *testing.T) {
	t.Parallel()
	days := 365
	if testing.Short() {
		days = 30
	}
	synctest.Test(t, func(t *testing.T) {
		y := newYear(t)
		y.boot()
		y.settleIn()
		for range days {
			y.day()
		}
		y.settle()
		y.die(false)
		y.check()
		t.Logf("%d days: %d attempts of runs, %d due times, ended as %v", days, y.attempts, y.times, y.ends)
	})
}

var (
	yearZones = []string{
		"America/New_York", "America/Los_Angeles", "America/St_Johns", "America/Sao_Paulo", "Europe/London",
		"Europe/Berlin", "Africa/Cairo", "Asia/Kolkata", "Asia/Tokyo", "Australia/Lord_Howe", "Pacific/Chatham",
	}
	yearCrons = []string{
		"30 6 * * *", "30 2 * * *", "0 7 * * 1-5", "0 8 * * 1", "0 9 1 * *", "0 6,12,18 * * *", "15 3 * * 0",
		"45 23 28-31 * *", "0 5 1 1,4,7,10 *", "0 0 * * *", "5 1 * * *", "0 6 29 2 *",
	}
	hourly = "0 9-17 * * 1-5"
)

// year is the world in which the program lives, with its memory of what happened.
type year struct {
	*bench
	t     *testing.T
	plug  *plug
	queue *realqueue.Queue
	tick  *schedule.Ticker

	mu       sync.Mutex
	rnd      *rand.Rand
	skew     time.Duration
	outage   time.Time // QuickBooks is down until then, by the true clock
	lost     map[export.RealmID]bool
	rotation map[export.RealmID]int // of the refresh token that Intuit knows
	using    map[string]int
	began    map[export.ID]time.Time // when a run's last attempt did
	attempts int
	later    []later // what is to be done

	told  map[export.ID]map[int64]export.DueTime
	eras  map[export.ID][]era
	log   map[string][]span // what happened, by what it happened to
	times int
	ends  map[string]int
}

type later struct {
	at time.Time
	do func()
}

// era is a time with one schedule; span is any time.
type (
	era struct {
		from time.Time
		spec export.Schedule
	}
	span struct{ from, until time.Time }
)

// quick is a store in memory whose reviews cost little.
type quick struct{ *storetest.Memory }

func (q quick) ExporterHeads(
	ctx context.Context, f export.ExporterFilter, after string,
) iter.Seq2[export.ExporterHead, error] {
	return func(yield func(export.ExporterHead, error) bool) {
		all, err := q.Exporters(ctx, f)
		for _, e := range all {
			if h := e.Head(export.History{}); h.Position() > after && !yield(h, err) {
				return
			}
		}
	}
}

func newYear(t *testing.T) *year {
	y := &year{
		t: t, rnd: rand.New(rand.NewPCG(7, 7)), lost: map[export.RealmID]bool{},
		rotation: map[export.RealmID]int{}, using: map[string]int{}, began: map[export.ID]time.Time{},
		told: map[export.ID]map[int64]export.DueTime{}, eras: map[export.ID][]era{}, log: map[string][]span{},
		ends: map[string]int{},
	}
	y.bench = fillBench(t, quick{storetest.NewMemory()})
	y.system = control.New(control.Options{
		Store: y.store, Settings: y.store, Definitions: exporters.All(), QuickBooksConsents: consents{y.bench},
		GoogleConsents: consents{y.bench}, CompanyGrants: grants{y.bench}, AccountGrants: grants{y.bench},
		QuickBooks: quickBooks{y.bench}, Google: google{y.bench}, Queue: yearQueue{y}, Ticker: yearTicker{y},
		Previewer: previewer{}, MinInterval: 5 * time.Minute, QuickBooksReady: true, GoogleReady: true, Now: y.clock,
		Events: events{}, Logger: slog.New(slog.DiscardHandler),
	})
	y.Desk = y.system.As(ann)
	return y
}

// settleIn connects the companies and makes the exporters.
func (y *year) settleIn() {
	for i := range 50 {
		realm := export.RealmID(fmt.Sprintf("91303479579%04d", i))
		must(y.t, y.store.PutCompany(y.ctx, export.Company{Realm: realm, Name: fmt.Sprint("Company ", i),
			Status: export.Connected}))
		must(y.t, y.store.PutGrant(y.ctx, export.CompanyGrant(realm), export.Grant{RefreshToken: "r-0"}))
		for k := range 1 + (i%5)/4 { // some have two
			e := y.input(realm)
			e.Name, e.Target.Sheet = fmt.Sprintf("Vendors %d %d", i, k), fmt.Sprint("Tab ", k)
			e.Target.Spreadsheet = fmt.Sprintf("sheet-of-company-%d-%030d", i, k/2)
			n := (i + 5*k) % len(yearCrons)
			e.Schedule.Cron, e.Schedule.Timezone = yearCrons[n], yearZones[n%len(yearZones)]
			if i%25 == 7 {
				e.Schedule.Cron = hourly
			}
			e.Schedule.SkipMissed = i%5 == 4
			e = y.create(e)
			y.eras[e.ID] = []era{{y.clock(), e.Schedule}}
			y.told[e.ID] = map[int64]export.DueTime{}
		}
	}
}

func (y *year) clock() time.Time {
	y.mu.Lock()
	defer y.mu.Unlock()
	return time.Now().Add(y.skew)
}

func (y *year) dice(n int) int {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.rnd.IntN(n)
}

// yearQueue and yearTicker are those of the present process.
type (
	yearQueue  struct{ y *year }
	yearTicker struct{ y *year }
)

func (q yearQueue) Enqueue(ctx context.Context, r export.Run) (export.Run, bool, error) {
	return q.y.queue.Enqueue(ctx, r)
}
func (q yearQueue) EnqueueDue(ctx context.Context, d export.DueRun) error {
	return q.y.queue.EnqueueDue(ctx, d)
}
func (q yearQueue) Cancel(ctx context.Context, id export.ID) (export.Run, error) {
	return q.y.queue.Cancel(ctx, id)
}
func (q yearQueue) Waiting(r export.Run) string { return q.y.queue.Waiting(r) }

func (k yearTicker) Plan(e export.Exporter, now time.Time) time.Time { return schedule.Plan(e, now) }
func (k yearTicker) Wake()                                           { k.y.tick.Wake() }

// plug is a process's connection to the store; pulled, its process is dead.
type plug struct {
	export.Store
	mu   sync.Mutex
	dead bool
}

var errDead = errors.New("the process is dead")

func (p *plug) pull() { p.mu.Lock(); defer p.mu.Unlock(); p.dead = true }

func (p *plug) err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return errDead
	}
	return nil
}

func (p *plug) UpdateRun(ctx context.Context, id export.ID, change func(*export.Run) error) (export.Run, error) {
	if err := p.err(); err != nil {
		return export.Run{}, err
	}
	return p.Store.UpdateRun(ctx, id, change)
}

func (p *plug) UpdateRunning(ctx context.Context, h export.Held, change func(*export.Run) error) (export.Run, error) {
	if err := p.err(); err != nil {
		return export.Run{}, err
	}
	return p.Store.UpdateRunning(ctx, h, change)
}

func (p *plug) Claim(ctx context.Context, worker export.ID, choose func(iter.Seq[export.ActiveRun]) []export.ID,
	begin func(*export.Run)) ([]export.Run, error) {
	if err := p.err(); err != nil {
		return nil, err
	}
	return p.Store.Claim(ctx, worker, choose, begin)
}

func (p *plug) EnqueueDue(ctx context.Context, d export.DueRun) (export.Run, bool, error) {
	if err := p.err(); err != nil {
		return export.Run{}, false, err
	}
	return p.Store.EnqueueDue(ctx, d)
}

func (p *plug) PassDue(ctx context.Context, id export.ID,
	change func(*export.Exporter) (export.DueTime, error)) (export.Exporter, error) {
	if err := p.err(); err != nil {
		return export.Exporter{}, err
	}
	return p.Store.PassDue(ctx, id, change)
}

// boot starts a process.
func (y *year) boot() {
	p := &plug{Store: y.store}
	y.plug = p
	silent := slog.New(slog.DiscardHandler)
	var tick *schedule.Ticker
	y.queue = realqueue.New(realqueue.Options{
		Store: p, Exporter: y.store.Exporter, Now: y.clock, Logger: silent, Look: 30 * time.Minute,
		Work: func(ctx context.Context, r export.Run, _ func(func(*export.Run))) error {
			return y.work(ctx, p, r)
		},
		Ended: func(id export.ID) { tick.Ended(id) },
	})
	tick = schedule.NewTicker(schedule.Options{
		Store: p, Enqueue: y.queue.EnqueueDue, Now: y.clock, Logger: silent, Jitter: true, Look: 30 * time.Minute,
	})
	y.tick = tick
	must(y.t, y.queue.Start(y.ctx))
	must(y.t, y.tick.Start(y.ctx))
}

// die ends the process, by a kill or in order.
func (y *year) die(kill bool) {
	if kill {
		y.plug.pull()
	}
	y.tick.Stop()
	ctx, cancel := context.WithTimeout(y.ctx, 15*time.Second)
	defer cancel()
	if kill {
		cancel()
	}
	must(y.t, y.queue.Stop(ctx))
}

// work stands for the pipeline.
func (y *year) work(ctx context.Context, p *plug, r export.Run) error {
	realm := r.Exporter.Companies[0]
	y.use(r, 1)
	defer y.use(r, -1)
	takes := time.Duration(10+y.dice(600)) * time.Second
	if y.dice(40) == 0 {
		takes = time.Duration(20+y.dice(100)) * time.Minute // more than a run may take, at times
	}
	if y.isDown() {
		takes = 20 * time.Second
	}
	if !nap(ctx, takes) {
		return fmt.Errorf("working: %w", ctx.Err())
	}
	y.mu.Lock()
	lost := y.lost[realm]
	y.mu.Unlock()
	chance := y.dice(1000)
	switch {
	case lost:
		return problem.New(problem.CompanyReconnectRequired, "It ended.")
	case y.isDown():
		return problem.New(problem.QuickBooksUnavailable, "Down.")
	case chance < 20:
		over := export.Wait(ctx, y.clock().Add(time.Minute))
		nap(ctx, time.Minute)
		over()
	case chance < 40:
		return problem.New(problem.TotalsMismatch, "They differ.")
	case chance < 45:
		return problem.New(problem.Internal, "A fault.")
	case chance < 50:
		limited := problem.New(problem.QuickBooksRateLimited, "Slow down.")
		limited.RetryAfter = 10 * time.Minute
		return limited
	}
	if p.err() != nil {
		return errDead
	}
	return y.rotate(ctx, realm)
}

// rotate renews the company's token once a day, as the token sources do. Intuit knows only the newest one.
func (y *year) rotate(ctx context.Context, realm export.RealmID) error {
	now := y.clock()
	key := export.CompanyGrant(realm)
	_, err := y.store.Renew(ctx, key, func(_ context.Context, g export.Grant) (export.Grant, error) {
		y.mu.Lock()
		defer y.mu.Unlock()
		if g.RefreshToken != "new" && g.RefreshToken != fmt.Sprint("r-", y.rotation[realm]) {
			y.t.Errorf("Intuit knows r-%d, the store has %s", y.rotation[realm], g.RefreshToken)
		}
		if now.Before(g.Expiry) {
			return g, nil
		}
		y.rotation[realm]++
		return export.Grant{RefreshToken: fmt.Sprint("r-", y.rotation[realm]), Expiry: now.Add(24 * time.Hour)}, nil
	})
	if errors.Is(err, export.ErrNotFound) {
		return problem.New(problem.CompanyReconnectRequired, "It is disconnected.")
	}
	return err
}

func nap(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (y *year) isDown() bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	return time.Now().Before(y.outage)
}

// use notes who works on what, and that nobody does so against the rules.
func (y *year) use(r export.Run, n int) {
	now := y.clock()
	y.mu.Lock()
	defer y.mu.Unlock()
	if n > 0 {
		y.began[r.ID] = now
		y.attempts++
	}
	for what, most := range map[string]int{
		string(r.Exporter.ID): 1, r.Exporter.Target.Spreadsheet: 1, string(r.Exporter.Companies[0]): 2,
	} {
		if y.using[what] += n; y.using[what] > most {
			y.t.Errorf("%d runs use %s at once", y.using[what], what)
		}
	}
}

// note writes into the log that something holds for what until it ends, or for a while.
func (y *year) note(what string, d time.Duration) {
	now := y.clock()
	y.log[what] = append(y.log[what], span{now, now.Add(d)})
}

func (y *year) happened(what string, at time.Time) bool {
	for _, s := range y.log[what] {
		if !at.Before(s.from) && !at.After(s.until) {
			return true
		}
	}
	return false
}

// at does something later.
func (y *year) at(d time.Duration, do func()) {
	y.later = append(y.later, later{time.Now().Add(d), do})
}

// day lets a day pass with what happens on it.
func (y *year) day() {
	end := time.Now().Add(24 * time.Hour)
	for range y.dice(3) {
		d := time.Duration(y.dice(24*60)) * time.Minute
		y.at(d, y.events()[y.dice(len(y.events()))])
	}
	y.until(end)
	y.harvest()
	if _, err := y.store.PruneRuns(y.ctx, time.Now().Add(-48*time.Hour), 5); err != nil {
		y.t.Fatal(err)
	}
}

// until lets time pass and does what is to be done.
func (y *year) until(end time.Time) {
	for {
		next := -1
		for i, l := range y.later {
			if !l.at.After(end) && (next < 0 || l.at.Before(y.later[next].at)) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		l := y.later[next]
		y.later = append(y.later[:next:next], y.later[next+1:]...)
		time.Sleep(max(time.Until(l.at), 0))
		synctest.Wait()
		l.do()
	}
	time.Sleep(max(time.Until(end), 0))
	synctest.Wait()
}

// settle lets everything come to rest that was begun.
func (y *year) settle() {
	for len(y.later) > 0 {
		y.until(time.Now().Add(24 * time.Hour))
		y.harvest()
	}
	y.until(time.Now().Add(24 * time.Hour))
	y.harvest()
}

func (y *year) exporter() export.Exporter {
	all, err := y.store.Exporters(y.ctx, export.ExporterFilter{})
	must(y.t, err)
	return all[y.dice(len(all))]
}

func (y *year) events() []func() {
	return []func(){
		y.restart, y.restart, y.breakDown, y.disconnect, y.loseGrant, y.pauseSome, y.cancel, y.cancel, y.runNow,
		y.runNow, y.wrongClock, y.reschedule,
	}
}

func (y *year) restart() {
	if y.happened("clock", time.Now()) {
		return // one thing at a time
	}
	kill := y.dice(2) == 0
	downs := []time.Duration{10 * time.Second, 5 * time.Minute, 3 * time.Hour, 20 * time.Hour, 72 * time.Hour}
	down := downs[min(y.dice(8), y.dice(len(downs)))%len(downs)]
	y.note("down", down+10*time.Minute)
	y.die(kill)
	time.Sleep(down)
	y.boot()
	y.tick.Wake()
}

func (y *year) breakDown() {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.outage = time.Now().Add(time.Duration(1+y.rnd.IntN(30)) * time.Hour)
}

func (y *year) disconnect() {
	realm := y.exporter().Companies[0]
	c, err := y.store.Company(y.ctx, realm)
	must(y.t, err)
	if c.Status != export.Connected {
		return
	}
	_, err = y.DisconnectCompany(y.ctx, realm)
	must(y.t, err)
	y.giveBack(realm)
}

func (y *year) loseGrant() {
	realm := y.exporter().Companies[0]
	c, err := y.store.Company(y.ctx, realm)
	must(y.t, err)
	if c.Status != export.Connected {
		return
	}
	y.mu.Lock()
	y.lost[realm] = true
	y.mu.Unlock()
	y.system.CompanyEnded(y.ctx, realm, problem.New(problem.CompanyReconnectRequired, "It ended."))
	y.giveBack(realm)
}

// giveBack reconnects a company some days later.
func (y *year) giveBack(realm export.RealmID) {
	days := time.Duration(1+y.dice(4*24)) * time.Hour
	y.note("paused "+string(realm), days+6*24*time.Hour) // the service may be down then
	y.at(days, func() {
		y.mu.Lock()
		delete(y.lost, realm)
		y.mu.Unlock()
		y.reconnect(realm)
	})
}

func (y *year) pauseSome() {
	e := y.exporter()
	if e.Paused() {
		return
	}
	d := time.Duration(1+y.dice(100)) * time.Hour
	y.note("paused "+string(e.ID), d+6*24*time.Hour)
	until := time.Time{}
	if y.dice(2) == 0 {
		until = y.clock().Add(d)
	} else {
		y.at(d, func() {
			_, err := y.ResumeExporter(y.ctx, e.ID)
			must(y.t, err)
		})
	}
	_, err := y.PauseExporter(y.ctx, e.ID, until)
	must(y.t, err)
}

func (y *year) cancel() {
	active, err := y.store.ActiveRuns(y.ctx)
	must(y.t, err)
	if len(active) > 0 {
		_, err := y.CancelRun(y.ctx, active[y.dice(len(active))].ID)
		must(y.t, err)
	}
}

func (y *year) runNow() {
	_, _, err := y.RunNow(y.ctx, y.exporter().ID)
	must(y.t, err)
}

// wrongClock lets the clock go wrong for hours.
func (y *year) wrongClock() {
	if y.happened("clock", time.Now()) || !y.clock().Equal(time.Now()) {
		return
	}
	off := []time.Duration{72 * time.Hour, 40 * time.Minute, -30 * time.Minute, 3 * time.Minute}[y.dice(4)]
	hours := time.Duration(1+y.dice(5)) * time.Hour
	until := time.Now().Add(hours + 2*time.Hour + max(off, 0)) // as the clock says
	y.log["clock"] = append(y.log["clock"], span{time.Now().Add(-time.Hour), until})
	set := func(d time.Duration) {
		y.mu.Lock()
		y.skew = d
		y.mu.Unlock()
	}
	set(off)
	y.at(hours, func() { set(0) })
}

func (y *year) reschedule() {
	if y.happened("clock", time.Now()) {
		return
	}
	e := y.exporter()
	stored := y.update(e.ID, 0, func(e *export.Exporter) { e.Schedule.Cron = yearCrons[y.dice(len(yearCrons))] })
	y.eras[e.ID] = append(y.eras[e.ID], era{y.clock(), stored.Schedule})
	y.note("changed "+string(e.ID), time.Minute)
}
