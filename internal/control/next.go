package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ledgersheet/internal/export"
)

// NextStep is what happens by itself after something went wrong in a run.
type NextStep string

// The next steps.
const (
	NextRetry    NextStep = "retry"    // the run is tried again
	NextSchedule NextStep = "schedule" // the run has given up, and the schedule begins another one
	NextNothing  NextStep = "nothing"  // a person has to start another one
)

// Next returns what happens by itself after a run that has a problem, and when; the zero time for at once or for never.
// Of a run without a problem, or of one that somebody cancelled, it returns nothing.
func (d *Desk) Next(ctx context.Context, r export.Run) (step NextStep, at time.Time, err error) {
	switch {
	case r.Problem == nil || r.Status == export.RunSucceeded || r.Status == export.RunCancelled:
		return "", time.Time{}, nil
	case !r.Status.Over():
		return NextRetry, r.NotBefore, nil
	}
	e, err := d.o.Store.Exporter(ctx, r.Exporter.ID)
	if errors.Is(err, export.ErrNotFound) {
		return NextNothing, time.Time{}, nil
	}
	if err != nil {
		return "", time.Time{}, fmt.Errorf("reading the exporter: %w", err)
	}
	if at = e.Upcoming(); at.IsZero() {
		return NextNothing, at, nil
	}
	return NextSchedule, at, nil
}
