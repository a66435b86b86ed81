package api

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
)

const sampleItemJSON = `{"kind":"changed","key":"7","cells":[{"column":"Total","old":5.10,"new":6.10}]}`

func TestDryRun(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	id := h.create(nil)
	a := h.want(http.StatusOK, http.MethodPost, "/exporters/"+id+"/dry-run", nil)
	wantJSON(t, `{"rows":9,"added":2,"changed":1,"removed":1,"hand_edits":1,"cells":7,"requests":{"quickbooks":3,"sheets":4},
		"sample":[`+sampleItemJSON+`],"warnings":[]}`, a.raw)
	h.want(http.StatusNotFound, http.MethodPost, "/exporters/exp_01kmwqe6g0000000000000000z/dry-run", nil)
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
	wantJSON(t, `{"added":2,"changed":1,"removed":1,"items":[`+sampleItemJSON+`],"complete":false}`, a.raw)
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
