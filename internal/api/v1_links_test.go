package api

import (
	"net/http"
	"strings"
	"testing"
)

func TestAccessLinks(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	made := h.want(http.StatusCreated, http.MethodPost, "/access-links", map[string]any{
		"company_id": string(realmA), "days": 7,
	})
	url, _ := at(t, made.body, "url").(string)
	if !strings.HasPrefix(url, "http://ledgersheet.test/access?link=") || len(url) < 75 {
		t.Errorf("the address is %q", url)
	}
	for key, want := range map[string]any{
		"company_id": string(realmA), "company_name": "Alder Ltd", "state": "open", "created_by": "api",
		"expires_at": "2026-04-05T12:00:00.000Z", "used_at": nil, "last_error": nil,
	} {
		if got := at(t, made.body, key); got != want {
			t.Errorf("%s: got %v, want %v", key, got, want)
		}
	}
	open := h.want(http.StatusCreated, http.MethodPost, "/access-links", map[string]any{})
	if got := at(t, open.body, "company_id"); got != nil ||
		at(t, open.body, "expires_at") != "2026-04-01T12:00:00.000Z" {
		t.Errorf("for any company: %s", open.raw)
	}
	all := h.want(http.StatusOK, http.MethodGet, "/access-links", nil)
	if n := len(at(t, all.body, "items").([]any)); n != 2 || strings.Contains(string(all.raw), "access?link=") {
		t.Errorf("listed %d: %s", n, all.raw)
	}
	path := "/access-links/" + at(t, made.body, "id").(string)
	for range 2 {
		if a := h.want(http.StatusOK, http.MethodDelete, path, nil); at(t, a.body, "state") != "revoked" {
			t.Errorf("revoked: %s", a.raw)
		}
	}
	h.want(http.StatusNotFound, http.MethodDelete, "/access-links/lnk_1", nil)
	h.want(http.StatusNotFound, http.MethodPost, "/access-links", map[string]any{"company_id": "404"})
	for _, wrong := range []any{0, -1, 8, "x", 1.5} {
		h.want(http.StatusUnprocessableEntity, http.MethodPost, "/access-links", map[string]any{"days": wrong})
	}
	h.want(http.StatusUnprocessableEntity, http.MethodPost, "/access-links", map[string]any{"realm": "1"})
}
