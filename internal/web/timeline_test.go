package web

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/queue"
)

// TestTimelineShowsWhereARunEnded lets the real queue end runs in each phase, and looks at their pages.
func TestTimelineShowsWhereARunEnded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		phase  export.Phase
		read   int
		cancel bool
		steps  string
		says   string
	}{
		{
			"failed while reading", export.PhaseReading, 1200, false, "done failed ahead ahead ahead ahead",
			"It ended while reading from QuickBooks, after 1,200 rows were read.",
		},
		{
			"failed while writing", export.PhaseWriting, 7, false, "done done done failed ahead ahead",
			"It ended while writing to a hidden tab, after 7 rows were read.",
		},
		{
			"failed while checking", export.PhaseVerifying, 7, false, "done done done done failed ahead",
			"It ended while checking what was written, after 7 rows were read.",
		},
		{
			"failed at the end", export.PhaseCommitting, 0, false, "done done done done done failed",
			"It ended while putting it in place.",
		},
		{
			"cancelled while comparing", export.PhaseComparing, 9, true, "done done failed ahead ahead ahead",
			"It ended while comparing with the sheet, after 9 rows were read.",
		},
		{"succeeded", export.PhaseDone, 9, false, "done done done done done done", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, siteOptions{}).fill().signIn()
			began := make(chan struct{})
			work := func(ctx context.Context, _ export.Run, report func(func(*export.Run))) error {
				report(func(r *export.Run) { r.Progress = export.Progress{Phase: test.phase, RowsRead: test.read} })
				close(began)
				switch {
				case test.cancel:
					<-ctx.Done()
					return ctx.Err()
				case test.phase == export.PhaseDone:
					return nil
				}
				return problem.New(problem.CompanyReconnectRequired, "Intuit ended the access.")
			}
			r := runThrough(t, s, work, func(q *queue.Queue, id export.ID) {
				<-began
				if _, err := q.Cancel(t.Context(), id); test.cancel && err != nil {
					t.Error(err)
				}
			})
			body := s.wantGet("/runs/" + string(r.ID))
			checkPage(t, test.name, body)
			if got := stepStates(t, body); got != test.steps {
				t.Errorf("%s: steps %s, want %s", r.Status, got, test.steps)
			}
			if !strings.Contains(body, test.says) {
				t.Errorf("the page does not say %q", test.says)
			}
		})
	}
}

// TestTimelineOfARunThatNeverBegan: it ended in the queue, and nothing else looks done.
func TestTimelineOfARunThatNeverBegan(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).fill().signIn()
	r := s.run(s.exporter(nil), nil)
	q := queue.New(queue.Options{Store: s.store, Logger: s.bench.Logger})
	_, err := q.Cancel(t.Context(), r.ID)
	must(t, err)
	body := s.wantGet("/runs/" + string(r.ID))
	if got := stepStates(t, body); got != "failed ahead ahead ahead ahead ahead" {
		t.Errorf("steps %s", got)
	}
	if !strings.Contains(body, "It ended while it was queued.") {
		t.Error("the page does not say where")
	}
}

// runThrough lets a queue execute one run and returns it when it is over.
func runThrough(t *testing.T, s *site, work queue.Work, during func(*queue.Queue, export.ID)) export.Run {
	t.Helper()
	q := queue.New(queue.Options{Store: s.store, Work: work, Events: s.broker, Logger: s.bench.Logger})
	must(t, q.Start(t.Context()))
	ended := s.broker.Subscribe(t.Context(), func(r export.Run) bool { return r.Status.Over() })
	r := s.run(s.exporter(nil), nil)
	q.Wake()
	during(q, r.ID)
	select {
	case e := <-ended:
		r = e.Run
	case <-time.After(20 * time.Second):
		t.Fatal("the run does not end")
	}
	if err := q.Stop(t.Context()); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	return r
}

// stepStates returns the states of a page's timeline.
func stepStates(t *testing.T, body string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	must(t, err)
	var states []string
	for n := range root.Descendants() {
		if class, _ := attr(n, "class"); n.Data == "li" && n.Parent != nil {
			if of, _ := attr(n.Parent, "class"); of == "steps" {
				states = append(states, class)
			}
		}
	}
	return strings.Join(states, " ")
}
