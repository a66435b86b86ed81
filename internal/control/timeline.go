package control

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// The limits of a timeline.
const (
	mostTimelineRuns = maxPage
	mostAudited      = 2000 // entries of the audit log that are looked through
)

// TimelineEvent is one thing that happened to an exporter: one run, several runs in a row that failed for the same
// reason, or what a person did to it or to one of its connections.
type TimelineEvent struct {
	At    time.Time // of the last run, or of the deed
	Since time.Time // of the first run
	Runs  []export.Run
	Deed  export.AuditEntry // zero for runs
}

// Failures groups runs, given newest first: runs of one exporter that failed for the same reason, with no other outcome
// of it in between, are one group, which stands where the newest of them does. Every other run is a group of its own.
func Failures(runs []export.Run) [][]export.Run {
	var groups [][]export.Run
	open := map[export.ID]int{} // by exporter: its last group, if that goes on
	for _, r := range runs {
		i, known := open[r.Exporter.ID]
		if known && sameFailure(groups[i][0], r) {
			groups[i] = append(groups[i], r)
			continue
		}
		groups = append(groups, []export.Run{r})
		open[r.Exporter.ID] = len(groups) - 1
	}
	return groups
}

func sameFailure(a, b export.Run) bool {
	return a.Status == export.RunFailed && b.Status == export.RunFailed && sameProblem(a.Problem, b.Problem)
}

func sameProblem(a, b *problem.Problem) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Code == b.Code && a.Message == b.Message
}

// Timeline returns what happened to an exporter, newest first: its last runs, and what people did to it and to its
// connections meanwhile. more says that there were earlier runs.
func (d *Desk) Timeline(ctx context.Context, id export.ID) (events []TimelineEvent, more bool, err error) {
	e, err := d.exporterFor(ctx, access.See, id)
	if err != nil {
		return nil, false, err
	}
	runs, next, err := d.Runs(ctx, export.RunFilter{Exporter: id, Limit: mostTimelineRuns})
	if err != nil {
		return nil, false, err
	}
	deeds, err := d.deedsAbout(ctx, e)
	if err != nil {
		return nil, false, err
	}
	// A deed between two failures ends their line, because it may have been meant to mend them.
	for len(runs) > 0 {
		n := len(runs)
		if len(deeds) > 0 {
			n = slices.IndexFunc(runs, func(r export.Run) bool { return r.QueuedAt.Before(deeds[0].At) })
			if n < 0 {
				n = len(runs)
			}
		}
		for _, group := range Failures(runs[:n]) {
			events = append(events, TimelineEvent{
				At: group[0].QueuedAt, Since: group[len(group)-1].QueuedAt, Runs: group,
			})
		}
		if runs = runs[n:]; len(runs) > 0 {
			events, deeds = append(events, deedEvent(deeds[0])), deeds[1:]
		}
	}
	if next == "" {
		for _, deed := range deeds {
			events = append(events, deedEvent(deed))
		}
	}
	return events, next != "", nil
}

func deedEvent(deed export.AuditEntry) TimelineEvent { return TimelineEvent{At: deed.At, Deed: deed} }

// deedsAbout returns what people did to an exporter and to its connections, newest first.
func (d *Desk) deedsAbout(ctx context.Context, e export.Exporter) ([]export.AuditEntry, error) {
	entries, err := d.o.Store.AuditEntries(ctx, mostAudited)
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	about := map[string]bool{string(e.ID): true, string(e.Target.Account): true}
	for _, realm := range e.Companies {
		about[string(realm)] = true
	}
	list := slices.DeleteFunc(entries, func(a export.AuditEntry) bool {
		return !about[a.Object] || strings.HasSuffix(a.Action, ".test") || a.At.Before(e.CreatedAt)
	})
	slices.SortStableFunc(list, func(a, b export.AuditEntry) int { return b.At.Compare(a.At) })
	return list, nil
}
