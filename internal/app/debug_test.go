package app_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// TestProfiles takes one from the address for profiles, and nowhere else.
func TestProfiles(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	set := bareSettings(t)
	set.DebugAddr = "127.0.0.1:0"
	a, err := open(t, set)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Stop(context.Background()) }()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for name, test := range map[string]struct {
		method, addr, host, path string
		status                   int
		says                     string
	}{
		"index":         {"GET", a.DebugAddr(), "", "/debug/pprof/", 200, "goroutine"},
		"heap":          {"GET", a.DebugAddr(), "localhost:6060", "/debug/pprof/heap?debug=1", 200, "heap profile"},
		"by a name":     {"GET", a.DebugAddr(), "evil.example", "/debug/pprof/heap", 403, "this machine only"},
		"by an address": {"GET", a.DebugAddr(), "10.0.0.1:6060", "/debug/pprof/heap", 403, "this machine only"},
		"posted":        {"POST", a.DebugAddr(), "", "/debug/pprof/heap", 405, ""},
		"elsewhere":     {"GET", a.DebugAddr(), "", "/", 404, ""},
		"main address":  {"GET", a.Addr(), "", "/debug/pprof/", 404, ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), test.method, "http://"+test.addr+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = test.host
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != test.status || !strings.Contains(string(body), test.says) {
			t.Errorf("%s: %s, %.80s", name, res.Status, body)
		}
	}
}

// TestProfilesOnOtherAddresses expects a refusal whatever made the settings.
func TestProfilesOnOtherAddresses(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	set := bareSettings(t)
	set.DebugAddr = "0.0.0.0:0"
	a, err := open(t, set)
	if err != nil {
		t.Fatal(err)
	}
	err = a.Run(t.Context(), func() error { t.Error("it started"); return nil })
	if err == nil || !strings.Contains(err.Error(), "LEDGERSHEET_DEBUG_ADDR must be on loopback") {
		t.Errorf("got %v", err)
	}
}
