package app_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
)

var errReaped = errors.New("the process is gone")

// reaper ends a process at a moment: from then on nothing that it does reaches the disk or the network. Moments are
// before each write of the store, and before and after each request.
type reaper struct {
	next http.RoundTripper
	dead chan string // gets the moment

	mu     sync.Mutex
	left   int // moments until the end; 0 for none
	killed bool
}

// comes notes a moment, and reports whether the process is gone.
func (r *reaper) comes(moment string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.killed || r.left == 0 {
		return r.killed
	}
	if r.left--; r.left == 0 {
		r.killed = true
		r.dead <- moment
	}
	return r.killed
}

func (r *reaper) arm(moments int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = moments
}

// write is asked before each write of the store.
func (r *reaper) write() error {
	if r.comes("before a write") {
		return errReaped
	}
	return nil
}

// RoundTrip implements http.RoundTripper.
func (r *reaper) RoundTrip(q *http.Request) (*http.Response, error) {
	name := q.Method + " " + q.URL.Host + q.URL.Path
	if r.comes("before " + name) {
		return nil, errReaped
	}
	res, err := r.next.RoundTrip(q)
	if r.comes("after "+name) && err == nil {
		_ = res.Body.Close()
		return nil, errReaped
	}
	return res, err
}

// copyFolder copies a data folder as a process that was killed leaves it.
func copyFolder(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	must(t, filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == from {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Mkdir(filepath.Join(to, rel), 0o700)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), data, 0o600)
	}))
	return to
}

// TestKilledAtEachMoment ends the process at each moment of a scheduled run, from its enqueueing over the renewing of
// both tokens to its end. Each time the next process finishes what was begun: the due time has one run, which succeeds,
// each row is appended once, and, as Intuit's word on replaced tokens has it, no connection is lost.
func TestKilledAtEachMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := makeWorld(t, intuitsim.Options{Companies: 1, Customers: 3, Vendors: 3, Items: 5, Invoices: 2, Bills: 2})
		w.intuit.RotateOnEveryRefresh(true)
		w.intuit.KeepReplacedTokens(24 * time.Hour)
		w.set.Mirror, w.plain = false, w.network
		var r *reaper
		begin := func() {
			r = &reaper{next: w.plain, dead: make(chan string, 1)}
			w.network, w.disk = r, r.write
			w.open()
		}
		begin()
		company := w.connect(1)[0]
		sim := w.intuit.Company(string(company.Realm))
		e := w.newExporter("vendors", nil, []string{"Id", "DisplayName"}, company)
		e.Mode, e.Schedule = export.Append, export.Schedule{Cron: "30 * * * *", Timezone: "UTC", Enabled: true}
		e = w.create(e)
		w.mustRun(e.ID)
		must(t, w.app.StartSchedules(w.ctx))
		stride := 1
		if testing.Short() {
			stride = 7
		}
		for k := 1; ; k += stride {
			time.Sleep(time.Until(time.Now().Truncate(time.Hour).Add(time.Hour + 29*time.Minute)))
			due := time.Now().Add(time.Minute)
			if _, err := sim.AddParty("Vendor", "New at "+due.String()); err != nil {
				t.Fatal(err)
			}
			w.intuit.ExpireAccessTokens(string(company.Realm))
			w.google.ExpireAccessTokens("owner@example.com")
			r.arm(k)
			moment := ""
			select {
			case moment = <-r.dead:
			case <-time.After(10 * time.Minute):
			}
			if moment != "" {
				time.Sleep(time.Millisecond) // lets go on what was under way
				w.set.DataDir = copyFolder(t, w.set.DataDir)
				_ = w.app.Stop(context.Background()) // of what is left in memory; it reaches nothing any more
				begin()
				must(t, w.app.StartSchedules(w.ctx))
			}
			time.Sleep(20 * time.Minute)
			synctest.Wait()
			runs, _, err := w.desk().Runs(w.ctx, export.RunFilter{Exporter: e.ID, Limit: 100})
			must(t, err)
			n := 0
			for _, run := range runs {
				if run.Due.Equal(due) {
					n++
				}
			}
			if n != 1 || runs[0].Status != export.RunSucceeded || !runs[0].Due.Equal(due) {
				t.Fatalf("killed %s: %d runs are due at %v, the last one is due at %v and %s: %v", moment, n, due,
					runs[0].Due, runs[0].Status, runs[0].Problem)
			}
			seen := map[any]int{}
			for _, row := range w.google.Spreadsheet(runs[0].Exporter.Target.Spreadsheet).Values("Data!A2:B1000") {
				seen[row[0]]++
			}
			for _, id := range sim.IDs("Vendor") {
				if seen[id] != 1 {
					t.Errorf("killed %s: vendor %s stands %d times in the sheet", moment, id, seen[id])
				}
			}
			if moment == "" {
				t.Logf("a run has at most %d moments", k-1)
				if k < 20 {
					t.Errorf("only %d moments came", k-1)
				}
				return
			}
		}
	})
}
