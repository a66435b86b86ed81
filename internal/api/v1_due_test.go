package api

import (
	"net/http"
	"testing"
	"time"

	"ledgersheet/internal/export"
)

// TestPauseUntilAndDueTimes pauses an exporter for a while, and reads afterwards what its due times came to.
func TestPauseUntilAndDueTimes(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	e := h.create(nil)
	path := "/exporters/" + e
	for _, body := range []map[string]any{{"until": "tomorrow"}, {"until": "2020-01-01T00:00:00Z"}, {"till": nil}} {
		h.want(http.StatusUnprocessableEntity, http.MethodPost, path+"/pause", body)
	}
	until := map[string]any{"until": "2026-04-03T06:00:00Z"}
	paused := h.want(http.StatusOK, http.MethodPost, path+"/pause", until).body
	if at(t, paused, "paused") != true || at(t, paused, "paused_until") != "2026-04-03T06:00:00.000Z" {
		t.Errorf("paused: %v", paused)
	}
	id := export.ID(e)
	missed := export.DueTime{At: noon.Add(-2 * time.Hour), Until: noon.Add(-time.Hour), End: export.DueMissed,
		Why: export.MissedPaused, Note: "paused by Ann", Ended: noon}
	failed := export.DueTime{At: noon.Add(-time.Hour), Until: noon, Run: "run_1", Hope: export.DueRan,
		End: export.DueMissed, Why: export.MissedFailed, Note: "deadline", Ended: noon}
	for _, d := range []export.DueTime{missed, failed} {
		_, err := h.store.PassDue(t.Context(), id, func(*export.Exporter) (export.DueTime, error) { return d, nil })
		must(t, err)
	}
	items := at(t, h.want(http.StatusOK, http.MethodGet, path+"/due-times", nil).body, "items").([]any)
	if len(items) != 2 || at(t, items[0], "message") != "its run failed: Out of time" ||
		at(t, items[0], "run_id") != "run_1" || at(t, items[1], "reason") != "paused" ||
		at(t, items[1], "message") != "paused by Ann" || at(t, items[1], "due_at") != "2026-03-29T10:00:00.000Z" {
		t.Errorf("due times: %v", items)
	}
	resumed := h.want(http.StatusOK, http.MethodPost, path+"/resume", nil).body
	if at(t, resumed, "paused") != false || at(t, resumed, "paused_until") != nil {
		t.Errorf("resumed: %v", resumed)
	}
	for _, call := range []struct{ method, path string }{
		{http.MethodGet, "/due-times"}, {http.MethodPost, "/pause"}, {http.MethodPost, "/resume"},
	} {
		var body any
		if call.path == "/pause" {
			body = map[string]any{}
		}
		h.want(http.StatusNotFound, call.method, "/exporters/exp_none"+call.path, body)
	}
}
