package web

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// tell stores an exporter of a company whose run at a time has found the figures.
func (s *site) tell(realm export.RealmID, kind string, at time.Time, figures ...export.FigureValue) export.Exporter {
	s.t.Helper()
	def, err := s.desk.Definition(kind)
	must(s.t, err)
	e := export.Exporter{
		ID: export.NewID("exp", at), Name: def.Info().Title, Definition: kind, CreatedAt: at,
		Companies: []export.RealmID{realm}, Target: export.Target{Account: s.account, Sheet: "x", Start: "A1"},
	}
	must(s.t, s.store.CreateExporter(s.t.Context(), e))
	s.runAt(e, at, func(r *export.Run) {
		r.Status, r.Figures, r.Rows = export.RunSucceeded, figures, 9
		r.Checks = []export.Check{{What: "Total", Holds: true, Says: "1", AddsUpTo: "1"}}
		if len(figures) > 0 {
			r.Companies = []export.CompanyOutcome{{Realm: realm, Name: "it", Rows: 9, Period: figures[0].Period}}
		}
	})
	return e
}

// runAt stores a run that ended a minute after it was queued.
func (s *site) runAt(e export.Exporter, at time.Time, change func(*export.Run)) export.Run {
	s.t.Helper()
	r, _, err := s.store.Enqueue(s.t.Context(), export.Run{
		ID: export.NewID("run", at), Exporter: e, QueuedAt: at, Trigger: export.TriggerSchedule,
	})
	must(s.t, err)
	r, err = s.store.UpdateRun(s.t.Context(), r.ID, func(r *export.Run) error {
		change(r)
		r.FinishedAt = at.Add(time.Minute)
		return nil
	})
	must(s.t, err)
	return r
}

// yearOf returns a profit and loss by month of the year that ends with the tests' month, the total first.
func yearOf(realm export.RealmID, currency string) []export.FigureValue {
	var list []export.FigureValue
	for _, f := range [][2]string{{"income", "Income"}, {"net_income", "Net income"}} {
		add := func(period, value string) {
			list = append(list, export.FigureValue{
				ID: f[0], Title: f[1], Company: realm, Period: period, Currency: currency, Value: value,
			})
		}
		add("2025-04-01 to 2026-03-29", "99000.5")
		for i := range 12 {
			first := time.Date(2025, time.Month(4+i), 1, 0, 0, 0, 0, time.UTC)
			last := first.AddDate(0, 1, -1)
			if last.After(noon) {
				last = noon
			}
			value := fmt.Sprintf("%d.25", 5000+137*i)
			if f[0] == "net_income" && i%4 == 1 {
				value = "-" + value
			}
			add(first.Format(time.DateOnly)+" to "+last.Format(time.DateOnly), value)
		}
	}
	return list
}

func standing(realm export.RealmID, id, title, currency, value string) export.FigureValue {
	return export.FigureValue{
		ID: id, Title: title, Company: realm, Period: "2026-03-29", Currency: currency, Value: value,
	}
}

// fillBooks gives a company all that a row of the portfolio shows.
func (s *site) fillBooks(realm export.RealmID, currency string) {
	s.t.Helper()
	at := noon.Add(-time.Hour)
	s.tell(realm, "profit_and_loss", at, yearOf(realm, currency)...)
	s.tell(realm, "balance_sheet", at, standing(realm, "cash", "Bank accounts", currency, "181868.4"))
	s.tell(realm, "ar_aging_summary", at, standing(realm, "total", "Total", currency, "600"),
		standing(realm, "overdue", "Overdue", currency, "5120.99"))
	s.tell(realm, "ap_aging_summary", at, standing(realm, "total", "Total", currency, "700"),
		standing(realm, "overdue", "Overdue", currency, "-17"))
}

func TestPortfolioRow(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	s.fillBooks(realmA, "USD")
	s.tell(realmB, "invoices", noon.Add(-time.Hour), standing(realmB, "overdue", "Overdue", "USD", "1"),
		standing(realmB, "overdue", "Overdue", "EUR", "2.5"))
	body := s.wantGet("/")
	checkPage(t, "/", body)
	for _, want := range []string{
		"All 2 companies are current", "5 exporters:", "181,868<span class=\"cents\">.40</span>", "5,120<", "−17<",
		// The last whole month, and by how much it is more than the one before.
		`<span class="of">Feb</span>`, "6,370<", "against Jan",
		"Bank accounts of Alder &amp; Sons Ltd: 181,868.40 USD, 29 Mar 2026",
		"Mar 2026 so far", `class="pos now"`, `class="neg"`, "4 sums agree",
		// What no exporter gives is no number but a way to get it.
		"Add a P&amp;L by month", "Add a balance sheet", "Add payables aging",
		"<abbr>EUR</abbr>",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the overview lacks %q", want)
		}
	}
	if n := strings.Count(body, `class="pos now"`) + strings.Count(body, `class="neg now"`); n != 2 {
		t.Errorf("%d bars are of the running month", n)
	}
	if strings.Contains(body, "3.50") {
		t.Error("two currencies were added up")
	}
}

// An exporter that leaves something out tells nothing of the company, and one that was made to ask for something else
// since only after its next run.
func TestPartsAreNotTheWhole(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	cash := standing(realmA, "cash", "Bank accounts", "USD", "4711")
	e := s.tell(realmA, "balance_sheet", noon.Add(-time.Hour), cash)
	shows := func(want bool, when string) {
		t.Helper()
		if got := strings.Contains(s.wantGet("/"), "4,711<"); got != want {
			t.Errorf("%s: shown is %t", when, got)
		}
	}
	shows(true, "whole")
	set := func(option, value string) {
		_, err := s.store.UpdateExporter(t.Context(), e.ID, func(stored *export.Exporter) error {
			stored.Options = map[string]string{option: value}
			e = *stored
			return nil
		})
		must(t, err)
	}
	succeed := func(minute int) {
		s.runAt(e, noon.Add(time.Duration(minute-50)*time.Minute), func(r *export.Run) {
			r.Status, r.Figures = export.RunSucceeded, []export.FigureValue{cash}
		})
	}
	set("class", "7")
	shows(false, "after the change")
	succeed(1)
	shows(false, "filtered")
	set("sort_order", "descend")
	shows(false, "before the next run")
	succeed(2)
	shows(true, "only in another order")
}

func TestOneCompany(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	must(t, s.store.DeleteCompany(t.Context(), realmB))
	s.wantGet("/") // nothing to show yet: the steps are there
	s.fillBooks(realmA, "USD")
	if body := s.wantGet("/"); !strings.Contains(body, companyHref(realmA)) {
		t.Error("the overview does not lead to the company's page")
	}
	body := s.wantGet(companyHref(realmA))
	checkPage(t, "company", body)
	for _, want := range []string{"Month by month", "Mark as sent", "Nothing has changed yet", "of all receivables"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if a := s.get("/companies/1"); a.status != http.StatusNotFound {
		t.Errorf("an unknown company: %d", a.status)
	}
}

func TestClientsAndSentMonths(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	s.fillBooks(realmA, "USD")
	s.wantSent(companyHref(realmA)+"/client", url.Values{"client": {"  North   <b>Shore</b> "}}, companyHref(realmA))
	body := s.wantGet("/")
	if !strings.Contains(body, "North &lt;b&gt;Shore&lt;/b&gt;") || !strings.Contains(body, "Without a client") {
		t.Error("companies are not grouped by client")
	}
	only := s.wantGet("/?" + url.Values{"client": {"North <b>Shore</b>"}}.Encode())
	if strings.Contains(only, `href="/companies/`+string(realmB)) || !strings.Contains(only, "/companies/"+string(realmA)) {
		t.Error("the filter by client shows others")
	}
	if a := s.post(companyHref(realmA)+"/client", url.Values{"client": {strings.Repeat("x", 101)}}); a.status < 400 {
		t.Errorf("a long client: %d", a.status)
	}
	sent := companyHref(realmA) + "/sent"
	s.wantSent(sent, url.Values{"month": {"2026-02"}, "sent": {"true"}}, companyHref(realmA))
	if body := s.wantGet(companyHref(realmA)); !strings.Contains(body, "Sent 29 Mar by "+email) {
		t.Error("the board does not show that the month was sent")
	}
	s.wantSent(sent, url.Values{"month": {"2026-02"}, "sent": {"false"}}, companyHref(realmA))
	if body := s.wantGet(companyHref(realmA)); strings.Contains(body, "Sent 29 Mar by "+email) {
		t.Error("the month is still marked as sent")
	}
	for _, month := range []string{"2020-01", "nonsense", ""} {
		if a := s.post(sent, url.Values{"month": {month}, "sent": {"true"}}); a.status < 400 {
			t.Errorf("month %q: %d", month, a.status)
		}
	}
}

// A week of failures shows behind one success of today, in the dots, the calendar and the timeline.
func TestFailuresAreNotHidden(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.tell(realmA, "balance_sheet", noon.AddDate(0, 0, -9))
	fail := func(code problem.Code) func(r *export.Run) {
		return func(r *export.Run) {
			r.Status, r.Problem = export.RunFailed, problem.New(code, "It did not work.")
		}
	}
	for day := 8; day > 1; day-- {
		for hour := range 3 {
			s.runAt(e, noon.AddDate(0, 0, -day).Add(time.Duration(hour)*time.Hour), fail(problem.SheetConflict))
		}
	}
	s.runAt(e, noon.AddDate(0, 0, -1), fail(problem.GoogleUnavailable))
	s.runAt(e, noon.Add(-time.Hour), func(r *export.Run) { r.Status, r.Rows = export.RunSucceeded, 3 })
	for path, wants := range map[string][]string{
		"/":         {"Some failed on 8 days, last on 28 Mar 2026."},
		"/calendar": {"failures on 8 days", `<td class="fail" title="3 failed">`, `<td class="ok" title="1 succeeded">`},
		"/exporters/" + string(e.ID) + "/timeline": {
			"Failed 21 times since 21 Mar, 12:00", "It did not work.", "3 rows",
		},
		"/runs": {"failed 21 times since"},
	} {
		body := s.wantGet(path)
		checkPage(t, path, body)
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %q", path, want)
			}
		}
	}
}

// However many failures follow, an exporter keeps its last success, and its row says how often it has failed since. A
// run that a person stopped changes neither.
func TestLastSuccessIsKept(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(nil)
	s.runAt(e, noon.AddDate(0, 0, -2), func(r *export.Run) { succeeded(r); r.URL = "https://sheet.example/last" })
	for i := range 23 {
		s.runAt(e, noon.Add(time.Duration(i-40)*time.Minute), failed(problem.SheetConflict))
	}
	s.runAt(e, noon.Add(-time.Minute), func(r *export.Run) { r.Status = export.RunCancelled })
	body := s.wantGet("/exporters")
	for _, want := range []string{
		"12,345", "1,234,567.80", "https://sheet.example/last", "Failed", "failed 19 times or more", "11:25 UTC",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the list lacks %q", want)
		}
	}
	if strings.Contains(body, "Cancelled</span>") {
		t.Error("the exporter stands as cancelled")
	}
}

// Each exporter is in exactly one figure.
func TestFiguresAddUp(t *testing.T) {
	t.Parallel()
	c := control.Census{By: map[control.State]int{}}
	for i, state := range control.States() {
		c.By[state] = 1 << i
		c.All += 1 << i
	}
	sum := 0
	for _, f := range figures(c) {
		n := 0
		_, err := fmt.Sscan(strings.ReplaceAll(plain(f.Value), ",", ""), &n)
		must(t, err)
		sum += n
	}
	if sum != c.All {
		t.Errorf("the figures add up to %d of %d exporters", sum, c.All)
	}
}

var companyLink = regexp.MustCompile(`class="row-link" href="/companies/(\d+)"`)

// Whatever the number of companies, a page has a bounded part of them, and the pages lead to all.
func TestPortfolioPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	const companies = 45
	for i := range companies {
		realm := export.RealmID(fmt.Sprintf("88%04d", i))
		must(t, s.store.PutCompany(t.Context(), export.Company{
			Realm: realm, Name: fmt.Sprintf("Client %04d", i), Status: export.Connected, HomeCurrency: "USD",
			Client: "Group " + fmt.Sprint(i%7), ClosedThrough: "2026-02-28",
		}))
		s.fillBooks(realm, "USD")
	}
	found, pages := s.walk("/", companyLink) // it fails above 200,000 bytes
	seen := map[string]bool{}
	for _, realm := range found {
		seen[realm] = true
	}
	if len(found) != companies+2 || len(seen) != len(found) || pages != 3 { // 16 on each
		t.Errorf("%d different of %d companies on %d pages", len(seen), len(found), pages)
	}
}
