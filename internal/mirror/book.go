package mirror

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/supply"
)

// readsVersion is raised when what is read of records, or how it is kept, changes. Older files are thrown away.
const readsVersion = 1

// state is what a file holds besides records and directories.
type state struct {
	Reads     int
	Connected time.Time // when the company was connected by the consent under which everything was read
	// Moves counts how often transactions were seen to have changed.
	Moves   int
	Objects map[string]objectState
	Unfed   map[string]time.Time // objects that change data capture refuses, and since when on our clock
	Drifted int
}

// objectState is what is known about the records that are kept of an object.
type objectState struct {
	Order  order
	Or     []order   // other orders in which the records came as well
	Cursor time.Time // QuickBooks' clock: what changed before is in
	Read   time.Time // QuickBooks' clock before all records were last read
	ReadAt time.Time // the same on our clock
	Moves  int       // state.Moves when all records were last read
	Proved time.Time // our clock, when QuickBooks' count was last the same
	Used   time.Time // our clock, when the records were last wanted
	// Custom says that all custom fields are in the records, and Wants that somebody has asked for them.
	Custom, Wants bool
}

func (s state) clone() state {
	s.Objects, s.Unfed = maps.Clone(s.Objects), maps.Clone(s.Unfed)
	if s.Objects == nil {
		s.Objects = map[string]objectState{}
	}
	if s.Unfed == nil {
		s.Unfed = map[string]time.Time{}
	}
	return s
}

// book is the copy of one company's records.
type book struct {
	m     *Mirror
	realm export.RealmID
	// turn is held by whoever refreshes the copy or looks whether it must be. What follows up to mu belongs to it.
	turn      chan struct{}
	began     map[string]look        // by object: its last refresh
	fed       look                   // when change data capture was last asked
	asked     export.AskedLog        // the requests of the last refresh that made any
	told      map[*export.Meter]bool // who has made these requests or been told of them
	seen      map[string]uint64      // by record: a digest of what the last answer said
	names     map[string]*nameIndex
	vain      map[string]bool      // references that show a name that their list lacks, and were asked about
	unfit     map[string]time.Time // objects that come in no known order, and since when
	long      map[string]time.Time // objects of which there are many records and none are kept, and since when
	malformed int                  // how many answers of change data capture in a row made no sense
	refused   bool                 // change data capture refused the last question
	resting   time.Time            // until when everything is read live
	answered  atomic.Bool          // a live reading has been answered since the last refusal
	damaged   atomic.Bool          // a reader found damage

	mu      sync.Mutex
	file    *file
	state   state
	dirs    map[string]directory
	garbage []dead
	readers int
	used    time.Time
}

// dead is a block that no directory lists any more. Readings that began before may still need it.
type dead struct {
	number uint64
	since  time.Time
}

// graceful is how long a reading may take from its start to its last block if others refresh the copy meanwhile.
const graceful = 15 * time.Minute

// restFor is how long a copy that cannot be used is left alone.
const restFor = time.Minute

func (b *book) enter(ctx context.Context) error {
	if ctx.Err() != nil {
		return contextProblem(ctx)
	}
	soon := time.NewTimer(export.ShortWait)
	defer soon.Stop()
	select {
	case b.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return contextProblem(ctx)
	case <-soon.C:
	}
	defer export.Wait(ctx, time.Time{})() // whoever has the turn may wait for QuickBooks
	select {
	case b.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return contextProblem(ctx)
	}
}

func (b *book) leave() { <-b.turn }

// rest has the company read live for a while.
func (b *book) rest(why error) {
	d := restFor
	if !errors.Is(why, errInUse) {
		_ = b.close() // it may work when it is opened anew
	}
	b.resting = b.m.o.Now().Add(d)
}

// open opens the file unless it is open. The caller has the turn.
func (b *book) open(ctx context.Context) error {
	if b.damaged.Swap(false) {
		return errDamaged
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used = b.m.o.Now()
	if b.file != nil {
		return nil
	}
	seal, err := b.m.o.Sealer(ctx, b.realm)
	if err != nil {
		return err
	}
	f, err := openFile(b.m.path(b.realm), string(b.realm), seal, b.m.codec)
	if errors.Is(err, errDamaged) {
		if err := removeFile(b.m.path(b.realm)); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	return b.adopt(f)
}

// adopt takes over what is in an open file. The caller holds mu.
func (b *book) adopt(f *file) error {
	var s state
	there, err := f.loadState(&s)
	if err == nil && there && s.Reads != readsVersion {
		err = errDamaged // as good as
	}
	dirs, known := map[string]directory{}, map[uint64]bool{}
	for object := range s.Objects {
		if err != nil {
			break
		}
		if dirs[object], err = f.directory(object); err == nil {
			for _, ref := range dirs[object] {
				known[ref.number] = true
			}
		}
	}
	var strays []uint64
	if err == nil {
		strays, err = f.strays(known)
	}
	b.file, b.state, b.dirs, b.garbage = f, s.clone(), dirs, nil
	for _, number := range strays {
		b.garbage = append(b.garbage, dead{number: number})
	}
	b.began, b.fed, b.seen, b.names = map[string]look{}, look{}, nil, map[string]*nameIndex{}
	b.vain = map[string]bool{}
	return err
}

// discard throws the file away. The caller has the turn.
func (b *book) discard() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.began, b.fed, b.seen, b.names = nil, look{}, nil, nil
	b.state, b.dirs, b.garbage = state{}, nil, nil
	f := b.file
	b.file = nil
	if f == nil {
		return nil
	}
	return f.remove()
}

func (b *book) isOpen() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.file != nil
}

func (b *book) lastUse() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// closeUnused closes the file unless somebody has the turn or reads.
func (b *book) closeUnused() {
	select {
	case b.turn <- struct{}{}:
	default:
		return
	}
	defer b.leave()
	b.mu.Lock()
	busy := b.readers > 0
	b.mu.Unlock()
	if !busy {
		_ = b.close() // what is written is on disk already
	}
}

func (b *book) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.file == nil {
		return nil
	}
	f := b.file
	b.file = nil
	return f.close()
}

func (b *book) standing() Standing {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := Standing{Drifted: b.state.Drifted}
	for _, o := range b.state.Objects {
		if o.Cursor.After(s.Fresh) {
			s.Fresh = o.Cursor
		}
	}
	return s
}

// current returns the wanted records as they are since the due time. The caller has the turn.
func (b *book) current(ctx context.Context, w supply.Want, due *supply.Occasion, is worth) (*snapshot, error) {
	now := b.m.o.Now()
	if now.Before(b.resting) {
		return nil, errLive
	}
	if at, unfit := b.unfit[w.Object]; unfit && now.Sub(at) < 24*time.Hour {
		return nil, errLive
	}
	if err := b.open(ctx); err != nil {
		return nil, err
	}
	_, kept := b.state.Objects[w.Object]
	long, isLong := b.long[w.Object]
	switch {
	case !kept && is == keptOnly, w.Limit > 0 && !b.suitsPreview(w):
		return nil, errLive
	case !kept && is == fewOnly && isLong && now.Sub(long) < 24*time.Hour:
		return nil, errLive
	}
	if b.satisfies(w, due, now) {
		b.noteShared(w.Meter)
	} else {
		run := w.Meter
		w.Meter = run.Part()
		r := newRefresh(ctx, b, w, due, now)
		r.few = is == fewOnly
		err := r.run()
		if log := w.Meter.Asked(); err == nil && log.Count > 0 {
			b.asked, b.told = log, map[*export.Meter]bool{run: true}
		}
		if err != nil {
			b.names, b.vain = map[string]*nameIndex{}, map[string]bool{}
			return nil, err
		}
		if err := b.compact(ctx); err != nil {
			return nil, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, kept := b.state.Objects[w.Object]; !kept {
		return nil, errLive
	}
	o := b.state.Objects[w.Object]
	return &snapshot{
		book: b, object: w.Object, order: o.Order, dir: b.dirs[w.Object], read: o.Read, readAt: o.ReadAt,
	}, nil
}

// noteShared tells a run of the requests of another run that brought the copy up to date for both.
func (b *book) noteShared(run *export.Meter) {
	if b.told == nil || b.told[run] {
		return
	}
	b.told[run] = true
	for _, a := range b.asked.Requests() {
		a.Shared = true
		run.Note(a)
	}
}

// compact makes the file smaller if much of it is unused and nobody reads it.
func (b *book) compact(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.readers > 0 || !b.file.isWasteful() {
		return nil
	}
	f := b.file
	b.file = nil
	if err := f.compact(); err != nil {
		f.abandon()
		return err
	}
	seal, err := b.m.o.Sealer(ctx, b.realm)
	if err != nil {
		return err
	}
	b.file, err = openFile(f.path, f.realm, seal, f.codec)
	return err
}

// satisfies reports whether the last refresh is new enough for what is wanted.
func (b *book) satisfies(w supply.Want, due *supply.Occasion, now time.Time) bool {
	o, kept := b.state.Objects[w.Object]
	if !kept || !b.state.Connected.Equal(w.Company.ConnectedAt) || w.CustomFields && !(o.Custom && o.Wants) {
		return false
	}
	if looksAt(w, objectOf(w.Object).derived) && !b.derivedHolds(o, now) {
		return false
	}
	return b.began[w.Object].suffices(due, now)
}

// suitsPreview reports whether a preview can be shown after a request or two.
func (b *book) suitsPreview(w supply.Want) bool {
	_, kept := b.state.Objects[w.Object]
	kind := objectOf(w.Object)
	return kept && kind.keep != keepWhole && !looksAt(w, kind.derived)
}

// look is a look at QuickBooks: when it began, on our clock, and for what.
type look struct {
	at  time.Time
	use *supply.Occasion
}

// suffices reports whether a look is new enough for a reading: made for it, or begun when it was due or later. What
// lies in the future is of a clock that was wrong.
func (l look) suffices(o *supply.Occasion, now time.Time) bool {
	return l.use == o || !l.at.IsZero() && !l.at.Before(o.Due) && !l.at.After(now)
}

// derivedEvery is how often lists with members that follow from transactions are read anew although no transaction is
// known to have changed.
const derivedEvery = time.Hour

// derivedHolds reports whether members that follow from transactions are still right.
func (b *book) derivedHolds(o objectState, now time.Time) bool {
	return o.Moves == b.state.Moves && now.Sub(o.ReadAt) < derivedEvery
}

// expired returns the garbage that nobody can need any more.
func (b *book) expired(now time.Time) (numbers []uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.readers > 0 {
		return nil
	}
	for _, d := range b.garbage {
		if age := now.Sub(d.since); age >= graceful || age < 0 {
			numbers = append(numbers, d.number)
		}
	}
	return numbers
}

// install makes what was committed count.
func (b *book) install(s state, dirs map[string]directory, deleted, died []uint64, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state = s
	for object, d := range dirs {
		if d == nil {
			delete(b.dirs, object)
		} else {
			b.dirs[object] = d
		}
	}
	b.garbage = slices.DeleteFunc(b.garbage, func(d dead) bool { return slices.Contains(deleted, d.number) })
	for _, number := range died {
		b.garbage = append(b.garbage, dead{number, now})
	}
}

// acquire returns the open file for a reading, which must end with release.
func (b *book) acquire() (*file, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.file == nil {
		return nil, errGone
	}
	b.readers++
	b.used = b.m.o.Now()
	return b.file, nil
}

func (b *book) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.readers--
}

var errGone = errors.New("the local copy was closed")
