package control

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// unseenExporter stands for an exporter that the actor may not see.
const unseenExporter = "an exporter that you may not see"

// checkChain notes what is wrong with the exporters after which one is to run.
func (d *Desk) checkChain(ctx context.Context, e export.Exporter, bad *problem.Collect) error {
	if !e.Chained() {
		return nil
	}
	if len(e.After) > export.MostAfter {
		bad.Add("after", "names more than %d exporters", export.MostAfter)
		return nil
	}
	if e.Schedule.Enabled && e.Schedule.Cron != "" {
		bad.Add("after", "stands beside a schedule that is on; it runs by a schedule or after others, not both")
	}
	names, err := d.chainNames(ctx, e, bad)
	if err != nil || bad.Has("after") {
		return err
	}
	way, err := export.FindCycle(e.ID, e.After, func(id export.ID) ([]export.ID, error) {
		other, err := d.o.Store.Exporter(ctx, id)
		if errors.Is(err, export.ErrNotFound) {
			return nil, nil
		}
		if names[id] = unseenExporter; d.sees(other.Companies...) {
			names[id] = other.Name
		}
		return other.After, err
	})
	if err != nil {
		return fmt.Errorf("reading what exporters run after: %w", err)
	}
	if way != nil {
		words := []string{}
		for _, id := range way {
			words = append(words, names[id])
		}
		bad.Add("after", "would let it run after itself: it after %s", strings.Join(words, ", that after "))
	}
	return nil
}

// chainNames returns the names of an exporter and of those after which it is to run, and notes each that is not there
// for the actor. What the exporter has already may stay, even if the actor may not see it.
func (d *Desk) chainNames(
	ctx context.Context, e export.Exporter, bad *problem.Collect,
) (map[export.ID]string, error) {
	stored, err := d.o.Store.Exporter(ctx, e.ID)
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		return nil, fmt.Errorf("reading the exporter: %w", err)
	}
	had := map[export.ID]bool{}
	for _, id := range stored.After {
		had[id] = true
	}
	names := map[export.ID]string{e.ID: e.Name}
	for i, id := range e.After {
		other, err := d.o.Store.Exporter(ctx, id)
		missing := errors.Is(err, export.ErrNotFound)
		switch {
		case err != nil && !missing:
			return nil, fmt.Errorf("reading exporter %s: %w", id, err)
		case missing, !had[id] && !d.sees(other.Companies...):
			bad.Add("after", "has %s at place %d, which is no exporter", id, i+1)
		case !d.sees(other.Companies...):
			names[id] = unseenExporter
		default:
			names[id] = other.Name
		}
	}
	return names, nil
}

// ChainLink is an exporter after which another one runs.
type ChainLink struct {
	// Exporter is empty if the actor may not see it; then Name says so.
	Exporter export.ID
	Name     string
	Done     time.Time // when it succeeded since the other's last run by the chain; zero if it has not
	Why      string    // what it is waiting for, for people; empty if it is done
}

// Chain returns the exporters after which one runs, in its order, and how far each is.
func (d *Desk) Chain(ctx context.Context, e export.Exporter) ([]ChainLink, error) {
	var links []ChainLink
	for _, id := range e.After {
		other, err := d.o.Store.Exporter(ctx, id)
		if errors.Is(err, export.ErrNotFound) {
			continue // deleted since the exporter was read
		}
		if err != nil {
			return nil, fmt.Errorf("reading exporter %s: %w", id, err)
		}
		l := ChainLink{Name: unseenExporter, Done: e.Done[id]}
		seen := d.sees(other.Companies...)
		if seen {
			l.Exporter, l.Name = id, other.Name
		}
		if l.Done.IsZero() {
			h, err := d.o.Store.History(ctx, id)
			if err != nil {
				return nil, fmt.Errorf("reading the history of %s: %w", id, err)
			}
			if l.Why = "it has not succeeded yet"; seen {
				l.Why = waitWords(other, h)
			}
		}
		links = append(links, l)
	}
	return links, nil
}

// waitWords says why an exporter has not succeeded since the run of the one that follows it.
func waitWords(e export.Exporter, h export.History) string {
	last := h.Verdict()
	switch {
	case h.Active():
		return "its run is under way"
	case e.Paused():
		return "it is held back: " + e.PauseWords()
	case last.Status == export.RunFailed && h.Problem != nil && h.Recent[0].ID == last.ID:
		return "its last run failed: " + h.Problem.Code.Title()
	case last.Status == export.RunFailed:
		return "its last run failed"
	case !e.Automatic():
		return "it runs only when it is told to"
	case h.Runs == 0:
		return "it has not run yet"
	}
	return "it has not run again yet"
}
