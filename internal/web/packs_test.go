package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/language"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// packForm returns what a browser sends of a pack's page as it is first shown.
func (s *site) packForm(pack string) url.Values {
	s.t.Helper()
	body := s.wantGet("/packs/" + pack)
	form := url.Values{
		"form_id": {inputValue(s.t, body, "form_id")}, "company": {string(realmA), string(realmB)},
		"spread": {"each"}, "account": {string(s.account)}, "basis": {"Accrual"}, "folder": {""},
		"when": {"weekdays"}, "times": {"06:00"}, "timezone": {inputValue(s.t, body, "timezone")},
	}
	return form
}

// inputValue returns the value of the input with a name.
func inputValue(t *testing.T, body, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(body, `name="`+name+`"`)
	tag, _, _ := strings.Cut(rest, ">")
	_, value, has := strings.Cut(tag, `value="`)
	value, _, _ = strings.Cut(value, `"`)
	if !ok || !has {
		t.Fatalf("the page has no input %s", name)
	}
	return value
}

func (s *site) exporters() []export.Exporter {
	s.t.Helper()
	all, err := s.desk.Exporters(s.t.Context(), export.ExporterFilter{})
	must(s.t, err)
	return all
}

// The page shows what the button makes before it is pressed, and both are the same.
func TestPackIsMadeAsPlanned(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spread string
		books  int
		titles []string
	}{
		{"each", 2, []string{"Month-end, Alder &amp; Sons Ltd", "Month-end, Birch Inc"}},
		{"one", 1, []string{">Month-end</bdi>"}},
	} {
		t.Run(c.spread, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, siteOptions{}).signIn().fill()
			page := s.wantGet("/packs/month_end")
			for _, want := range []string{"10 tabs in 2 new spreadsheets, for 2 companies.", "Make and run now"} {
				if !strings.Contains(page, want) {
					t.Errorf("the page lacks %q", want)
				}
			}
			form := s.packForm("month_end")
			form.Set("spread", c.spread)
			form.Set("action", "plan")
			plan := s.post("/packs/month_end/plan", form)
			checkPage(t, "the plan", plan.body)
			for _, title := range c.titles {
				if !strings.Contains(plan.body, title) {
					t.Errorf("the plan lacks %q", title)
				}
			}
			if n := len(s.exporters()); n != 0 {
				t.Fatalf("looking at the plan made %d exporters", n)
			}
			form.Set("action", "make")
			a := s.post("/packs/month_end", form)
			if a.status != http.StatusSeeOther {
				t.Fatalf("status %d\n%s", a.status, a.body)
			}
			made := s.wantGet(a.header.Get("Location"))
			checkPage(t, "the result", made)
			all := s.exporters()
			if len(all) != 5*c.books || !strings.Contains(plan.body, strconv.Itoa(len(all))+" tabs in ") {
				t.Errorf("%d exporters were made", len(all))
			}
			shares := map[string]bool{}
			for _, e := range all {
				shares[e.Target.Share] = true
				if want := (export.Schedule{
					Cron: "0 6 * * 1-5", Timezone: "America/New_York", Enabled: true,
				}); !e.Schedule.SameTimes(want) {
					t.Errorf("%s: %+v", e.Name, e.Schedule)
				}
				standings, err := s.desk.Standings(t.Context(), e)
				must(t, err)
				if standings[0].State != control.StateRunning {
					t.Errorf("%s is %s, not running", e.Name, standings[0].State)
				}
				if !strings.Contains(made, "/exporters/"+string(e.ID)) {
					t.Errorf("the result lacks %s", e.Name)
				}
			}
			if len(shares) != c.books {
				t.Errorf("%d spreadsheets, want %d", len(shares), c.books)
			}
		})
	}
}

// A form that is sent twice, also at the same time, makes one set. Sent with something else in it, it says so.
func TestPackIsMadeOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	form := s.packForm("month_end")
	var both sync.WaitGroup
	places := make([]string, 2)
	for i := range places {
		both.Go(func() { places[i] = s.post("/packs/month_end", form).header.Get("Location") })
	}
	both.Wait()
	if places[0] == "" || places[0] != places[1] || len(s.exporters()) != 10 {
		t.Fatalf("the answers lead to %q; there are %d exporters", places, len(s.exporters()))
	}
	s.wantSent("/packs/month_end", form, places[0])
	form.Set("company", string(realmA))
	a := s.post("/packs/month_end", form)
	if a.status != http.StatusConflict || !strings.Contains(a.body, "has made a pack already") ||
		inputValue(t, a.body, "form_id") == form.Get("form_id") || len(s.exporters()) != 10 {
		t.Errorf("another order under the same id: %d, %d exporters", a.status, len(s.exporters()))
	}
	form.Set("form_id", inputValue(t, a.body, "form_id"))
	s.wantSent("/packs/month_end", form, madePath)
	if len(s.exporters()) != 15 {
		t.Errorf("%d exporters", len(s.exporters()))
	}
	form.Set("form_id", "exp_01.wrong")
	if a := s.post("/packs/month_end", form); a.status != http.StatusConflict || len(s.exporters()) != 15 {
		t.Errorf("a form that is not the user's: %d", a.status)
	}
}

// A faulty form comes back as it was typed, and makes nothing.
func TestFaultyPackLosesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		input, value, anchor string
	}{
		{"company", "", "companies"}, {"account", "con_gone", "account"}, {"times", "25:99", "when"},
		{"timezone", "Mars/Olympus", "timezone"}, {"basis", "Cashier", "basis"},
	} {
		t.Run(c.input, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, siteOptions{}).signIn().fill()
			form := s.packForm("month_end")
			form.Set("times", "07:15")
			form.Set("folder", "1aBcDeFgHiJkLmNoPqR")
			form.Set(c.input, c.value)
			if c.value == "" {
				form.Del(c.input)
			}
			a := s.post("/packs/month_end", form)
			checkPage(t, "the refused form", a.body)
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `href="#`+c.anchor+`"`) ||
				len(s.exporters()) != 0 {
				t.Errorf("status %d, %d exporters, or no link to #%s", a.status, len(s.exporters()), c.anchor)
			}
			for _, name := range []string{"times", "folder", "timezone", "form_id"} {
				if got := inputValue(t, a.body, name); got != form.Get(name) {
					t.Errorf("%s is %q, was %q", name, got, form.Get(name))
				}
			}
			for i, realm := range []export.RealmID{realmA, realmB} {
				_, box, _ := strings.Cut(a.body, `value="`+string(realm)+`"`)
				box, _, _ = strings.Cut(box, ">")
				if want := slices.Contains(form["company"], string(realm)); strings.Contains(box, "checked") != want {
					t.Errorf("company %d is chosen: %v", i, !want)
				}
			}
			form = s.packForm("month_end")
			s.wantSent("/packs/month_end", form, madePath)
		})
	}
}

// A company whose access has ended is not chosen, and the page offers to reconnect it.
func TestPackOfACompanyThatIsLost(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	why := problem.New(problem.CompanyReconnectRequired, "Intuit ended the access.")
	s.control.CompanyEnded(t.Context(), realmB, why)
	body := s.wantGet("/packs/month_end")
	checkPage(t, "the page", body)
	for _, want := range []string{
		"5 tabs in 1 new spreadsheet, for 1 company.", companyPath(realmB, "reconnect"), "Reconnect Birch Inc",
		"Expired",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	s.control.AccountEnded(t.Context(), s.account, problem.New(problem.GoogleReconnectRequired, "Google ended it."))
	if body = s.wantGet("/packs/month_end"); !strings.Contains(body, accountPath(s.account, "reconnect")) {
		t.Error("the page does not offer to reconnect the Google account")
	}
}

// A form that is sent after the session has ended is there again after signing in.
func TestPackOutlivesTheSession(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	form := s.packForm("month_end")
	form.Set("times", "08:20")
	s.wantSent("/logout", nil, "/login")
	a := s.post("/packs/month_end", form)
	if to := a.header.Get("Location"); a.status != http.StatusSeeOther || !strings.HasPrefix(to, "/login?next=") {
		t.Fatalf("without a session: %d to %q", a.status, to)
	}
	s.signIn()
	body := s.wantGet("/unsent")
	checkPage(t, "the form", body)
	if inputValue(t, body, "times") != "08:20" || inputValue(t, body, "form_id") != form.Get("form_id") ||
		len(s.exporters()) != 0 {
		t.Errorf("the form is lost, or was sent by itself: %d exporters", len(s.exporters()))
	}
}

// Choosing all companies, or none, works without scripts and keeps the rest.
func TestAllCompaniesAndNone(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	form := s.packForm("month_end")
	form.Set("times", "09:45")
	for action, want := range map[string]int{"all": 2, "none": 0} {
		form.Set("action", action)
		form["company"] = []string{string(realmA)}
		body := s.post("/packs/month_end/plan", form).body
		if got := strings.Count(body, ` checked><label for="company-`); got != want {
			t.Errorf("%s: %d companies are chosen", action, got)
		}
		if inputValue(t, body, "times") != "09:45" {
			t.Errorf("%s: the time is lost", action)
		}
	}
}

// The result says what is under way, what went wrong and how to mend it, and, once all went well, that it is done.
func TestMadePageFollowsTheRuns(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	form := s.packForm("month_end")
	form["company"] = []string{string(realmA)}
	at := s.post("/packs/month_end", form).header.Get("Location")
	if body := s.wantGet(at); !strings.Contains(body, "0 of 5 tabs are filled; 5 runs are queued or running.") ||
		!strings.Contains(body, `http-equiv="refresh"`) {
		t.Error("it does not say that runs are queued, or does not reload without scripts")
	}
	end := func(change func(*export.Run)) {
		for _, e := range s.exporters() {
			runs, _, err := s.desk.Runs(t.Context(), export.RunFilter{Exporter: e.ID, Limit: 1})
			must(t, err)
			_, err = s.store.UpdateRun(t.Context(), runs[0].ID, func(r *export.Run) error { change(r); return nil })
			must(t, err)
		}
	}
	end(failed(problem.SpreadsheetForbidden))
	body := s.wantGet(at)
	checkPage(t, "failed", body)
	if !strings.Contains(body, "0 of 5 tabs are filled. 5 need you.") || strings.Count(body, `class="attention"`) != 1 ||
		strings.Count(body, "It did not work for Alder &amp; Sons.") != 1 {
		t.Error("five failures for one reason are not one thing to do")
	}
	s.wantSent(at+"/run", nil, at)
	end(succeeded)
	body = s.wantGet(at)
	checkPage(t, "done", body)
	const done = "Done. All 5 tabs are filled. Next run today at 13:00 UTC (09:00 in America/New_York)."
	if !strings.Contains(body, done) {
		t.Error("it does not say that it is done and when it goes on")
	}
	first := body[strings.Index(body, "<h1>"):]
	i := strings.Index(first, "<a class=\"button")
	if !strings.Contains(first[i:i+200], "docs.google.com/spreadsheets") {
		t.Error("its first button is not the sheet")
	}
	if a := s.get(madePath + "/set_gone"); a.status != http.StatusNotFound {
		t.Errorf("a set that is not there: %d", a.status)
	}
}

// A result says when something comes in the viewer's words.
func TestUpcomingWords(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	must(t, err)
	v := newViewer(language.BritishEnglish, berlin)
	for at, want := range map[time.Duration]string{
		time.Hour:           "today at 15:00 CEST (13:00 in UTC)",
		16 * time.Hour:      "tomorrow at 06:00 CEST (04:00 in UTC)",
		7*24*time.Hour - 60: "on Sunday, 5 Apr 2026 at 13:59 CEST (11:59 in UTC)",
	} {
		if got := v.upcoming(noon.Add(at), noon, time.UTC); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The checklist stays until a run by schedule has succeeded, and says once that all is done.
func TestFirstStepsStayUntilTheFirstScheduledSuccess(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	steps := func(where, want string, has bool) {
		t.Helper()
		body := s.wantGet("/")
		checkPage(t, where, body)
		if strings.Contains(body, want) != has {
			t.Errorf("%s: %q is there: %v", where, want, !has)
		}
	}
	steps("connected", `href="/packs/month_end"`, true)
	e := s.exporter(nil)
	s.run(e, succeeded)
	steps("run by hand", "Four steps to sheets", true)
	s.run(e, func(r *export.Run) { succeeded(r); r.Trigger = export.TriggerCatchUp })
	steps("run after a new consent", "Four steps to sheets", true)
	r := s.run(e, failed(problem.SpreadsheetForbidden))
	_, err := s.store.UpdateRun(t.Context(), r.ID, func(r *export.Run) error {
		r.Trigger = export.TriggerSchedule
		return nil
	})
	must(t, err)
	steps("failed by schedule", "Four steps to sheets", true)
	_, err = s.store.UpdateRun(t.Context(), r.ID, func(r *export.Run) error { succeeded(r); return nil })
	must(t, err)
	steps("succeeded by schedule", "Four steps to sheets", false)
	steps("said once", "All is set up", true)
	s.wantSent("/start/done", nil, "/")
	steps("closed", "All is set up", false)
	steps("closed", "Four steps to sheets", false)
}
