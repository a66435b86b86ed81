package api

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
)

const sampleItemJSON = `{"kind":"changed","name":"Invoice 1045, Amy's Bird Sanctuary","key":"7","cells":[{"column":"Total","old":5.10,"new":6.10}]}`

const sampleEditJSON = `{"kind":"changed","key":"8","name":"Invoice 1046, Bill's","place":"E9","known":true,` +
	`"cells":[{"column":"Total","old":6.10,"new":5.10}]}`

func TestDryRun(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	id := h.create(nil)
	a := h.want(http.StatusOK, http.MethodPost, "/exporters/"+id+"/dry-run", nil)
	wantJSON(t, `{"rows":9,"added":2,"changed":1,"removed":1,"hand_edits":1,"edits":[`+sampleEditJSON+`],"cells":7,
		"requests":{"quickbooks":3,"sheets":4},"sample":[`+sampleItemJSON+`],"warnings":[]}`, a.raw)
	h.want(http.StatusNotFound, http.MethodPost, "/exporters/exp_01kmwqe6g0000000000000000z/dry-run", nil)
}

func TestCapture(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	id := h.create(nil)
	a := h.want(http.StatusOK, http.MethodGet, "/exporters/"+id+"/capture", nil)
	wantJSON(t, `{"version":1,"note":"Names are replaced.","type":"invoices","requests":[]}`, a.raw)
	if got := a.header.Get("Content-Disposition"); got != `attachment; filename="capture.json"` {
		t.Errorf("Content-Disposition is %q", got)
	}
	h.want(http.StatusNotFound, http.MethodGet, "/exporters/exp_01kmwqe6g0000000000000000z/capture", nil)
	for _, role := range []string{"admin", "editor", "operator", "viewer"} {
		a := h.call(http.MethodGet, "/exporters/"+id+"/capture", nil, "Authorization", "Bearer as "+role)
		if a.status != http.StatusForbidden {
			t.Errorf("as %s: status %d", role, a.status)
		}
	}
}

func TestAcceptDifference(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	id := h.create(nil)
	e, err := h.store.Exporter(t.Context(), export.ID(id))
	must(t, err)
	r := export.Run{ID: export.NewID("run", noon), Exporter: e, Trigger: export.TriggerManual, QueuedAt: noon}
	_, _, err = h.store.Enqueue(t.Context(), r)
	must(t, err)
	_, err = h.store.UpdateRun(t.Context(), r.ID, func(r *export.Run) error {
		r.Status, r.FinishedAt = export.RunSucceeded, noon
		r.Checks = []export.Check{{What: "Total Income", Says: "2.00", AddsUpTo: "1.99"}}
		return nil
	})
	must(t, err)
	path := "/exporters/" + id + "/accept"
	for _, body := range []map[string]any{
		{"what": "Total Income", "amount": "0.02"}, {"what": "Net Income", "amount": "0.01"}, {}, {"why": "because"},
	} {
		h.want(http.StatusUnprocessableEntity, http.MethodPost, path, body)
	}
	for _, amount := range []any{"0.01", 0.01} {
		h.want(http.StatusOK, http.MethodPost, path,
			map[string]any{"what": "Total Income", "place": nil, "amount": amount})
	}
	a := h.want(http.StatusOK, http.MethodGet, "/runs/"+string(r.ID), nil)
	var run struct {
		Differences int
		Checks      []struct{ Accepted bool }
	}
	must(t, json.Unmarshal(a.raw, &run))
	if run.Differences != 0 || !run.Checks[0].Accepted {
		t.Errorf("afterwards the run says %+v", run)
	}
}

func TestDifference(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := export.Run{
		ID: export.NewID("run", noon), Exporter: export.Exporter{ID: "exp_a"}, Status: export.RunQueued, QueuedAt: noon,
	}
	_, _, err := h.store.Enqueue(t.Context(), r)
	must(t, err)
	a := h.want(http.StatusOK, http.MethodGet, "/runs/"+string(r.ID)+"/difference", nil)
	wantJSON(t, `{"added":2,"changed":1,"removed":1,"items":[`+sampleItemJSON+`],"complete":false,
		"hand_edits":1,"edits":[`+sampleEditJSON+`]}`, a.raw)
	h.want(http.StatusNotFound, http.MethodGet, "/runs/run_01kmwqe6g0000000000000000z/difference", nil)
}

func wantJSON(t *testing.T, want string, got []byte) {
	t.Helper()
	var w, g any
	must(t, json.Unmarshal([]byte(want), &w))
	must(t, json.Unmarshal(got, &g))
	if diff := cmp.Diff(w, g); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
