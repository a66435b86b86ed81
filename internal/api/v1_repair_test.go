package api

import (
	"net/http"
	"strings"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

func TestRepair(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	id := h.create(nil)
	path := "/exporters/" + id + "/repair"
	h.want(http.StatusConflict, http.MethodPost, path, map[string]any{"action": "put_back"})
	e, err := h.store.Exporter(t.Context(), export.ID(id))
	must(t, err)
	r := export.Run{ID: export.NewID("run", noon), Exporter: e, Trigger: export.TriggerSchedule, QueuedAt: noon}
	_, _, err = h.store.Enqueue(t.Context(), r)
	must(t, err)
	_, err = h.store.UpdateRun(t.Context(), r.ID, func(r *export.Run) error {
		r.Status, r.FinishedAt = export.RunFailed, noon
		r.Problem = problem.New(problem.HeaderDrift, "Renamed.").WithRemedies("put_back", "take_titles")
		r.Problem.Columns = []problem.Column{{ID: "DocNumber", Title: "Number", Found: "No."}}
		return nil
	})
	must(t, err)
	a := h.want(http.StatusOK, http.MethodGet, "/runs/"+string(r.ID), nil)
	if first := at(t, a.body, "error", "remedies", 0); first != "put_back" {
		t.Errorf("the run's error offers %v first", first)
	}
	for _, body := range []map[string]any{{"action": "burn_down"}, {}, {"action": "put_back", "how": "well"}} {
		h.want(http.StatusUnprocessableEntity, http.MethodPost, path, body)
	}
	var location string
	for range 2 {
		a = h.want(http.StatusOK, http.MethodPost, path, map[string]any{"action": "take_titles"})
		if title := at(t, a.body, "titles", "DocNumber"); title != "No." {
			t.Errorf("the exporter's title is %v", title)
		}
		got := a.header.Get("Location")
		if location == "" {
			location = got
		}
		if got != location || !strings.HasPrefix(got, Base+"/runs/run_") {
			t.Errorf("the run is at %q, and was at %q", got, location)
		}
	}
	h.want(http.StatusOK, http.MethodGet, strings.TrimPrefix(location, Base), nil)
	h.want(http.StatusConflict, http.MethodPost, path, map[string]any{"action": "put_back"})
}
