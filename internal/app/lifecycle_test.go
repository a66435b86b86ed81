package app_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ledgersheet/internal/app"
	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/config"
	"ledgersheet/internal/vault"
)

// bareSettings returns settings without any connection.
func bareSettings(t *testing.T) config.Settings {
	key := vault.NewKey()
	return config.Settings{
		Addr: "127.0.0.1:0", MetricsAddr: "127.0.0.1:0", BaseURL: "http://ledgersheet.test", DataDir: t.TempDir(),
		SecretKey: &key, MinInterval: time.Minute, Workers: 2, RunTimeout: time.Minute, Retention: time.Hour,
		Intuit: config.Intuit{Environment: "sandbox"},
	}
}

func open(t *testing.T, set config.Settings) (*app.App, error) {
	t.Helper()
	return app.New(t.Context(), app.Options{Settings: set, Logger: slog.New(slog.DiscardHandler), Network: network{}})
}

// TestStartAndStopLeaveNothing starts and stops the whole service several times on the same folder.
func TestStartAndStopLeaveNothing(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	set := bareSettings(t)
	for range 3 {
		a, err := open(t, set)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		res, err := client.Get("http://" + a.Addr() + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("/readyz answered %s", res.Status)
		}
		for range 2 { // a second Stop does nothing
			if err := a.Stop(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		if l, err := net.Listen("tcp", a.Addr()); err != nil {
			t.Errorf("the address is not free again: %v", err)
		} else {
			_ = l.Close()
		}
	}
}

// TestStartThatFailsHalfWay occupies the second address. After the failure nothing listens and the folder is free.
func TestStartThatFailsHalfWay(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, test := range map[string]struct {
		spoil func(set *config.Settings)
		says  string
	}{
		"main address": {func(set *config.Settings) { set.Addr = taken.Addr().String() }, "LEDGERSHEET_ADDR"},
		"metrics address": {
			func(set *config.Settings) { set.MetricsAddr = taken.Addr().String() }, "LEDGERSHEET_METRICS_ADDR",
		},
		"owner": {func(set *config.Settings) { set.AdminEmail, set.AdminPassword = "not an e-mail", "x" }, ""},
	} {
		set := bareSettings(t)
		test.spoil(&set)
		a, err := open(t, set)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		err = a.Run(t.Context(), func() error { t.Errorf("%s: it started", name); return nil })
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
		if addr := a.Addr(); addr != "" && addr != taken.Addr().String() {
			if l, err := net.Listen("tcp", addr); err != nil {
				t.Errorf("%s: the address is not free again: %v", name, err)
			} else {
				_ = l.Close()
			}
		}
		if again, err := open(t, set); err != nil {
			t.Errorf("%s: the folder is not free again: %v", name, err)
		} else if err := again.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestRunEndsWithWhatStartedSays proves that Run ends if started fails, and with ctx.
func TestRunEndsWithWhatStartedSays(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	a, err := open(t, bareSettings(t))
	if err != nil {
		t.Fatal(err)
	}
	want := errors.New("no")
	if err := a.Run(t.Context(), func() error { return want }); !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
	a, err = open(t, bareSettings(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := a.Run(ctx, func() error { cancel(); return nil }); err != nil {
		t.Errorf("ended by a signal: %v", err)
	}
}

// TestFoldersThatDoNotWork expects errors that say what is wrong with the folder.
func TestFoldersThatDoNotWork(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "ledgersheet.db"), []byte(strings.Repeat("garbage ", 2000)),
		0o600); err != nil {
		t.Fatal(err)
	}
	held := bareSettings(t)
	first, err := open(t, held)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Stop(context.Background()) }()
	for name, test := range map[string]struct {
		dir  string
		says string
	}{
		"a file": {file, "LEDGERSHEET_DATA_DIR"}, "below a file": {filepath.Join(file, "x"), "LEDGERSHEET_DATA_DIR"},
		"damaged": {damaged, "damaged"}, "held": {held.DataDir, "in use"},
	} {
		set := bareSettings(t)
		set.DataDir = test.dir
		_, err := open(t, set)
		if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(fmt.Sprint(err), "goroutine") {
			t.Errorf("%s: %v", name, err)
		}
		if (name == "held") != errors.Is(err, boltstore.ErrLocked) {
			t.Errorf("%s: ErrLocked is %v", name, errors.Is(err, boltstore.ErrLocked))
		}
	}
}
