package notice

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

const (
	// lookEvery is how often causes are looked at when nothing happens, and lookGap the least time between two looks.
	lookEvery = time.Minute
	lookGap   = 5 * time.Second
	// scanEvery is how often the last successes of all exporters are looked at, and not only of those whose runs have
	// ended meanwhile.
	scanEvery = time.Hour
	// healthyFor is for how long a look stands for those to come.
	healthyFor = 10 * time.Minute
)

// Options are what a Dispatcher needs. Fixed, Tags and Logger may be missing.
type Options struct {
	Store    Store
	Channels map[Kind]Channel // a kind that is missing is not set up
	// Missing says for a kind without a channel what to do, in words for people.
	Missing map[Kind]string
	// Causes returns what is wrong at present, as far as somebody may know who sees just these companies; nil means
	// all.
	Causes func(ctx context.Context, among []export.RealmID) ([]Cause, error)
	// Packs returns the last runs of the packs that have made the exporters; nil knows of none.
	Packs func(ctx context.Context, exporters []export.ID) ([]PackRun, error)
	// Tags returns an exporter's tags.
	Tags    func(e export.Exporter) []string
	BaseURL string // of links
	Fixed   []Rule // of the environment
	Logger  *slog.Logger
}

// Dispatcher finds out what is to be told, keeps it until it has arrived, and sends it. It is safe for concurrent use.
type Dispatcher struct {
	o   Options
	log *slog.Logger

	wake chan struct{} // holds the news that a look is due
	send chan struct{} // holds the news that there may be something to send

	// mu protects the records: whoever reads them in order to change them holds it.
	mu      sync.Mutex
	sending map[export.ID]bool // deliveries on their way

	state   sync.Mutex // protects what follows
	ended   map[export.ID]bool
	lookErr error
	lookAt  time.Time

	stop  context.CancelFunc // nil before Start
	loops sync.WaitGroup
}

// New returns a dispatcher that does nothing before Start, except that rules may be added, tried out and removed.
func New(o Options) *Dispatcher {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	o.Fixed = slices.Clone(o.Fixed)
	for i := range o.Fixed {
		o.Fixed[i].Fixed = true
		o.Fixed[i].prepareFixed()
	}
	return &Dispatcher{
		o: o, log: o.Logger.With("component", "notices"), wake: make(chan struct{}, 1), send: make(chan struct{}, 1),
		sending: map[export.ID]bool{}, ended: map[export.ID]bool{},
	}
}

// prepareFixed fills in what was left out; nothing is signed without a secret from the environment.
func (r *Rule) prepareFixed() {
	secret := r.Secret
	r.prepare()
	r.Secret = secret
}

// Publish tells of a run. It implements queue.Bus and never blocks.
func (d *Dispatcher) Publish(r export.Run) {
	if !r.Status.Over() {
		return
	}
	d.state.Lock()
	d.ended[r.Exporter.ID] = true
	d.state.Unlock()
	poke(d.wake)
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is about to look anyway
	}
}

// Start begins to look and to send, until Stop. The end of ctx does not end it.
func (d *Dispatcher) Start(ctx context.Context) {
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	d.stop = stop
	d.loops.Go(func() { d.observe(life) })
	d.loops.Go(func() { d.deliver(life) })
}

// Stop ends both, and waits. What is on its way is broken off, and sent again after the next start. It does nothing
// before Start.
func (d *Dispatcher) Stop() {
	if d.stop != nil {
		d.stop()
		d.loops.Wait()
	}
}

// Healthy returns why nothing can be told at present; nil if all is well.
func (d *Dispatcher) Healthy() error {
	d.state.Lock()
	defer d.state.Unlock()
	switch {
	case d.lookErr != nil:
		return d.lookErr
	case time.Since(d.lookAt) > healthyFor:
		return errors.New("causes have not been looked at for a while")
	}
	return nil
}

// observe looks again and again.
func (d *Dispatcher) observe(ctx context.Context) {
	var scanned time.Time
	for {
		now := time.Now()
		all := now.Sub(scanned) >= scanEvery || now.Before(scanned)
		err := d.lookSafely(ctx, now, all)
		if err == nil && all {
			scanned = now
		}
		if err != nil && ctx.Err() == nil {
			d.log.ErrorContext(ctx, "notices could not be found out", "error", err.Error())
		}
		d.state.Lock()
		d.lookErr, d.lookAt = err, time.Now()
		d.state.Unlock()
		if !pause(ctx, lookGap, nil) || !pause(ctx, lookEvery-lookGap, d.wake) {
			return
		}
	}
}

// lookSafely is Look, and goes on after a panic in it.
func (d *Dispatcher) lookSafely(ctx context.Context, now time.Time, all bool) (err error) {
	defer problem.Recover(&err)
	return d.Look(ctx, now, all)
}

// pause waits for a time, or for less if something comes from wake. It returns false when ctx has ended.
func pause(ctx context.Context, wait time.Duration, wake <-chan struct{}) bool {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-wake:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// Look finds out what is to be told now, and stores it. all says to look at the last successes of all exporters.
func (d *Dispatcher) Look(ctx context.Context, now time.Time, all bool) error {
	d.state.Lock()
	ended := d.ended
	d.ended = map[export.ID]bool{}
	d.state.Unlock()
	err := d.lookAround(ctx, now, all, ended)
	if err != nil { // once more next time
		d.state.Lock()
		for id := range ended {
			d.ended[id] = true
		}
		d.state.Unlock()
	}
	return err
}

func (d *Dispatcher) lookAround(ctx context.Context, now time.Time, all bool, ended map[export.ID]bool) error {
	rules, err := d.rules(ctx)
	if err != nil || len(rules) == 0 {
		return err
	}
	s, err := d.look(ctx, now, rules)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if rules, err = d.rules(ctx); err != nil { // one may have gone meanwhile
		return err
	}
	l := &look{sight: s}
	if l.waiting, err = d.outbox(ctx); err != nil {
		return err
	}
	for _, r := range rules {
		if err := l.judge(ctx, r); err != nil {
			return err
		}
	}
	ask := func(id export.ID) bool { return all || ended[id] }
	if err := errors.Join(l.compare(ctx, rules, ask), l.judgePacks(ctx, rules, ask)); err != nil {
		return err
	}
	if len(l.changes) == 0 {
		return nil
	}
	if err := d.o.Store.ChangeNotices(ctx, l.changes); err != nil {
		return fmt.Errorf("storing notices: %w", err)
	}
	poke(d.send)
	return nil
}

// look collects what follows from a sight.
type look struct {
	*sight
	changes changes
	waiting map[export.ID][]delivery
	made    int
}

// judge does for one rule what follows from the causes.
func (l *look) judge(ctx context.Context, r Rule) error {
	d := l.d
	causes, err := l.causesFor(ctx, r)
	if err != nil {
		return err
	}
	stored, err := read[incident](ctx, d.o.Store, incidentPrefix(r.ID))
	if err != nil {
		return err
	}
	known := make([]incident, 0, len(stored))
	for _, key := range sortedKeys(stored) {
		known = append(known, stored[key])
	}
	v := judge(r, known, causes, l.now, l.active(ctx))
	if err := l.keep(known, v); err != nil {
		return err
	}
	for _, i := range v.over {
		if err := l.settle(r, i); err != nil {
			return err
		}
	}
	for _, t := range v.tells {
		if err := l.enqueue(r, d.tell(r, t, l.now)); err != nil {
			return err
		}
	}
	if r.wants(DigestEvent) {
		return l.judgeDigest(ctx, r, causes)
	}
	return nil
}

// keep stores what a rule knows from now on.
func (l *look) keep(known []incident, v verdict) error {
	for _, i := range v.keep {
		n := slices.IndexFunc(known, func(k incident) bool { return k.Cause.Key == i.Cause.Key })
		if n >= 0 && sameIncident(known[n], i) {
			continue
		}
		if err := l.changes.put(i.key(), i); err != nil {
			return err
		}
	}
	for _, i := range slices.Concat(v.over, v.drop) {
		l.changes.remove(i.key())
	}
	return nil
}

// settle does away with what has not been sent yet of a cause that is over. If its end is told, that says everything;
// otherwise the notice of it says that it is over.
func (l *look) settle(r Rule, i incident) error {
	for _, o := range l.waiting[r.ID] {
		if o.Message.Cause != mark(i.Cause.Key) || o.Message.Phase == Recovered || l.d.sending[o.Message.ID] {
			continue
		}
		if r.wants(Recovery) && o.Attempts == 0 {
			l.changes.remove(o.key())
			continue
		}
		o.Message.Lines = append(o.Message.Lines, "It has ended meanwhile, on "+
			l.now.In(r.zone()).Format("2 January at 15:04")+".")
		if err := l.changes.put(o.key(), o); err != nil {
			return err
		}
	}
	return nil
}

func (l *look) enqueue(r Rule, m Message) error {
	m.ID = export.NewID("ntf", l.now)
	l.made++
	o := delivery{Rule: r.ID, Message: m, CreatedAt: l.now, Order: l.made}
	return l.changes.put(o.key(), o)
}

func (l *look) judgeDigest(ctx context.Context, r Rule, causes []Cause) error {
	key := digestPrefix + string(r.ID)
	all, err := read[digestState](ctx, l.d.o.Store, key)
	if err != nil {
		return err
	}
	state, known := all[""]
	if known && l.now.Before(state.Next) {
		return nil
	}
	if known {
		last := state.Last
		if last.IsZero() {
			last = l.now.AddDate(0, 0, -1)
		}
		m, err := l.digest(ctx, r, causes, last)
		if err != nil {
			return err
		}
		if err := l.enqueue(r, m); err != nil {
			return err
		}
		state.Last = l.now
	}
	state.Next = r.nextDigest(l.now)
	return l.changes.put(key, state)
}

// compare looks at the last successes of exporters for changes of closed periods.
func (l *look) compare(ctx context.Context, rules []Rule, ask func(export.ID) bool) error {
	wanted := slices.ContainsFunc(rules, func(r Rule) bool { return r.wants(ClosedChange, Report) })
	if !wanted {
		return nil
	}
	before, err := read[seen](ctx, l.d.o.Store, seenPrefix)
	if err != nil {
		return err
	}
	for _, e := range l.subjects {
		if !ask(e.ID) {
			continue
		}
		h, err := l.history(ctx, e.ID)
		if err != nil {
			return err
		}
		moves, now, changed := l.news(e, before[string(e.ID)], h)
		if !changed {
			continue
		}
		if err := l.changes.put(seenPrefix+string(e.ID), now); err != nil {
			return err
		}
		if err := l.tellNews(ctx, rules, e, *h.Last, moves); err != nil {
			return err
		}
	}
	for id := range before {
		if _, there := l.subjects[export.ID(id)]; !there {
			l.changes.remove(seenPrefix + id)
		}
	}
	return nil
}

// tellNews tells of an exporter's new success: that figures of closed periods have moved, and what it has read.
func (l *look) tellNews(ctx context.Context, rules []Rule, e Subject, last export.Success, moves []Move) error {
	for _, r := range rules {
		if !r.covers(e) {
			continue
		}
		if len(moves) > 0 && r.wants(ClosedChange) {
			if err := l.enqueue(r, l.d.moved(r, e, last.ID, moves, l.now)); err != nil {
				return err
			}
		}
		if !r.wants(Report) || !last.FinishedAt.After(r.since()) {
			continue
		}
		m, err := l.report(ctx, r, e, last)
		if err != nil {
			return err
		}
		if err := l.enqueue(r, m); err != nil {
			return err
		}
	}
	return nil
}

// channelFor returns how a rule's notices travel, or a problem that says why they cannot.
func (d *Dispatcher) channelFor(r Rule) (Channel, error) {
	if c := d.o.Channels[r.Kind]; c != nil {
		return c, nil
	}
	why := orElse(d.o.Missing[r.Kind], "This kind of notice is not set up.")
	return nil, problem.New(problem.Conflict, "%s", why)
}
