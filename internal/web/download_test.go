package web

import (
	"net/http"
	"strings"
	"testing"

	"ledgersheet/internal/problem"
)

func TestDownload(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(nil)
	page, path := "/exporters/"+string(e.ID), "/exporters/"+string(e.ID)+"/download"
	for _, format := range []string{"csv", "xlsx"} {
		if link := path + "?format=" + format; !strings.Contains(s.get(page).body, `href="`+link+`"`) {
			t.Errorf("the page does not link to %s", link)
		}
		a := s.get(path + "?format=" + format)
		if a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment; ") ||
			!strings.Contains(a.header.Get("Content-Disposition"), "."+format) {
			t.Errorf("%s: status %d, %v", format, a.status, a.header)
		}
	}
	if a := s.get(path); a.body != "\uFEFFID,Total\r\n'="+e.Name+",12.50\r\n" {
		t.Errorf("the file is %q", a.body)
	}
	if a := s.get(path + "?format=pdf"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("as PDF: status %d", a.status)
	}
	s.previewer.Err = problem.New(problem.QuickBooksRejected, "QuickBooks refused it.")
	a := s.get(path)
	if a.status != problem.QuickBooksRejected.Status() || a.header.Get("Content-Disposition") != "" ||
		!strings.Contains(a.body, "QuickBooks refused it.") {
		t.Errorf("a refusal: status %d, %v\n%s", a.status, a.header, a.body)
	}
	s.previewer.Err = nil
}

// Those who may only look are not offered what they may not have.
func TestViewersGetNoDownload(t *testing.T) {
	t.Parallel()
	x := newEstate(t)
	x.as("viewer")
	page := "/exporters/" + x.open[2]
	if a := x.get(page); a.status != http.StatusOK || strings.Contains(a.body, "/download") {
		t.Errorf("status %d\n%s", a.status, a.body)
	}
	if a := x.get(page + "/download"); a.status != http.StatusForbidden {
		t.Errorf("status %d", a.status)
	}
}
