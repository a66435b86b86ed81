package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/export"
)

func TestTieOutPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(func(e *export.Exporter) { e.Name = "Profit & loss" })
	r := s.run(e, func(r *export.Run) {
		succeeded(r)
		r.StartedAt, r.Digest = time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC), "5f3a9c"
		r.Companies = []export.CompanyOutcome{
			{Realm: realmA, Name: "Alder", Rows: 31, Period: "2026-01-01 to 2026-02-28"},
		}
		income := export.FigureValue{
			ID: "income", Title: "Income", Company: realmA, Period: "2026-02-01 to 2026-02-28", Currency: "USD",
			Value: "81234.5",
		}
		before := income
		before.Period, before.Value = "2026-01-01 to 2026-01-31", "777"
		r.Figures = []export.FigureValue{income, before}
		r.Checks = []export.Check{
			{What: "Total Income", Says: "81234.50", AddsUpTo: "81234.00"},
			{What: "Net Income", Says: "-1200.50", AddsUpTo: "-1200.50", Holds: true},
		}
	})
	s.exporter(func(e *export.Exporter) { e.Name = "Not yet"; e.Target.Sheet = "Other" })
	body := s.wantGet(tieOutPath(realmA) + "?month=2026-02")
	checkPage(t, "tie-out", body)
	for _, want := range []string{
		"tie-out February 2026", "1 of 2 figures that QuickBooks states are equal to ours; 1 differ.", "81,234.50",
		"differs by 0.50", "31 rows", "Read 2 Mar 2026, 07:00 UTC", "/runs/" + string(r.ID), "Digest 5f3a9c",
		"Not read for this month:", "<bdi>Not yet</bdi>", "Reviewed by", "format=csv",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(body, "777") {
		t.Error("the page shows a figure of another month")
	}
	empty := s.wantGet(tieOutPath(realmB) + "?month=2026-02")
	if !strings.Contains(empty, "No exporter of this company") {
		t.Error("a company without exporters has a sheet")
	}
	file := s.get(tieOutPath(realmA) + "?month=2026-02&format=csv")
	if file.status != http.StatusOK || !strings.Contains(file.body, "81234.00,81234.50,differs") {
		t.Errorf("the file: %d\n%s", file.status, file.body)
	}
	if bad := s.get(tieOutPath(realmA) + "?month=soon"); bad.status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong month: %d", bad.status)
	}
	if !strings.Contains(s.wantGet("/connections"), tieOutPath(realmA)) {
		t.Error("the connections have no link to it")
	}
}
