package main

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTerminated sends the server the signal with which containers are stopped while a provider does not answer. It
// ends in time and says that all is well, and the next start does the run.
func TestTerminated(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stall func(*http.Request) bool
		most  time.Duration
		long  bool
	}{
		"query": {func(r *http.Request) bool {
			return strings.Contains(r.URL.Path, "/v3/company/")
		}, 10 * time.Second, false},
		"commit": {func(r *http.Request) bool {
			return strings.HasSuffix(r.URL.Path, ":batchUpdate")
		}, 20 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.long && testing.Short() {
				t.Skip("waits for a commit that never ends")
			}
			w := newWorld(t, "--invoices", "20", "--companies", "1", "--bills", "2")
			gate := w.gated()
			w.start()
			w.connect(1)
			e := w.newExporter(nil)
			gate.mu.Lock()
			gate.stall = test.stall
			gate.mu.Unlock()
			var r run
			w.api("POST", "/exporters/"+e.ID+"/runs", map[string]any{}, 202, &r)
			<-gate.stuck
			began := time.Now()
			if err := w.serve.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if err := w.serve.Wait(); err != nil {
				t.Errorf("the server ended with %v\n%s", err, w.log())
			}
			took := time.Since(began)
			t.Logf("it took %v", took)
			if took > test.most {
				t.Errorf("it took %v to end, more than %v", took, test.most)
			}
			gate.mu.Lock()
			gate.stall = nil
			gate.mu.Unlock()
			w.start()
			if r := w.finish(r.ID); r.Status != "succeeded" || r.Rows != 20 {
				t.Errorf("after the next start: %+v\n%s", r, w.log())
			}
		})
	}
}
