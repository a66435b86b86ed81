package app

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/config"
	"ledgersheet/internal/control"
)

// tells is a network whose only answer has a date, or that is down.
type tells struct {
	date string
	down error
	slow time.Duration
}

func (n tells) RoundTrip(*http.Request) (*http.Response, error) {
	time.Sleep(n.slow)
	if n.down != nil {
		return nil, n.down
	}
	header := http.Header{"Date": {n.date}}
	return &http.Response{StatusCode: http.StatusNotFound, Header: header, Body: http.NoBody}, nil
}

func TestExamineClock(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ahead, slow time.Duration // of the provider
		down        error
		none        bool
		wrong       bool
		says        string
	}{
		"right":         {says: "right within 1s"},
		"a slow answer": {slow: 10 * time.Second, says: "right within 1s"},
		"a little off":  {ahead: 50 * time.Second, says: "right within 50s"},
		"behind":        {ahead: 5 * time.Minute, wrong: true, says: "this machine is 5m0s behind"},
		"ahead":         {ahead: -24*time.Hour - time.Second, wrong: true, says: "this machine is 24h0m0s ahead"},
		"out of reach":  {down: errors.New("no route"), wrong: true, says: "no route"},
		"no date":       {none: true, says: "does not tell the time"},
	} {
		synctest.Test(t, func(t *testing.T) {
			date := time.Now().Add(test.ahead).UTC().Format(http.TimeFormat)
			if test.none {
				date = ""
			}
			f := examineClock(t.Context(), tells{date, test.down, test.slow}, "Intuit", "https://intuit.test/")
			if f.Wrong != test.wrong || !strings.Contains(f.Says, test.says) || f.Wrong != (f.Remedy != "") {
				t.Errorf("%s: %+v", name, f)
			}
		})
	}
}

// TestRedirectURIs: what Intuit's keys take, by its page on redirect URIs.
func TestRedirectURIs(t *testing.T) {
	t.Parallel()
	for base, right := range map[string]struct{ production, sandbox bool }{
		"https://sheets.example.com": {true, true}, "http://sheets.example.com": {}, "https://10.0.0.5": {},
		"http://localhost:8080": {false, true}, "https://localhost": {false, true}, "https://[::1]": {},
		"http://127.0.0.1:8080": {},
	} {
		for _, environment := range []string{"production", "sandbox"} {
			set := config.Settings{BaseURL: base, Intuit: config.Intuit{Environment: environment}}
			all := ExamineSettings(t.Context(), set, tells{})
			var f control.Finding
			taken := right.production
			if environment == "sandbox" {
				taken = right.sandbox
			}
			for _, one := range all {
				if strings.Contains(one.About, "developer.intuit.com") {
					f = one
				}
			}
			if f.Says != base+"/oauth/quickbooks/callback" || f.Wrong == taken {
				t.Errorf("%s in %s: %+v", base, environment, f)
			}
		}
	}
}
