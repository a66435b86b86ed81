package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestPeople invites, changes, disables and removes somebody.
func TestPeople(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	made := h.want(http.StatusCreated, http.MethodPost, "/users", map[string]any{
		"email": "Jane@Example.com", "role": "editor", "company_ids": []any{string(realmA)},
	}).body
	id, link := fmt.Sprint(made["id"]), fmt.Sprint(made["invite_url"])
	if made["email"] != "jane@example.com" || made["state"] != "invited" || made["role"] != "editor" ||
		!strings.HasPrefix(link, "http://ledgersheet.test/invite?token=") || made["invite_expires_at"] == nil {
		t.Errorf("invited %v", made)
	}
	again := h.want(http.StatusOK, http.MethodPost, "/users/jane@example.com/invite", nil).body
	if again["invite_url"] == link || again["id"] != id {
		t.Errorf("invited again: %v", again)
	}
	changed := h.want(http.StatusOK, http.MethodPatch, "/users/"+id, map[string]any{
		"role": "viewer", "company_ids": []any{},
	}).body
	if changed["role"] != "viewer" || fmt.Sprint(changed["company_ids"]) != "[]" || changed["state"] != "invited" {
		t.Errorf("changed %v", changed)
	}
	off := h.want(http.StatusOK, http.MethodPatch, "/users/"+id, map[string]any{"disabled": true}).body
	if off["state"] != "disabled" || off["role"] != "viewer" || off["invite_expires_at"] != nil {
		t.Errorf("disabled %v", off)
	}
	list := h.want(http.StatusOK, http.MethodGet, "/users", nil)
	if text := string(list.raw); strings.Contains(text, "hash") || strings.Contains(text, "invite_url") ||
		strings.Count(text, `"id"`) != 1 {
		t.Errorf("the list is %s", text)
	}
	for _, wrong := range []struct {
		status       int
		method, path string
		body         any
	}{
		{422, http.MethodPost, "/users", map[string]any{"email": "jane@example.com", "role": "viewer"}},
		{422, http.MethodPost, "/users", map[string]any{"email": "no address", "role": "viewer"}},
		{422, http.MethodPost, "/users", map[string]any{"email": "x@example.com", "role": "king"}},
		{422, http.MethodPost, "/users", map[string]any{"email": "x@example.com"}},
		{422, http.MethodPost, "/users", map[string]any{
			"email": "x@example.com", "role": "viewer", "company_ids": []any{"404"},
		}},
		{422, http.MethodPatch, "/users/" + id, map[string]any{"role": "king"}},
		{422, http.MethodPatch, "/users/" + id, map[string]any{"password": "x"}},
		{404, http.MethodPatch, "/users/nobody@example.com", map[string]any{"role": "viewer"}},
		{409, http.MethodPost, "/users/" + id + "/invite", nil},
		{404, http.MethodDelete, "/users/usr_404", nil},
	} {
		h.want(wrong.status, wrong.method, wrong.path, wrong.body)
	}
	h.want(http.StatusNoContent, http.MethodDelete, "/users/"+id, nil)
	h.want(http.StatusNotFound, http.MethodDelete, "/users/"+id, nil)
}

// TestOnlyOwnersDecideAboutPeople expects a refusal for all others.
func TestOnlyOwnersDecideAboutPeople(t *testing.T) {
	t.Parallel()
	x := newEstate(t)
	for _, role := range []string{"admin", "editor", "operator", "viewer"} {
		call := x.as(role)
		for _, c := range []struct {
			method, path string
			body         any
		}{
			{http.MethodGet, "/users", nil},
			{http.MethodPost, "/users", map[string]any{"email": "x@example.com", "role": "owner"}},
			{http.MethodPatch, "/users/x", map[string]any{"role": "owner"}},
			{http.MethodPost, "/users/x/invite", nil},
			{http.MethodDelete, "/users/x", nil},
		} {
			if a := call(c.method, c.path, c.body); a.status != http.StatusForbidden {
				t.Errorf("%s: %s %s: %d %s", role, c.method, c.path, a.status, a.raw)
			}
		}
	}
}
