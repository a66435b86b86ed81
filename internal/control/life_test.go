package control_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

const aDay = 24 * time.Hour

// TestLives tells each phase, both of Intuit's ends, and each warning.
func TestLives(t *testing.T) {
	t.Parallel()
	in := func(d time.Duration) time.Time { return noon.Add(d) }
	for name, test := range map[string]struct {
		company export.Company
		want    control.Life
		says    string
	}{
		"unknown ends": {export.Company{Status: export.Connected}, control.Life{Phase: control.PhaseConnected}, ""},
		"renewed today": {
			export.Company{Status: export.Connected, TokenExpiresAt: in(100 * aDay), HardExpiresAt: in(1800 * aDay)},
			control.Life{Phase: control.PhaseConnected, Ends: in(100 * aDay)}, "",
		},
		"not renewed for 70 days": {
			export.Company{Status: export.Connected, TokenExpiresAt: in(30 * aDay), HardExpiresAt: in(1800 * aDay)},
			control.Life{Phase: control.PhaseExpiring, Ends: in(30 * aDay), Stage: 30}, "not been renewed",
		},
		"the last week": {
			export.Company{Status: export.Connected, TokenExpiresAt: in(7 * aDay)},
			control.Life{Phase: control.PhaseExpiring, Ends: in(7 * aDay), Stage: 7}, "not been renewed",
		},
		"five years are over in a month": {
			export.Company{Status: export.Connected, TokenExpiresAt: in(29 * aDay), HardExpiresAt: in(29 * aDay)},
			control.Life{Phase: control.PhaseExpiring, Ends: in(29 * aDay), Stage: 30, Fixed: true}, "five years",
		},
		"the last day of five years": {
			export.Company{Status: export.Connected, TokenExpiresAt: in(90 * aDay), HardExpiresAt: in(time.Hour)},
			control.Life{Phase: control.PhaseExpiring, Ends: in(time.Hour), Stage: 1, Fixed: true}, "five years",
		},
		"over, but nobody has noticed": {
			export.Company{Status: export.Connected, TokenExpiresAt: in(-aDay)},
			control.Life{Phase: control.PhaseExpiring, Ends: in(-aDay), Stage: 1}, "not been renewed",
		},
		"ended": {
			export.Company{
				Status: export.ReconnectRequired, TokenExpiresAt: in(aDay),
				LastError: problem.New(problem.CompanyReconnectRequired, "Intuit has ended it."),
			},
			control.Life{Phase: control.PhaseReconnect}, "Intuit has ended it.",
		},
		"disconnected": {
			export.Company{Status: export.Disconnected, TokenExpiresAt: in(aDay)},
			control.Life{Phase: control.PhaseDisconnected}, "disconnected it here",
		},
	} {
		got := control.LifeOf(test.company, noon)
		if !strings.Contains(got.Reason, test.says) || (test.says == "") != (got.Reason == "") {
			t.Errorf("%s: the reason is %q", name, got.Reason)
		}
		if got.Reason = ""; got != test.want {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}

// TestWarningsNeverGoBack proves that while time passes, a connection gets each warning once, in order, and is expiring
// just as long as one is due.
func TestWarningsNeverGoBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		span := rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Duration(rapid.IntRange(1, 2000*24*60).Draw(t, "minutes")) * time.Minute
		})
		c := export.Company{Status: export.Connected, TokenExpiresAt: noon.Add(span.Draw(t, "token"))}
		if rapid.Bool().Draw(t, "hard end known") {
			c.HardExpiresAt = noon.Add(span.Draw(t, "hard"))
		}
		before := 31
		for now := noon; now.Before(control.EndOf(c)); now = now.Add(span.Draw(t, "step")) {
			life := control.LifeOf(c, now)
			stage := life.Stage
			if (stage > 0) != (life.Phase == control.PhaseExpiring) {
				t.Fatalf("%+v", life)
			}
			if stage == 0 {
				stage = 31
			}
			if stage > before {
				t.Fatalf("the warning of %d days comes after that of %d", stage, before)
			}
			if left := life.Ends.Sub(now); stage < 31 && left > time.Duration(stage)*aDay ||
				stage == 31 && left <= 30*aDay {
				t.Fatalf("warning %d with %s left", life.Stage, left)
			}
			before = stage
		}
	})
}

// TestCausesOfEnds warns of companies and accounts that end soon, which still work and count as current.
func TestCausesOfEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for realm, ends := range map[export.RealmID]time.Duration{alder: 29 * aDay, birch: 6 * aDay} {
		_, err := b.store.UpdateCompany(b.ctx, realm, func(c *export.Company) error {
			c.TokenExpiresAt = b.now.Add(ends)
			if realm == birch {
				c.HardExpiresAt = c.TokenExpiresAt
			}
			return nil
		})
		must(t, err)
	}
	_, err := b.store.UpdateAccount(b.ctx, "con_1", func(a *export.GoogleAccount) error {
		a.ConnectedAt, a.ExpiresAt = b.now.Add(-6*aDay), b.now.Add(aDay-time.Second)
		return nil
	})
	must(t, err)
	for _, realm := range []export.RealmID{alder, birch} { // of which sheets have come, and do still
		b.ended(b.create(b.input(realm)), func(r *export.Run) { r.Status, r.FinishedAt = export.RunSucceeded, b.now })
	}
	status, err := b.Status(b.ctx)
	must(t, err)
	if status.Current != 2 || len(status.Causes) != 3 {
		t.Fatalf("got %+v", status)
	}
	for _, c := range status.Causes {
		var stage int
		var says, does string
		switch {
		case c.Block.Account != nil:
			stage, says, does = 1, "“Testing”", "Publish app"
		case c.Company == birch:
			stage, says, does = 7, "five years", "press Reconnect on Birch"
		default:
			stage, says, does = 30, "not been renewed", "press Test on Alder"
		}
		if c.Code != control.CauseEndsSoon || !c.Warning || c.Stage != stage || !strings.Contains(c.Detail, says) ||
			!strings.Contains(c.Action, does) || c.Since.After(b.now) {
			t.Errorf("got %+v", c)
		}
	}
}

// TestWhyGoogleEnded recognises what happens to permissions of consent screens in "Testing", and nothing else.
func TestWhyGoogleEnded(t *testing.T) {
	t.Parallel()
	ended := problem.New(problem.GoogleReconnectRequired, "Google has ended this permission (invalid_grant).")
	for name, test := range map[string]struct {
		connected, expires, refreshed time.Duration // ago; 0 is unknown
		why                           *problem.Problem
		says                          string
	}{
		"after seven days":             {connected: 7 * aDay, says: "7 days after it was given"},
		"noticed with the next touch":  {connected: 8 * aDay, refreshed: 25 * time.Hour, says: "7 days after"},
		"Google had said so":           {connected: 40 * aDay, expires: 33 * aDay, says: "7 days after it was given"},
		"the service was off":          {connected: 40 * aDay, refreshed: 34 * aDay, says: "That is probably because"},
		"sooner":                       {connected: 3 * aDay, says: "invalid_grant"},
		"it had lived longer":          {connected: 8 * aDay, refreshed: 2 * time.Hour, says: "invalid_grant"},
		"nobody knows when it lived":   {connected: 40 * aDay, says: "invalid_grant"},
		"Google had said another time": {connected: 40 * aDay, expires: 10 * aDay, says: "invalid_grant"},
		"another reason": {
			connected: 7 * aDay, why: problem.New(problem.AppCredentials, "invalid_client"), says: "invalid_client",
		},
	} {
		b := newBench(t)
		ago := func(d time.Duration) time.Time {
			if d == 0 {
				return time.Time{}
			}
			return b.now.Add(-d)
		}
		_, err := b.store.UpdateAccount(b.ctx, "con_1", func(a *export.GoogleAccount) error {
			a.ConnectedAt, a.ExpiresAt, a.RefreshedAt = ago(test.connected), ago(test.expires), ago(test.refreshed)
			return nil
		})
		must(t, err)
		if test.why == nil {
			test.why = ended
		}
		b.system.AccountEnded(b.ctx, "con_1", test.why)
		a, err := b.Account(b.ctx, "con_1")
		must(t, err)
		if a.LastError == nil || !strings.Contains(a.LastError.Message, test.says) {
			t.Errorf("%s: %v", name, a.LastError)
		}
	}
}
