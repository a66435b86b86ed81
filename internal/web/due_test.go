package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestDueTimesPage: an exporter's page shows what became of its due times, what happens after a run that has given up,
// and pauses it until a day.
func TestDueTimesPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(func(e *export.Exporter) {
		e.Schedule = export.Schedule{Cron: "0 * * * *", Timezone: "Europe/Berlin", Enabled: true}
	})
	path := "/exporters/" + string(e.ID)
	for _, d := range []export.DueTime{
		{At: noon.Add(-8 * time.Hour), Until: noon.Add(-5 * time.Hour), End: export.DueMissed, Why: export.MissedPaused,
			Note: "paused by ann@example.com", Ended: noon},
		{At: noon.Add(-2 * time.Hour), Until: noon.Add(-time.Hour), Run: "run_1", Hope: export.DueCaughtUp,
			End: export.DueCaughtUp, Ended: noon},
		{At: noon.Add(5 * time.Hour), Until: noon.Add(9 * time.Hour), End: export.DueMissed, Why: export.MissedSlowed},
	} {
		_, err := s.store.PassDue(t.Context(), e.ID, func(*export.Exporter) (export.DueTime, error) { return d, nil })
		must(t, err)
	}
	s.run(e, failed(problem.SheetConflict))
	page := s.wantGet(path)
	for _, want := range []string{
		"Due times", "Caught up", `href="/runs/run_1"`, "Missed", "paused by ann@example.com", "and all until",
		"Its schedule begins another one",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, "left out") {
		t.Error("the page tells of a due time that is still to come")
	}
	s.wantSent(path+"/pause", url.Values{"until": {"2026-04-02"}}, path)
	if page = s.wantGet(path); !strings.Contains(page, "until 1 April 2026, 22:00 UTC") {
		t.Error("the page does not say until when it is paused")
	}
	s.wantSent(path+"/resume", nil, path)
	if a := s.post(path+"/pause", url.Values{"until": {"2020-01-01"}}); a.status < 400 {
		t.Errorf("a pause that is over got %d", a.status)
	}
	// Late, while a run that began before is under way.
	_, err := s.store.UpdateExporter(t.Context(), e.ID, func(e *export.Exporter) error {
		e.NextAt = noon.Add(-time.Minute)
		return nil
	})
	must(t, err)
	if page = s.wantGet(path); !strings.Contains(page, "its run begins when the present one has ended") {
		t.Error("the page does not say what a due time waits for")
	}
}
