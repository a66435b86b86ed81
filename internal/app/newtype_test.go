package app_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"ledgersheet/exporters"
	"ledgersheet/internal/app"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
)

// TestNewTypeShowsEverywhere adds one literal and finds it in the API's catalogue and in the dashboard's form.
func TestNewTypeShowsEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intuitsim.Options{})
	if err := w.app.Stop(w.ctx); err != nil {
		t.Fatal(err)
	}
	const token = "a token of the test with 24 characters"
	w.set.APIToken = token
	made := export.Entity{
		ID: "people_to_pay", Title: "People to pay", Group: "Own", Summary: "A list made up for a test.",
		Object: "Vendor", HasActive: true,
		Columns: []export.Column{{Path: "Id", Title: "ID", Key: true}, {Path: "DisplayName", Title: "Whom we owe"}},
	}
	a, err := app.New(w.ctx, app.Options{
		Settings: w.set, Logger: slog.New(slog.DiscardHandler), Network: w.network,
		Definitions: append(exporters.All(), made),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Stop(w.t.Context()) })
	if err := a.Start(w.ctx); err != nil {
		t.Fatal(err)
	}
	base := "http://" + a.Addr()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	ask := func(path string, bearer bool) string {
		t.Helper()
		req, err := http.NewRequestWithContext(w.ctx, http.MethodGet, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if bearer {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		res, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		page, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v\n%.500s", path, res.Status, err, page)
		}
		return string(page)
	}
	var seen struct {
		Type, Title, Kind string
		Columns           []struct{ Key, Title string }
		Options           []struct{ Key string }
	}
	if err := json.Unmarshal([]byte(ask("/api/v1/exporter-types/people_to_pay", true)), &seen); err != nil {
		t.Fatal(err)
	}
	if seen.Title != "People to pay" || len(seen.Columns) != 4 || seen.Columns[1].Title != "Whom we owe" ||
		len(seen.Options) != 2 {
		t.Errorf("the API shows %+v", seen)
	}
	res, err := browser.PostForm(base+"/login",
		url.Values{"email": {w.set.AdminEmail}, "password": {w.set.AdminPassword.Reveal()}})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	for path, words := range map[string][]string{
		"/exporters/new":                    {"People to pay", "A list made up for a test."},
		"/exporters/new?type=people_to_pay": {"Whom we owe", "Include inactive"},
		"/help":                             {"People to pay", "A list made up for a test."},
		"/help?type=people_to_pay":          {"Whom we owe"},
	} {
		page := ask(path, false)
		for _, word := range words {
			if !strings.Contains(page, word) {
				t.Errorf("%s does not show %q", path, word)
			}
		}
	}
}
