package control

import (
	"fmt"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// Phase is where a connection stands in its life.
type Phase string

// The phases. Each but the last two leads to the next one unless somebody does something.
const (
	PhaseConnected    Phase = "connected"          // it works, and its end is not near
	PhaseExpiring     Phase = "expiring"           // it works, and ends within 30 days unless something is done
	PhaseReconnect    Phase = "reconnect_required" // the provider has ended it; only a new consent helps
	PhaseDisconnected Phase = "disconnected"       // a person has ended it; a new consent takes it up again
)

// warnDays are how many days before a connection's end people are told, each time anew.
func warnDays() []int { return []int{1, 7, 30} }

// Life is how a connection stands, and how long it lasts.
type Life struct {
	Phase Phase
	// Ends is when the provider ends the connection unless something is done; zero if it has not said.
	Ends time.Time
	// Fixed reports whether renewals do not put Ends off: only a person's new consent does.
	Fixed bool
	// Stage is the warning that is due: 30, 7 or 1 days before the end; 0 if none is.
	Stage  int
	Reason string // why it stands so, for people; empty while it is far from its end
}

// fixedSlack is by how much the end of a refresh token may differ from the last day of its consent and still be that:
// both are counted in seconds, from different moments.
const fixedSlack = time.Hour

// LifeOf returns how a company's connection stands.
//
// Intuit ends a connection 100 days after its last renewal, and in any case five years after the consent.
// https://blogs.intuit.com/2025/11/12/important-changes-to-refresh-token-policy/
func LifeOf(c export.Company, now time.Time) Life {
	l := Life{Ends: EndOf(c)}
	l.Fixed = !c.HardExpiresAt.IsZero() && c.HardExpiresAt.Sub(l.Ends) < fixedSlack
	l.begin(c.Status, c.LastError, now)
	switch {
	case l.Phase != PhaseExpiring:
	case l.Fixed:
		l.Reason = "Intuit ends each connection five years after the consent, however often it is renewed."
	default:
		l.Reason = "Intuit ends a connection that has not been renewed for 100 days. ledgersheet renews it each day, " +
			"which has not worked for a long time."
	}
	return l
}

// LifeOfAccount returns how a Google account's connection stands.
func LifeOfAccount(a export.GoogleAccount, now time.Time) Life {
	l := Life{Ends: a.ExpiresAt, Fixed: !a.ExpiresAt.IsZero()}
	l.begin(a.Status, a.LastError, now)
	switch {
	case l.Phase != PhaseExpiring:
	case isTestingLife(a):
		l.Reason = "Google ends a permission after 7 days if the app's consent screen was in “Testing” when it was " +
			"given."
	default:
		l.Reason = "Google has limited how long this permission lasts."
	}
	return l
}

// begin sets what does not depend on the provider.
func (l *Life) begin(s export.ConnectionStatus, last *problem.Problem, now time.Time) {
	switch s {
	case export.Connected:
		l.Phase, l.Stage = PhaseConnected, stageOf(l.Ends, now)
		if l.Stage > 0 {
			l.Phase = PhaseExpiring
		}
		return
	case export.ReconnectRequired:
		l.Phase = PhaseReconnect
		if last != nil {
			l.Reason = last.Message
		}
	default:
		l.Phase, l.Reason = PhaseDisconnected, "Somebody has disconnected it here."
	}
	l.Ends, l.Fixed = time.Time{}, false
}

// stageOf returns the warning that is due before an end; 0 if there is none yet, or no end is known.
func stageOf(end, now time.Time) int {
	for _, days := range warnDays() {
		if !end.IsZero() && end.Sub(now) <= time.Duration(days)*24*time.Hour {
			return days
		}
	}
	return 0
}

// EndOf returns when a company's consent ends unless something is done: that of its refresh token, or the one that no
// renewal puts off. It is zero if Intuit has said neither.
func EndOf(company export.Company) time.Time {
	return earliest(company.TokenExpiresAt, company.HardExpiresAt)
}

// testingLife is how long a permission lasts that was given while the consent screen was external and in "Testing".
// Google's answer then states it, as refresh_token_expires_in 604799.
// https://developers.google.com/identity/protocols/oauth2#expiration
const testingLife = 7 * 24 * time.Hour

// testingSlack is by how much the end of such a permission may be off: it is counted from Google's answer, and
// noticed with the next daily renewal.
const testingSlack = time.Hour

// isTestingLife reports whether Google has said that a permission lasts as long as those of consent screens in
// "Testing".
func isTestingLife(a export.GoogleAccount) bool {
	return !a.ExpiresAt.IsZero() && a.ExpiresAt.Sub(a.ConnectedAt.Add(testingLife)).Abs() <= testingSlack
}

const publishHint = "In the Google Cloud console open Google Auth Platform, Audience, and press Publish app (or make " +
	"the app internal, in a Workspace). Then reconnect %s: permissions that were given before keep their 7 days."

// explainGoogleEnd returns why Google has ended an account's permission. It recognises what happens to permissions that
// were given while the consent screen was in "Testing", of which Google's answer says nothing.
func explainGoogleEnd(a export.GoogleAccount, now time.Time, why *problem.Problem) *problem.Problem {
	if why == nil || why.Code != problem.GoogleReconnectRequired {
		return why
	}
	end := a.ConnectedAt.Add(testingLife)
	var says string
	switch {
	case a.ConnectedAt.IsZero(), now.Before(end.Add(-testingSlack)), a.RefreshedAt.After(end.Add(testingSlack)):
		return why
	case isTestingLife(a), now.Before(end.Add(upkeepGap + testingSlack)):
		says = "Google ended this permission 7 days after it was given, as it does while the app's consent screen is " +
			"in “Testing”."
	case !a.RefreshedAt.IsZero():
		says = fmt.Sprintf("Google ended this permission between %s and %s. That is probably because the app's "+
			"consent "+
			"screen was in “Testing” when it was given: such permissions last 7 days.", day(a.RefreshedAt), day(now))
	default:
		return why
	}
	return problem.Wrap(why, why.Code, "%s", says).WithHint(publishHint, a.Email).
		WithRequestID(why.ProviderRequestID)
}

// upkeepGap is how long an idle connection may go without a renewal, and its end unnoticed.
const upkeepGap = 25 * time.Hour

// day writes a day for people.
func day(t time.Time) string { return t.UTC().Format("2 January 2006") }

// CompanyLife returns how a company's connection stands now.
func (d *Desk) CompanyLife(c export.Company) Life { return LifeOf(c, d.o.Now()) }

// AccountLife returns how a Google account's connection stands now.
func (d *Desk) AccountLife(a export.GoogleAccount) Life { return LifeOfAccount(a, d.o.Now()) }
