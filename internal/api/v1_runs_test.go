package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

func TestStartRun(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	exporter := h.create(nil)
	a := h.want(http.StatusAccepted, http.MethodPost, "/exporters/"+exporter+"/runs", map[string]any{},
		"Idempotency-Key", "k")
	id := fmt.Sprint(a.body["id"])
	if a.header.Get("Location") != Base+"/runs/"+id || a.body["trigger"] != "api" || a.body["status"] != "queued" ||
		a.body["exporter_id"] != exporter || a.body["waiting"] != "waits for a worker" {
		t.Errorf("got %v %s", a.header, a.raw)
	}
	again := h.want(http.StatusAccepted, http.MethodPost, "/exporters/"+exporter+"/runs", nil)
	if again.body["id"] != id {
		t.Errorf("a second call started %v beside %s", again.body["id"], id)
	}
	h.want(http.StatusNotFound, http.MethodPost, "/exporters/exp_none/runs", nil)
	other := h.create(map[string]any{"name": "Other"})
	byHand := h.want(http.StatusAccepted, http.MethodPost, "/exporters/"+other+"/runs", nil,
		"Authorization", "", "Cookie", "session="+session)
	if byHand.body["trigger"] != "manual" || byHand.body["started_by"] != "ann@example.com" {
		t.Errorf("got %s", byHand.raw)
	}
}

func TestCancelRun(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a := h.want(http.StatusAccepted, http.MethodPost, "/exporters/"+h.create(nil)+"/runs", nil)
	path := fmt.Sprintf("/runs/%s", a.body["id"])
	a = h.want(http.StatusOK, http.MethodPost, path+"/cancel", nil)
	if a.body["status"] != "cancelled" || at(t, a.body, "error", "code") != "cancelled" {
		t.Errorf("got %s", a.raw)
	}
	h.want(http.StatusConflict, http.MethodPost, path+"/cancel", nil)
	h.want(http.StatusNotFound, http.MethodPost, "/runs/run_none/cancel", nil)
	h.want(http.StatusNotFound, http.MethodGet, "/runs/run_none", nil)
}

// history stores n ended runs of an exporter, oldest first, and returns their ids.
func (h *harness) history(exporter string, n int, status export.RunStatus) []string {
	h.t.Helper()
	ids := make([]string, n)
	for i := range n {
		when := noon.Add(time.Duration(i-n) * time.Hour)
		r := export.Run{
			ID: export.NewID("run", when),
			Exporter: export.Exporter{
				ID: export.ID(exporter), Name: exporter, Companies: []export.RealmID{realmA},
			},
			Trigger: export.TriggerSchedule, QueuedAt: when,
		}
		_, _, err := h.store.Enqueue(h.t.Context(), r)
		must(h.t, err)
		_, err = h.store.UpdateRun(h.t.Context(), r.ID, func(r *export.Run) error { r.Status = status; return nil })
		must(h.t, err)
		ids[i] = string(r.ID)
	}
	return ids
}

func TestHistoryPages(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	want := h.history("exp_a", 7, export.RunSucceeded)
	h.history("exp_b", 2, export.RunFailed)
	var got []string
	path, pages := "/runs?exporter_id=exp_a&company_id=&status=&limit=3&cursor=", 0
	for cursor := any(""); cursor != nil; pages++ {
		a := h.want(http.StatusOK, http.MethodGet, path+fmt.Sprint(cursor), nil)
		for _, r := range at(t, a.body, "items").([]any) {
			got = append([]string{fmt.Sprint(at(t, r, "id"))}, got...)
		}
		cursor = at(t, a.body, "next_cursor")
	}
	if d := cmp.Diff(want, got); d != "" || pages != 3 {
		t.Errorf("%d pages (-want +got, oldest first):\n%s", pages, d)
	}
	for query, n := range map[string]int{
		"": 9, "?exporter_id=exp_b": 2, "?exporter_id=exp_none": 0, "?status=failed": 2,
		"?status=succeeded&limit=200": 7, "?status=queued": 0,
		"?company_id=" + string(realmA): 9, "?company_id=" + string(realmB): 0, "?limit=1": 1,
	} {
		a := h.want(http.StatusOK, http.MethodGet, "/runs"+query, nil)
		if items := at(t, a.body, "items").([]any); len(items) != n {
			t.Errorf("%s: got %d runs, want %d", query, len(items), n)
		}
	}
}

func TestBadParametersAreNamed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for query, name := range map[string]string{
		"limit=0": "limit", "limit=201": "limit", "limit=ten": "limit", "limit=1.5": "limit",
		"limit=99999999999999999999": "limit", "status=done": "status",
		"cursor=abc": "cursor", "cursor=run_../../x": "cursor", "exporter=exp_a": "exporter",
		"status=failed&status=queued": "status",
	} {
		a := h.want(http.StatusUnprocessableEntity, http.MethodGet, "/runs?"+query, nil)
		at(t, a.body, "error", "fields", name)
	}
	h.want(http.StatusBadRequest, http.MethodGet, "/runs?limit=%zz", nil)
}

func TestRunShowsEverything(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := export.Run{
		ID: export.NewID("run", noon),
		Exporter: export.Exporter{
			ID: "exp_a", Name: "Open invoices", Definition: "invoices", Companies: []export.RealmID{realmA},
		},
		Trigger: export.TriggerCatchUp, Due: noon.Add(-time.Hour), By: "ann@example.com", QueuedAt: noon,
	}
	_, _, err := h.store.Enqueue(t.Context(), r)
	must(t, err)
	_, err = h.store.UpdateRun(t.Context(), r.ID, func(r *export.Run) error {
		r.Status, r.Attempts, r.NotBefore = export.RunFailed, 2, noon.Add(time.Second)
		r.StartedAt, r.FinishedAt = noon.Add(1500*time.Millisecond), noon.Add(2*time.Second)
		r.Paced = 40 * time.Minute
		r.Rows, r.Added, r.Changed, r.Removed, r.Unchanged = 10, 4, 3, 2, true
		r.Undoes, r.Undoable, r.HandEdits = "run_b", true, 6
		r.Control = map[string]string{"TotalAmt": "5281.50"}
		r.Figures = []export.FigureValue{{ID: "open", Title: "Open", Company: realmA, Currency: "USD", Value: "12.50"}}
		r.Checks = []export.Check{{What: "Total Income", Says: "2.00", AddsUpTo: "1.99"}}
		r.Progress = export.Progress{Phase: export.PhaseWriting, RowsRead: 10, RowsTotal: 12, RowsWritten: 5}
		r.Companies = []export.CompanyOutcome{{
			Realm: realmA, Name: "Alder Ltd", Rows: 10, Period: "2026-01-01 to 2026-03-29",
		}}
		r.QuickBooks, r.Sheets, r.URL = 7, 5, "https://docs.google.com/spreadsheets/d/x/edit"
		r.Warnings = export.Warnings(export.WarnWrite, "", "a warning")
		r.Problem = problem.New(problem.QuickBooksRejected, "QuickBooks says no.").WithHint("Ask.").
			WithRequestID("tid-1")
		return nil
	})
	must(t, err)
	a := h.want(http.StatusOK, http.MethodGet, "/runs/"+string(r.ID), nil)
	var want map[string]any
	must(t, json.Unmarshal([]byte(`{
		"id": "`+string(r.ID)+`", "exporter_id": "exp_a", "exporter_name": "Open invoices", "type": "invoices", "company_ids": ["9130347957983976"],
		"trigger": "catch_up", "status": "failed", "due": "2026-03-29T11:00:00.000Z", "slowed_to_seconds": 2400, "started_by": "ann@example.com", "waiting": null, "cancelling": false,
		"queued_at": "2026-03-29T12:00:00.000Z", "not_before": "2026-03-29T12:00:01.000Z", "started_at": "2026-03-29T12:00:01.500Z", "finished_at": "2026-03-29T12:00:02.000Z", "attempts": 2,
		"rows": 10, "rows_added": 4, "rows_changed": 3, "rows_removed": 2, "unchanged": true,
		"undoes": "run_b", "undoable": true, "hand_edits": 6, "totals": {"TotalAmt": "5281.50"},
		"headlines": [{"key": "open", "title": "Open", "company_id": "9130347957983976", "period": null, "currency": "USD", "value": "12.50"}],
		"differences": 1, "checks": [{"what": "Total Income", "place": null, "says": "2.00", "adds_up_to": "1.99", "holds": false, "accepted": false}],
		"progress": {"phase": "writing", "rows_read": 10, "rows_total": 12, "rows_written": 5, "waits_until": null},
		"companies": [{"company_id": "9130347957983976", "name": "Alder Ltd", "rows": 10, "period": "2026-01-01 to 2026-03-29"}],
		"quickbooks_requests": 7, "sheets_requests": 5, "spreadsheet_url": "https://docs.google.com/spreadsheets/d/x/edit", "warnings": ["a warning"], "remedies": [],
		"error": {"code": "quickbooks_rejected", "message": "QuickBooks says no.", "hint": "Ask.", "provider_request_id": "tid-1"},
		"next": {"what": "nothing", "at": null}}`), &want))
	var got map[string]any
	must(t, json.Unmarshal(a.raw, &got))
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestUndoRun(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	e := h.create(nil)
	first := fmt.Sprint(h.want(http.StatusAccepted, http.MethodPost, "/exporters/"+e+"/runs", nil).body["id"])
	h.want(http.StatusConflict, http.MethodPost, "/runs/"+first+"/undo", nil) // it has not ended
	_, err := h.store.UpdateRun(t.Context(), export.ID(first), func(r *export.Run) error {
		r.Status, r.Undoable = export.RunSucceeded, true
		return nil
	})
	must(t, err)
	a := h.want(http.StatusAccepted, http.MethodPost, "/runs/"+first+"/undo", nil)
	id := fmt.Sprint(a.body["id"])
	if a.body["trigger"] != "undo" || a.body["undoes"] != first || a.body["exporter_id"] != e || id == first ||
		a.header.Get("Location") != Base+"/runs/"+id {
		t.Errorf("the undo is %v, %v", a.body, a.header)
	}
	if again := h.want(http.StatusAccepted, http.MethodPost, "/runs/"+first+"/undo", nil); again.body["id"] != id {
		t.Errorf("undoing twice makes two runs")
	}
	h.want(http.StatusNotFound, http.MethodPost, "/runs/run_01kmwqe6g0000000000000000z/undo", nil)
	h.want(http.StatusUnprocessableEntity, http.MethodPost, "/runs/"+first+"/undo", map[string]any{"all": true})
}
