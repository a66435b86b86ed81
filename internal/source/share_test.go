package source_test

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/source"
	"ledgersheet/internal/supply"
)

// press answers each request with the next text, after a while.
type press struct {
	source.Services
	takes time.Duration

	mu    sync.Mutex
	asked int
	fails map[int]error // by request, counted from 1
	large int
}

func (p *press) Report(ctx context.Context, w supply.ReportWant, accept func([]byte) error) error {
	p.mu.Lock()
	p.asked++
	n, fails := p.asked, p.fails
	p.mu.Unlock()
	w.Meter.Add()
	select {
	case <-time.After(p.takes):
	case <-ctx.Done():
		return problem.From(ctx.Err())
	}
	if err := fails[n]; err != nil {
		return err
	}
	body := make([]byte, p.large)
	return accept(append([]byte{byte('0' + n)}, body...))
}

// reader is a run that asks for one report.
type reader struct {
	from  source.Services
	meter export.Meter
}

// read returns the first byte of the answer.
func (r *reader) read(ctx context.Context, month string) (string, error) {
	got := ""
	err := r.from.Report(ctx, supply.ReportWant{
		Company: export.Company{Realm: "1"}, Object: "ProfitAndLoss", Params: url.Values{"start_date": {month}},
		Meter: &r.meter,
	}, func(body []byte) error { got = string(body[:1]); return nil })
	return got, err
}

func TestReportsAreShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &press{takes: time.Second}
		from := source.ShareReports(p)
		due := supply.WithOccasion(t.Context(), time.Now())
		want := func(what, got, answer string, err error, r *reader, cost int) {
			t.Helper()
			if got != answer || err != nil || r.meter.Count() != cost {
				t.Errorf("%s: answer %q after %d requests, %v; want %q after %d",
					what, got, r.meter.Count(), err, answer, cost)
			}
		}
		var together sync.WaitGroup
		total := 0
		var mu sync.Mutex
		for range 20 {
			together.Go(func() {
				r := &reader{from: from}
				got, err := r.read(due, "2026-01")
				mu.Lock()
				defer mu.Unlock()
				total += r.meter.Count()
				if got != "1" || err != nil {
					t.Errorf("together: %q, %v", got, err)
				}
			})
		}
		together.Wait()
		if p.asked != 1 || total != 1 {
			t.Errorf("%d requests, %d counted", p.asked, total)
		}
		time.Sleep(time.Minute)
		late := &reader{from: from}
		got, err := late.read(due, "2026-01")
		want("due together and begun later", got, "1", err, late, 0)
		got, err = late.read(due, "2026-01")
		want("the same run once more", got, "2", err, late, 1)
		other := &reader{from: from}
		got, err = other.read(due, "2026-02")
		want("other parameters", got, "3", err, other, 1)
		newer := &reader{from: from}
		got, err = newer.read(supply.WithOccasion(t.Context(), time.Now()), "2026-01")
		want("due after the answer was asked for", got, "4", err, newer, 1)
		preview := &reader{from: from}
		got, err = preview.read(t.Context(), "2026-01")
		want("due at no time", got, "5", err, preview, 1)
		time.Sleep(11 * time.Minute)
		old := &reader{from: from}
		got, err = old.read(due, "2026-01")
		want("forgotten", got, "6", err, old, 1)
	})
}

// TestARunDueDuringARequestAsksItself: an answer that was asked for before a run was due may lack what it must see.
func TestARunDueDuringARequestAsksItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &press{takes: 10 * time.Second}
		from := source.ShareReports(p)
		first, second := &reader{from: from}, &reader{from: from}
		done := make(chan string, 1)
		go func() { // ends by sending
			got, _ := first.read(supply.WithOccasion(t.Context(), time.Now()), "2026-01")
			done <- got
		}()
		time.Sleep(time.Second)
		got, err := second.read(supply.WithOccasion(t.Context(), time.Now()), "2026-01")
		if got != "2" || err != nil || <-done != "1" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestFaultsAreNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fault := problem.New(problem.QuickBooksUnavailable, "QuickBooks could not be reached.")
		p := &press{takes: time.Second, fails: map[int]error{1: fault}}
		from := source.ShareReports(p)
		due := supply.WithOccasion(t.Context(), time.Now())
		var together sync.WaitGroup
		for range 3 {
			together.Go(func() {
				r := &reader{from: from}
				if _, err := r.read(due, "2026-01"); !errors.Is(err, fault) {
					t.Errorf("together: %v", err)
				}
			})
		}
		together.Wait()
		r := &reader{from: from}
		if got, err := r.read(due, "2026-01"); got != "2" || err != nil || p.asked != 2 {
			t.Errorf("afterwards: %q, %v after %d requests", got, err, p.asked)
		}
	})
}

// TestWhoGivesUpTakesNobodyAlong cancels the run that asks, and one that waits.
func TestWhoGivesUpTakesNobodyAlong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &press{takes: 10 * time.Second}
		from := source.ShareReports(p)
		due := supply.WithOccasion(t.Context(), time.Now())
		why := problem.New(problem.Interrupted, "The service stops.")
		leads, cancelLeader := context.WithCancelCause(due)
		waits, cancelWaiting := context.WithCancelCause(due)
		var all sync.WaitGroup
		read := func(ctx context.Context, want string, fails bool) {
			all.Go(func() {
				r := &reader{from: from}
				got, err := r.read(ctx, "2026-01")
				if got != want || (err != nil) != fails {
					t.Errorf("got %q, %v; want %q", got, err, want)
				}
			})
			synctest.Wait()
		}
		read(leads, "", true)
		read(due, "2", false)
		read(due, "2", false)
		read(waits, "", true)
		cancelWaiting(why)
		synctest.Wait()
		time.Sleep(time.Second)
		cancelLeader(why)
		all.Wait()
		if p.asked != 2 {
			t.Errorf("%d requests", p.asked)
		}
	})
}

// TestKeptAnswersAreBounded: large answers are shared by those who wait, and not kept.
func TestKeptAnswersAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &press{large: 5 << 20}
		from := source.ShareReports(p)
		due := supply.WithOccasion(t.Context(), time.Now())
		for range 2 {
			r := &reader{from: from}
			if _, err := r.read(due, "2026-01"); err != nil || r.meter.Count() != 1 {
				t.Errorf("a large answer: %d requests, %v", r.meter.Count(), err)
			}
		}
		p.large = 3 << 20
		months := []string{"1", "2", "3", "4", "5", "6"} // 18 MB
		for _, month := range months {
			r := &reader{from: from}
			if _, err := r.read(due, month); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Second)
		}
		kept := 0
		for i := range months {
			r := &reader{from: from}
			if _, err := r.read(due, months[len(months)-1-i]); err != nil {
				t.Error(err)
			}
			if r.meter.Count() == 0 {
				kept++
			}
		}
		if kept != 5 {
			t.Errorf("%d answers were kept", kept)
		}
	})
}
