package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestTokens makes and revokes tokens, and refuses what is wrong.
func TestTokens(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	made := h.want(http.StatusCreated, http.MethodPost, "/tokens", map[string]any{
		"name": " Nightly ", "role": "operator", "company_ids": []any{string(realmA)},
		"expires_at": "2099-01-31T00:00:00Z",
	}).body
	secret := fmt.Sprint(made["token"])
	if made["name"] != "Nightly" || made["role"] != "operator" || !strings.HasPrefix(secret, "lst_") ||
		made["expires_at"] != "2099-01-31T00:00:00.000Z" || made["last_used_at"] != nil {
		t.Errorf("made %v", made)
	}
	list := h.want(http.StatusOK, http.MethodGet, "/tokens", nil)
	if text := string(list.raw); strings.Contains(text, secret) || strings.Contains(text, "hash") ||
		strings.Count(text, `"id"`) != 1 {
		t.Errorf("the list is %s", text)
	}
	if strings.Contains(h.log.String(), secret) {
		t.Error("the token is logged")
	}
	for _, wrong := range []struct {
		body  map[string]any
		field string
	}{
		{map[string]any{"name": "", "role": "viewer"}, "name"},
		{map[string]any{"name": strings.Repeat("x", 81), "role": "viewer"}, "name"},
		{map[string]any{"name": "a\nb", "role": "viewer"}, "name"},
		{map[string]any{"name": "x", "role": "king"}, "role"},
		{map[string]any{"name": "x"}, "role"},
		{map[string]any{"name": "x", "role": "viewer", "company_ids": []any{"404"}}, "company_ids"},
		{map[string]any{"name": "x", "role": "viewer", "expires_at": "tomorrow"}, "expires_at"},
		{map[string]any{"name": "x", "role": "viewer", "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"},
		{map[string]any{"name": "x", "role": "viewer", "colour": "red"}, "colour"},
	} {
		a := h.want(http.StatusUnprocessableEntity, http.MethodPost, "/tokens", wrong.body)
		if at(t, a.body, "error", "fields", wrong.field) == nil {
			t.Errorf("%v: %s", wrong.body, a.raw)
		}
	}
	path := "/tokens/" + fmt.Sprint(made["id"])
	h.want(http.StatusNoContent, http.MethodDelete, path, nil)
	h.want(http.StatusNotFound, http.MethodDelete, path, nil)
	for _, role := range []string{"admin", "editor", "operator", "viewer"} {
		who := []string{"Authorization", "Bearer as " + role}
		h.want(http.StatusForbidden, http.MethodGet, "/tokens", nil, who...)
		h.want(http.StatusForbidden, http.MethodPost, "/tokens", map[string]any{"name": "x", "role": "viewer"}, who...)
		h.want(http.StatusForbidden, http.MethodDelete, path, nil, who...)
	}
}
