package cli

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"ledgersheet/internal/config"
)

// TestTryDemo runs the demo beside a service: nothing before it is asked for, once for all who ask, under another name
// of the machine than the service, until the service ends.
func TestTryDemo(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	d := newTryDemo(config.Settings{Addr: "127.0.0.1:8080", BaseURL: "http://127.0.0.1:8080"},
		config.Logging{LogLevel: "error", LogFormat: "text"}, Stdio{Out: &out, Err: &errs})
	d.command.sizeFlags = sizeFlags{Seed: 1, Companies: 7, Customers: 3, Vendors: 3, Items: 3, Invoices: 5, Bills: 3}
	ctx, end := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() { d.serve(ctx) })
	if at := d.Place(); at.URL != "" {
		t.Errorf("it runs at %s before anybody asked", at.URL)
	}
	var ask sync.WaitGroup
	for range 2 {
		ask.Go(func() {
			at, err := d.Start(ctx)
			if err != nil || at != d.Place() || !strings.HasPrefix(at.URL, "http://localhost:") {
				t.Errorf("it is at %+v: %v", at, err)
			}
		})
	}
	ask.Wait()
	at := d.Place().URL
	res, err := http.Get(at + "login")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("%s answered %s", at, res.Status)
	}
	end()
	serving.Wait()
	if _, err := http.Get(at + "login"); err == nil {
		t.Error("it outlives the service")
	}
	if out.Len()+errs.Len() > 0 {
		t.Errorf("it printed %s%s", out.String(), errs.String())
	}
}

func TestWhereTheDemoCanBeTried(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ addr, base, host string }{
		{"127.0.0.1:8080", "http://127.0.0.1:8080", "localhost"},
		{"127.0.0.1:8080", "http://localhost:8080", "127.0.0.1"},
		{"localhost:8080", "http://localhost:8080", "127.0.0.1"},
		{"[::1]:8080", "http://[::1]:8080", "localhost"},
		{"0.0.0.0:8080", "https://sheets.example.com", ""},
		{":8080", "http://localhost:8080", ""},
		{"192.0.2.7:8080", "http://192.0.2.7:8080", ""},
	} {
		host := ""
		if d := newTryDemo(config.Settings{Addr: test.addr, BaseURL: test.base}, config.Logging{}, Stdio{}); d != nil {
			host = d.host
		}
		if host != test.host {
			t.Errorf("%s at %s: %q, want %q", test.addr, test.base, host, test.host)
		}
	}
}
