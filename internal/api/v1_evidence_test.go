package api

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
)

func TestEvidence(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	id := h.create(map[string]any{"company_ids": []any{string(realmA)}})
	run := h.end(id, 1, func(r *export.Run) {
		r.Status, r.By, r.Attempts, r.Digest, r.Cells = export.RunSucceeded, "ann@example.com", 1, "d1", 12
		r.Rows, r.Added, r.QuickBooks, r.Sheets = 9, 2, 41, 3
		r.Companies = []export.CompanyOutcome{
			{Realm: realmA, Name: "Alder Ltd", Rows: 9, Period: "2026-01-01 to 2026-03-29"},
		}
		r.Checks = []export.Check{{What: "Total", Says: "2.00", AddsUpTo: "1.00"}}
		r.Figures = []export.FigureValue{{ID: "total", Title: "Total", Company: realmA, Value: "12.50"}}
	})
	h.previewer.Kept = export.Evidence{Day: "2026-03-29", Zone: "America/New_York", Revision: 4}
	for i := range 44 {
		a := export.Asked{
			At: noon, Provider: "quickbooks", What: "query?query=SELECT 1", Status: 200, ID: "1-a", Attempt: 1,
		}
		if i == 43 {
			a = export.Asked{At: noon, Provider: "google", What: "GET /v4", Shared: true}
		}
		h.previewer.Kept.Asked.Add(a)
	}
	got := h.want(http.StatusOK, http.MethodGet, "/runs/"+run+"/evidence", nil).body
	requests := at(t, got, "requests").([]any)
	want := map[string]any{
		"at": "2026-03-29T12:00:00.000Z", "provider": "google", "what": "GET /v4", "status": nil,
		"provider_request_id": nil, "shared": true, "attempt": json.Number("1"),
	}
	if d := cmp.Diff(want, requests[len(requests)-1]); d != "" || len(requests) != 40 {
		t.Errorf("%d requests; the last (-want +got):\n%s", len(requests), d)
	}
	delete(got, "requests")
	num := func(text string) json.Number { return json.Number(text) }
	for key, want := range map[string]any{
		"run_id": run, "exporter_id": id, "revision": num("4"), "started_by": "ann@example.com", "day": "2026-03-29",
		"timezone": "America/New_York", "requests_omitted": num("4"), "cells_written": num("12"), "digest": "d1",
		"differences": num("1"), "request_counts": map[string]any{"quickbooks": num("41"), "sheets": num("3")},
		"rows": map[string]any{"total": num("9"), "added": num("2"), "changed": num("0"), "removed": num("0")},
	} {
		if d := cmp.Diff(want, got[key]); d != "" {
			t.Errorf("%s (-want +got):\n%s", key, d)
		}
	}
	// The defaults of what the exporter does not set are part of the parameters.
	options := at(t, at(t, got, "parameters"), "options").(map[string]any)
	if options["date_range"] != "this_fiscal_year_to_date" || options["deleted"] == nil {
		t.Errorf("the options are %v", options)
	}

	queued := at(t, h.want(http.StatusAccepted, http.MethodPost, "/exporters/"+id+"/runs", nil).body, "id").(string)
	h.want(http.StatusConflict, http.MethodGet, "/runs/"+queued+"/evidence", nil)
	if a := h.call(http.MethodGet, "/runs/"+run+"/evidence", nil, "Authorization",
		"Bearer as viewer "+string(realmB)); a.status != http.StatusNotFound {
		t.Errorf("who may not see the run gets %d", a.status)
	}
}
