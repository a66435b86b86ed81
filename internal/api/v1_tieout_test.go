package api

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
)

// readTheMonth stores a run of two companies, with a check of each, and one exporter that has read something else.
func readTheMonth(h *harness) (exporter, run string) {
	id := h.create(map[string]any{
		"company_ids": []any{string(realmA), string(realmB)}, "name": "Both", "options": map[string]any{},
	})
	end := func(r *export.Run) {
		r.Status, r.Digest, r.StartedAt = export.RunSucceeded, "d1", time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
		r.Companies = []export.CompanyOutcome{
			{Realm: realmA, Name: "Alder Ltd", Rows: 9, Period: "2026-02-01 to 2026-02-28"},
			{Realm: realmB, Name: "Birch Inc", Rows: 4, Period: "2026-02-01 to 2026-02-28"},
		}
		r.Checks = []export.Check{
			{What: "=Total", Place: "Alder Ltd, Amount", Says: "-1200.50", AddsUpTo: "-1200.00", Company: realmA},
			{What: "Known", Says: "2", AddsUpTo: "1", Accepted: true, Company: realmA},
			{What: "Net", Says: "3.00", AddsUpTo: "3.00", Holds: true, Company: realmA},
			{What: "Net of Birch", Says: "4.00", AddsUpTo: "4.00", Holds: true, Company: realmB},
		}
		r.Figures = []export.FigureValue{
			{ID: "total", Title: "Total", Company: realmA, Currency: "USD", Value: "-1200.50"},
			{ID: "total", Title: "Total of Birch", Company: realmB, Value: "7"},
		}
	}
	h.end(h.create(map[string]any{"company_ids": []any{string(realmA)}, "name": "Late"}), 2, func(r *export.Run) {
		end(r)
		r.Companies = []export.CompanyOutcome{{Realm: realmA, Period: "2026-03-01 to 2026-03-02"}}
	})
	return id, h.end(id, 1, end)
}

func TestTieOut(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	id, run := readTheMonth(h)
	got := h.want(http.StatusOK, http.MethodGet, "/companies/"+string(realmA)+"/tie-out?month=2026-02", nil).body
	num := func(text string) json.Number { return json.Number(text) }
	part := at(t, got, "parts").([]any)[0].(map[string]any)
	for key, want := range map[string]any{
		"exporter_id": id, "run_id": run, "rows": num("9"), "period": "2026-02-01 to 2026-02-28",
		"read_at": "2026-03-02T07:00:00.000Z", "digest": "d1", "checks_complete": true,
	} {
		if d := cmp.Diff(want, part[key]); d != "" {
			t.Errorf("%s (-want +got):\n%s", key, d)
		}
	}
	if n, m := len(part["checks"].([]any)), len(part["headlines"].([]any)); n != 3 || m != 1 {
		t.Errorf("%d checks and %d headlines are of the company", n, m)
	}
	for key, want := range map[string]any{
		"month": "2026-02", "equal": num("1"), "differ": num("1"), "known": num("1"),
	} {
		if got := at(t, got, key); got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	if missing := at(t, got, "missing").([]any); len(missing) != 1 || at(t, missing[0], "exporter_name") != "Late" {
		t.Errorf("missing are %v", missing)
	}
	// The last month that has ended is the default.
	byDefault := h.want(http.StatusOK, http.MethodGet, "/companies/"+string(realmA)+"/tie-out", nil).body
	if d := cmp.Diff(got, byDefault); d != "" {
		t.Errorf("by default (-month +default):\n%s", d)
	}
	h.want(http.StatusUnprocessableEntity, http.MethodGet, "/companies/"+string(realmA)+"/tie-out?month=May", nil)
	h.want(http.StatusNotFound, http.MethodGet, "/companies/999/tie-out", nil)
	// Who may see one company gets nothing of a run that is also about another.
	mine := h.call(http.MethodGet, "/companies/"+string(realmB)+"/tie-out?month=2026-02", nil, "Authorization",
		"Bearer as viewer "+string(realmB))
	if mine.status != http.StatusOK || len(at(t, mine.body, "parts").([]any)) != 0 {
		t.Errorf("a viewer of one company gets %d: %v", mine.status, mine.body)
	}
}

func TestPapersAsFiles(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	_, run := readTheMonth(h)
	h.previewer.Kept = export.Evidence{Day: "2026-03-02", Zone: "UTC", Revision: 1}
	h.previewer.Kept.Asked.Add(export.Asked{
		At: noon, Provider: "quickbooks", What: "query?query=select", Status: 200, ID: "1-a",
	})
	for path, rows := range map[string][][]string{
		"/companies/" + string(realmA) + "/tie-out?month=2026-02&format=csv": {
			{"Both", "'=Total", "-1200.00", "-1200.50", "differs"},
			{"Both", "Known", "1", "2", "differs, known"},
			{"Both", "Net", "3.00", "3.00", "equal"},
			{"Both", "Total", "USD", "-1200.50"},
			{"Late", "Not read for this month", "missing"},
		},
		"/runs/" + run + "/evidence?format=csv": {
			{"run", "Exporter", "Both"},
			{"figure", "Total", "Alder Ltd", "USD", "-1200.50"},
			{"check", "Net of Birch", "Birch Inc", "4.00", "equal"},
			{"request", "quickbooks", "query?query=select", "200", "2026-03-29T12:00:00Z", "1-a"},
			{"company", string(realmB), "Birch Inc", "2026-02-01 to 2026-02-28", "4"},
			{"parameter", "Columns", "DocNumber"},
		},
	} {
		a := h.call(http.MethodGet, path, nil)
		if a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") ||
			!strings.Contains(a.header.Get("Content-Disposition"), "attachment") {
			t.Fatalf("%s: %d %v", path, a.status, a.header)
		}
		lines, err := csv.NewReader(strings.NewReader(string(a.raw))).ReadAll()
		must(t, err)
		for _, want := range rows {
			if !hasLine(lines, want) {
				t.Errorf("%s: no row has %q in\n%s", path, want, string(a.raw))
			}
		}
	}
	h.want(http.StatusUnprocessableEntity, http.MethodGet, "/runs/"+run+"/evidence?format=pdf", nil)
	if a := h.call(http.MethodGet, "/runs/"+run+"/evidence?format=xlsx", nil); a.status != http.StatusOK ||
		!strings.HasPrefix(string(a.raw), "PK") {
		t.Errorf("the workbook: %d", a.status)
	}
}

// hasLine reports whether a line has the cells in this order, maybe with others between them.
func hasLine(lines [][]string, want []string) bool {
	for _, line := range lines {
		i := 0
		for _, cell := range line {
			if i < len(want) && (cell == want[i] || want[i] == "DocNumber" && strings.Contains(cell, want[i])) {
				i++
			}
		}
		if i == len(want) {
			return true
		}
	}
	return false
}
