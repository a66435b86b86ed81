package mirror

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
)

// Live is what a mirror is a copy of.
type Live interface {
	supply.Supply
	supply.Feed
	supply.Reports
}

// Options is what a Mirror needs. Live, Dir and Sealer are required.
type Options struct {
	Live Live
	// Dir is the folder with one file for each company.
	Dir string
	// Sealer returns what seals a company's file. It fails for a company that is not connected.
	Sealer func(context.Context, export.RealmID) (Sealer, error)
	// Logger gets what was thrown away, read anew, or found to differ. Nil discards.
	Logger *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// CountEvery is how often the number of an object's records is compared with QuickBooks'; 0 means each hour.
	CountEvery time.Duration
	// ReadEvery is how often all of an object's records are read and compared; 0 means each week.
	ReadEvery time.Duration
	// Drifted, unless nil, is called with the number of records that were found to differ from QuickBooks' although
	// nothing had said that they changed.
	Drifted func(realm export.RealmID, records int)
}

// Mirror implements the ports of package supply. It is safe for concurrent use. Create one with New.
type Mirror struct {
	supply.Feed
	supply.Reports
	live  supply.Supply
	o     Options
	codec codec
	// step, unless nil, is called before each step of a refresh, so that tests can stop there.
	step func(name string)

	mu    sync.Mutex
	books map[export.RealmID]*book
}

var _ Live = (*Mirror)(nil)

// New returns a mirror. It opens no file and makes no request.
func New(o Options) (*Mirror, error) {
	c, err := newCodec()
	if err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.CountEvery <= 0 {
		o.CountEvery = time.Hour
	}
	if o.ReadEvery <= 0 {
		o.ReadEvery = 7 * 24 * time.Hour
	}
	return &Mirror{
		Feed: o.Live, Reports: o.Live, live: o.Live, o: o, codec: c, step: func(string) {},
		books: map[export.RealmID]*book{},
	}, nil
}

// mostOpen is how many files are left open when nobody reads them, and idle for how long a file must be to be closed.
const (
	mostOpen  = 32
	idleAfter = 15 * time.Minute
)

// book returns a company's copy, which may not be open.
func (m *Mirror) book(realm export.RealmID) *book {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.books[realm]
	if b == nil {
		b = &book{m: m, realm: realm, turn: make(chan struct{}, 1)}
		m.books[realm] = b
	}
	return b
}

// Records implements supply.Supply.
func (m *Mirror) Records(ctx context.Context, w supply.Want) (*supply.Records, error) {
	is := anyhow
	if len(w.Narrow) > 0 {
		is = fewOnly
	}
	s, err := m.currentIf(ctx, w, is)
	if err != nil {
		return nil, err
	}
	if s == nil {
		records, err := m.live.Records(ctx, w)
		m.noteLive(w, err)
		return records, err
	}
	return s.records(ctx, w)
}

// Count implements supply.Supply.
func (m *Mirror) Count(ctx context.Context, w supply.Want) (int, error) {
	w.Limit = 0
	s, err := m.currentIf(ctx, w, keptOnly)
	if err != nil {
		return 0, err
	}
	if s == nil {
		n, err := m.live.Count(ctx, w)
		m.noteLive(w, err)
		return n, err
	}
	return s.count(ctx, w)
}

// Lookup implements supply.Supply.
func (m *Mirror) Lookup(ctx context.Context, w supply.Want, ids []string) (map[string]record.Record, error) {
	if len(ids) == 0 || len(ids) > supply.MostLookedUp {
		return m.live.Lookup(ctx, w, ids)
	}
	s, err := m.currentIf(ctx, w, fewOnly)
	if err != nil {
		return nil, err
	}
	if s == nil {
		found, err := m.live.Lookup(ctx, w, ids)
		m.noteLive(w, err)
		return found, err
	}
	return s.lookup(ctx, w, ids)
}

// noteLive takes note of whether a company answers live readings.
func (m *Mirror) noteLive(w supply.Want, err error) {
	if err == nil {
		m.book(w.Company.Realm).answered.Store(true)
	}
}

// errLive says that a reading must go to the live supply.
var errLive = errors.New("to be read live")

// worth says what a reading is worth.
type worth uint8

const (
	anyhow   worth = iota
	fewOnly        // a list that is not kept and long is not read for it: few of its records are wanted
	keptOnly       // nothing that is not kept is read for it
)

// mostForFew is the length up to which a list is read whole although only few of its records are wanted.
const mostForFew = 20_000

// currentIf brings what is wanted up to date. It returns nil if it must be read live.
func (m *Mirror) currentIf(ctx context.Context, w supply.Want, is worth) (*snapshot, error) {
	kind := objectOf(w.Object)
	if kind.keep == keepLive || w.AsTold || w.Company.ReadLive || looksAt(w, kind.unknowable) {
		return nil, nil
	}
	occasion := supply.OccasionOf(ctx)
	if occasion == nil {
		occasion = &supply.Occasion{Due: m.o.Now().Add(1)} // nothing that has begun so far will do
	}
	b := m.book(w.Company.Realm)
	if err := b.enter(ctx); err != nil {
		return nil, err
	}
	defer b.leave()
	for range 2 {
		s, err := b.current(ctx, w, occasion, is)
		if err == nil {
			return s, nil
		}
		if errors.Is(err, errLive) {
			return nil, nil
		}
		if _, provider := errors.AsType[*problem.Problem](err); provider {
			return nil, err
		}
		log := m.o.Logger.With("realm", string(w.Company.Realm), "error", err.Error())
		if !errors.Is(err, errDamaged) {
			b.rest(err)
			log.WarnContext(ctx, "a local copy cannot be used, reading live")
			return nil, nil
		}
		log.WarnContext(ctx, "a local copy is damaged and was thrown away")
		if err := b.discard(); err != nil {
			log.WarnContext(ctx, "a damaged local copy could not be deleted", "cause", err.Error())
			return nil, nil
		}
	}
	return nil, nil
}

// contextProblem is the problem of an ended context.
func contextProblem(ctx context.Context) *problem.Problem {
	if p, ok := errors.AsType[*problem.Problem](context.Cause(ctx)); ok {
		return p
	}
	return problem.From(fmt.Errorf("reading from a local copy: %w", ctx.Err()))
}

// path returns a company's file. Realms are digits; anything else is spelt in a way that is safe in a path.
func (m *Mirror) path(realm export.RealmID) string {
	name := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' {
			return r
		}
		return '_'
	}, string(realm))
	return filepath.Join(m.o.Dir, name+fileSuffix)
}

const fileSuffix = ".db"

// Remove destroys a company's copy.
func (m *Mirror) Remove(ctx context.Context, realm export.RealmID) error {
	b := m.book(realm)
	if err := b.enter(ctx); err != nil {
		return err
	}
	defer b.leave()
	if err := b.discard(); err != nil {
		return err
	}
	return removeFile(m.path(realm))
}

// Tidy closes files that nobody has read for a while, and deletes those of companies that are not in the list.
func (m *Mirror) Tidy(ctx context.Context, companies []export.RealmID) error {
	known := map[string]bool{}
	for _, realm := range companies {
		known[filepath.Base(m.path(realm))] = true
	}
	m.closeIdle()
	files, err := os.ReadDir(m.o.Dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("listing local copies: %w", err)
	}
	for _, f := range files {
		realm, ours := strings.CutSuffix(f.Name(), fileSuffix)
		if ours && !known[f.Name()] {
			err = errors.Join(err, m.Remove(ctx, export.RealmID(realm)))
		}
	}
	return err
}

// closeIdle closes files that nobody has used lately.
func (m *Mirror) closeIdle() {
	m.mu.Lock()
	list := slices.Collect(maps.Values(m.books))
	m.mu.Unlock()
	open := 0
	slices.SortFunc(list, func(a, b *book) int { return b.lastUse().Compare(a.lastUse()) })
	for _, b := range list {
		idle := m.o.Now().Sub(b.lastUse()) >= idleAfter
		if !b.isOpen() {
			continue
		}
		if open++; idle || open > mostOpen {
			b.closeUnused()
		}
	}
}

// Close closes all files when their refreshes have ended. Other readings that are under way fail. Files whose refreshes
// go on when ctx ends stay open.
func (m *Mirror) Close(ctx context.Context) error {
	m.mu.Lock()
	list := slices.Collect(maps.Values(m.books))
	m.mu.Unlock()
	var err error
	for _, b := range list {
		if entered := b.enter(ctx); entered != nil {
			err = errors.Join(err, entered)
			continue
		}
		err = errors.Join(err, b.close())
		b.leave()
	}
	return err
}

// Standing is what a mirror can say about a company's copy.
type Standing struct {
	Bytes   int64 // of the file
	Drifted int   // records found to differ, since the file was made
	// Fresh is QuickBooks' time of the last refresh; zero until the copy is used for the first time after a start.
	Fresh time.Time
}

// Standing returns what is known about a company's copy.
func (m *Mirror) Standing(realm export.RealmID) Standing {
	s := m.book(realm).standing()
	if info, err := os.Stat(m.path(realm)); err == nil {
		s.Bytes = info.Size()
	}
	return s
}
