package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCaptureOnAServer saves the server's capture in a new file and says where that is.
func TestCaptureOnAServer(t *testing.T) {
	t.Setenv("LEDGERSHEET_API_TOKEN", "a-token-of-more-than-24-characters")
	const body = `{"version":1,"note":"Names are replaced.","type":"vendors","problem":"quickbooks_rejected",` +
		`"requests":[{"path":"/x","status":400,"body":null}]}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v1/exporters":
			fmt.Fprint(w, `{"items":[{"id":"exp_1","name":"Vendors"}]}`)
		case "/api/v1/runs/run_1":
			fmt.Fprint(w, `{"id":"run_1","exporter_id":"exp_1"}`)
		case "/api/v1/exporters/exp_1/capture":
			fmt.Fprint(w, body)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "answers.json")
	out, errs, code := call(t, "capture", "vendors", "--url", server.URL, file)
	want := "Saved QuickBooks' answers (requests: 1) in " + file + "\nThe reading ended with a problem: " +
		"quickbooks_rejected.\nNames are replaced. Look through the file before you give it away.\n"
	if code != 0 || out != want || errs != "" {
		t.Errorf("code %d\n%s--\n%s", code, out, errs)
	}
	saved, err := os.ReadFile(file)
	if err != nil || string(saved) != body+"\n" {
		t.Errorf("saved %q, %v", saved, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	out, errs, code = call(t, "capture", "vendors", "--url", server.URL, file)
	if code != 1 || out != "" || !strings.Contains(errs, file+" is there already") {
		t.Errorf("again: code %d\n%s--\n%s", code, out, errs)
	}
	t.Chdir(t.TempDir())
	out, _, code = call(t, "capture", "run_1", "--url", server.URL)
	found, err := filepath.Glob("capture-exp_1-*.json")
	if err != nil || code != 0 || len(found) != 1 || !strings.Contains(out, found[0]+"\n") {
		t.Errorf("code %d, %q, %v\n%s", code, found, err, out)
	}
}
