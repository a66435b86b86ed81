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
	for _, text := range []string{page + "/undo", "What people had edited", "E9", "The run changed this back."} {
		if !strings.Contains(body, text) {
			t.Errorf("the run's page lacks %q", text)
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
