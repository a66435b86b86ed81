package google_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/table"
)

// cutter cancels a run while its n-th request is under way: Google has carried it out, its answer is on the way.
type cutter struct {
	next   http.RoundTripper
	n      int
	before bool // the request never arrives
	cancel context.CancelFunc
}

func (c *cutter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n--
	if c.n != 0 {
		return c.next.RoundTrip(r)
	}
	if c.before {
		c.cancel()
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		return c.next.RoundTrip(r)
	}
	res, err := c.next.RoundTrip(r)
	c.cancel()
	if r.Context().Err() != nil {
		if err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
		}
		return nil, r.Context().Err()
	}
	return res, err
}

// TestCancel cancels a run at each of its requests. One that says it was cancelled has left the old rows and no tab;
// one whose rows were already on their way says that it succeeded.
func TestCancel(t *testing.T) {
	t.Parallel()
	for size, maxBody := range map[string]int{"small": 0, "staged": 4_000} {
		for _, before := range []bool{true, false} {
			t.Run(fmt.Sprint(size, " before ", before), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					cancelled, succeeded := 0, 0
					for n := 1; n < 16; n++ {
						b := newBench(t, googlesim.Options{}, maxBody)
						old, fresh := invoices(100), invoices(120)
						b.mustWrite(schema, old)
						ctx, cancel := context.WithCancel(t.Context())
						cut := &cutter{next: b.http.Transport, n: n, before: before, cancel: cancel}
						b.http.Transport = cut
						_, err := b.writeWith(ctx, schema, fresh)
						cancel()
						b.http.Transport = cut.next
						rows := fresh
						switch {
						case err == nil:
							succeeded++
						case errors.Is(err, context.Canceled):
							cancelled++
							rows = old
						default:
							t.Fatalf("request %d: %v", n, err)
						}
						b.check("Invoices!A1:F200", schema, rows)
						if tabs := b.tabs(); len(tabs) != 1 {
							t.Fatalf("request %d: tabs were left: %+v", n, tabs)
						}
					}
					if cancelled == 0 || succeeded == 0 {
						t.Errorf("%d were cancelled and %d succeeded: the test did not reach both",
							cancelled, succeeded)
					}
				})
			})
		}
	}
}

// TestLostCommitAndCancel loses the answer of the commit and cancels the run before anybody knows: the truth is told.
func TestLostCommitAndCancel(t *testing.T) {
	t.Parallel()
	for _, applied := range []bool{true, false} {
		t.Run(fmt.Sprint(applied), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, googlesim.Options{}, 0)
				old, fresh := invoices(10), invoices(12)
				b.mustWrite(schema, old)
				b.sim.Fail(googlesim.Fault{Kind: "batchUpdate", DropAfterApply: applied, DropBefore: !applied})
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond) // ends while it waits to look
				defer cancel()
				_, err := b.writeWith(ctx, schema, fresh)
				if applied != (err == nil) {
					t.Fatalf("applied %v: %v", applied, err)
				}
				if applied {
					b.check("Invoices!A1:F99", schema, fresh)
				} else {
					b.check("Invoices!A1:F99", schema, old)
				}
			})
		})
	}
}

// TestQuotaStorm answers 429 for longer than a minute's quota lasts; the run outlives it.
func TestQuotaStorm(t *testing.T) {
	t.Parallel()
	for size, maxBody := range map[string]int{"small": 0, "staged": 4_000} {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, googlesim.Options{}, maxBody)
				b.mustWrite(schema, invoices(100))
				began := time.Now()
				b.sim.Fail(googlesim.Fault{
					Times: -1, Status: 429, State: "RESOURCE_EXHAUSTED",
					Message: "Quota exceeded for quota metric 'Write requests'",
				})
				stop := time.AfterFunc(70*time.Second, b.sim.ClearFaults)
				defer stop.Stop()
				b.mustWrite(schema, invoices(120))
				b.check("Invoices!A1:F200", schema, invoices(120))
				if took := time.Since(began); took < 70*time.Second {
					t.Errorf("it took only %s", took)
				}
				asked := 0
				for _, r := range b.sim.Requests() {
					if r.Status == 429 {
						asked++
					}
				}
				if asked > 12 {
					t.Errorf("%d requests were sent into the storm", asked)
				}
			})
		})
	}
}

// TestRevokedInTheMiddle takes the account's access away amid a staged run; after reconnecting the next run tidies up.
func TestRevokedInTheMiddle(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 4_000)
	old, fresh := invoices(100), invoices(120)
	b.mustWrite(schema, old)
	b.sim.Fail(googlesim.Fault{
		Times: -1, Skip: 7, Status: 401, State: "UNAUTHENTICATED",
		Message: "Request had invalid authentication credentials.",
	})
	_, err := b.write(schema, fresh)
	if err == nil || !strings.Contains(err.Error(), "google_reconnect_required") {
		t.Fatal(err)
	}
	b.check("Invoices!A1:F200", schema, old)
	b.sim.ClearFaults()
	if len(b.tabs()) != 2 {
		t.Fatalf("tabs %+v: the run was to end amid its staging", b.tabs())
	}
	if res := b.mustWrite(schema, old); !res.Unchanged || len(b.tabs()) != 1 {
		t.Errorf("the next run: %+v, tabs %+v", res, b.tabs())
	}
}

// writeWith is write under a context.
func (b *bench) writeWith(ctx context.Context, s table.Schema, rows []table.Row) (written, error) {
	b.t.Helper()
	was := b.ctx
	b.ctx = ctx
	defer func() { b.ctx = was }()
	return b.write(s, rows)
}
