package web

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// crowd adds exporters of many companies. Each tenth has failed.
func (s *site) crowd(exporters, companies int) {
	s.t.Helper()
	ctx := s.t.Context()
	for i := range companies {
		must(s.t, s.store.PutCompany(ctx, export.Company{
			Realm: export.RealmID(fmt.Sprintf("77%04d", i)), Name: fmt.Sprintf("Client %04d", i),
			Status: export.Connected,
		}))
	}
	var adding sync.WaitGroup
	const together = 16
	for first := range together {
		adding.Go(func() {
			for i := first; i < exporters; i += together {
				if err := s.addOne(i, companies); err != nil {
					s.t.Error(err)
				}
			}
		})
	}
	adding.Wait()
}

func (s *site) addOne(i, companies int) error {
	ctx := s.t.Context()
	e := export.Exporter{
		ID: export.ID(fmt.Sprintf("exp_%06d", i)), Name: fmt.Sprintf("Ledger %04d", i), Definition: "invoices",
		Companies: []export.RealmID{export.RealmID(fmt.Sprintf("77%04d", i%companies))},
		Target:    export.Target{Account: s.account, Spreadsheet: fmt.Sprint("S", i), Sheet: "x", Start: "A1"},
	}
	if err := s.store.CreateExporter(ctx, e); err != nil {
		return err
	}
	for n := range 3 {
		at := noon.Add(time.Duration(n-5) * time.Hour)
		r, _, err := s.store.Enqueue(ctx, export.Run{ID: export.NewID("run", at), Exporter: e, QueuedAt: at})
		if err != nil {
			return err
		}
		_, err = s.store.UpdateRun(ctx, r.ID, func(r *export.Run) error {
			succeeded(r)
			if i%10 == 0 && n == 2 {
				failed(problem.SheetConflict)(r)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

var (
	nextLink = regexp.MustCompile(`rel="next" href="([^"]*)"`)
	rowLink  = regexp.MustCompile(`class="row-link" href="/exporters/(exp_\d+)"`)
	connName = regexp.MustCompile(`class="row-link" href="/companies/(\d+)"`)
)

// walk follows a list to its end and returns what was found on its pages.
func (s *site) walk(path string, what *regexp.Regexp) (found []string, pages int) {
	s.t.Helper()
	for ; path != ""; pages++ {
		body := s.wantGet(path)
		checkPage(s.t, path, body)
		if len(body) > 200_000 {
			s.t.Errorf("%s has %d bytes", path, len(body))
		}
		for _, m := range what.FindAllStringSubmatch(body, -1) {
			found = append(found, m[1])
		}
		path = ""
		if m := nextLink.FindStringSubmatch(body); m != nil {
			path = html.UnescapeString(m[1])
		}
	}
	return found, pages
}

// Pages show a part of what there is, and lead to the rest.
func TestManyExporters(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	const exporters, companies = 350, 60
	s.crowd(exporters, companies)
	unique := func(list []string) int {
		seen := map[string]bool{}
		for _, v := range list {
			seen[v] = true
		}
		return len(seen)
	}
	for path, want := range map[string]struct {
		what  *regexp.Regexp
		found int
		pages int
	}{
		"/exporters":                                {rowLink, exporters, 9},
		"/exporters?q=ledger+034":                   {rowLink, 16, 1}, // six by their company, Client 0034
		"/exporters?q=CLIENT+0007+invoices":         {rowLink, 6, 1},  // company and type
		"/exporters?state=attention":                {rowLink, 35, 1},
		"/exporters?state=ok&q=0007":                {rowLink, 6, 1},
		"/exporters?state=ok&q=0010":                {rowLink, 0, 1}, // they have all failed
		"/exporters?company=770003":                 {rowLink, 6, 1},
		"/exporters?q=nothing":                      {rowLink, 0, 1},
		"/exporters?after=rubbish!":                 {rowLink, exporters, 9},
		"/exporters?account=" + string(s.account):   {rowLink, exporters, 9},
		"/connections?q=client+005":                 {connName, 11, 1},
		"/exporters?account=con_none&state=unknown": {rowLink, 0, 1},
	} {
		found, pages := s.walk(path, want.what)
		if len(found) != want.found || unique(found) != want.found || pages != want.pages {
			t.Errorf("%s: %d different of %d on %d pages, want %d on %d", path, unique(found), len(found), pages,
				want.found, want.pages)
		}
	}
	rows, pages := s.walk("/connections", connName)
	if n := unique(rows); pages != 3 || n != companies+2 { // those of fill too
		t.Errorf("%d connections on %d pages", n, pages)
	}
	for path, texts := range map[string][]string{
		"/": {"350 exporters:", "315 up to date", "35 need a look", "More needs you"},
		"/connections/google/" + string(s.account) + "/disconnect": {"these 350 exporters", "and others"},
		"/connections": {"350 exporters write with it", "All of them"},
		"/runs":        {"Ledger 0000"}, "/exporters/new?type=invoices": nil,
	} {
		body := s.wantGet(path)
		checkPage(t, path, body)
		if len(body) > 200_000 {
			t.Errorf("%s has %d bytes", path, len(body))
		}
		for _, text := range texts {
			if !strings.Contains(body, text) {
				t.Errorf("%s lacks %q", path, text)
			}
		}
	}
	if a := s.get("/runs?exporter=exp_000349"); a.status != http.StatusOK ||
		!strings.Contains(a.body, `value="exp_000349" selected>Ledger 0349`) {
		t.Errorf("the runs of an exporter that the select has no room for: %d", a.status)
	}
}
