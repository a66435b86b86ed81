package mirror

import (
	"context"
	"sync"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/supply/supplysim"
	"ledgersheet/internal/supply/supplytest"
	"ledgersheet/internal/vault"
)

// world is a simulated QuickBooks whose clock is ours too in most tests.
type world struct {
	t      testing.TB
	sim    *supplysim.World
	clock  *supplysim.Clock
	server *intuitsim.Server
	client *intuit.Client
	turns  *supplysim.Turns
	keys   map[export.RealmID]vault.Key
	mu     sync.Mutex
}

func newWorld(t testing.TB, o intuitsim.Options) *world {
	sim := supplysim.New(o)
	return &world{
		t: t, sim: sim, clock: sim.Clock, server: sim.Server, client: sim.Client, turns: sim.Turns,
		keys: map[export.RealmID]vault.Key{},
	}
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
	m, err := New(Options{Live: w.client, Dir: dir, Sealer: w.sealer, Now: w.clock.Read})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = m.Close(context.Background()) })
	return m
}

func (w *world) company(n int) export.Company { return w.sim.Company(n) }

func (w *world) books(n int) *intuitsim.Company { return w.sim.Books(n) }

func TestSupply(t *testing.T) {
	t.Parallel()
	supplytest.Run(t, func(t *testing.T) supplytest.Place {
		w := newWorld(t, supplysim.Small())
		// Otherwise each question would be told all that the suite has changed so far.
		w.turns.Each = func() { w.clock.Pass(20 * time.Second) }
		return w.sim.Place(w.mirror(t.TempDir()))
	})
}
