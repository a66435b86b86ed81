// Package budget counts the metered calls to QuickBooks by company, day and month, foresees what the present schedules
// will take of them and of Google's quotas, and slows scheduled runs down before the month's calls are used up, or
// where they ask for more than Google's quotas let through. Runs that people start always go.
// Months and days are those of UTC.
package budget

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// Store is what a budget reads and writes; every export.Store has it.
type Store interface {
	export.CallStore
	Exporters(ctx context.Context, f export.ExporterFilter) ([]export.Exporter, error)
	Runs(ctx context.Context, f export.RunFilter) (page []export.Run, next export.ID, err error)
	ActiveRuns(ctx context.Context) ([]export.Run, error)
}

// Options are what a budget needs.
type Options struct {
	Store  Store
	Limit  int // calls a month, of all companies; 0 for no limit
	Google GoogleLimits
	Now    func() time.Time // nil means time.Now
	Logger *slog.Logger     // nil means slog.Default
}

const (
	// flushEvery is how long counts stay in memory only. A process that is killed loses them.
	flushEvery = 5 * time.Second
	// keepDays is how long counts are kept.
	keepDays = 400
)

// Budget counts calls and paces schedules. Create one with New and call Load before anything else. It is safe for
// concurrent use.
type Budget struct {
	o   Options
	log *slog.Logger

	mu      sync.Mutex
	days    map[string]*tally // by 2006-01-02
	months  map[string]*tally // by 2006-01
	pending map[place]int     // counted and not stored
	costs   map[export.ID]*cost
	looked  map[export.ID]bool // exporters whose history was read
	active  map[export.ID]int  // calls that scheduled runs under way may still take, by run

	warned     string             // the last month in which schedules were said to be slowed down
	behind     map[export.ID]bool // Google accounts that were said to be behind
	foreseeing sync.Mutex         // held while a forecast is made
	forecast   *forecast          // the last one; guarded by mu

	flushing sync.Mutex
	stop     context.CancelFunc
	done     chan struct{}
}

// place is where a call is counted.
type place struct {
	day   string
	realm export.RealmID
}

// tally counts calls.
type tally struct {
	total   int
	byRealm map[export.RealmID]int
}

func (t *tally) add(realm export.RealmID, n int) {
	t.total += n
	t.byRealm[realm] += n
}

func tallyOf(m map[string]*tally, key string) *tally {
	t := m[key]
	if t == nil {
		t = &tally{byRealm: map[export.RealmID]int{}}
		m[key] = t
	}
	return t
}

// New returns a budget that has counted nothing.
func New(o Options) *Budget {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Budget{
		o: o, log: o.Logger.With("component", "budget"), days: map[string]*tally{}, months: map[string]*tally{},
		pending: map[place]int{}, costs: map[export.ID]*cost{}, looked: map[export.ID]bool{},
		active: map[export.ID]int{},
	}
}

func dayOf(t time.Time) string   { return t.UTC().Format(time.DateOnly) }
func monthOf(t time.Time) string { return t.UTC().Format("2006-01") }

// nextMonth returns when the month of t ends.
func nextMonth(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC)
}

// Load reads what was counted this month, and which scheduled runs are under way.
func (b *Budget) Load(ctx context.Context) error {
	now := b.o.Now()
	counts, err := b.o.Store.Calls(ctx, monthOf(now)+"-01", dayOf(now))
	if err != nil {
		return fmt.Errorf("reading the counts of calls: %w", err)
	}
	runs, err := b.o.Store.ActiveRuns(ctx)
	if err != nil {
		return fmt.Errorf("reading the active runs: %w", err)
	}
	b.mu.Lock()
	for _, c := range counts {
		tallyOf(b.days, c.Day).add(c.Realm, c.Calls)
		tallyOf(b.months, monthOf(now)).add(c.Realm, c.Calls)
	}
	b.mu.Unlock()
	for _, r := range runs {
		b.Observe(r)
	}
	return nil
}

type scheduledKey struct{}

// Scheduled marks the calls under ctx as those of a run that nobody asked for: they are refused once the month's calls
// are used up.
func Scheduled(ctx context.Context) context.Context {
	return context.WithValue(ctx, scheduledKey{}, true)
}

// IsScheduled reports whether a run was started by the program and not by a person.
func IsScheduled(r export.Run) bool {
	switch r.Trigger {
	case export.TriggerSchedule, export.TriggerCatchUp, export.TriggerChange, export.TriggerAfter:
		return true
	}
	return false
}

// Take counts one call, which the caller makes then, or returns a problem if it must not be made.
func (b *Budget) Take(ctx context.Context, realm export.RealmID) error {
	now := b.o.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	month := tallyOf(b.months, monthOf(now))
	if scheduled, _ := ctx.Value(scheduledKey{}).(bool); scheduled && b.o.Limit > 0 && month.total >= b.o.Limit {
		return problem.New(problem.QuickBooksRateLimited,
			"This month's %d calls to QuickBooks are used up.", b.o.Limit).
			WithHint("Scheduled runs go on in the next month; a run started by hand goes now. The limit is " +
				"LEDGERSHEET_QUICKBOOKS_MONTHLY_CALLS.").Lasting()
	}
	month.add(realm, 1)
	tallyOf(b.days, dayOf(now)).add(realm, 1)
	b.pending[place{dayOf(now), realm}]++
	return nil
}

// Start begins to store counts every few seconds, until Stop.
func (b *Budget) Start(ctx context.Context) {
	base := context.WithoutCancel(ctx)
	life, stop := context.WithCancel(base)
	b.stop, b.done = stop, make(chan struct{})
	go b.keep(life, base, b.done)
}

// Stop stores what was counted. Without a Start before, it does only that.
func (b *Budget) Stop(ctx context.Context) error {
	if b.stop != nil {
		b.stop()
		<-b.done
	}
	return b.Flush(ctx)
}

func (b *Budget) keep(life, base context.Context, done chan<- struct{}) {
	defer close(done)
	t := time.NewTicker(flushEvery)
	defer t.Stop()
	trouble := false
	for {
		select {
		case <-life.Done():
			return
		case <-t.C:
		}
		err := b.flush(base)
		if err != nil && !trouble {
			b.log.Error("counts of calls were not stored", "error", err)
		}
		trouble = err != nil
	}
}

// flush is Flush, and makes a panic an error.
func (b *Budget) flush(ctx context.Context) (err error) {
	defer problem.Recover(&err)
	return b.Flush(ctx)
}

// Flush stores what was counted since the last time, in one transaction. What cannot be stored is kept for the next
// time.
func (b *Budget) Flush(ctx context.Context) error {
	b.flushing.Lock()
	defer b.flushing.Unlock()
	b.mu.Lock()
	pending := b.pending
	b.pending = map[place]int{}
	b.mu.Unlock()
	if len(pending) == 0 {
		return nil
	}
	more := make([]export.CallCount, 0, len(pending))
	for p, n := range pending {
		more = append(more, export.CallCount{Day: p.day, Realm: p.realm, Calls: n})
	}
	err := b.o.Store.AddCalls(ctx, more)
	if err != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		for p, n := range pending {
			b.pending[p] += n
		}
		return fmt.Errorf("storing the counts of calls: %w", err)
	}
	return nil
}

// Prune forgets what was counted long ago.
func (b *Budget) Prune(ctx context.Context) error {
	now := b.o.Now()
	b.mu.Lock()
	near := now.AddDate(0, 0, -40)
	maps.DeleteFunc(b.days, func(day string, _ *tally) bool { return day < dayOf(near) })
	maps.DeleteFunc(b.months, func(month string, _ *tally) bool { return month < monthOf(near) })
	b.mu.Unlock()
	if err := b.o.Store.PruneCalls(ctx, dayOf(now.AddDate(0, 0, -keepDays))); err != nil {
		return fmt.Errorf("deleting old counts of calls: %w", err)
	}
	return nil
}
