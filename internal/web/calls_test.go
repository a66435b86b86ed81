package web

import (
	"html"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/export"
)

func (s *site) spend(realm export.RealmID, calls int) {
	s.t.Helper()
	for range calls {
		must(s.t, s.budget.Take(s.t.Context(), realm))
	}
}

// TestCallsAreShown looks at all places that show calls to QuickBooks.
func TestCallsAreShown(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(func(e *export.Exporter) {
		e.Name = "Each quarter of an hour"
		e.Schedule = export.Schedule{Cron: "*/15 * * * *", Timezone: "UTC", Enabled: true}
	})
	s.budget.Observe(export.Run{
		ID: "run_1", Exporter: e, Status: export.RunSucceeded, Requests: export.Requests{QuickBooks: 4},
	})
	s.spend(realmA, 1_200)
	s.spend(realmB, 34)
	shows := func(path string, wants ...string) {
		t.Helper()
		body := strings.Join(strings.Fields(s.wantGet(path)), " ")
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %q is not in\n%s", path, want, body)
			}
		}
	}
	// From noon on 29 March until April there are 240 quarters of an hour.
	shows("/settings", "March 2026", "1,234 of 10,000", `<th scope="row"><bdi>Alder &amp; Sons Ltd</bdi></th>`, ">2,160<", ">2,194<")
	shows("/connections", "1,200 today, 1,200 in March 2026, which comes to about 2,160",
		"34 today, 34 in March 2026, which comes to about 34")
	cost := "About 11,520 calls to QuickBooks in 30 days: 2,880 runs of 4 calls each, as in its last runs. " +
		"With all schedules, this month comes to about 2,194 of 10,000."
	shows("/exporters/"+string(e.ID), cost)
	shows("/exporters/"+string(e.ID)+"/edit", cost)
	shows("/schedule?cron=0+6+*+*+*&timezone=UTC&companies=2&type=invoices&id="+string(e.ID),
		"120 calls to QuickBooks in 30 days: 30 runs of 4 calls each, as in its last runs", "about 1,242 of 10,000")
	shows("/schedule?cron=0+6+*+*+*&timezone=UTC&companies=2&type=invoices",
		"240 calls to QuickBooks in 30 days: 30 runs of 8 calls each, guessed, as no run of it is measured yet")
	shows("/schedule?cron=*+*+*+*+*&timezone=UTC&companies=2&type=invoices&id="+string(e.ID),
		"That is more than the Intuit app may make in a month")
	for _, query := range []string{
		"cron=&companies=1", "cron=x&companies=1", "cron=0+6+*+*+*", "cron=0+6+*+*+*&companies=-5",
	} {
		if body := s.wantGet("/schedule?timezone=UTC&" + query); strings.Contains(body, "QuickBooks") {
			t.Errorf("%s: %s", query, body)
		}
	}
}

// TestSlowedSchedulesAreShown looks at the places that say so, and at those that must not.
func TestSlowedSchedulesAreShown(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(func(e *export.Exporter) { // the ticker here plans all for 13:00
		e.Schedule = export.Schedule{Cron: "0 * * * *", Timezone: "UTC", Enabled: true}
	})
	page := "/exporters/" + string(e.ID)
	if body := s.wantGet(page) + s.wantGet("/settings"); strings.Contains(body, "slowed down") {
		t.Error("said to be slowed down")
	}
	s = newSite(t, siteOptions{}).signIn().fill()
	s.spend(realmA, 9_000)
	e = s.exporter(func(e *export.Exporter) {
		e.Schedule = export.Schedule{Cron: "*/15 * * * *", Timezone: "UTC", Enabled: true}
	})
	s.budget.Observe(export.Run{
		ID: "run_1", Exporter: e, Status: export.RunSucceeded, Requests: export.Requests{QuickBooks: 20},
	})
	run := s.run(e, func(r *export.Run) {
		succeeded(r)
		r.Trigger, r.By, r.Paced = export.TriggerSchedule, "", 82*time.Minute
	})
	for path, want := range map[string]string{
		"/exporters/" + string(e.ID): "Its schedule is slowed down, so that the 10,000 calls to QuickBooks of this " +
			"month suffice: the next run is due on 29 Mar 2026, 13:00:00 UTC.",
		"/settings":               "Scheduled runs are slowed down to one in 1 h 20 m for each exporter",
		"/runs/" + string(run.ID): "Schedule, slowed down to one run in 1 h 22 m, so that",
	} {
		if body := s.wantGet(path); !strings.Contains(strings.ReplaceAll(body, "&#39;", "'"), want) {
			t.Errorf("%s: %q is not in\n%s", path, want, body)
		}
	}
}

// TestGooglesQuotasAreShown looks at all places that show what schedules ask of Google.
func TestGooglesQuotasAreShown(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(func(e *export.Exporter) {
		e.Schedule = export.Schedule{Cron: "0 * * * *", Timezone: "UTC", Enabled: true}
	})
	takes := func(reads, writes int) {
		t.Helper()
		for range 5 {
			s.budget.Observe(export.Run{
				ID: "run_1", Exporter: e, Status: export.RunSucceeded,
				Requests: export.Requests{QuickBooks: 1, SheetsReads: reads, SheetsWrites: writes},
			})
		}
	}
	text := func(path string) string {
		t.Helper()
		return html.UnescapeString(strings.Join(strings.Fields(s.wantGet(path)), " "))
	}
	shows := func(path string, wants ...string) {
		t.Helper()
		body := text(path)
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %q is not in\n%s", path, want, body)
			}
		}
	}
	query := "/schedule?timezone=UTC&companies=1&type=invoices&id=" + string(e.ID) + "&account=" +
		string(e.Target.Account) + "&cron="
	takes(300, 600) // 10 minutes of the writes of a minute
	shows("/connections", "7 of 60 reads, 3 of 60 writes",
		"At most 1 run, at 13:00 on 29 Mar UTC, which take about 10 m")
	queue := "Google allows an account 60 reads and 60 writes a minute: 1 run of this account, due together at 13:00 " +
		"on 29 Mar UTC, take about 10 m."
	shows("/exporters/"+string(e.ID), queue)
	shows("/exporters/"+string(e.ID)+"/edit", queue)
	shows(query+"0+*+*+*+*", queue)
	for _, path := range []string{"/connections", query + "0+*+*+*+*"} {
		if strings.Contains(text(path), "never keep up") {
			t.Errorf("%s says that an hourly run of ten minutes never keeps up", path)
		}
	}
	shows(query+"*/5+*+*+*+*", "it could never keep up and will be slowed down to one run in 12 m")
	if strings.Contains(text(strings.Replace(query, "&account=", "&none=", 1)+"*/5+*+*+*+*"), "Google allows") {
		t.Error("it says something of no account")
	}
	s = newSite(t, siteOptions{}).signIn().fill()
	e = s.exporter(func(e *export.Exporter) {
		e.Schedule = export.Schedule{Cron: "*/5 * * * *", Timezone: "UTC", Enabled: true}
	})
	takes(300, 600)
	shows("/connections", "they could never keep up. Scheduled runs are slowed down to one in 12 m for each exporter")
	shows("/exporters/"+string(e.ID),
		"because those of its Google account ask for more than Google's quotas let through")
}
