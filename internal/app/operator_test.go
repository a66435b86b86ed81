package app_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/vault"
)

// wantProblem fails the test unless the error has the code, the words and the remedy.
func wantProblem(t *testing.T, err error, code problem.Code, says, does string) {
	t.Helper()
	p := problem.From(err)
	if p == nil || p.Code != code || !strings.Contains(p.Message, says) || !strings.Contains(p.Hint, does) {
		t.Errorf("got %v, hint %q; want %s, %q and %q", err, problem.From(err).Hint, code, says, does)
	}
}

// TestWrongSecret has the operator set a wrong client secret, before and after companies were connected.
func TestWrongSecret(t *testing.T) {
	t.Parallel()
	w := makeWorld(t, intuitsim.Options{Companies: 1, Vendors: 2})
	rightIntuit, rightGoogle := w.set.Intuit.ClientSecret, w.set.Google.ClientSecret
	w.set.Intuit.ClientSecret, w.set.Google.ClientSecret = vault.Secret("wrong"), vault.Secret("wrong")
	w.open()
	_, err := w.connectCompany("")
	wantProblem(t, err, problem.AppCredentials, "QuickBooks does not accept the app's client id and secret",
		"keys for development at developer.intuit.com")
	address, err := w.desk().ConnectAccount(w.ctx, "", false, "")
	must(t, err)
	_, _, err = w.desk().FinishAccount(w.ctx, w.browse(address))
	wantProblem(t, err, problem.AppCredentials, "Google does not accept the app's client secret", "Google Cloud "+
		"console")
	must(t, w.app.Stop(w.ctx))

	w.set.Intuit.ClientSecret, w.set.Google.ClientSecret = rightIntuit, rightGoogle
	w.open()
	company := w.connect(1)[0]
	e := w.create(w.newExporter("vendors", nil, nil, company))
	must(t, w.app.Stop(w.ctx))
	w.intuit.ExpireAccessTokens(string(company.Realm))
	w.set.Intuit.ClientSecret = vault.Secret("wrong")
	w.open()
	if r := w.run(e.ID); r.Problem == nil || r.Problem.Code != problem.AppCredentials {
		t.Errorf("the run ended with %v", r.Problem)
	}
	w.wantStatus(company.Realm, export.Connected) // it is not the company's administrator who can help
	status, err := w.desk().Status(w.ctx)
	must(t, err)
	if len(status.Causes) != 1 || status.Causes[0].Code != control.CauseCode(problem.AppCredentials) ||
		!strings.Contains(status.Causes[0].Hint, "LEDGERSHEET_INTUIT_CLIENT_SECRET") {
		t.Errorf("causes %+v", status.Causes)
	}
}

// TestKeysOfTheOtherEnvironment gives a permission that the accounting API does not accept.
func TestKeysOfTheOtherEnvironment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := makeWorld(t, intuitsim.Options{Companies: 1})
		w.intuit.UseOtherKeys(true)
		w.set.Intuit.Environment = "production"
		w.open()
		_, err := w.connectCompany("")
		wantProblem(t, err, problem.AppCredentials, "keys are probably those for development, while this installation "+
			"reads real companies", "LEDGERSHEET_INTUIT_ENVIRONMENT")
		companies, err := w.desk().Companies(w.ctx)
		if must(t, err); len(companies) != 0 {
			t.Errorf("kept %v", companies)
		}
		w.intuit.UseOtherKeys(false)
		_, err = w.connectCompany("")
		must(t, err)
		must(t, w.app.Stop(w.ctx))
	})
}

// TestRedirectURIThatIsNotRegistered begins a consent that Intuit never sends back. All that can be seen of it from
// here is that it does not come.
func TestRedirectURIThatIsNotRegistered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const registered = "http://books.test/oauth/quickbooks/callback"
		w := makeWorld(t, intuitsim.Options{Companies: 1, RedirectURIs: []string{registered}})
		w.open()
		lost := func() time.Time {
			t.Helper()
			since, _, err := w.desk().LostConsents(w.ctx)
			must(t, err)
			return since
		}
		begun := time.Now()
		address, err := w.desk().ConnectCompany(w.ctx, "", "")
		must(t, err)
		status, body := w.newStranger().open(address)
		if status != 400 || !strings.Contains(body, "redirect_uri query parameter value is invalid") {
			t.Fatalf("Intuit shows %d %s", status, body)
		}
		if since := lost(); !since.IsZero() {
			t.Errorf("told too early, since %s", since)
		}
		time.Sleep(3 * time.Minute)
		if since := lost(); !since.Equal(begun) {
			t.Errorf("missing since %s, want %s", since, begun)
		}
		must(t, w.app.Stop(w.ctx))
		w.set.BaseURL = "http://books.test"
		w.open()
		if since := lost(); !since.IsZero() {
			t.Errorf("with another redirect URI: missing since %s", since)
		}
		_, err = w.connectCompany("")
		must(t, err)
		time.Sleep(3 * time.Minute)
		if since := lost(); !since.IsZero() {
			t.Errorf("after one came back: missing since %s", since)
		}
		must(t, w.app.Stop(w.ctx))
	})
}

// TestDoctorChecksTheList has the doctor look at the checklist before the first real company, too.
func TestDoctorChecksTheList(t *testing.T) {
	t.Parallel()
	w := makeWorld(t, intuitsim.Options{Companies: 1})
	w.google.SetTestingMode(true)
	w.open()
	w.connect(1)
	found, err := w.desk().Examine(w.ctx)
	must(t, err)
	by := map[string]control.Finding{}
	for _, f := range found {
		by[f.About] = f
	}
	for about, test := range map[string]struct {
		wrong    bool
		says, do string
	}{
		"Google: A published consent screen":     {true, "“Testing”", "Publish app"},
		"Intuit: The redirect URI":               {false, "An answer came back to it", ""},
		"Google: The redirect URI":               {false, "An answer came back to it", ""},
		"Intuit: Connect a sandbox company":      {false, "1 connected", ""},
		"Intuit: An app at developer.intuit.com": {false, "tick it on " + w.set.BaseURL, ""},
	} {
		if f := by[about]; f.Wrong != test.wrong || !strings.Contains(f.Says, test.says) ||
			!strings.Contains(f.Remedy, test.do) {
			t.Errorf("%s: %+v", about, f)
		}
	}
}
