package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/supply"
)

const (
	// keptFor is how long an answer is kept for runs that were due before it was asked for.
	keptFor = 10 * time.Minute
	// mostKept and largestKept limit the bytes of all kept answers and of one.
	mostKept    = 16 << 20
	largestKept = 4 << 20
)

// ShareReports returns services that let runs share a report's answer: whoever asks for the same report of the same
// company with the same parameters gets the answer of an earlier request, if that was sent after his own run was due
// ([supply.WithOccasion]). A reading that names no such time asks itself, and so does a run that asks again for what
// it has had. The request counts on the meter of the run that sends it. What fails fails for those who wait for it
// together, and is not kept.
func ShareReports(s Services) Services {
	return &sharing{Services: s, answers: map[string]*answer{}}
}

// sharing is Services whose reports are shared.
type sharing struct {
	Services

	mu      sync.Mutex
	answers map[string]*answer // the latest of each report
	size    int                // of the kept bodies
}

// answer is a report's answer, being asked for or there.
type answer struct {
	asked time.Time
	done  chan struct{} // closed when the rest is set
	body  []byte
	err   error
	gone  bool            // whoever asked has given up, so the others ask themselves
	log   export.AskedLog // the requests that it took
	// had are the runs that have got it. Guarded by sharing.mu.
	had []*export.Meter
}

func keyOf(w supply.ReportWant) string {
	return fmt.Sprintf("%q %q %s %s", w.Company.Realm, w.Object, strconv.FormatBool(w.Divisible), w.Params.Encode())
}

// Version implements supply.Versions, if the services do.
func (s *sharing) Version(ctx context.Context, w supply.Want, few bool) (string, error) {
	if v, ok := s.Services.(supply.Versions); ok {
		return v.Version(ctx, w, few)
	}
	return "", nil
}

// Difference implements supply.Differences, if the services do.
func (s *sharing) Difference(ctx context.Context, w supply.Want, since string) (*supply.Difference, error) {
	if d, ok := s.Services.(supply.Differences); ok {
		return d.Difference(ctx, w, since)
	}
	return nil, nil
}

// Report implements supply.Reports.
func (s *sharing) Report(ctx context.Context, w supply.ReportWant, accept func(body []byte) error) error {
	o := supply.OccasionOf(ctx)
	if o == nil || w.Meter == nil {
		return s.Services.Report(ctx, w, accept)
	}
	for {
		a, mine := s.join(keyOf(w), o.Due, w.Meter)
		if mine {
			return s.ask(ctx, w, a, accept)
		}
		select {
		case <-a.done:
		case <-ctx.Done():
			return endProblem(ctx)
		}
		switch {
		case a.gone:
			continue
		case a.err != nil:
			return a.err
		}
		if accept(a.body) == nil {
			for _, asked := range a.log.Requests() {
				asked.Shared = true
				w.Meter.Note(asked)
			}
			return nil
		}
		// It was good for another run and is not for this one, which may ask again: join does not return it twice.
	}
}

// join returns an answer that is new enough for a run and that the run has not had, or a new one, which the caller has
// to ask for.
func (s *sharing) join(key string, due time.Time, run *export.Meter) (a *answer, mine bool) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(now)
	if a := s.answers[key]; a != nil && !a.gone && !a.asked.Before(due) && !slices.Contains(a.had, run) {
		a.had = append(a.had, run)
		return a, false
	}
	s.drop(key)
	a = &answer{asked: now, done: make(chan struct{}), had: []*export.Meter{run}}
	s.answers[key] = a
	return a, true
}

// ask sends the request and shares its outcome.
func (s *sharing) ask(ctx context.Context, w supply.ReportWant, a *answer, accept func(body []byte) error) error {
	var body []byte
	w.Meter = w.Meter.Part()
	err := errors.New("asking for a report: it was broken off") // stays if accept panics
	defer func() {
		// Whoever gives up is no reason for others to do so.
		a.log = w.Meter.Asked() // only this call writes it before it is settled
		s.settle(keyOf(w), a, body, err, ctx.Err() != nil)
	}()
	err = s.Services.Report(ctx, w, func(b []byte) error {
		err := accept(b)
		if err == nil {
			body = slices.Clone(b)
		}
		return err
	})
	return err
}

// settle sets an answer's outcome. Only good answers that are not too large are kept.
func (s *sharing) settle(key string, a *answer, body []byte, err error, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.body, a.err, a.gone = body, err, err != nil && ended
	if s.answers[key] == a {
		if err != nil || len(body) > largestKept {
			delete(s.answers, key)
		} else {
			s.size += len(body)
			s.shrink(key)
		}
	}
	close(a.done)
}

// drop forgets an answer. The caller holds s.mu.
func (s *sharing) drop(key string) {
	if a := s.answers[key]; a != nil {
		select {
		case <-a.done:
			s.size -= len(a.body)
		default: // its size is not counted yet, and will not be
		}
		delete(s.answers, key)
	}
}

// forget drops what is too old. The caller holds s.mu.
func (s *sharing) forget(now time.Time) {
	for key, a := range s.answers {
		if now.Sub(a.asked) > keptFor {
			s.drop(key)
		}
	}
}

// shrink drops the oldest answers until the rest may be kept. The newest stays. The caller holds s.mu.
func (s *sharing) shrink(newest string) {
	for s.size > mostKept {
		oldest := ""
		for key, a := range s.answers {
			if key == newest || a.body == nil {
				continue
			}
			if oldest == "" || a.asked.Before(s.answers[oldest].asked) {
				oldest = key
			}
		}
		if oldest == "" {
			return
		}
		s.drop(oldest)
	}
}

// endProblem returns the problem with which ctx was ended, or otherwise that it ended.
func endProblem(ctx context.Context) error {
	if p, ok := errors.AsType[*problem.Problem](context.Cause(ctx)); ok {
		return p
	}
	return problem.From(fmt.Errorf("waiting for a report: %w", ctx.Err()))
}
