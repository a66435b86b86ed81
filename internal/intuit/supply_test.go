package intuit_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/supply/supplytest"
)

func TestSupply(t *testing.T) {
	t.Parallel()
	supplytest.Run(t, func(t *testing.T) supplytest.Place {
		clock := &clock{now: time.Date(2026, time.March, 14, 20, 0, 0, 0, time.UTC)}
		server := intuitsim.New(intuitsim.Options{
			Seed: 3, Companies: 2, Customers: 3, Vendors: 3, Items: 6, Invoices: 2, Bills: 2, Now: clock.read, Limits: intuitsim.NoLimits(),
		})
		client := intuit.New(intuit.Options{
			APIURL: "http://quickbooks.test", Limiter: limit.New(limit.Limits{}), MaxTries: 1,
			HTTP: func(realm export.RealmID) *http.Client {
				access, _ := server.Authorize(string(realm)) // anew, as hours pass
				return &http.Client{Transport: bearer{access, server.Transport()}}
			},
		})
		realms := server.Companies()
		return supplytest.Place{
			Supply: client, Feed: client, Books: books{server.Company(realms[0].Realm)},
			Company: export.Company{Realm: export.RealmID(realms[0].Realm)}, Other: export.Company{Realm: export.RealmID(realms[1].Realm)},
			Page: 1000, Pass: clock.pass,
			Break: func(n int, way supplytest.Way) func() {
				f := map[supplytest.Way]intuitsim.Fault{
					supplytest.Refused: {Status: http.StatusServiceUnavailable}, supplytest.Cut: {Body: intuitsim.BodyCut},
					supplytest.Garbled: {Body: intuitsim.BodyBadJSON},
				}[way]
				f.Match, f.Skip, f.N = "v3", n, -1
				server.Fail(f)
				return server.ClearFaults
			},
		}
	})
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
