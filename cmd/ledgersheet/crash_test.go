package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// killSeed chooses the steps of TestKilledAnywhere again.
const killSeed = "LEDGERSHEET_TEST_KILL_SEED"

// steps chooses moments of a run that makes these requests: before and after each that Google gets, and a few of the
// many that only read QuickBooks. In short tests it is some of them; the same seed chooses the same.
func steps(seed uint64, requests []string, short bool) []step {
	rng := rand.New(rand.NewPCG(seed, 0))
	var reads, writes []step
	for i, name := range requests {
		both := []step{{n: i + 1}, {n: i + 1, after: true}}
		if strings.Contains(name, " /v3/company/") {
			reads = append(reads, both...)
		} else {
			writes = append(writes, both...)
		}
	}
	some := func(of []step, n int) []step {
		rng.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
		return of[:min(n, len(of))]
	}
	if short {
		return append(some(reads, 1), some(writes, 2)...)
	}
	return append(some(reads, 4), writes...)
}

// TestKilledAnywhere ends the server with kill -9 at steps of runs of 20,000 invoices, before a request reaches
// QuickBooks or Google and after it was carried out. Whenever somebody looks, the sheet has the rows of before or those
// of after, and the next start finishes the run by itself.
func TestKilledAnywhere(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(killSeed); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", killSeed, err)
		}
	}
	t.Logf("%s=%d repeats this test", killSeed, seed)
	w := newWorld(t, "--invoices", "20000", "--companies", "1", "--bills", "10")
	// A server that was killed has told nobody how much of a minute's requests it used, so that the next one would
	// often be asked to wait for a minute.
	w.sandbox(w.intuit(), "POST", "/sandbox/limits", map[string]int{"per_second": -1, "per_minute": -1,
		"concurrent": -1}, nil)
	gate := w.gated()
	w.start()
	w.connect(1)
	e := w.newExporter(nil)
	if r := w.run(e.ID); r.Status != "succeeded" || r.Rows < 19_000 {
		t.Fatalf("first run: %+v\n%s", r, w.log())
	}
	w.api("GET", "/exporters/"+e.ID, nil, 200, &e)
	if peak, ok := peakMemory(t, w.serve.Process.Pid); !ok {
		t.Log("the machine has no /proc: the memory was not looked at")
	} else if peak > 150<<20 {
		t.Errorf("a run of 20,000 invoices took %d MB of memory, more than 150", peak>>20)
	} else {
		t.Logf("peak memory of a run of 20,000 invoices: %d MB", peak>>20)
	}
	var sent []struct{ Bytes int }
	w.sandbox(w.google(), "GET", "/sandbox/requests", nil, &sent)
	for _, r := range sent {
		if r.Bytes > 2_000_000 {
			t.Errorf("a request of %d bytes was sent to Google", r.Bytes)
		}
	}
	read := w.reader()
	look := func() [][]any { return read(e.Destination.SpreadsheetID, "Invoices!A1:F30000") }
	var realms []struct{ Realm string }
	w.sandbox(w.intuit(), "GET", "/sandbox/companies", nil, &realms)
	before := look()
	change := func(i int) {
		w.sandbox(w.intuit(), "POST", "/sandbox/companies/"+realms[0].Realm+"/change",
			map[string]any{"entity": "Invoice", "id": before[1+(i*7919)%(len(before)-1)][0], "note": "changed"}, nil)
		w.sandbox(w.intuit(), "POST", "/sandbox/companies/"+realms[0].Realm+"/add",
			map[string]any{"entity": "Invoice", "amount": fmt.Sprintf("%d.17", 1000+i)}, nil)
	}
	gate.count(step{})
	change(0)
	if r := w.run(e.ID); r.Status != "succeeded" {
		t.Fatalf("second run: %+v\n%s", r, w.log())
	}
	// The third one shows what a run asks for once its local copy and the sheet have settled.
	gate.count(step{})
	change(1)
	if r := w.run(e.ID); r.Status != "succeeded" {
		t.Fatalf("third run: %+v\n%s", r, w.log())
	}
	requests := gate.count(step{})
	before = look()
	spared := 0
	for i, at := range steps(seed, requests, testing.Short()) {
		change(i + 2)
		gate.count(at)
		var r run
		w.api("POST", "/exporters/"+e.ID+"/runs", map[string]any{}, 202, &r)
		gate.letEnd()
		var moment string
		select {
		case moment = <-gate.ended:
		case <-time.After(wait / 4):
			// What a run asks QuickBooks depends on what its local copy knows, so it may have been done before.
			if r := w.finish(r.ID); r.Status != "succeeded" {
				t.Fatalf("%s of %d never came, and the run ended %+v\n%s", at, len(requests), r, w.log())
			}
			t.Logf("%s of %d never came: the run was done before", at, len(requests))
			if spared++; spared > 3 {
				t.Fatalf("%d moments never came", spared)
			}
			before = look()
			continue
		}
		after := look()
		if len(after) != len(before) && len(after) != len(before)+1 {
			t.Fatalf("killed %s: %d rows, want %d or %d", moment, len(after), len(before), len(before)+1)
		}
		if len(after) == len(before) {
			if diff := cmp.Diff(before, after); diff != "" {
				t.Fatalf("killed %s: the old rows were touched:\n%.2000s", moment, diff)
			}
		}
		gate.count(step{})
		w.start()
		if r := w.finish(r.ID); r.Status != "succeeded" {
			t.Fatalf("killed %s: the run ended %+v\n%s", moment, r, w.log())
		}
		fresh := look()
		if len(fresh) != len(before)+1 {
			t.Fatalf("killed %s: the run that was taken up again left %d rows, want %d", moment,
				len(fresh), len(before)+1)
		}
		if len(after) == len(fresh) {
			if diff := cmp.Diff(fresh, after); diff != "" {
				t.Fatalf("killed %s: the new rows were not whole:\n%.2000s", moment, diff)
			}
		}
		t.Logf("killed %s: the sheet had %s", moment, map[bool]string{
			true: "the new rows", false: "the old rows",
		}[len(after) == len(fresh)])
		before = fresh
	}
}

// peakMemory is the most memory that a process has had, in bytes, where the machine tells.
func peakMemory(t *testing.T, pid int) (bytes int, ok bool) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(kb), " kB"))
			if err != nil {
				t.Fatal(err)
			}
			return n << 10, true
		}
	}
	t.Fatal("the status has no VmHWM")
	return 0, false
}
