package web

import (
	"net/http"
	"strings"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

func TestUndoOnTheRunPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(nil)
	changed := s.run(e, func(r *export.Run) { succeeded(r); r.Undoable, r.HandEdits = true, 1 })
	page := "/runs/" + string(changed.ID)
	body := s.wantGet(page)
	for _, text := range []string{page + "/undo", "What people had edited", "E9", "The run changed this back.",
		"Invoice 1046, Bill&#39;s</bdi><span class=\"sub\">8<"} {
		if !strings.Contains(body, text) {
			t.Errorf("the run's page lacks %q", text)
		}
	}
	dry := s.wantGet("/exporters/" + string(e.ID) + "/dry-run")
	for _, text := range []string{
		"A run now would add 2 rows, change 1 and take out 1.", "People have edited 1 row since: E9.", "5.10", "6.10",
		"Invoice 1045, Amy&#39;s Bird Sanctuary</bdi><span class=\"sub\">7<",
		"And 3 more rows.", "3 requests to QuickBooks and 4 to Google",
	} {
		if !strings.Contains(dry, text) {
			t.Errorf("the dry run lacks %q:\n%s", text, dry)
		}
	}
	body = s.wantGet(page + "/undo")
	for _, text := range []string{
		"Undo this run of", "2 rows are put back, 1 changed, 1 taken out.", "People have edited 1 row since: E9.",
		"These edits go", "writes the present result again",
	} {
		if !strings.Contains(body, text) {
			t.Errorf("the confirmation lacks %q:\n%s", text, body)
		}
	}
	a := s.post(page+"/undo", nil)
	to := a.header.Get("Location")
	if a.status != http.StatusSeeOther || !strings.HasPrefix(to, "/runs/run_") || to == page {
		t.Fatalf("status %d, Location %q", a.status, to)
	}
	if body := s.wantGet(to); !strings.Contains(body, `href="`+page+`"`) || !strings.Contains(body, "Undo") {
		t.Errorf("the undo's page does not lead to what it undoes:\n%s", body)
	}
	other := s.exporter(nil)
	stopped := s.run(other, func(r *export.Run) {
		failed(problem.SheetConflict)(r)
		r.HandEdits = 1
	})
	body = s.wantGet("/runs/" + string(stopped.ID))
	if !strings.Contains(body, "The run stopped because") || strings.Contains(body, "/undo") {
		t.Errorf("the page of a run that stopped for edits:\n%s", body)
	}
	s.wantSent("/runs/"+string(stopped.ID)+"/undo", nil, "/runs/"+string(stopped.ID)) // with the reason
}

// TestFiguresSayOfWhichRows: where rows of earlier runs are kept, a run's figures are not those of the whole sheet.
func TestFiguresSayOfWhichRows(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	for mode, told := range map[export.Mode]bool{export.Replace: false, export.Upsert: true} {
		e := s.exporter(func(e *export.Exporter) { e.Mode = mode })
		r := s.run(e, func(r *export.Run) {
			succeeded(r)
			r.Companies = []export.CompanyOutcome{{Name: "Alder", Rows: 13}}
		})
		body := s.wantGet("/runs/" + string(r.ID))
		if strings.Contains(body, "rows of earlier runs") != told {
			t.Errorf("%s: told must be %v:\n%s", mode, told, body)
		}
	}
}
