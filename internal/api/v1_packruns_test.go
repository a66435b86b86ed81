package api

import (
	"net/http"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestPackRuns runs a whole pack and reads its one outcome.
func TestPackRuns(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	company := map[string]any{"company_id": string(realmA)}
	path, last := "/packs/month_end/runs", "/packs/month_end/runs?company_id="+string(realmA)
	h.want(http.StatusConflict, http.MethodPost, path, company)
	h.want(http.StatusCreated, http.MethodPost, "/packs/month_end", map[string]any{
		"company_ids": []any{string(realmA)}, "google_account_id": string(h.account),
	})
	h.want(http.StatusNotFound, http.MethodGet, last, nil)
	h.want(http.StatusUnprocessableEntity, http.MethodPost, path, map[string]any{})
	h.want(http.StatusNotFound, http.MethodPost, "/packs/none/runs", company)
	begun := h.want(http.StatusAccepted, http.MethodPost, path, company).body
	running := at(t, begun, "running").([]any)
	if at(t, begun, "state") != "running" || len(running) < 4 || at(t, begun, "finished_at") != nil {
		t.Fatalf("it begins as %v", begun)
	}
	for i, part := range running {
		_, err := h.store.UpdateRun(t.Context(), export.ID(at(t, part, "run_id").(string)), func(r *export.Run) error {
			r.Status, r.FinishedAt = export.RunSucceeded, noon
			if i == 0 {
				r.Status, r.Problem = export.RunFailed, problem.New(problem.SheetConflict, "Cells are in the way.")
			}
			return nil
		})
		must(t, err)
	}
	ended := h.want(http.StatusOK, http.MethodGet, last, nil).body
	missing := at(t, ended, "missing").([]any)
	if at(t, ended, "state") != "incomplete" || len(missing) != 1 ||
		at(t, missing[0], "reason") != "its run failed: Cells are in the way" ||
		at(t, ended, "finished_at") != "2026-03-29T12:00:00.000Z" {
		t.Errorf("it has ended as %v", ended)
	}
}
