package control

import (
	"fmt"
	"strings"
	"time"

	"ledgersheet/internal/access"
)

// Answer is one question of Intuit's questionnaire, with what this installation can say.
type Answer struct {
	Section  string
	Question string
	Short    string // what to choose; empty if only its operator can know
	Why      string // how the program does it, for the free text or a question back
}

// Questionnaire answers Intuit's app assessment from the configuration in force. The questions are those that people
// have published who had to answer them; Intuit changes them now and then.
// https://docs.codat.io/integrations/accounting/quickbooksonline/qbo-app-assessment-questionnaire
func (d *Desk) Questionnaire() ([]Answer, error) {
	if err := d.allow(access.Connect, access.Installation(), "installation"); err != nil {
		return nil, err
	}
	var all []Answer
	add := func(section string, list ...Answer) {
		for _, a := range list {
			a.Section = section
			all = append(all, a)
		}
	}
	add("General questions", generalAnswers()...)
	add("App information", d.appAnswers()...)
	add("Authorization and authentication", authAnswers()...)
	add("API usage", d.usageAnswers()...)
	add("Accounting API", d.accountingAnswers()...)
	add("Error handling", errorAnswers()...)
	add("Security", d.securityAnswers()...)
	return all, nil
}

func generalAnswers() []Answer {
	return []Answer{
		{Question: "Complaints, lawsuits, investigations; legal counsel; sanctions"},
		{Question: "Have you reviewed the security policies, and will you comply with them?", Short: "Yes",
			Why: "See the answers under Security."},
		{Question: "Is the app for the users' QuickBooks experience or a business process?", Short: "Yes",
			Why: "It facilitates a business process: it copies QuickBooks data to the users' own spreadsheets."},
		{Question: "Will QuickBooks data be used for other purposes?", Short: "No"},
		{Question: "Regulated services (lending, payments, payroll, …)", Short: "None"},
	}
}

func (d *Desk) appAnswers() []Answer {
	return []Answer{
		{Question: "What is true about your app?", Short: "You used another platform or tool to build and code your " +
			"app",
			Why: "Name: ledgersheet " + d.o.Installation.Version + ", free software that we run ourselves. It reads " +
				"the accounting API and writes rows to spreadsheets."},
		{Question: "Platforms that make API calls", Short: "Web server",
			Why: "Calls are made by the server at " + d.o.BaseURL + ", never by a browser."},
		{Question: "How does the app interact with Intuit data?", Short: "It reads data only",
			Why: "Every request to the accounting API passes a filter in the program that refuses all but GET."},
		{Question: "Private or public?", Short: "Private",
			Why: "It is used by our own organisation and its clients, and not listed."},
		{Question: "Which QuickBooks users can use it?", Short: "Any admin of the QuickBooks Online company",
			Why: "Intuit lets only administrators connect an app. Others use the spreadsheets."},
		{Question: "Does it integrate with other platforms?", Short: "Yes", Why: "Google Sheets, or files on this " +
			"machine."},
	}
}

func authAnswers() []Answer {
	return []Answer{
		{Question: "Have you tested connecting, disconnecting and reconnecting with a sandbox company?",
			Why: "Do it once with the development keys; a No ends the review."},
		{Question: "How often does the app refresh access tokens?", Short: "Only when access tokens expire",
			Why: "Within five minutes of the end, when a request needs one; and once a day for connections that " +
				"nothing uses, so that they stay alive. One refresh at a time per company."},
		{Question: "Does it retry authorization requests that have failed?", Short: "Yes",
			Why: "Refusals that look passing are tried again with growing pauses; invalid_grant once more after " +
				"three seconds, and then never."},
		{Question: "Does it ask customers to reconnect after such an error?", Short: "Yes",
			Why: "The company is shown as expired, with its reason and a Reconnect button; exports wait and are " +
				"caught up."},
		{Question: "Did you use the discovery document?", Short: "Yes",
			Why: "All OAuth addresses are read from it while the program runs."},
		{Question: "Expired access tokens", Short: "Yes", Why: "Renewed before their end, and after a 401 once."},
		{Question: "Expired refresh tokens", Short: "Yes", Why: "Known ahead, warned of 30, 7 and 1 days before."},
		{Question: "Invalid grant errors", Short: "Yes", Why: "The company wants a new consent; its exports wait."},
		{Question: "CSRF errors", Short: "Yes",
			Why: "The state is random, stored as a hash, used once within ten minutes, and bound to the browser's " +
				"session. The company in the answer is checked with the new token."},
		{Question: "Does it rely on the OAuth playground or offline tools?", Short: "No"},
	}
}

func (d *Desk) usageAnswers() []Answer {
	return []Answer{
		{Question: "API categories", Short: "Accounting API", Why: "Neither payments nor payroll."},
		{Question: "How often does the app call the APIs for each customer?", Short: "As exporters are scheduled",
			Why: "At most every " + formatInterval(d.o.MinInterval) + "; usually once a day. Requests are paced " +
				"below Intuit's limits, and counted against a monthly budget."},
	}
}

func (d *Desk) accountingAnswers() []Answer {
	hooks, cdc := "No", "No"
	hookWhy, cdcWhy := "LEDGERSHEET_INTUIT_WEBHOOK_TOKEN is not set.", "Everything is queried each time."
	if d.o.Installation.Webhooks {
		hooks, hookWhy = "Yes", "Signatures are checked; a change only makes exports run sooner."
	}
	if d.o.Installation.Mirror {
		cdc, cdcWhy = "Yes", "Local copies are kept up to date with change data capture instead of reading all "+
			"records "+
			"again: with each run, and compared with the counts of QuickBooks each hour."
	}
	return []Answer{
		{Question: "Versions of QuickBooks Online", Short: "Simple Start, Essentials, Plus, Advanced"},
		{Question: "Can it handle users who gain or lose version-specific features?", Short: "Yes",
			Why: "What a company does not have is reported for the export in question; all others go on."},
		{Question: "Features", Short: "Multicurrency; sales tax in and outside the United States",
			Why: "They are read as they stand. Currencies are never added together."},
		{Question: "Webhooks", Short: hooks, Why: hookWhy},
		{Question: "Change data capture", Short: cdc, Why: cdcWhy},
	}
}

func errorAnswers() []Answer {
	return []Answer{
		{Question: "Have you tested API errors, including syntax and validation errors?", Short: "Yes",
			Why: "Each known error is reproduced by the program's own tests."},
		{Question: "Is intuit_tid captured?", Short: "Yes",
			Why: "It is kept with each run and shown with each error."},
		{Question: "Are errors stored in logs that can be shared?", Short: "Yes",
			Why: "Structured logs without tokens and without rows; raw answers can be saved with all names replaced."},
		{Question: "Can customers contact you for support from within the app?", Short: "Yes",
			Why: "The terms and privacy pages have the address."},
	}
}

func (d *Desk) securityAnswers() []Answer {
	o := d.o.Installation
	tls := "Yes"
	tlsWhy := "The public address is https; session cookies are Secure, HttpOnly and SameSite, and pages are never " +
		"cached."
	if !strings.HasPrefix(d.o.BaseURL, "https://") {
		tls, tlsWhy = "Not yet", "LEDGERSHEET_BASE_URL has no https."
	}
	kept := "Settings, the history of runs (" + formatRetention(o.Retention) + ") and encrypted differences between " +
		"runs."
	if o.Mirror {
		kept += " Encrypted copies of lists and transactions, under one key for each company."
	}
	return []Answer{
		{Question: "Security breaches that had to be notified"},
		{Question: "Does a security team assess vulnerabilities and risks?"},
		{Question: "Are client id and secret stored securely?", Short: "Yes",
			Why: "They come from the environment or a secret file, are in no page and no log, and not in the code."},
		{Question: "Are tokens encrypted at rest?", Short: "Yes",
			Why: "With AES-256-GCM, under a key that is in no backup. The store's file, which also has the " +
				"companies' names and ids, can be read by the service's user only."},
		{Question: "Is all traffic encrypted?", Short: tls, Why: tlsWhy},
		{Question: "What Intuit data are stored, and for how long?", Short: "See the " +
			"text", Why: kept + " Disconnecting " +
			"deletes the tokens, and deleting a company everything that is kept of it."},
		{Question: "Multi-factor authentication", Short: "No",
			Why: "Passwords of at least 12 characters, hashed with argon2id; wrong tries are slowed down by account " +
				"and address. A proxy in front may ask for a second factor."},
		{Question: "Captcha", Short: "No"},
		{Question: "WebSocket", Short: "No", Why: "Live pages use server-sent events."},
		{Question: "Is the data used by or shown to anyone other than that customer?", Short: "No",
			Why: "Each user sees only the companies that were given to them."},
	}
}

func formatRetention(d time.Duration) string {
	if d <= 0 {
		return "kept"
	}
	return fmt.Sprintf("kept for %d days", int(d.Hours()/24))
}

func formatInterval(d time.Duration) string {
	switch {
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%d h", int(d.Hours()))
	case d <= 0:
		return "5 minutes"
	}
	return fmt.Sprintf("%d minutes", int(d.Minutes()))
}
