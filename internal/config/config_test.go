package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ledgersheet/internal/config"
)

func defaults() config.Flags {
	return config.Flags{
		Addr: "127.0.0.1:8080", DataDir: "./data", IntuitEnvironment: "production",
		GoogleAuthURL: "https://a.example/auth", GoogleTokenURL: "https://a.example/token",
		GoogleRevokeURL:   "https://a.example/revoke",
		GoogleUserInfoURL: "https://a.example/me", GoogleSheetsURL: "https://s.example/",
		GoogleDriveURL: "https://d.example/",
		MinInterval:    "5m", Workers: "8", RunTimeout: "30m", RetentionDays: "90", Backups: "7",
		LimitFlags: config.LimitFlags{
			QuickBooksPerMinute: "450", QuickBooksPerSecond: "9", QuickBooksConcurrent: "8",
			QuickBooksMonthlyCalls: "500000", GoogleReadsPerMinUser: "60", GoogleWritesPerMinUser: "60",
			GoogleReadsPerMinProject: "300", GoogleWritesPerMinProject: "300",
		},
		Logging: config.Logging{LogLevel: "info"},
	}
}

func env(m map[string]string) func(string) string { return func(k string) string { return m[k] } }

func TestDefaults(t *testing.T) {
	t.Parallel()
	s, err := defaults().Settings(env(nil))
	if err != nil {
		t.Fatal(err)
	}
	if s.BaseURL != "http://127.0.0.1:8080" || s.Intuit.Environment != "production" ||
		s.SecretKey != nil || s.Workers != 8 || s.Limits != config.DefaultLimits() {
		t.Errorf("got %+v", s)
	}
}

func TestEveryFaultIsToldAtOnce(t *testing.T) {
	t.Parallel()
	f := defaults()
	f.Addr, f.BaseURL, f.DataDir, f.IntuitEnvironment, f.GoogleSheetsURL = "nonsense", "sheets.example.com/app",
		"", "test", "ftp://x"
	f.Mirror = "perhaps"
	f.MinInterval, f.Workers, f.RunTimeout, f.RetentionDays, f.Backups, f.LogLevel, f.LogFormat = "soon", "0",
		"1s", "x", "-1", "loud", "xml"
	f.LimitFlags = config.LimitFlags{
		QuickBooksPerMinute: "-1", QuickBooksPerSecond: "many", QuickBooksConcurrent: "", QuickBooksMonthlyCalls: "1e6",
		GoogleReadsPerMinUser: "x", GoogleWritesPerMinUser: "x", GoogleReadsPerMinProject: "x",
		GoogleWritesPerMinProject: "x",
	}
	f.DebugAddr = ":6060"
	_, err := f.Settings(env(map[string]string{
		"LEDGERSHEET_SECRET_KEY": "short", "LEDGERSHEET_ADMIN_EMAIL": "nobody", "LEDGERSHEET_ADMIN_PASSWORD": "hunter2",
		"LEDGERSHEET_API_TOKEN": "tiny", "LEDGERSHEET_INTUIT_CLIENT_ID": "id",
		"LEDGERSHEET_GOOGLE_CLIENT_SECRET": "s3cr3t-value",
	}))
	faults, ok := errors.AsType[config.Faults](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	text := faults.Error()
	for _, name := range []string{"ADDR", "BASE_URL", "DATA_DIR", "INTUIT_ENVIRONMENT", "GOOGLE_SHEETS_URL",
		"MIN_INTERVAL", "WORKERS", "RUN_TIMEOUT", "RETENTION_DAYS", "BACKUPS", "MIRROR",
		"QUICKBOOKS_PER_MINUTE", "QUICKBOOKS_PER_SECOND", "QUICKBOOKS_CONCURRENT", "QUICKBOOKS_MONTHLY_CALLS",
		"GOOGLE_READS_PER_MINUTE_USER", "GOOGLE_WRITES_PER_MINUTE_USER", "GOOGLE_READS_PER_MINUTE_PROJECT",
		"GOOGLE_WRITES_PER_MINUTE_PROJECT", "DEBUG_ADDR",
		"LOG_LEVEL", "LOG_FORMAT", "SECRET_KEY", "ADMIN_EMAIL", "ADMIN_PASSWORD", "API_TOKEN", "INTUIT_CLIENT_SECRET",
		"GOOGLE_CLIENT_ID"} {
		if !strings.Contains(text, "LEDGERSHEET_"+name) {
			t.Errorf("%s is not named in:\n%s", name, text)
		}
	}
	for _, secret := range []string{"hunter2", "s3cr3t-value", "tiny", "short"} {
		if strings.Contains(text, `"`+secret) || strings.Contains(text, secret+" ") {
			t.Errorf("the message shows a secret:\n%s", text)
		}
	}
}

func TestSecretsFromFiles(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("a-token-of-more-than-24-characters\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := defaults().Settings(env(map[string]string{"LEDGERSHEET_API_TOKEN_FILE": file}))
	if err != nil || s.APIToken.Reveal() != "a-token-of-more-than-24-characters" {
		t.Errorf("got %v, %v", s.APIToken.Reveal(), err)
	}
	if strings.Contains(fmt.Sprintf("%v %+v", s, s), "a-token") {
		t.Error("printing the settings shows a secret")
	}
	for _, bad := range []map[string]string{
		{"LEDGERSHEET_API_TOKEN_FILE": file, "LEDGERSHEET_API_TOKEN": "x"},
		{"LEDGERSHEET_API_TOKEN_FILE": file + "-missing"},
	} {
		if _, err := defaults().Settings(env(bad)); err == nil ||
			!strings.Contains(err.Error(), "LEDGERSHEET_API_TOKEN_FILE") {
			t.Errorf("%v: got %v", bad, err)
		}
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	got := config.Unknown([]string{"PATH=/bin", "LEDGERSHEET_ADR=x", "LEDGERSHEET_ADDR=y",
		"LEDGERSHEET_API_TOKEN_FILE=z"}, []string{"LEDGERSHEET_ADDR"})
	if len(got) != 1 || got[0] != "LEDGERSHEET_ADR" {
		t.Errorf("got %v", got)
	}
}

func TestLocalURL(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		":8080": "http://localhost:8080", "0.0.0.0:80": "http://localhost:80", "[::]:8080": "http://localhost:8080",
		"[::1]:8080":     "http://[::1]:8080",
		"127.0.0.1:8080": "http://127.0.0.1:8080", "sheets.lan:8080": "http://sheets.lan:8080",
	} {
		f := defaults()
		f.Addr = addr
		if s, err := f.Settings(env(nil)); err != nil || s.BaseURL != want {
			t.Errorf("%s: %q, %v; want %q", addr, s.BaseURL, err, want)
		}
	}
}

// TestSettingsHideSecrets prints settings in the ways that a careless log line or a panic does.
func TestSettingsHideSecrets(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{
		"LEDGERSHEET_SECRET_KEY":           "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
		"LEDGERSHEET_ADMIN_PASSWORD":       "correct horse battery",
		"LEDGERSHEET_API_TOKEN":            "a-token-of-more-than-24-characters",
		"LEDGERSHEET_INTUIT_CLIENT_SECRET": "intuit-client-secret",
		"LEDGERSHEET_GOOGLE_CLIENT_SECRET": "google-client-secret",
	}
	given := map[string]string{
		"LEDGERSHEET_ADMIN_EMAIL": "owner@example.com", "LEDGERSHEET_INTUIT_CLIENT_ID": "i",
		"LEDGERSHEET_GOOGLE_CLIENT_ID": "g",
	}
	for name, secret := range secrets {
		given[name] = secret
	}
	s, err := defaults().Settings(env(given))
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{s, &s, *s.SecretKey, s.SecretKey} {
			text := fmt.Sprintf(verb, v)
			for name, secret := range secrets {
				if strings.Contains(text, secret) || strings.Contains(text, "0123456789abcdef") ||
					strings.Contains(text, "0x30, 0x31") || strings.Contains(text, "48 49 50") {
					t.Errorf("%s shows %s: %s", verb, name, text)
				}
			}
		}
	}
}

// TestAPITokenFitsAHeader refuses tokens that a request's header cannot carry.
func TestAPITokenFitsAHeader(t *testing.T) {
	t.Parallel()
	for token, good := range map[string]bool{
		"0123456789abcdef01234567":   true,
		"0123456789 abcdef 01234567": false,
		"0123456789abcdef01234567é":  false,
		"0123456789abcdef0123456\n7": false,
	} {
		_, err := defaults().Settings(env(map[string]string{"LEDGERSHEET_API_TOKEN": token}))
		if (err == nil) != good || err != nil && strings.Contains(err.Error(), token) {
			t.Errorf("%q: %v", token, err)
		}
	}
}

// TestExportDirs: only folders that are there, named in full, are allowed for files.
func TestExportDirs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"": "[]", dir + "/": "[" + dir + "]", dir + ":" + t.TempDir() + "/..:": "", "exports": "such as /srv/exports",
		"/": "such as /srv/exports", plain: "is no folder", dir + "/missing": "cannot be opened",
	} {
		f := defaults()
		f.ExportDirs = text
		s, err := f.Settings(env(nil))
		got := fmt.Sprint(s.ExportDirs)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestProfilesAreForThisMachineOnly(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"": "", "127.0.0.1:6060": "127.0.0.1:6060", "localhost:0": "127.0.0.1:0", "[::1]:6060": "[::1]:6060",
		"127.1.2.3:1": "127.1.2.3:1",
	} {
		f := defaults()
		f.DebugAddr = addr
		if s, err := f.Settings(env(nil)); err != nil || s.DebugAddr != want {
			t.Errorf("%q: %q, %v", addr, s.DebugAddr, err)
		}
	}
	for _, addr := range []string{
		":6060", "0.0.0.0:6060", "[::]:6060", "192.168.1.5:6060", "example.com:6060", "localhost.example.com:1",
		"127.0.0.1", "127.0.0.1:http", "[::ffff:10.0.0.1]:6060",
	} {
		f := defaults()
		f.DebugAddr = addr
		if s, err := f.Settings(env(nil)); err == nil || !strings.Contains(err.Error(), "LEDGERSHEET_DEBUG_ADDR") {
			t.Errorf("%q: accepted as %q, %v", addr, s.DebugAddr, err)
		}
	}
}
