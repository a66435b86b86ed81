package cli

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// TestTokens makes a token on the data folder and uses it at the running service, with its rights and no others, until
// it is revoked.
func TestTokens(t *testing.T) {
	_, addr := keepEnv(t, 0)
	serve(t, addr)() // makes the store
	run := func(wantCode int, args ...string) string {
		t.Helper()
		out, errs, code := call(t, append([]string{"token"}, args...)...)
		if code != wantCode {
			t.Fatalf("token %v: code %d\n%s%s", args, code, out, errs)
		}
		return out + errs
	}
	said := run(0, "make", "Nightly report", "--role", "viewer", "--days", "30")
	secret := regexp.MustCompile(`(?m)^lst_\S+$`).FindString(said)
	id := regexp.MustCompile(`tok_\w+`).FindString(said)
	if secret == "" || id == "" {
		t.Fatalf("made: %s", said)
	}
	run(2, "make", "x", "--days", "-1")
	run(2, "make", "x", "--role", "king")
	stop := serve(t, addr)
	defer func() { stop() }()
	ask := func(method, path, token string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+addr+path, nil)
		must(t, err)
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		_ = res.Body.Close()
		return res.StatusCode
	}
	for _, want := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/api/v1/exporters", http.StatusOK}, {http.MethodGet, "/api/v1/tokens", http.StatusForbidden},
		{http.MethodGet, "/api/v1/users", http.StatusForbidden}, {http.MethodGet, "/metrics", http.StatusOK},
		{http.MethodGet, "/api/v1/backup", http.StatusForbidden},
	} {
		if got := ask(want.method, want.path, secret); got != want.status {
			t.Errorf("%s with a viewer's token: %d, want %d", want.path, got, want.status)
		}
	}
	if got := ask(http.MethodGet, "/api/v1/exporters", secret+"x"); got != http.StatusUnauthorized {
		t.Errorf("a wrong token: %d", got)
	}
	list := run(0)
	if !strings.Contains(list, "Nightly report") || !strings.Contains(list, id) || strings.Contains(list, secret) {
		t.Errorf("the list is\n%s", list)
	}
	if asJSON := run(0, "list", "--json"); strings.Contains(asJSON, secret) || strings.Contains(asJSON, "hash") ||
		!strings.Contains(asJSON, `"last_used_at"`) {
		t.Errorf("as JSON: %s", asJSON)
	}
	owners := run(0, "make", "Everything", "--role", "owner", "--json")
	all := regexp.MustCompile(`lst_[\w-]+`).FindString(owners)
	t.Setenv("LEDGERSHEET_API_TOKEN", all) // the owner's token does what the environment's does, but makes no other
	if out := run(1, "make", "Another"); !strings.Contains(out, "A token cannot make tokens.") {
		t.Errorf("a token makes a token: %s", out)
	}
	run(0, "revoke", id)
	run(1, "revoke", id)
	if got := ask(http.MethodGet, "/api/v1/exporters", secret); got != http.StatusUnauthorized {
		t.Errorf("a revoked token: %d", got)
	}
}
