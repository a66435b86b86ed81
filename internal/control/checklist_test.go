package control_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestTakenByIntuit lists addresses that Intuit accepts for redirects, and others.
func TestTakenByIntuit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		base              string
		real, development bool
	}{
		{"https://books.example", true, true},
		{"https://books.example:8443", true, true},
		{"http://books.example", false, false},
		{"http://localhost:8080", false, true},
		{"https://localhost:8080", false, true},
		{"http://127.0.0.1:8080", false, false},
		{"https://192.0.2.7", false, false},
		{"https://[::1]:8080", false, false},
		{"", false, false},
		{"books.example", false, false},
	} {
		real, dev := control.TakenByIntuit(test.base, true), control.TakenByIntuit(test.base, false)
		if real != test.real || dev != test.development {
			t.Errorf("%q: got %v and %v", test.base, real, dev)
		}
	}
}

// points returns the checklist by id.
func (b *bench) points() map[string]control.Check {
	b.t.Helper()
	all, err := b.Checklist(b.ctx)
	must(b.t, err)
	points := map[string]control.Check{}
	for _, c := range all {
		if points[c.ID].ID != "" || c.ID == "" || c.Title == "" || c.State == "" ||
			c.Do == "" && c.State != control.CheckDone {
			b.t.Errorf("the point %+v", c)
		}
		points[c.ID] = c
	}
	return points
}

// TestChecklist ticks what only people can see, and sees the rest.
func TestChecklist(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.change = func(o *control.Options) { o.Environment = "production" }
	b.open(5 * time.Minute)
	expect := func(id string, want control.CheckState, says string) {
		t.Helper()
		if p := b.points()[id]; p.State != want || !strings.Contains(p.Says, says) {
			t.Errorf("%s is %q and says %q; want %q, %q", id, p.State, p.Says, want, says)
		}
	}
	expect("address", control.CheckDone, "accepts it")
	expect("first_company", control.CheckDone, "2 connected")
	for id, values := range map[string][]string{
		"intuit_redirect": {"https://books.example/oauth/quickbooks/callback"},
		"google_redirect": {"https://books.example/oauth/google/callback"},
		"intuit_urls": {
			"books.example", "https://books.example/", "https://books.example/quickbooks/disconnected",
			"https://books.example/quickbooks/reconnect",
		},
		"intuit_terms": {"https://books.example/terms", "https://books.example/privacy"},
	} {
		for i, want := range values {
			if got := b.points()[id].Values; len(got) != len(values) || got[i].Text != want {
				t.Errorf("%s has %v, want %v", id, got, values)
			}
		}
	}

	expect("intuit_questionnaire", control.CheckOpen, "")
	must(t, b.Tick(b.ctx, "intuit_questionnaire", true))
	expect("intuit_questionnaire", control.CheckDone, "Ticked on")
	must(t, b.Tick(b.ctx, "intuit_questionnaire", false))
	expect("intuit_questionnaire", control.CheckOpen, "")
	for _, id := range []string{"intuit_keys", "address", "nothing"} {
		if err := b.Tick(b.ctx, id, true); !problem.HasCode(err, problem.NotFound) {
			t.Errorf("%s can be ticked: %v", id, err)
		}
	}

	expect("intuit_terms", control.CheckTodo, "do not say yet who")
	must(t, b.SetLegal(b.ctx, control.Legal{Operator: "Ann", Contact: "ann@example.com"}))
	expect("intuit_terms", control.CheckOpen, "")

	expect("intuit_redirect", control.CheckOpen, "No answer")
	_, err := b.ConnectCompany(b.ctx, "", "")
	must(t, err)
	b.now = b.now.Add(3 * time.Minute)
	expect("intuit_redirect", control.CheckTodo, "has not come back")
	b.reconnect(alder)
	expect("intuit_redirect", control.CheckDone, "An answer came back")

	expect("google_screen", control.CheckOpen, "")
	account := func(change func(a *export.GoogleAccount)) {
		_, err := b.store.UpdateAccount(b.ctx, "con_1", func(a *export.GoogleAccount) error { change(a); return nil })
		must(t, err)
	}
	account(func(a *export.GoogleAccount) { a.ConnectedAt, a.ExpiresAt = b.now, b.now.Add(7*aDay) })
	expect("google_screen", control.CheckTodo, "“Testing”")
	account(func(a *export.GoogleAccount) { a.ExpiresAt, a.RefreshedAt = time.Time{}, b.now.Add(8*aDay) })
	expect("google_screen", control.CheckDone, "longer than 7 days")
}

// TestChecklistOfDevelopmentKeys leaves out what Intuit asks only of apps that read real companies.
func TestChecklistOfDevelopmentKeys(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.change = func(o *control.Options) {
		o.BaseURL, o.QuickBooksReady, o.Installation.ServiceAccount = "http://127.0.0.1:9999", false, "a@b.example"
	}
	b.open(5 * time.Minute)
	points := b.points()
	if p := points["address"]; p.State != control.CheckTodo || !strings.Contains(p.Do, "http://localhost:9999") {
		t.Errorf("the address: %+v", p)
	}
	if p := points["intuit_keys"]; p.State != control.CheckTodo || !strings.Contains(p.Do, "development keys") {
		t.Errorf("the keys: %+v", p)
	}
	for _, id := range []string{"intuit_urls", "intuit_terms", "intuit_questionnaire", "intuit_assessment"} {
		if points[id].ID != "" {
			t.Errorf("%s is asked for", id)
		}
	}
	if p := points["google_service"]; p.State != control.CheckDone || p.Values[0].Text != "a@b.example" {
		t.Errorf("the service account: %+v", p)
	}
	found, err := b.ExamineChecklist(b.ctx)
	must(t, err)
	for _, f := range found {
		if f.Wrong || strings.Contains(f.About, "keys") || f.Says == "" {
			t.Errorf("the doctor says %+v", f)
		}
	}
}

// TestAssessment reminds of the yearly one 30, 7 and 1 days before, and also when it was missed.
func TestAssessment(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.change = func(o *control.Options) { o.Environment = "production" }
	b.open(5 * time.Minute)
	stage := func(who *control.Desk) int {
		t.Helper()
		status, err := who.Status(b.ctx)
		must(t, err)
		for _, c := range status.Causes {
			if c.Code == control.CauseAssessment {
				return c.Stage
			}
		}
		return 0
	}
	if stage(b.Desk) != 0 {
		t.Error("reminded although nobody has said when the last one was")
	}
	if err := b.Assessed(b.ctx, b.now.Add(time.Hour)); !problem.HasCode(err, problem.InvalidInput) {
		t.Errorf("one in the future: %v", err)
	}
	must(t, b.Assessed(b.ctx, b.now))
	last := b.now
	for _, test := range []struct{ before, want int }{{31, 0}, {30, 30}, {8, 30}, {7, 7}, {2, 7}, {1, 1}, {-20, 1}} {
		b.now = last.AddDate(1, 0, -test.before)
		if got := stage(b.Desk); got != test.want {
			t.Errorf("%d days before: stage %d, want %d", test.before, got, test.want)
		}
	}
	if stage(b.system.As(person("editor"))) != 0 || stage(b.system.As(person("admin", alder))) != 0 {
		t.Error("people are reminded who cannot do anything about it")
	}
	must(t, b.Assessed(b.ctx, b.now))
	if got := stage(b.Desk); got != 0 {
		t.Errorf("after the next one: stage %d", got)
	}
}

// TestLegal changes the texts that anybody may read, and keeps the program's own up to date.
func TestLegal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	nobody := b.system.As(control.Actor{})
	read := func() (control.Legal, string) {
		t.Helper()
		l, err := nobody.Legal(b.ctx)
		must(t, err)
		return l, nobody.Fill(l, l.Terms+l.Privacy)
	}
	l, text := read()
	if strings.ContainsAny(text, "{}") || !strings.Contains(text, "https://books.example/terms") ||
		!strings.Contains(text, "never changes anything in QuickBooks") || !l.ChangedAt.IsZero() {
		t.Errorf("to begin with: %s", text)
	}
	l.Operator, l.Contact, l.Terms = "Ann & Co", "ann@example.com", "# Ours\r\n\r\nAsk {contact}."
	must(t, b.SetLegal(b.ctx, l))
	if l, text = read(); !strings.Contains(text, "# Ours\n\nAsk ann@example.com.") || !strings.Contains(text, "run "+
		"by Ann & Co") {
		t.Errorf("changed: %s", text)
	}
	b.change = func(o *control.Options) { o.Installation.Mirror = true }
	b.open(5 * time.Minute)
	nobody = b.system.As(control.Actor{})
	if _, text = read(); !strings.Contains(text, "A copy of each company's lists") {
		t.Error("the program's own text does not follow the configuration")
	}
	for field, wrong := range map[string]control.Legal{
		"contact": {Contact: "nobody"}, "operator": {Operator: strings.Repeat("x", 201)},
		"terms": {Terms: strings.Repeat("x", 50_001)}, "privacy": {Privacy: strings.Repeat("x", 50_001)},
	} {
		var p *problem.Problem
		if err := b.SetLegal(b.ctx, wrong); !errors.As(err, &p) || p.Fields[field] == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := b.system.As(person("editor")).SetLegal(b.ctx, l); !problem.HasCode(err, problem.Forbidden) {
		t.Errorf("an editor: %v", err)
	}
}

// TestQuestionnaire answers from the configuration in force.
func TestQuestionnaire(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	answer := func(question string) control.Answer {
		t.Helper()
		all, err := b.Questionnaire()
		must(t, err)
		for _, a := range all {
			if a.Section == "" || a.Question == "" {
				t.Errorf("%+v", a)
			}
			if a.Question == question {
				return a
			}
		}
		t.Fatalf("there is no question %q", question)
		return control.Answer{}
	}
	for _, q := range []string{"Webhooks", "Change data capture"} {
		if a := answer(q); a.Short != "No" {
			t.Errorf("%+v", a)
		}
	}
	if a := answer("Is all traffic encrypted?"); a.Short != "Yes" {
		t.Errorf("%+v", a)
	}
	b.change = func(o *control.Options) {
		o.BaseURL = "http://localhost:8080"
		o.Installation.Webhooks, o.Installation.Mirror, o.Installation.Retention = true, true, 90*aDay
	}
	b.open(time.Hour)
	for _, q := range []string{"Webhooks", "Change data capture"} {
		if a := answer(q); a.Short != "Yes" {
			t.Errorf("%+v", a)
		}
	}
	if a := answer("Is all traffic encrypted?"); a.Short != "Not yet" {
		t.Errorf("%+v", a)
	}
	if a := answer("What Intuit data are stored, and for how long?"); !strings.Contains(a.Why, "90 days") {
		t.Errorf("%+v", a)
	}
	if a := answer("How often does the app call the APIs for each customer?"); !strings.Contains(a.Why, "every 1 h") {
		t.Errorf("%+v", a)
	}
	if _, err := b.system.As(person("viewer")).Questionnaire(); !problem.HasCode(err, problem.Forbidden) {
		t.Errorf("a viewer: %v", err)
	}
}
