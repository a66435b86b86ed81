package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
)

func TestListsShowDeclaredFiguresAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	s.run(s.exporter(nil), func(r *export.Run) {
		succeeded(r)
		r.Control = map[string]string{"TotalAmt": "987654321.09"}
	})
	for _, page := range []string{"/", "/exporters", "/runs"} {
		body := s.wantGet(page)
		for _, want := range []string{"1,234,567.80", "<abbr>USD</abbr>", "0.50", "<abbr>EUR</abbr>", "and 1 more"} {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %q", page, want)
			}
		}
		if strings.Contains(body, "987,654,321.09") {
			t.Errorf("%s shows a sum that nobody declared", page)
		}
	}
}

func TestRunPageShowsFiguresAndDifferences(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	r := s.run(s.exporter(nil), succeeded)
	body := s.wantGet("/runs/" + string(r.ID))
	for _, want := range []string{
		`id="figures"`, "Overdue",
		"QuickBooks&#39; own figures differ|QuickBooks' own figures differ", "Total Income", "1.99",
	} {
		if !regexp.MustCompile(want).MatchString(body) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(body, "Net Income") {
		t.Error("a check that holds is shown as a difference")
	}
	sums := regexp.MustCompile(`(?s)<details class="sums">.*</details>`).FindString(body)
	if total, balance := strings.Index(sums, "1,234,567.80"), strings.Index(sums, "42.50"); total < 0 ||
		balance < total {
		t.Errorf("check sums are not folded away in the catalogue's order: %s", sums)
	}
}

// A difference that nobody has accepted is amber everywhere until somebody says that it is known.
func TestDifferencesAreAcceptedOnTheRunPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(nil)
	r := s.run(e, func(r *export.Run) {
		succeeded(r)
		r.Checks = []export.Check{{What: "Total <Income>", Place: "Alder, Total", Says: "2.00", AddsUpTo: "1.99"}}
	})
	page := "/runs/" + string(r.ID)
	for path, want := range map[string][]string{
		"/":          {"Differences", "disagree with each other", page},
		"/exporters": {"Differences"},
		"/runs":      {"Differences"},
		page:         {"This is known", `name="amount" value="0.01"`, "Total &lt;Income&gt;"},
	} {
		body := s.wantGet(path)
		for _, text := range want {
			if !strings.Contains(body, text) {
				t.Errorf("GET %s lacks %q", path, text)
			}
		}
	}
	form := url.Values{
		"run": {string(r.ID)}, "what": {"Total <Income>"}, "place": {"Alder, Total"}, "amount": {"0.01"},
	}
	accept := "/exporters/" + string(e.ID) + "/accept"
	if a := s.post(accept, form); a.status != http.StatusSeeOther || a.header.Get("Location") != page {
		t.Fatalf("accepting: %d to %q", a.status, a.header.Get("Location"))
	}
	if body := s.wantGet(page); strings.Contains(body, "This is known<") || !strings.Contains(body, ">Known<") {
		t.Error("the page does not show that the difference is known")
	}
	if body := s.wantGet("/exporters"); strings.Contains(body, "Differences") {
		t.Error("a difference that is known is still amber")
	}
	form.Set("amount", "7")
	if a := s.post(accept, form); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a difference that the run does not have: %d", a.status)
	}
}

func TestListHeadlines(t *testing.T) {
	t.Parallel()
	figure := func(title string, realm export.RealmID, period, value string) export.FigureValue {
		return export.FigureValue{
			ID: title, Title: title, Company: realm, Period: period, Currency: "USD", Value: value,
		}
	}
	year, march := "2026-01-01 to 2026-03-31", "2026-03-01 to 2026-03-31"
	r := export.Run{Result: export.Result{
		Companies: []export.CompanyOutcome{
			{Realm: realmA, Name: "Alder", Period: year + ", compared with 2025-01-01 to 2025-03-31"},
			{Realm: realmB, Name: "Birch", Period: year},
		},
		Figures: []export.FigureValue{
			figure("Net income", realmA, year, "30"), figure("Net income", realmA, march, "10"),
			figure("Net income", realmB, year, "-5"),
		},
	}}
	want := headlineList{Title: "Net income", Shown: []headline{
		{Title: "Net income", Company: "Alder", Period: year, Currency: "USD", Amount: amountOf("30")},
		{Title: "Net income", Company: "Birch", Period: year, Currency: "USD", Amount: amountOf("-5")},
	}}
	if diff := cmp.Diff(want, listHeadlines(r)); diff != "" {
		t.Errorf("a list shows other than the whole period of each company:\n%s", diff)
	}
	r.Figures = r.Figures[1:2]
	if got := listHeadlines(r); len(got.Shown) != 1 || got.Shown[0].Period != march {
		t.Errorf("without figures of the whole period a list shows %+v", got)
	}
}
