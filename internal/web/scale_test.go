package web

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// The variables of TestPagesAtScale: the folder of a store, which is filled if it is empty, and for how many runs.
const (
	scaleDir  = "LEDGERSHEET_SCALE"
	scaleRuns = "LEDGERSHEET_SCALE_RUNS"
)

// world is the size of a filled site.
type world struct{ exporters, companies, runs int }

func scaleRealm(i int) export.RealmID { return export.RealmID(fmt.Sprintf("91303%011d", i)) }

// scaleKinds are the types of which each company has exporters.
func scaleKinds() []string {
	return []string{
		"profit_and_loss", "balance_sheet", "ar_aging_summary", "ap_aging_summary", "invoices", "bills", "customers",
		"vendors", "general_ledger", "payments",
	}
}

// fillWorld fills a store with what years of use leave, through the store's own methods.
func (s *site) fillWorld(n world) {
	s.t.Helper()
	ctx := s.t.Context()
	all, err := s.store.Companies(ctx)
	must(s.t, err)
	if len(all) > 0 {
		return
	}
	s.account = export.NewID("con", noon.AddDate(-1, 0, 0))
	must(s.t, s.store.PutAccount(ctx, export.GoogleAccount{
		ID: s.account, Email: "books@example.com", Kind: export.OAuthAccount, Status: export.Connected,
		Scopes: []string{"openid"}, ConnectedAt: noon.AddDate(-1, 0, 0),
	}))
	for i := range n.companies {
		c := export.Company{
			Realm:        scaleRealm(i),
			Name:         fmt.Sprintf("%s %03d, Inc.", []string{"Alder", "Birch", "Cedar", "Dogwood"}[i%4], i),
			HomeCurrency: "USD", Country: "US", Status: export.Connected, ConnectedAt: noon.AddDate(-1, 0, 0),
			TokenExpiresAt: noon.AddDate(0, 3, 0), HardExpiresAt: noon.AddDate(4, 0, 0),
			Client:    fmt.Sprintf("Client %02d", i%17),
			LegalName: fmt.Sprintf("Company %03d Incorporated", i), ClosedThrough: "2026-02-28",
		}
		if i%40 == 7 {
			c.Status = export.ReconnectRequired
			c.LastError = problem.New(problem.CompanyReconnectRequired, "Intuit ended it.")
		}
		must(s.t, s.store.PutCompany(ctx, c))
	}
	exporters := make([]export.Exporter, n.exporters)
	for i := range exporters {
		exporters[i] = s.scaleExporter(i, n.companies)
	}
	for batch := range slices.Chunk(exporters, 200) {
		must(s.t, s.store.CreateExporters(ctx, batch))
	}
	s.fillRuns(exporters, n.runs)
}

func (s *site) scaleExporter(i, companies int) export.Exporter {
	kind := scaleKinds()[i/companies%len(scaleKinds())]
	def, err := s.desk.Definition(kind)
	must(s.t, err)
	e := export.Exporter{
		ID:   export.NewID("exp", noon.AddDate(-1, 0, 0).Add(time.Duration(i)*time.Second)),
		Name: fmt.Sprintf("%s of client %03d", def.Info().Title, i%companies), Definition: kind,
		Companies: []export.RealmID{scaleRealm(i % companies)}, Tags: []string{fmt.Sprintf("team %d", i%5)},
		Target: export.Target{
			Account: s.account, Spreadsheet: fmt.Sprintf("1AbCdEfGhIjKlMnOpQrStUvWxYz%016d", i%companies),
			Sheet: def.Info().Title, Start: "A1", URL: "https://docs.google.com/spreadsheets/d/1AbC/edit#gid=0",
		},
		Schedule: export.Schedule{Cron: fmt.Sprintf("%d */6 * * *", i%60), Timezone: "America/New_York", Enabled: true},
		Revision: 1, CreatedAt: noon.AddDate(-1, 0, 0), CreatedBy: email, NextAt: noon.Add(time.Hour),
	}
	if i%31 == 3 {
		e.Pause = &export.Pause{Reason: export.PausedByPerson, Who: email, Since: noon.AddDate(0, 0, -3)}
	}
	return e
}

// fillRuns gives the exporters the same number of runs, until an hour before noon. Many write at once, so that the
// store puts their changes into one transaction.
func (s *site) fillRuns(exporters []export.Exporter, runs int) {
	s.t.Helper()
	each := runs / len(exporters)
	next := make(chan int)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			for i := range next {
				s.fillExporterRuns(exporters[i], i, each)
			}
		})
	}
	for i := range exporters {
		next <- i
		if i%100 == 99 {
			s.t.Logf("%d exporters have their runs", i+1)
		}
	}
	close(next)
	all.Wait()
}

func (s *site) fillExporterRuns(e export.Exporter, i, each int) {
	ctx, random := s.t.Context(), rand.New(rand.NewPCG(1, uint64(i)))
	span := 90 * 24 * time.Hour
	for n := range each {
		at := noon.Add(-time.Hour - span + span*time.Duration(n+1)/time.Duration(each))
		at = at.Add(time.Duration(i) * time.Second)
		r, _, err := s.store.Enqueue(ctx, export.Run{
			ID: export.NewID("run", at), Exporter: e, Trigger: export.TriggerSchedule, Due: at, QueuedAt: at,
		})
		if err == nil {
			_, err = s.store.UpdateRun(ctx, r.ID, func(r *export.Run) error {
				scaleEnd(r, random, i%25 == 9 && each-n < 12)
				return nil
			})
		}
		if err != nil {
			s.t.Error(err)
			return
		}
	}
}

// scaleEnd ends a run.
func scaleEnd(r *export.Run, random *rand.Rand, fails bool) {
	r.StartedAt, r.FinishedAt, r.Attempts = r.QueuedAt.Add(time.Second), r.QueuedAt.Add(9*time.Second), 1
	if fails || random.IntN(60) == 0 {
		r.Status, r.Problem = export.RunFailed, problem.New(problem.SheetConflict, "Cells B2:B4 are in the way.")
		return
	}
	realm := r.Exporter.Companies[0]
	r.Status, r.Rows, r.URL = export.RunSucceeded, 1000+random.IntN(400), r.Exporter.Target.URL
	if random.IntN(4) > 0 {
		r.Unchanged = true
	} else {
		r.Added, r.Changed = random.IntN(12), random.IntN(4)
	}
	amount := func() string { return fmt.Sprintf("%d.%02d", 1000+random.IntN(3), random.IntN(100)) }
	switch r.Exporter.Definition {
	case "profit_and_loss":
		r.Figures = yearOf(realm, "USD")
	case "balance_sheet":
		r.Figures = []export.FigureValue{standing(realm, "cash", "Bank accounts", "USD", amount())}
	case "ar_aging_summary", "ap_aging_summary":
		r.Figures = []export.FigureValue{
			standing(realm, "total", "Total", "USD", amount()), standing(realm, "overdue", "Overdue", "USD", amount()),
		}
	default:
		r.Figures = []export.FigureValue{standing(realm, "total", "Total", "USD", amount())}
	}
	r.Control = map[string]string{"TotalAmt": "1234567.89"}
	r.Companies = []export.CompanyOutcome{{Realm: realm, Name: "It", Rows: r.Rows, Period: "2026-03-29"}}
	r.Checks = []export.Check{{What: "Total", Holds: true, Says: "1", AddsUpTo: "1"}}
}

// scalePages are the pages that TestPagesAtScale asks for, with what people choose on them.
func (s *site) scalePages() []string {
	ctx := s.t.Context()
	exporters, err := s.store.Exporters(ctx, export.ExporterFilter{Company: scaleRealm(3)})
	must(s.t, err)
	e := exporters[0].ID
	runs, _, err := s.store.Runs(ctx, export.RunFilter{Exporter: e, Limit: 1})
	must(s.t, err)
	at, of := "/exporters/"+string(e), "/runs/"+string(runs[0].ID)
	return []string{
		"/", "/?page=7", companyHref(scaleRealm(3)), "/calendar", "/exporters", "/exporters?q=invoices+cedar",
		"/exporters?state=attention&sort=oldest", "/exporters?page=40&sort=state", at, at + "/edit", at + "/timeline",
		"/exporters/new", "/exporters/new?type=invoices", "/runs", "/runs?status=failed&period=30",
		"/runs?company=" + string(scaleRealm(3)), of, "/connections", "/connections?q=cedar", "/packs",
		"/packs/month_end", "/settings", "/help", tieOutPath(scaleRealm(3)) + "?month=2026-03", "/start",
		productionPath, linksPath, at + "/delete", "/search?q=ced", "/?client=Client+03",
	}
}

const (
	mostBytes  = 200_000
	mostMedian = 100 * time.Millisecond
)

// TestPagesAtScale measures each page of a site with 2,000 exporters, 200 companies and 500,000 runs, and prints a
// table. It runs only if LEDGERSHEET_SCALE names a folder: filling it takes minutes, and times depend on the machine.
func TestPagesAtScale(t *testing.T) {
	folder := os.Getenv(scaleDir)
	if folder == "" {
		t.Skip(scaleDir + " is not set")
	}
	n := world{2000, 200, 500_000}
	if text := os.Getenv(scaleRuns); text != "" {
		runs, err := strconv.Atoi(text)
		must(t, err)
		n.runs = runs
	}
	s := newSite(t, siteOptions{folder: folder}).signIn()
	s.fillWorld(n)
	for _, path := range s.scalePages() {
		var took []time.Duration
		size := 0
		for range 9 {
			began := time.Now()
			a := s.get(path)
			took = append(took, time.Since(began))
			size = len(a.body)
			if a.status != 200 {
				t.Errorf("%s: status %d", path, a.status)
			}
		}
		slices.Sort(took)
		median := took[len(took)/2]
		t.Logf("%-60s %7.1f ms (least %7.1f ms) %8.1f kB", path, float64(median.Microseconds())/1000,
			float64(took[0].Microseconds())/1000, float64(size)/1000)
		if median > mostMedian || size > mostBytes {
			t.Errorf("%s takes %v and has %d bytes", path, median, size)
		}
	}
}

// TestPagesStaySmall: no page grows with the number of exporters, companies or runs.
func TestPagesStaySmall(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("filling the site takes a while")
	}
	s := newSite(t, siteOptions{}).signIn()
	s.fillWorld(world{600, 60, 2400})
	for _, path := range s.scalePages() {
		if a := s.get(path); a.status != http.StatusOK || len(a.body) > mostBytes {
			t.Errorf("%s: status %d, %d bytes", path, a.status, len(a.body))
		}
	}
}
