package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestStatus proves that one cause is told once, with all that waits for it, and only to those who may see it.
func TestStatus(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	expect := func(headers []string, want string) {
		t.Helper()
		got := h.call(http.MethodGet, "/status", nil, headers...)
		if text := strings.TrimSpace(string(got.raw)); got.status != http.StatusOK || text != want {
			t.Errorf("got %s\nwant %s", text, want)
		}
	}
	expect(nil, `{"ok":true,"causes":[],"companies":2,"current":0}`) // there are no exporters
	healthy := h.create(map[string]any{
		"name": "Healthy", "company_ids": []any{string(realmB)}, "schedule": map[string]any{"timezone": "UTC"},
	})
	h.end(healthy, 1, func(r *export.Run) { r.Status = export.RunSucceeded })
	var ids []string
	for _, name := range []string{"A", "B", "C", "D"} {
		id := h.create(map[string]any{
			"name": name, "company_ids": []any{string(realmA)}, "schedule": map[string]any{"timezone": "UTC"},
		})
		h.end(id, 2, func(r *export.Run) {
			r.Status = export.RunFailed
			r.Problem = problem.New(problem.ReportTooLarge, "There is too much in %s.", name)
		})
		ids = append(ids, id)
	}
	large := fmt.Sprintf(`{"code":"report_too_large","title":"A report of Alder Ltd is too large for QuickBooks.",`+
		`"detail":null,"since":"2026-03-29T10:01:00.000Z",`+
		`"action":"Choose a shorter date range, fewer columns or a filter.","warning":false,"stage":null,"company_id":"%s",`+
		`"waiting":["%s"],"waiting_names":["A","B","C"]}`, realmA, strings.Join(ids, `","`))
	expect(nil, `{"ok":false,"causes":[`+large+`],"companies":2,"current":1}`)
	expect([]string{"Authorization", "Bearer as viewer " + string(realmB)},
		`{"ok":true,"causes":[],"companies":1,"current":1}`)
}
