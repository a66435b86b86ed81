package mirror

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/supply/supplytest"
	"ledgersheet/internal/vault"
)

// clock is the simulator's and, in most tests, ours.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, time.March, 14, 20, 0, 0, 0, time.UTC)} }

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a simulated QuickBooks and a client that reads from it.
type world struct {
	t      testing.TB
	clock  *clock
	server *intuitsim.Server
	client *intuit.Client
	turns  *turns
	keys   map[export.RealmID]vault.Key
	mu     sync.Mutex
}

func newWorld(t testing.TB, o intuitsim.Options) *world {
	w := &world{t: t, clock: newClock(), keys: map[export.RealmID]vault.Key{}}
	o.Now, o.Limits = w.clock.read, intuitsim.NoLimits()
	w.server = intuitsim.New(o)
	w.turns = &turns{next: w.server.Transport()}
	w.client = intuit.New(intuit.Options{
		APIURL: "http://quickbooks.test", Limiter: limit.New(limit.Limits{}), MaxTries: 1,
		HTTP: func(realm export.RealmID) *http.Client {
			access, _ := w.server.Authorize(string(realm)) // anew, as hours pass
			return &http.Client{Transport: bearer{access, w.turns}}
		},
	})
	return w
}

// sealer gives each company a key of its own.
func (w *world) sealer(_ context.Context, realm export.RealmID) (Sealer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key, ok := w.keys[realm]
	if !ok {
		key = vault.NewKey()
		w.keys[realm] = key
	}
	return vault.New(key)
}

func (w *world) mirror(dir string) *Mirror {
	w.t.Helper()
	m, err := New(Options{Live: w.client, Dir: dir, Sealer: w.sealer, Now: w.clock.read})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = m.Close(context.Background()) })
	return m
}

func (w *world) company(n int) export.Company {
	return export.Company{Realm: export.RealmID(w.server.Companies()[n].Realm)}
}

func (w *world) books(n int) *intuitsim.Company {
	return w.server.Company(w.server.Companies()[n].Realm)
}

func TestSupply(t *testing.T) {
	t.Parallel()
	supplytest.Run(t, func(t *testing.T) supplytest.Place {
		w := newWorld(t, intuitsim.Options{
			Seed: 3, Companies: 2, Customers: 3, Vendors: 3, Items: 6, Invoices: 2, Bills: 2,
		})
		m := w.mirror(t.TempDir())
		// Otherwise each question would be told all that the suite has changed so far.
		w.turns.pass = func() { w.clock.pass(20 * time.Second) }
		return supplytest.Place{
			Supply: m, Feed: m, Books: books{w.books(0)}, Company: w.company(0), Other: w.company(1),
			Page: 1000, Pass: w.clock.pass,
			Break: func(n int, way supplytest.Way) func() {
				if way == supplytest.Short {
					return w.turns.shorten(n)
				}
				f := map[supplytest.Way]intuitsim.Fault{
					supplytest.Refused: {Status: http.StatusServiceUnavailable},
					supplytest.Cut:     {Body: intuitsim.BodyCut},
					supplytest.Garbled: {Body: intuitsim.BodyBadJSON},
				}[way]
				f.Match, f.Skip, f.N = "v3", n, -1
				w.server.Fail(f)
				return w.server.ClearFaults
			},
			Between: w.turns.between,
		}
	})
}

// turns has things done between requests, one at a time.
type turns struct {
	next   http.RoundTripper
	mu     sync.Mutex
	sent   int
	tasks  map[int][]func() // by how many requests are sent before
	shorts int              // from that request on, pages are short; 0 for none
	pass   func()           // called at each request, unless nil
}

func (t *turns) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, do := range t.tasks[t.sent] {
		do()
	}
	t.sent++
	if t.pass != nil {
		t.pass()
	}
	if t.shorts > 0 && t.sent >= t.shorts {
		r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "MAXRESULTS+1000", "MAXRESULTS+2")
	}
	return t.next.RoundTrip(r)
}

func (t *turns) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sent
}

func (t *turns) between(n int, do func()) (forget func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tasks == nil {
		t.tasks = map[int][]func(){}
	}
	n += t.sent
	t.tasks[n] = append(t.tasks[n], do)
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.tasks, n)
	}
}

func (t *turns) shorten(n int) (mend func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shorts = t.sent + n + 1
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.shorts = 0
	}
}

// bearer adds the token that the program's transport would add.
type bearer struct {
	token string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(r)
}

// books are a simulated company's.
type books struct{ company *intuitsim.Company }

func (b books) IDs(object string) []string { return b.company.IDs(object) }

func (b books) Put(object string, record []byte) error {
	_, err := b.company.Put(object, record)
	return err
}

func (b books) Activate(object, id string, active bool) error {
	return b.company.Change(object, id, intuitsim.Change{Active: &active})
}

func (b books) Delete(object, id string) error { return b.company.Delete(object, id) }
