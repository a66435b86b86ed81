// Package supplysim offers a simulated company, and a client that reads from it, as the place in which supplytest tries
// supplies.
package supplysim

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/supply"
	"ledgersheet/internal/supply/supplytest"
)

// World is a simulated QuickBooks with a clock of its own, and a client that reads from it.
type World struct {
	Clock  *Clock
	Server *intuitsim.Server
	Client *intuit.Client
	Turns  *Turns // between the two
}

// New returns a world without limits, on the evening of 14 March 2026.
func New(o intuitsim.Options) *World {
	w := &World{Clock: &Clock{now: time.Date(2026, time.March, 14, 20, 0, 0, 0, time.UTC)}}
	o.Now, o.Limits = w.Clock.Read, intuitsim.NoLimits()
	w.Server = intuitsim.New(o)
	w.Turns = &Turns{Next: w.Server.Transport()}
	w.Client = intuit.New(intuit.Options{
		APIURL: "http://quickbooks.test", Limiter: limit.New(limit.Limits{}), MaxTries: 1,
		HTTP: func(realm export.RealmID) *http.Client {
			access, _ := w.Server.Authorize(string(realm)) // anew, as hours pass
			return &http.Client{Transport: Bearer{access, w.Turns}}
		},
	})
	return w
}

// Small are the options of a world that is large enough for supplytest.
func Small() intuitsim.Options {
	return intuitsim.Options{Seed: 3, Companies: 2, Customers: 3, Vendors: 3, Items: 6, Invoices: 2, Bills: 2}
}

// Company returns the n-th company.
func (w *World) Company(n int) export.Company {
	return export.Company{Realm: export.RealmID(w.Server.Companies()[n].Realm)}
}

// Books returns the n-th company's books.
func (w *World) Books(n int) *intuitsim.Company {
	return w.Server.Company(w.Server.Companies()[n].Realm)
}

// Place returns the place in which the suite tries a supply that reads from the world.
func (w *World) Place(s interface {
	supply.Supply
	supply.Feed
},
) supplytest.Place {
	return supplytest.Place{
		Supply: s, Feed: s, Books: books{w.Books(0)}, Company: w.Company(0), Other: w.Company(1),
		Page: 1000, Pass: w.Clock.Pass, Between: w.Turns.Between,
		Break: func(n int, way supplytest.Way) func() {
			if way == supplytest.Short {
				return w.Turns.Shorten(n)
			}
			f := map[supplytest.Way]intuitsim.Fault{
				supplytest.Refused: {Status: http.StatusServiceUnavailable},
				supplytest.Cut:     {Body: intuitsim.BodyCut},
				supplytest.Garbled: {Body: intuitsim.BodyBadJSON},
			}[way]
			f.Match, f.Skip, f.N = "v3", n, -1
			w.Server.Fail(f)
			return w.Server.ClearFaults
		},
	}
}

// Clock is the simulator's clock.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Read returns the time.
func (c *Clock) Read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Pass lets time pass.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Turns has things done between requests, one at a time.
type Turns struct {
	Next http.RoundTripper
	Each func() // called at each request, unless nil

	mu     sync.Mutex
	sent   int
	tasks  map[int][]func() // by how many requests are sent before
	shorts int              // from that request on, pages are short; 0 for none
}

// RoundTrip implements http.RoundTripper.
func (t *Turns) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, do := range t.tasks[t.sent] {
		do()
	}
	t.sent++
	if t.Each != nil {
		t.Each()
	}
	if t.shorts > 0 && t.sent >= t.shorts {
		r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "MAXRESULTS+1000", "MAXRESULTS+2")
	}
	return t.Next.RoundTrip(r)
}

// Count returns how many requests were sent so far.
func (t *Turns) Count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sent
}

// Between has something done after n more requests.
func (t *Turns) Between(n int, do func()) (forget func()) {
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

// Shorten makes pages short after n more requests.
func (t *Turns) Shorten(n int) (mend func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shorts = t.sent + n + 1
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.shorts = 0
	}
}

// Bearer adds the token that the program's transport would add.
type Bearer struct {
	Token string
	Next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (b Bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.Token)
	return b.Next.RoundTrip(r)
}

// books are a simulated company's.
type books struct{ company *intuitsim.Company }

// IDs implements supplytest.Books.
func (b books) IDs(object string) []string { return b.company.IDs(object) }

// Put implements supplytest.Books.
func (b books) Put(object string, record []byte) error {
	_, err := b.company.Put(object, record)
	return err
}

// Activate implements supplytest.Books.
func (b books) Activate(object, id string, active bool) error {
	return b.company.Change(object, id, intuitsim.Change{Active: &active})
}

// Delete implements supplytest.Books.
func (b books) Delete(object, id string) error { return b.company.Delete(object, id) }
