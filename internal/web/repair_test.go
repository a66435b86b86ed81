package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestRepair: the pages of the exporter and of its latest run offer the remedies, and pressing one starts the run.
func TestRepair(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(func(e *export.Exporter) { e.Name, e.Target.Sheet = "Drifted", "Drifted" })
	failed := s.run(e, func(r *export.Run) {
		r.Status = export.RunFailed
		r.Problem = problem.New(problem.HeaderDrift, "A title is gone.").
			WithRemedies("put_back", "take_titles", "start_over")
		r.Problem.Columns = []problem.Column{{ID: "DocNumber", Title: "Number", Found: "<No.>"}}
	})
	page, runPage := "/exporters/"+string(e.ID), "/runs/"+string(failed.ID)
	for _, path := range []string{page, runPage} {
		body := s.wantGet(path)
		for _, want := range []string{
			`value="put_back"`, `value="take_titles"`, `value="start_over"`, "Take the new title<",
			`action="` + page + `/repair"`,
		} {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %s", path, want)
			}
		}
		if strings.Contains(body, "drop_columns") {
			t.Errorf("%s offers what does not apply", path)
		}
	}
	if a := s.post(page+"/repair", url.Values{"action": {"unmerge"}}); a.header.Get("Location") != page {
		t.Errorf("what does not apply: %d to %q", a.status, a.header.Get("Location"))
	}
	var first string
	for range 2 {
		a := s.post(page+"/repair", url.Values{"action": {"take_titles"}})
		to := a.header.Get("Location")
		if a.status != http.StatusSeeOther || !strings.HasPrefix(to, "/runs/run_") || first != "" && to != first {
			t.Fatalf("repairing: %d to %q, before to %q", a.status, to, first)
		}
		first = to
	}
	if body := s.wantGet(first); !strings.Contains(body, "Take the new title") {
		t.Error("the run's page does not say what it repairs")
	}
	if body := s.wantGet(runPage); strings.Contains(body, `value="put_back"`) {
		t.Error("an old run still offers repairs")
	}
	form := s.wantGet(page + "/edit")
	if !strings.Contains(form, `name="title.DocNumber" value="&lt;No.&gt;"`) {
		t.Error("the form does not show the exporter's own title")
	}
}

// TestRemoveDouble: both pages offer to remove an empty double, until a later run has.
func TestRemoveDouble(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(func(e *export.Exporter) { e.Name, e.Target.Sheet = "Twice", "Twice" })
	const text = "A second spreadsheet was made."
	named := s.run(e, func(r *export.Run) {
		r.Status, r.Warnings = export.RunSucceeded, export.Warnings(export.WarnDouble, "", text)
	})
	page, runPage := "/exporters/"+string(e.ID), "/runs/"+string(named.ID)
	for _, path := range []string{page, runPage} {
		body := s.wantGet(path)
		if !strings.Contains(body, `value="remove_double"`) || strings.Count(body, text) != 1 {
			t.Errorf("%s does not offer to remove the double, or names it %d times", path, strings.Count(body, text))
		}
	}
	a := s.post(page+"/repair", url.Values{"action": {"remove_double"}})
	if to := a.header.Get("Location"); a.status != http.StatusSeeOther || !strings.HasPrefix(to, "/runs/run_") {
		t.Fatalf("removing: %d to %q", a.status, to)
	}
	if body := s.wantGet(runPage); strings.Contains(body, `value="remove_double"`) || !strings.Contains(body, text) {
		t.Error("the old run still offers it, or names it no more")
	}
}
