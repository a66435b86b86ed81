package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// keepEnv points all settings at a new data folder, an address of its own and a provider that tells the time.
func keepEnv(t *testing.T, ahead time.Duration) (dir, addr string) {
	t.Helper()
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(provider.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for name, value := range map[string]string{
		"DATA_DIR": dir, "ADDR": addr, "BASE_URL": "", "URL": "", "SECRET_KEY": "", "LOG_LEVEL": "error",
		"API_TOKEN": "a-token-of-more-than-24-characters", "INTUIT_ENVIRONMENT": "sandbox",
		"INTUIT_DISCOVERY_URL": provider.URL, "GOOGLE_TOKEN_URL": provider.URL,
		"INTUIT_CLIENT_ID": "id", "INTUIT_CLIENT_SECRET": "s", "GOOGLE_CLIENT_ID": "id", "GOOGLE_CLIENT_SECRET": "s",
		"ADMIN_EMAIL": "owner@example.com", "ADMIN_PASSWORD": "a long password",
	} {
		t.Setenv("LEDGERSHEET_"+name, value)
	}
	return dir, addr
}

// serve runs the service until stop is called.
func serve(t *testing.T, addr string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var errs bytes.Buffer
	done := make(chan int, 1)
	go func() { done <- Main(ctx, []string{"serve"}, Stdio{Out: &errs, Err: &errs}) }()
	for {
		if res, err := http.Get("http://" + addr + "/readyz"); err == nil {
			_ = res.Body.Close()
			break
		}
		select {
		case code := <-done:
			t.Fatalf("serve ended with %d: %s", code, errs.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
	return func() {
		cancel()
		if code := <-done; code != 0 {
			t.Errorf("serve ended with %d: %s", code, errs.String())
		}
	}
}

// want calls a command and expects its exit code and a part of what it says.
func want(t *testing.T, code int, says string, args ...string) string {
	t.Helper()
	out, errs, got := call(t, args...)
	if got != code || !strings.Contains(out+errs, says) {
		t.Fatalf("%v: code %d, want %d and %q\n%s%s", args, got, code, says, out, errs)
	}
	return out
}

// TestKeeping backs up, restores and changes the key, with and without a server.
func TestKeeping(t *testing.T) {
	dir, addr := keepEnv(t, 0)
	saved, live := filepath.Join(t.TempDir(), "a.db"), filepath.Join(t.TempDir(), "b.db")
	want(t, 1, "there is no store in "+dir, "backup", saved)
	want(t, 1, "there is no store in "+dir, "key", "rotate")
	want(t, 1, "WRONG store in "+dir, "doctor")
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("commands made %v", entries)
	}
	stop := serve(t, addr)
	want(t, 0, "Saved and checked "+live+": 0 companies", "backup", live)
	want(t, 1, "is there already", "backup", live)
	want(t, 1, "stop it first", "restore", live)
	want(t, 1, "stop it first", "key", "rotate")
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) { // the daily backup comes with the start
		if _, errs, code := call(t, "doctor"); code == 0 {
			break
		} else if time.Since(begin) > 20*time.Second {
			out, _, _ := call(t, "doctor")
			t.Fatalf("never well: %s%s", out, errs)
		}
	}
	text := want(t, 0, `"ok": true`, "doctor", "--json")
	var f found
	if err := json.Unmarshal([]byte(text), &f); err != nil || len(f.Items) < 8 {
		t.Errorf("%v: %s", err, text)
	}
	for _, uri := range []string{"/oauth/quickbooks/callback", "/oauth/google/callback"} {
		if !strings.Contains(text, "http://"+addr+uri) {
			t.Errorf("%s is not there to copy: %s", uri, text)
		}
	}
	t.Setenv("LEDGERSHEET_API_TOKEN", "another-token-that-is-wrong")
	want(t, 1, "no valid API token", "backup", saved)
	if _, err := os.Stat(saved); err == nil {
		t.Error("a refused backup left a file")
	}
	stop()
	want(t, 0, "Saved and checked", "backup", saved)
	out := want(t, 0, "The old key is kept in", "key", "rotate")
	if !strings.Contains(out, filepath.Join(dir, "secret.key")+".\n") {
		t.Errorf("it says %s", out)
	}
	want(t, 0, "under an older key", "restore", saved)
	want(t, 0, "is kept as", "restore", live)
	want(t, 0, "whole: 0 companies", "doctor")
	serve(t, addr)()
}

// TestDoctorTellsWhatIsWrong: a clock that is wrong, settings that are, and a store that is damaged.
func TestDoctorTellsWhatIsWrong(t *testing.T) {
	dir, addr := keepEnv(t, 10*time.Minute)
	serve(t, addr)()
	out := want(t, 1, "WRONG clock, compared with Google's: this machine is ", "doctor")
	if !strings.Contains(out, "timedatectl") ||
		!strings.Contains(out, "m0s behind") && !strings.Contains(out, "m59s behind") {
		t.Errorf("nothing mends it: %s", out)
	}
	garbage := []byte(strings.Repeat("x", 20_000))
	if err := os.WriteFile(filepath.Join(dir, "ledgersheet.db"), garbage, 0o600); err != nil {
		t.Fatal(err)
	}
	want(t, 1, "is not a ledgersheet store or is damaged", "doctor")
	t.Setenv("LEDGERSHEET_BASE_URL", "sheets.example.com/app")
	want(t, 1, "WRONG settings: LEDGERSHEET_BASE_URL", "doctor")
}
