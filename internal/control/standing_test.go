package control

import (
	"testing"
	"time"

	"ledgersheet/internal/export"
)

// TestStateOf proves which state shows when several hold.
func TestStateOf(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)
	run := func(s export.RunStatus, checks ...export.Check) export.Run {
		return export.Run{Status: s, Result: export.Result{Checks: checks}}
	}
	good, bad := run(export.RunSucceeded), run(export.RunFailed)
	queued, undone := run(export.RunQueued), run(export.RunSucceeded)
	undone.Trigger = export.TriggerUndo
	stopped, differs := run(export.RunCancelled), run(export.RunSucceeded, export.Check{Says: "1", AddsUpTo: "2"})
	known := run(export.RunSucceeded, export.Check{Says: "1", AddsUpTo: "2", Accepted: true})
	paused := export.Exporter{Pause: &export.Pause{Reason: export.PausedByPerson}}
	due := func(ago time.Duration, on bool) export.Exporter {
		return export.Exporter{Schedule: export.Schedule{Enabled: on}, NextAt: now.Add(-ago)}
	}
	for name, test := range map[string]struct {
		e       export.Exporter
		blocked bool
		runs    []export.Run
		want    State
	}{
		"new":                      {want: StateNeverRun},
		"stopped at once":          {runs: []export.Run{stopped}, want: StateNeverRun},
		"good":                     {runs: []export.Run{good, bad}, want: StateOK},
		"good before it stopped":   {runs: []export.Run{stopped, good, bad}, want: StateOK},
		"undone":                   {runs: []export.Run{undone, bad, good}, want: StateFailing},
		"failed":                   {runs: []export.Run{bad, good}, want: StateFailing},
		"differs":                  {runs: []export.Run{differs, bad}, want: StateDiffers},
		"a difference is known":    {runs: []export.Run{known}, want: StateOK},
		"queued and paused":        {e: paused, blocked: true, runs: []export.Run{queued, bad}, want: StateRunning},
		"running":                  {runs: []export.Run{run(export.RunRunning)}, want: StateRunning},
		"paused and blocked":       {e: paused, blocked: true, runs: []export.Run{bad}, want: StatePaused},
		"blocked and late":         {e: due(time.Hour, true), blocked: true, want: StateBlocked},
		"late and failed":          {e: due(6*time.Minute, true), runs: []export.Run{bad}, want: StateLate},
		"due just now":             {e: due(4*time.Minute, true), runs: []export.Run{good}, want: StateOK},
		"late but not by schedule": {e: due(time.Hour, false), want: StateNeverRun},
	} {
		var h export.History
		for _, r := range test.runs {
			h.Recent = append(h.Recent, r.Brief())
		}
		if got := StateOf(test.e, h, test.blocked, now); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
