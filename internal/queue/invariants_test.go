package queue_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/queue"
	"ledgersheet/internal/storetest"
)

// memory is a store in memory: a real one would sync to disk ten thousand times here.
type memory struct{ *storetest.Memory }

// all returns every run, oldest first.
func (m memory) all() []export.Run {
	all, _, err := m.Runs(context.Background(), export.RunFilter{Limit: 1 << 20})
	if err != nil {
		panic(err)
	}
	slices.SortFunc(all, func(a,
		b export.Run) int {
		return cmp.Or(a.QueuedAt.Compare(b.QueuedAt), cmp.Compare(a.ID, b.ID))
	})
	return all
}

const (
	perCompany = 2
	workers    = 5
)

// machine does random things to a queue: it adds and cancels runs, lets time
// pass, stops the process and kills it. A dead process is a queue whose store
// does nothing more.
type machine struct {
	t      *rapid.T
	store  memory
	q      *queue.Queue
	plug   *plug
	accept map[export.ID]bool // runs that were accepted
	added  int

	mu    sync.Mutex
	using map[string]int // what the work under way uses
	fault string
	plans map[export.ID][]plan
}

// plan is what one attempt does.
type plan struct {
	takes time.Duration
	err   error
	deaf  bool // does not look at its context
}

// plug is a process's connection to the store; pulled, its process is dead.
type plug struct {
	queue.Store
	mu   sync.Mutex
	dead bool
}

func (p *plug) pull() { p.mu.Lock(); defer p.mu.Unlock(); p.dead = true }

func (p *plug) isDead() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.dead }

func (p *plug) UpdateRun(ctx context.Context, id export.ID, change func(*export.Run) error) (export.Run, error) {
	if p.isDead() {
		return export.Run{}, errDown
	}
	return p.Store.UpdateRun(ctx, id, change)
}

func (p *plug) ActiveRuns(ctx context.Context) ([]export.Run, error) {
	if p.isDead() {
		return nil, errDown
	}
	return p.Store.ActiveRuns(ctx)
}

func (p *plug) Claim(ctx context.Context, worker export.ID, choose func(iter.Seq[export.ActiveRun]) []export.ID,
	begin func(*export.Run)) ([]export.Run, error) {
	if p.isDead() {
		return nil, errDown
	}
	return p.Store.Claim(ctx, worker, choose, begin)
}

func (p *plug) UpdateRunning(ctx context.Context, h export.Held, change func(*export.Run) error) (export.Run, error) {
	if p.isDead() {
		return export.Run{}, errDown
	}
	return p.Store.UpdateRunning(ctx, h, change)
}

func (m *machine) boot() {
	p := &plug{Store: m.store}
	m.plug = p
	m.q = queue.New(queue.Options{
		Store: p, Workers: workers, PerCompany: perCompany, Timeout: 10 * time.Minute,
		Logger: slog.New(slog.DiscardHandler),
		Work: func(ctx context.Context, r export.Run, report func(func(*export.Run))) error {
			return m.work(ctx, p, r, report)
		},
	})
	if err := m.q.Start(context.Background()); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) work(ctx context.Context, p *plug, r export.Run, report func(func(*export.Run))) error {
	m.mu.Lock()
	var now plan
	if plans := m.plans[r.Exporter.ID]; len(plans) > 0 {
		now, m.plans[r.Exporter.ID] = plans[0], plans[1:]
	}
	m.use(r, +1)
	m.mu.Unlock()
	report(func(r *export.Run) { r.Progress.Phase = export.PhaseWriting })
	timer := time.NewTimer(now.takes)
	defer timer.Stop()
	var err error
	select {
	case <-timer.C:
		err = now.err
	case <-ctx.Done():
		if now.deaf {
			<-timer.C
			err = now.err
		} else {
			err = ctx.Err()
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !p.isDead() { // a dead process uses nothing
		m.use(r, -1)
	}
	return err
}

// use counts what a run uses and notes the first breach of a limit.
func (m *machine) use(r export.Run, n int) {
	limits := map[string]int{"exporter " + string(r.Exporter.ID): 1, "workers": workers}
	if s := r.Exporter.Target.Spreadsheet; s != "" {
		limits["spreadsheet "+s] = 1
	}
	for _, c := range r.Exporter.Companies {
		limits["company "+string(c)] = perCompany
	}
	for name, limit := range limits {
		if m.using[name] += n; m.using[name] > limit && m.fault == "" {
			m.fault = fmt.Sprintf("%d runs use %s", m.using[name], name)
		}
	}
}

func (m *machine) exporter() export.Exporter {
	n := rapid.IntRange(0, 11).Draw(m.t, "exporter")
	e := exporter(fmt.Sprintf("exp_%d", n), fmt.Sprintf("C%d", n%3), fmt.Sprintf("S%d", n%5))
	if n%4 == 0 {
		e.Companies = append(e.Companies, export.RealmID(fmt.Sprintf("C%d", (n+1)%3)))
	}
	if n == 11 {
		e.Target.Spreadsheet = ""
	}
	return e
}

func (m *machine) add(*rapid.T) {
	e := m.exporter()
	p := plan{
		takes: time.Duration(rapid.IntRange(0, 900).Draw(m.t, "seconds")) * time.Second, // also beyond the timeout
		deaf:  rapid.IntRange(0, 9).Draw(m.t, "deaf") == 0,
		err: rapid.SampledFrom([]error{
			nil, nil, nil, problem.New(problem.GoogleUnavailable, "x"), problem.New(problem.SheetConflict,
				"x"), io.ErrUnexpectedEOF,
		}).Draw(m.t, "error"),
	}
	if p.deaf {
		p.takes = min(p.takes, 5*time.Second) // within the grace of Stop
	}
	m.mu.Lock()
	m.plans[e.ID] = append(m.plans[e.ID], p)
	m.mu.Unlock()
	trigger := rapid.SampledFrom([]export.Trigger{export.TriggerManual, export.TriggerSchedule}).Draw(m.t, "trigger")
	m.added++
	r, _, err := m.q.Enqueue(context.Background(), export.Run{
		ID: export.ID(fmt.Sprintf("run_%06d", m.added)), Exporter: e, Trigger: trigger,
		QueuedAt: time.Now().Add(time.Duration(m.added) * time.Microsecond),
	})
	if err != nil {
		m.t.Fatal(err)
	}
	m.accept[r.ID] = true
}

func (m *machine) cancel(*rapid.T) {
	all := m.store.all()
	if len(all) == 0 {
		return
	}
	r := rapid.SampledFrom(all).Draw(m.t, "run")
	if _, err := m.q.Cancel(context.Background(), r.ID); err != nil && !problem.HasCode(err, problem.Conflict) {
		m.t.Fatal(err)
	}
}

func (m *machine) wait(*rapid.T) {
	time.Sleep(time.Duration(rapid.IntRange(1, 1200).Draw(m.t, "seconds")) * time.Second)
}

func (m *machine) restart(*rapid.T) {
	ctx, cancel := context.WithTimeout(context.Background(),
		time.Duration(rapid.IntRange(0, 60).Draw(m.t, "grace"))*time.Second)
	defer cancel()
	if err := m.q.Stop(ctx); err != nil && !errors.Is(err, queue.ErrLeft) {
		m.t.Fatal(err)
	}
	m.bury(m.q)
	m.boot()
}

func (m *machine) kill(*rapid.T) {
	m.mu.Lock()
	m.plug.pull()
	m.using = map[string]int{}
	m.mu.Unlock()
	// What is left of the process in memory has to go; it reaches no store.
	m.bury(m.q)
	m.boot()
}

func (m *machine) bury(q *queue.Queue) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	// Deaf work is waited for here, as the end of a process would end it.
	for err := q.Stop(ctx); err != nil; err = q.Stop(ctx) {
		if !errors.Is(err, queue.ErrLeft) {
			m.t.Fatal(err)
		}
	}
}

func (m *machine) check(*rapid.T) {
	synctest.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fault != "" {
		m.t.Fatal(m.fault)
	}
	active := map[export.ID]int{}
	all := m.store.all()
	for _, r := range all {
		if !r.Status.Over() {
			active[r.Exporter.ID]++
		}
		if r.Attempts > 5 {
			m.t.Fatalf("run %s had %d attempts", r.ID, r.Attempts)
		}
	}
	for e, n := range active {
		if n > 1 {
			m.t.Fatalf("%d runs of %s are active", n, e)
		}
	}
	if len(all) != len(m.accept) {
		m.t.Fatalf("%d runs were accepted, %d are stored", len(m.accept), len(all))
	}
}

func TestInvariants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		// A failed check is a panic, which must not leave the bubble by itself.
		var failed any
		synctest.Test(t, func(*testing.T) {
			defer func() { failed = recover() }()
			live(rt)
		})
		if failed != nil {
			panic(failed)
		}
	})
}

func live(rt *rapid.T) {
	m := &machine{
		t: rt, store: memory{storetest.NewMemory()}, accept: map[export.ID]bool{},
		using: map[string]int{}, plans: map[export.ID][]plan{},
	}
	m.boot()
	defer func() { m.bury(m.q) }()
	rt.Repeat(map[string]func(*rapid.T){
		"": m.check, "add": m.add, "add more": m.add, "cancel": m.cancel, "wait": m.wait, "restart": m.restart,
		"kill": m.kill,
	})
	// Left alone, everything that was accepted comes to its end.
	time.Sleep(6 * time.Hour)
	synctest.Wait()
	for _, r := range m.store.all() {
		if !r.Status.Over() {
			rt.Fatalf("run %s of %s is still %s: %s", r.ID, r.Exporter.ID, r.Status, m.q.Waiting(r))
		}
	}
	m.check(rt)
}
