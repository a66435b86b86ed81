package api

import (
	"net/http"
	"testing"

	"ledgersheet/internal/problem"
)

func TestDownload(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	id := h.create(map[string]any{"name": "Café / 50%"})
	path := "/exporters/" + id + "/download"
	for _, query := range []string{"", "?format=csv"} {
		a := h.want(http.StatusOK, http.MethodGet, path+query, nil)
		if want := "\uFEFFID,Total\r\n'=Café / 50%,12.50\r\n"; string(a.raw) != want {
			t.Errorf("got %q, want %q", a.raw, want)
		}
		want := `attachment; filename="Caf_ - 50_ 2026-03-29.csv"; filename*=UTF-8''Caf%C3%A9%20-%2050%25%202026-03-29.csv`
		if got := a.header.Get("Content-Disposition"); got != want {
			t.Errorf("Content-Disposition is %s, want %s", got, want)
		}
	}
	a := h.want(http.StatusOK, http.MethodGet, path+"?format=xlsx", nil)
	if len(a.raw) < 1000 || string(a.raw[:2]) != "PK" {
		t.Errorf("the workbook is %d bytes", len(a.raw))
	}
	h.want(http.StatusUnprocessableEntity, http.MethodGet, path+"?format=pdf", nil)
	h.want(http.StatusNotFound, http.MethodGet, "/exporters/exp_01kmwqe6g0000000000000000z/download", nil)
	refused := problem.New(problem.QuickBooksRejected, "QuickBooks refused it.")
	h.previewer.Err = refused
	a = h.want(refused.Code.Status(), http.MethodGet, path, nil)
	if a.header.Get("Content-Disposition") != "" {
		t.Errorf("a problem comes as a file: %v", a.header)
	}
	for role, want := range map[string]int{
		"viewer": http.StatusForbidden, "nobody": http.StatusNotFound, "operator": refused.Code.Status(),
	} {
		if a := h.call(http.MethodGet, path, nil, "Authorization", "Bearer as "+role); a.status != want {
			t.Errorf("as %s: status %d, want %d", role, a.status, want)
		}
	}
}
