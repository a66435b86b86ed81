package control

import (
	"slices"
	"strings"

	"ledgersheet/internal/export"
)

func (l *checklist) addGoogle() {
	if email := l.desk.o.Installation.ServiceAccount; email != "" {
		l.add(Check{
			ID: "google_service", Provider: "Google", Title: "The service account", State: CheckDone, Known: true,
			Says: "Its key file is set. Nothing expires, and no consent is needed.",
			Do: "Share each spreadsheet with this address as an editor. It has no storage of its own, so it cannot " +
				"make spreadsheets outside shared drives.",
			Values: []Value{{"Address to share with", email}},
		})
	}
	l.add(Check{
		ID: "google_project", Provider: "Google", Title: "A project with the Sheets and Drive APIs", Ticks: true,
		Do: "Make a project in the Google Cloud console, and switch on the Google Sheets API and the Google Drive " +
			"API under APIs & Services, Library.",
	})
	l.add(l.checkScreen())
	l.add(l.checkRedirect("google_redirect", "Google", "Google Auth Platform, Clients, in a client of the type Web "+
		"application", l.sheets, "/oauth/google/callback"))
	keys := Check{
		ID: "google_keys", Provider: "Google", Title: "The client's id and secret", Known: true, State: CheckDone,
		Says: "They are set.",
		Do: "Set LEDGERSHEET_GOOGLE_CLIENT_ID and LEDGERSHEET_GOOGLE_CLIENT_SECRET and start the service again. " +
			"Instead, LEDGERSHEET_GOOGLE_SERVICE_ACCOUNT_FILE can name a service account's key file.",
	}
	if !l.desk.o.GoogleReady {
		keys.State, keys.Says = CheckTodo, "They are not set."
	}
	if l.desk.o.Installation.ServiceAccount != "" {
		keys.Optional = true
	}
	l.add(keys)
}

// checkScreen says whether Google's consent screen is published. Nobody but a person at the console can see that, but
// how long permissions last gives it away.
func (l *checklist) checkScreen() Check {
	c := Check{
		ID: "google_screen", Provider: "Google", Title: "A published consent screen", Ticks: true,
		Do: "Under Google Auth Platform fill in the branding with these values. Then under Audience choose Internal " +
			"(in a Workspace), or External and press Publish app: while it is in “Testing”, Google ends each " +
			"permission after 7 days. The warning that the app is not verified is about apps of strangers; this one " +
			"is yours.",
		Values: []Value{
			{"App name", "ledgersheet"}, {"User support e-mail", l.legal.Contact}, {"Home page", l.base + "/"},
			{"Privacy policy link", l.base + "/privacy"}, {"Terms of service link", l.base + "/terms"},
			{"Scopes", strings.Join([]string{"openid", "email", export.ScopeFiles}, " ")},
			{"Scope for spreadsheets that were not made here", export.ScopeSheets},
		},
	}
	lives := func(a export.GoogleAccount) bool {
		return a.Kind == export.OAuthAccount && a.RefreshedAt.After(a.ConnectedAt.Add(testingLife+testingSlack))
	}
	testing := slices.ContainsFunc(l.accounts, func(a export.GoogleAccount) bool {
		return isTestingLife(a) && a.Status != export.Disconnected
	})
	switch {
	case testing:
		c.State, c.Ticks = CheckTodo, false
		c.Says = "It was in “Testing” when a permission was given here: that ends after 7 days. Publish it, then " +
			"reconnect."
	case slices.ContainsFunc(l.accounts, lives):
		c.State, c.Ticks, c.Says = CheckDone, false, "A permission has lasted longer than 7 days, so it is published."
	}
	return c
}
