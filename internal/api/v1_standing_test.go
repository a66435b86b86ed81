package api

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
)

// end stores an ended run that began so many hours before noon.
func (h *harness) end(exporter string, hours int, change func(*export.Run)) string {
	h.t.Helper()
	when := noon.Add(-time.Duration(hours) * time.Hour)
	r := export.Run{ID: export.NewID("run", when), Trigger: export.TriggerSchedule, QueuedAt: when}
	var err error
	r.Exporter, err = h.store.Exporter(h.t.Context(), export.ID(exporter))
	must(h.t, err)
	_, _, err = h.store.Enqueue(h.t.Context(), r)
	must(h.t, err)
	_, err = h.store.UpdateRun(h.t.Context(), r.ID, func(r *export.Run) error {
		r.FinishedAt = when.Add(time.Minute)
		change(r)
		return nil
	})
	must(h.t, err)
	return string(r.ID)
}

// standing returns what an exporter's answer says of how it stands, which the list of all exporters has to say as well.
func (h *harness) standing(exporter string) (state, lastSuccess any) {
	h.t.Helper()
	a := h.want(http.StatusOK, http.MethodGet, "/exporters/"+exporter, nil)
	for _, e := range at(h.t, h.want(http.StatusOK, http.MethodGet, "/exporters", nil).body, "items").([]any) {
		if at(h.t, e, "id") != exporter {
			continue
		}
		if d := cmp.Diff(a.body, e); d != "" {
			h.t.Errorf("the list says something else (-one +list):\n%s", d)
		}
		return a.body["state"], a.body["last_success"]
	}
	h.t.Fatalf("%s is not in the list", exporter)
	return nil, nil
}

// TestExporterStanding follows an exporter through its states.
func TestExporterStanding(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	id := h.create(map[string]any{"company_ids": []any{string(realmA)}})
	expect := func(state string, success any) {
		t.Helper()
		got, last := h.standing(id)
		if got != state {
			t.Errorf("the state is %v, want %s", got, state)
		}
		if d := cmp.Diff(success, last); d != "" {
			t.Errorf("the last success (-want +got):\n%s", d)
		}
	}
	expect("never_run", nil)
	good := h.end(id, 9, func(r *export.Run) {
		r.Status, r.Rows, r.URL = export.RunSucceeded, 7, "https://docs.example.com/s"
		r.Figures = []export.FigureValue{
			{ID: "total", Title: "Total", Company: realmA, Currency: "USD", Value: "12.50"},
		}
	})
	success := map[string]any{
		"run_id": good, "at": "2026-03-29T03:01:00.000Z", "rows": json.Number("7"), "url": "https://docs.example.com/s",
		"headlines": []any{map[string]any{
			"key": "total", "title": "Total", "company_id": string(realmA), "period": nil, "currency": "USD",
			"value": "12.50",
		}},
	}
	expect("ok", success)
	h.end(id, 8, func(r *export.Run) { r.Status = export.RunFailed })
	expect("failing", success)
	h.end(id, 7, func(r *export.Run) { r.Status = export.RunCancelled })
	expect("failing", success)
	h.end(id, 6, func(r *export.Run) {
		r.Status, r.Checks = export.RunSucceeded, []export.Check{{What: "Total", Says: "1", AddsUpTo: "2"}}
	})
	if state, _ := h.standing(id); state != "differences" {
		t.Errorf("after a difference: %v", state)
	}
	_, err := h.store.UpdateCompany(t.Context(), realmA, func(c *export.Company) error {
		c.Status = export.ReconnectRequired
		return nil
	})
	must(t, err)
	if state, _ := h.standing(id); state != "blocked" {
		t.Errorf("without its company: %v", state)
	}
	h.want(http.StatusAccepted, http.MethodPost, "/exporters/"+id+"/runs", nil)
	if state, _ := h.standing(id); state != "running" {
		t.Errorf("once queued: %v", state)
	}
	// What was read can be sent back, although how the exporter stands has changed meanwhile.
	read := h.want(http.StatusOK, http.MethodGet, "/exporters/"+id, nil).body
	read["state"], read["last_success"] = "ok", nil
	if a := h.want(http.StatusOK, http.MethodPut, "/exporters/"+id, read); a.body["state"] != "running" {
		t.Errorf("PUT answers %s", a.raw)
	}
	part := map[string]any{"state": "ok", "last_success": map[string]any{"rows": 1}}
	if a := h.want(http.StatusOK, http.MethodPatch, "/exporters/"+id, part); a.body["state"] != "running" {
		t.Errorf("PATCH answers %s", a.raw)
	}
}
