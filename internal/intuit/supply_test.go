package intuit_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/supply"
	"ledgersheet/internal/supply/supplytest"
)

func TestSupply(t *testing.T) {
	t.Parallel()
	supplytest.Run(t, func(t *testing.T) supplytest.Place {
		clock := &clock{now: time.Date(2026, time.March, 14, 20, 0, 0, 0, time.UTC)}
		server := intuitsim.New(intuitsim.Options{
			Seed: 3, Companies: 2, Customers: 3, Vendors: 3, Items: 6, Invoices: 2, Bills: 2,
			Now: clock.read, Limits: intuitsim.NoLimits(),
		})
		turns := &turns{next: server.Transport()}
		client := intuit.New(intuit.Options{
			APIURL: "http://quickbooks.test", Limiter: limit.New(limit.Limits{}), MaxTries: 1,
			HTTP: func(realm export.RealmID) *http.Client {
				access, _ := server.Authorize(string(realm)) // anew, as hours pass
				return &http.Client{Transport: bearer{access, turns}}
			},
		})
		realms := server.Companies()
		return supplytest.Place{
			Supply: client, Feed: client, Books: books{server.Company(realms[0].Realm)},
			Company: export.Company{Realm: export.RealmID(realms[0].Realm)},
			Other:   export.Company{Realm: export.RealmID(realms[1].Realm)},
			Page:    1000, Pass: clock.pass,
			Break: func(n int, way supplytest.Way) func() {
				if way == supplytest.Short {
					return turns.shorten(n)
				}
				f := map[supplytest.Way]intuitsim.Fault{
					supplytest.Refused: {Status: http.StatusServiceUnavailable},
					supplytest.Cut:     {Body: intuitsim.BodyCut},
					supplytest.Garbled: {Body: intuitsim.BodyBadJSON},
				}[way]
				f.Match, f.Skip, f.N = "v3", n, -1
				server.Fail(f)
				return server.ClearFaults
			},
			Between: turns.between,
		}
	})
}

// Recurring transactions are found by the id inside their wrapping. The simulator cannot filter them by it.
func TestLookupOfRecurringTransactions(t *testing.T) {
	t.Parallel()
	const body = `{"QueryResponse":{"RecurringTransaction":[{"Invoice":{"Id":"12"}},{"Bill":{"Id":"13"}}]}}`
	same := roundTrip(func(r *http.Request) (*http.Response, error) { return answered(r, 200, body), nil })
	client := intuit.New(intuit.Options{APIURL: "http://quickbooks.test", HTTP: func(export.RealmID) *http.Client {
		return &http.Client{Transport: same}
	}})
	found, err := client.Lookup(t.Context(), supply.Want{Object: "RecurringTransaction"}, []string{"12", "13"})
	if err != nil || len(found) != 2 || found["12"].Text("TxnType") != "Invoice" ||
		found["13"].Text("TxnType") != "Bill" {
		t.Errorf("found %v, %v", found, err)
	}
}

// clock is the simulator's.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

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

// turns has things done between requests, one at a time.
type turns struct {
	next   http.RoundTripper
	mu     sync.Mutex
	sent   int
	tasks  map[int][]func() // by how many requests are sent before
	shorts int              // from that request on, pages are short; 0 for none
}

func (t *turns) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, do := range t.tasks[t.sent] {
		do()
	}
	t.sent++
	if t.shorts > 0 && t.sent >= t.shorts {
		r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "MAXRESULTS+1000", "MAXRESULTS+2")
	}
	return t.next.RoundTrip(r)
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
