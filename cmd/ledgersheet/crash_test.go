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

// TestKilledAnywhere ends the server with kill -9 at twenty random moments of runs of 20,000 invoices. Whenever somebody
// looks, the sheet has the rows of before or those of after, and the next start finishes the run by itself.
func TestKilledAnywhere(t *testing.T) {
	const kills = 20
	w := newWorld(t, "--invoices", "20000", "--companies", "1", "--bills", "10")
	// This test looks at the sheet as the user that the server writes as, more often than Google's quota allows.
	w.sandbox(w.google(), "POST", "/sandbox/quota", map[string]int{"reads_per_user": 1 << 20, "writes_per_user": 1 << 20, "reads_per_project": 1 << 20, "writes_per_project": 1 << 20}, nil)
	w.start()
	w.connect(1)
	e := w.newExporter(nil)
	began := time.Now()
	if r := w.run(e.ID); r.Status != "succeeded" || r.Rows < 19_000 {
		t.Fatalf("first run: %+v\n%s", r, w.log())
	}
	length := time.Since(began)
	w.api("GET", "/exporters/"+e.ID, nil, 200, &e)
	if peak, ok := peakMemory(t, w.serve.Process.Pid); !ok {
		t.Log("the machine has no /proc: the memory was not looked at")
	} else if peak > 150<<20 {
		t.Errorf("a run of 20,000 invoices took %d MB of memory, more than 150", peak>>20)
	} else {
		t.Logf("peak memory of a run of 20,000 invoices: %d MB; it took %s", peak>>20, length.Round(time.Millisecond))
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
	for kill := range kills {
		id := before[1+rand.IntN(len(before)-1)][0]
		w.sandbox(w.intuit(), "POST", "/sandbox/companies/"+realms[0].Realm+"/change", map[string]any{"entity": "Invoice", "id": id, "note": "changed"}, nil)
		w.sandbox(w.intuit(), "POST", "/sandbox/companies/"+realms[0].Realm+"/add", map[string]any{"entity": "Invoice", "amount": fmt.Sprintf("%d.17", 1000+kill)}, nil)
		var r run
		w.api("POST", "/exporters/"+e.ID+"/runs", map[string]any{}, 202, &r)
		moment := time.Duration(rand.Int64N(int64(length)))
		time.Sleep(moment)
		w.kill()
		after := look()
		if len(after) != len(before) && len(after) != len(before)+1 {
			t.Fatalf("killed after %s: %d rows, want %d or %d", moment, len(after), len(before), len(before)+1)
		}
		if len(after) == len(before) {
			if diff := cmp.Diff(before, after); diff != "" {
				t.Fatalf("killed after %s: the old rows were touched:\n%.2000s", moment, diff)
			}
		}
		w.start()
		if r := w.finish(r.ID); r.Status != "succeeded" {
			t.Fatalf("killed after %s: the run ended %+v\n%s", moment, r, w.log())
		}
		fresh := look()
		if len(fresh) != len(before)+1 {
			t.Fatalf("killed after %s: the run that was taken up again left %d rows, want %d", moment, len(fresh), len(before)+1)
		}
		if len(after) == len(fresh) {
			if diff := cmp.Diff(fresh, after); diff != "" {
				t.Fatalf("killed after %s: the new rows were not whole:\n%.2000s", moment, diff)
			}
		}
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
