package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestStatus proves that each cause is one line, whatever is in its texts, that the summary follows, and that the exit
// code says whether there is any.
func TestStatus(t *testing.T) {
	t.Setenv("LEDGERSHEET_API_TOKEN", "a-token-of-more-than-24-characters")
	body := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/api/v1/status" {
			t.Errorf("asked for %s %s", r.Method, r.URL.Path)
		}
		fmt.Fprint(w, body)
	}))
	defer server.Close()
	causes := `{"code":"deadline","title":"Exporters of A\nLtd take too long.","since":"2026-03-29T10:01:00.000Z",` +
		`"action":"Choose less.","waiting":["1","2","3","4"],"waiting_names":["A","B","C"]},` +
		`{"code":"ends_soon","title":"It ends.","since":null,"action":"Reconnect.","waiting":[],"waiting_names":[]}`
	for _, test := range []struct {
		body, out string
		code      int
	}{
		{
			`{"ok":true,"causes":[],"companies":40,"current":38}`,
			"All is well; companies up to date: 38 of 40.\n", 0,
		},
		{
			`{"ok":false,"causes":[` + causes + `],"companies":40,"current":38}`,
			"deadline: Exporters of A Ltd take too long. Since 2026-03-29 10:01 UTC. Waiting: A, B, C and 1 more. " +
				"Choose less.\nends_soon: It ends. Reconnect.\n2 problems; companies up to date: 38 of 40.\n", 1,
		},
	} {
		body = test.body
		out, errs, code := call(t, "status", "--url", server.URL)
		if out != test.out || errs != "" || code != test.code {
			t.Errorf("code %d\n%s--\n%s", code, out, errs)
		}
		out, _, code = call(t, "status", "--url", server.URL, "--json")
		if !strings.Contains(out, `"companies": 40`) || code != test.code {
			t.Errorf("as JSON: code %d\n%s", code, out)
		}
	}
}
