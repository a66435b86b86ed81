package api

import (
	"net/http"
	"testing"

	"ledgersheet/internal/export"
)

// TestChain sets and changes what an exporter runs after, and reads what it waits for.
func TestChain(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	first := h.create(map[string]any{"name": "First"})
	byHand := map[string]any{"cron": "", "timezone": "UTC", "enabled": false}
	then := h.create(map[string]any{"name": "Then", "schedule": byHand, "after": []any{first},
		"destination": map[string]any{"google_account_id": h.account, "sheet": "Then"}})
	path := "/exporters/" + then
	e := h.want(http.StatusOK, http.MethodGet, path, nil).body
	if at(t, e, "after").([]any)[0] != first {
		t.Errorf("after: %v", e["after"])
	}
	link := at(t, h.want(http.StatusOK, http.MethodGet, path+"/chain", nil).body, "items").([]any)[0]
	if at(t, link, "name") != "First" || at(t, link, "succeeded_at") != nil ||
		at(t, link, "waits_for") != "it has not run yet" {
		t.Errorf("the chain: %v", link)
	}
	a, err := h.store.Exporter(t.Context(), export.ID(first))
	must(t, err)
	r, _, err := h.store.Enqueue(t.Context(), export.Run{ID: "run_1", Exporter: a, QueuedAt: noon})
	must(t, err)
	_, err = h.store.UpdateRun(t.Context(), r.ID, func(r *export.Run) error {
		r.Status, r.FinishedAt = export.RunSucceeded, noon
		return nil
	})
	must(t, err)
	link = at(t, h.want(http.StatusOK, http.MethodGet, path+"/chain", nil).body, "items").([]any)[0]
	if at(t, link, "succeeded_at") != "2026-03-29T12:00:00.000Z" || at(t, link, "waits_for") != nil {
		t.Errorf("the chain when it is complete: %v", link)
	}
	wrong := h.want(http.StatusUnprocessableEntity, http.MethodPatch, path, map[string]any{"after": []any{then}}).body
	if at(t, wrong, "error", "fields", "after") == nil {
		t.Errorf("after itself: %v", wrong)
	}
	h.want(http.StatusUnprocessableEntity, http.MethodPatch, path, map[string]any{"after": "x"})
	e = h.want(http.StatusOK, http.MethodPatch, path, map[string]any{"after": nil}).body
	if len(at(t, e, "after").([]any)) != 0 {
		t.Errorf("after nothing: %v", e["after"])
	}
	h.want(http.StatusNotFound, http.MethodGet, "/exporters/exp_none/chain", nil)
}
