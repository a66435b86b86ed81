package app_test

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/app"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
)

const aDay = 24 * time.Hour

// TestIdleConnectionsLive leaves connections unused for longer than Intuit lets them live. Each is renewed once a day.
func TestIdleConnectionsLive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := makeWorld(t, intuitsim.Options{Companies: 1})
		w.intuit.SetTokenLives(0, 5*aDay)
		w.open()
		company := w.connect(1)[0]
		w.app.StartUpkeep(w.ctx)
		const days = 12
		time.Sleep(days*aDay + time.Minute)
		if n := w.intuit.Refreshes(string(company.Realm)); n < days-1 || n > days {
			t.Errorf("%d renewals in %d days", n, days)
		}
		now, err := w.desk().Company(w.ctx, company.Realm)
		must(t, err)
		if left := time.Until(now.TokenExpiresAt); now.Status != export.Connected || left < 3*aDay {
			t.Errorf("the company is %s and ends in %s", now.Status, left)
		}
		account, err := w.desk().Account(w.ctx, w.account)
		must(t, err)
		if since := time.Since(account.RefreshedAt); account.Status != export.Connected || since > 26*time.Hour {
			t.Errorf("the Google account is %s and was renewed %s ago", account.Status, since)
		}
		must(t, w.app.Stop(w.ctx))
	})
}

// TestGooglesTestingTrap connects an account while the consent screen is in "Testing". People are told at once that it
// will end, and afterwards why it has.
func TestGooglesTestingTrap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := makeWorld(t, intuitsim.Options{Companies: 1})
		w.google.SetTestingMode(true)
		w.open()
		w.connect(1)
		w.app.StartUpkeep(w.ctx)
		cause := func() control.Cause {
			t.Helper()
			status, err := w.desk().Status(w.ctx)
			must(t, err)
			if len(status.Causes) != 1 {
				t.Fatalf("causes %+v", status.Causes)
			}
			return status.Causes[0]
		}
		for _, stage := range []int{7, 1} {
			if c := cause(); c.Code != control.CauseEndsSoon || c.Stage != stage ||
				!strings.Contains(c.Detail, "“Testing”") || !strings.Contains(c.Action, "Publish app") {
				t.Errorf("stage %d: %+v", stage, c)
			}
			time.Sleep(6*aDay + time.Hour)
		}
		a, err := w.desk().Account(w.ctx, w.account)
		must(t, err)
		if a.Status != export.ReconnectRequired || !strings.Contains(a.LastError.Message, "7 days after it was given") {
			t.Errorf("afterwards %s: %v", a.Status, a.LastError)
		}
		if c := cause(); c.Code != control.CauseCode(problem.GoogleReconnectRequired) ||
			!strings.Contains(c.Action, "Publish app") {
			t.Errorf("afterwards: %+v", c)
		}
		w.google.SetTestingMode(false)
		address, err := w.desk().ConnectAccount(w.ctx, w.account, false, "")
		must(t, err)
		_, _, err = w.desk().FinishAccount(w.ctx, w.browse(address))
		must(t, err)
		time.Sleep(9 * aDay)
		if status, err := w.desk().Status(w.ctx); err != nil || !status.OK() {
			t.Errorf("published and connected anew: %+v, %v", status.Causes, err)
		}
		must(t, w.app.Stop(w.ctx))
	})
}

// TestFiveYears lets a connection come to the end that no renewal puts off. People are told a month before.
func TestFiveYears(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const fiveYears = 5 * 365 * aDay
		w := makeWorld(t, intuitsim.Options{Companies: 1})
		w.intuit.SetTokenLives(0, 10*fiveYears) // so that nothing has to be renewed for the test to come so far
		var err error
		w.app, err = app.New(w.ctx, app.Options{
			Settings: w.set, Logger: slog.New(slog.DiscardHandler), Network: w.network,
		})
		must(t, err)
		company, err := w.connectCompany("")
		must(t, err)
		given := time.Now()
		test := func() error {
			_, err := w.desk().TestCompany(w.ctx, company.Realm)
			return err
		}
		life := func() control.Life {
			t.Helper()
			c, err := w.desk().Company(w.ctx, company.Realm)
			must(t, err)
			return w.desk().CompanyLife(c)
		}
		for _, step := range []struct {
			before time.Duration
			stage  int
		}{{31 * aDay, 0}, {29 * aDay, 30}, {6 * aDay, 7}, {time.Hour, 1}} {
			time.Sleep(time.Until(given.Add(fiveYears - step.before)))
			must(t, test())
			l := life()
			if off := l.Ends.Sub(given.Add(fiveYears)).Abs(); l.Stage != step.stage || !l.Fixed || off > time.Minute {
				t.Errorf("%s before: %+v", step.before, l)
			}
		}
		time.Sleep(2 * time.Hour)
		if err := test(); !problem.HasCode(err, problem.CompanyReconnectRequired) {
			t.Errorf("afterwards: %v", err)
		}
		if l := life(); l.Phase != control.PhaseReconnect || l.Reason == "" {
			t.Errorf("afterwards: %+v", l)
		}
		must(t, w.app.Stop(w.ctx))
	})
}
