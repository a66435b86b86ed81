package web

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// notice returns the message that a page shows of the last action.
func (s *site) notice(path string) string {
	s.t.Helper()
	body := s.wantGet(path)
	checkPage(s.t, path, body)
	found := regexp.MustCompile(`(?s)<div class="notice \w+" role="status">.*?</div>\s*</div>`).FindString(body)
	text := regexp.MustCompile(`(?s)<[^>]*>`).ReplaceAllString(found, " ")
	return strings.Join(strings.Fields(html.UnescapeString(text)), " ")
}

// TestListsDoThingsToMany: what was done, and what was refused and why, stands in one line.
func TestListsDoThingsToMany(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	var ids []string
	for i, name := range []string{"Alpha", "Beta", "Gamma"} {
		e := s.exporter(func(e *export.Exporter) {
			e.Name, e.Target.Sheet, e.Target.Spreadsheet = name, "Tab", fmt.Sprintf("spreadsheet_%d", i)
			e.Companies = []export.RealmID{[]export.RealmID{realmA, realmA, realmB}[i]}
		})
		ids = append(ids, string(e.ID))
	}
	s.exporter(func(e *export.Exporter) { e.Name, e.Target.Sheet = "Delta", "Other" })
	for _, test := range []struct {
		form url.Values
		want string
	}{
		{url.Values{"do": {"run"}}, "No exporter was ticked, so nothing was done."},
		{url.Values{"do": {"run"}, "id": ids[:1]}, "1 queued."},
		{url.Values{"do": {"run"}, "id": ids}, "2 queued, 1 under way already."},
		{url.Values{"do": {"pause"}, "id": ids}, "3 paused. Schedules are kept; Run still works."},
		{url.Values{"do": {"resume"}, "all": {"1"}, "q": {"a"}}, "3 resumed, 1 not paused."},
		{url.Values{"do": {"tag"}, "id": ids, "tags": {"close, tax"}}, "3 tagged."},
		{url.Values{"do": {"untag"}, "id": ids, "tags": {"tax"}}, "3 without the tag now."},
		{url.Values{"do": {"tag"}, "id": ids}, "Nothing was done: the tag is missing."},
		{url.Values{"do": {"explode"}, "id": ids}, "Nothing was done: what was asked for is not something"},
		{
			url.Values{"do": {"move"}, "id": ids, "spreadsheet": {"https://x.google.com/spreadsheets/d/other_place/"}},
			`1 moved, 2 refused. Beta, Gamma: the exporter "Alpha" writes there already`,
		},
		{url.Values{"do": {"run"}, "id": {"exp_gone"}}, "1 refused. There is no such exporter."},
	} {
		s.wantSent("/exporters/bulk", test.form, "/exporters")
		if got := s.notice("/exporters"); !strings.Contains(got, test.want) {
			t.Errorf("%v: %q, want %q", test.form, got, test.want)
		}
	}
	// The list that it was done from stays.
	s.wantSent("/exporters/bulk", url.Values{"do": {"pause"}, "id": ids, "tag": {"close"}, "sort": {"state"}},
		"/exporters?sort=state&tag=close")
}

// TestListCountsAndViews: filters say what they would find, views are addresses, and each person keeps their own.
func TestListCountsAndViews(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	for i := range 6 {
		e := s.exporter(func(e *export.Exporter) {
			e.Name, e.Target.Sheet = fmt.Sprintf("Report %d", i), fmt.Sprint("T", i)
			e.Companies = []export.RealmID{[]export.RealmID{realmA, realmB}[i%2]}
			if i < 2 {
				e.Tags = []string{"close"}
			}
		})
		switch i {
		case 0:
			s.run(e, failed(problem.SheetConflict))
		case 3:
			s.run(e, succeeded)
		}
	}
	for path, want := range map[string][]string{
		"/exporters":                        {"6 exporters", "Failing (1)", "close (2)", "Alder &amp; Sons Ltd (3)"},
		"/exporters?tag=close":              {"2 exporters found", "Failing (1)", "Never run (1)", "Birch Inc (1)"},
		"/exporters?tag=close&state=paused": {"No exporter matches", "Paused (0)"},
		"/exporters?idle=today":             {"5 exporters found", `aria-current="page">No success today <span class="n">5<`},
		"/exporters?q=t3":                   {"1 exporter found", "Report 3"},
		"/exporters?sort=state":             {`aria-sort="descending"`},
	} {
		body := s.wantGet(path)
		checkPage(t, path, body)
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s lacks %q", path, w)
			}
		}
	}
	kept := url.Values{"name": {"My close"}, "tag": {"close"}, "after": {"x"}}
	s.wantSent("/exporters/views", kept, "/exporters?tag=close")
	if got := s.notice("/exporters?tag=close"); !strings.Contains(got, "The view My close is kept") {
		t.Errorf("keeping a view: %q", got)
	}
	link := `<a href="/exporters?tag=close" aria-current="page"><bdi>My close</bdi></a>`
	if !strings.Contains(s.wantGet("/exporters?tag=close"), link) {
		t.Error("the view is not among the views")
	}
	s.wantSent("/exporters/views", url.Values{"name": {""}, "tag": {"close"}}, "/exporters?tag=close")
	if got := s.notice("/exporters"); !strings.Contains(got, "its name is missing") {
		t.Errorf("a view without a name: %q", got)
	}
	s.wantSent("/exporters/views/delete", url.Values{"name": {"My close"}}, "/exporters")
	if strings.Contains(s.wantGet("/exporters"), "My close") {
		t.Error("a deleted view is still there")
	}
}

// TestEachExporterIsInOneFigure: the figures of the overview add up to all exporters, and no company without a success
// counts as current.
func TestEachExporterIsInOneFigure(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	kinds := []func(export.Exporter){
		func(e export.Exporter) { s.run(e, succeeded) },
		func(e export.Exporter) { s.run(e, failed(problem.SheetConflict)) },
		func(e export.Exporter) { s.run(e, running) },
		func(e export.Exporter) { s.post("/exporters/"+string(e.ID)+"/pause", nil) },
		func(export.Exporter) {},
	}
	for i := range 10 {
		kinds[i%len(kinds)](s.exporter(func(e *export.Exporter) {
			e.Name, e.Target.Sheet = fmt.Sprintf("Report %d", i), fmt.Sprint("T", i)
		}))
	}
	body := s.wantGet("/")
	counts := regexp.MustCompile(`(?s)<p class="counts">.*?</p>`).FindString(body)
	sum := 0
	for _, n := range regexp.MustCompile(`">(\d+) [a-z ]+</a>`).FindAllStringSubmatch(counts, -1) {
		var v int
		_, err := fmt.Sscan(n[1], &v)
		must(t, err)
		sum += v
	}
	if sum != 10 || !strings.Contains(counts, "10 exporters") {
		t.Errorf("the figures add up to %d: %s", sum, counts)
	}
	for _, want := range []string{"0 of 2 companies are current", "1 company has no exporter", "2 exporters fail"} {
		if !strings.Contains(body, want) {
			t.Errorf("the overview lacks %q", want)
		}
	}
	if strings.Contains(body, "Ties out") {
		t.Error("a company whose exporters fail ties out")
	}
}

// TestPickingInABrowser ticks by mouse, by range and by keyboard, at both widths, and does something to what is ticked.
func TestPickingInABrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).fill()
	for i := range 50 {
		s.exporter(func(e *export.Exporter) {
			e.Name, e.Target.Sheet = fmt.Sprintf("Report %02d", i), fmt.Sprint("T", i)
		})
	}
	b := tab{t, newBrowser(t, s)}
	ticked := `document.querySelectorAll('.tick input[name="id"]:checked').length`
	for _, width := range []int64{1280, 390} {
		b.do(chromedp.EmulateViewport(width, 900), chromedp.Navigate(s.server.URL+"/exporters"))
		b.want(`!document.querySelector(".bulk").checkVisibility()`, "the bar shows though nothing is ticked")
		b.run(`document.querySelector(".row-link").focus()`)
		b.do(chromedp.KeyEvent("x"), chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.KeyEvent("X"))
		b.want(ticked+` === 3 && document.querySelector("[data-picked]").textContent === "3 exporters ticked"`,
			"x, j, j, X do not tick three rows")
		b.want(`document.querySelector(".bulk").checkVisibility()`, "the bar does not show")
		b.want(`document.querySelector(".bulk").getBoundingClientRect().right <= innerWidth`, "the bar is too wide")
		b.want(`document.activeElement.classList.contains("row-link")`, "ticking takes the focus away")
		look, err := chromedp.Run(b.ctx, chromedp.Evaluate[look](lookScript))
		must(t, err)
		if look.Sideways > 0 || len(look.Small)+len(look.Nameless)+len(look.Focusless) > 0 {
			t.Errorf("at %d px: %+v", width, look)
		}
		// Enter in the field of tags must not run anything.
		b.run(`document.querySelector(".bulk details").open = true; document.querySelector("#bulk-tags").focus()`)
		b.do(chromedp.KeyEvent("x"), chromedp.KeyEvent(kb.Enter))
		b.want(`location.pathname === "/exporters" && !location.search && `+ticked+` === 3`, "Enter did something")
	}
	b.do(chromedp.EmulateViewport(1280, 900), chromedp.Click("[data-pick-page]"))
	b.want(ticked+` === 40`, "the box in the head does not tick the page")
	b.do(chromedp.Click("#all"), chromedp.Click(`.bulk button[value="pause"]`))
	b.do(chromedp.WaitVisible(".notice.good"))
	b.want(`document.querySelector(".notice.good").textContent.includes("50 paused.")`, "not all 50 were paused")
}

// TestPaletteInABrowser opens the palette over a page, by keyboard alone, goes somewhere and does something.
func TestPaletteInABrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).fill()
	e := s.exporter(nil)
	s.exporter(func(e *export.Exporter) { e.Name, e.Target.Sheet = `Evil <b>"q"</b> & Co`, "Evil" })
	b := tab{t, newBrowser(t, s)}
	const selected = `document.querySelector('.palette [aria-selected="true"]')`
	open := func(keys ...string) {
		t.Helper()
		b.do(chromedp.KeyEvent("k", chromedp.KeyModifiers(2)), chromedp.WaitVisible(".palette [role=option]"))
		for _, key := range keys {
			b.do(chromedp.KeyEvent(key))
		}
	}
	for _, width := range []int64{1280, 390} {
		b.do(chromedp.EmulateViewport(width, 700), chromedp.Navigate(s.server.URL+"/runs"))
		b.want(`document.querySelector("[data-palette]").checkVisibility()`, "there is no button")
		b.run(`document.querySelector("#status").focus()`)
		open("evil")
		b.wait(selected + `?.textContent.includes('Evil <b>"q"</b> & Co')`)
		b.want(`document.activeElement.getAttribute("aria-activedescendant") === `+selected+`.id`, "the box points elsewhere")
		b.want(`(() => { const box = document.querySelector(".palette").getBoundingClientRect();
			return box.left >= 0 && box.right <= innerWidth && box.bottom <= innerHeight; })()`, "it does not fit")
		b.do(chromedp.KeyEvent(kb.ArrowDown))
		b.want(selected+`.textContent.startsWith("Run ") &&
			document.querySelectorAll('.palette [aria-selected="true"]').length === 1`,
			"the arrow does not choose the next")
		b.do(chromedp.KeyEvent(kb.Escape))
		b.want(`!document.querySelector(".palette").open && document.activeElement.id === "status"`,
			"Escape does not close it and give the focus back")
	}
	open("set")
	b.wait(selected + `?.textContent.includes("Settings")`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.do(chromedp.WaitVisible("#present_password"))
	b.want(`location.pathname === "/settings"`, "Enter does not go to the settings")
	open("pause open inv")
	b.wait(selected + `?.textContent.startsWith("Pause Open invoices")`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.do(chromedp.WaitVisible(".notice.good"))
	b.want(`location.pathname === "/exporters/`+string(e.ID)+`" && document.body.textContent.includes("is paused")`,
		"the exporter was not paused")
}

// TestPalette finds all kinds of things, and offers what can be done to an exporter.
func TestPalette(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(nil)
	s.run(e, failed(problem.SheetConflict))
	at := "/exporters/" + string(e.ID)
	for q, want := range map[string][]string{
		"":               {`href="/settings"`, `href="/runs/run_`},
		"alder":          {`href="/companies/` + string(realmA) + `"`, `href="` + at + `"`},
		"birch":          {`href="/companies/` + string(realmB) + `"`},
		"open invoices":  {`href="` + at + `"`, `action="` + at + `/run"`, `href="` + at + `/edit"`},
		"run open":       {`action="` + at + `/run"`},
		"pause open":     {`action="` + at + `/pause"`},
		"delete open":    {`href="` + at + `/delete"`},
		"balance":        {`href="/exporters/new?type=balance_sheet"`},
		"new exporter":   {`href="/exporters/new"`},
		"failed":         {`href="/runs?status=failed"`},
		"nothing at all": {`href="/exporters?q=nothing+at+all"`},
		"<script>":       {"&lt;script&gt;"},
	} {
		path := "/search?" + url.Values{"q": {q}}.Encode()
		body := s.wantGet(path)
		checkPage(t, path, body)
		for _, w := range want {
			if !strings.Contains(body, w) && !strings.Contains(html.UnescapeString(body), w) {
				t.Errorf("%q does not find %s", q, w)
			}
		}
	}
	if strings.Contains(s.wantGet("/search?q=resume+open"), at+"/resume") {
		t.Error("what is not paused can be resumed")
	}
	r := s.request("GET", "/search?q=alder", nil)
	r.Header.Set("X-Fragment", "1")
	part := s.do(r)
	ids := regexp.MustCompile(`role="option" id="(palette-\d+)"`).FindAllStringSubmatch(part.body, -1)
	slices.SortFunc(ids, func(a, b []string) int { return strings.Compare(a[1], b[1]) })
	if len(ids) < 2 || len(slices.CompactFunc(ids, slices.Equal)) != strings.Count(part.body, `role="option"`) ||
		strings.Contains(part.body, "<html") || part.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the part for the palette: %s", part.body)
	}
}

// TestResultOnAnExportersPage: figures over runs, as a picture with its numbers beside, and the last difference.
func TestResultOnAnExportersPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(nil)
	at := "/exporters/" + string(e.ID)
	if body := s.wantGet(at); strings.Contains(body, `id="result"`) {
		t.Error("there is a result before any run")
	}
	for i, open := range []string{"100.00", "", "250.5"} {
		s.runAt(e, noon.AddDate(0, 0, i-3), func(r *export.Run) {
			succeeded(r)
			r.Rows = 10 + i
			r.Figures = []export.FigureValue{
				{ID: "open", Title: "Open", Company: realmA, Currency: "USD", Value: open},
				{ID: "open", Title: "Open", Company: realmA, Currency: "EUR", Value: "7"},
			}
			if i == 1 {
				failed(problem.SheetConflict)(r)
				r.Figures = nil
			}
		})
	}
	body := s.wantGet(at)
	checkPage(t, at, body)
	for _, want := range []string{
		"Open of the last 2 successes. The last is 250.50 USD.", "up by</span> 150.50", "Rows of the last 2 successes",
		"The last is 7.00 EUR", "12 added, 3 changed, 1 removed", `<details class="config">`, "Invoices of Alder",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if first := strings.Index(body, `id="result"`); first < 0 || first > strings.Index(body, `id="config"`) ||
		strings.Index(body, "Open sheet") > strings.Index(body, `/edit"`) {
		t.Error("the result does not come before the configuration, or the sheet not before the other buttons")
	}
}

// TestResultInABrowser: what is visible first is the result; the configuration is one line until it is opened.
func TestResultInABrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).fill()
	e := s.exporter(nil)
	for i := range 3 {
		s.runAt(e, noon.AddDate(0, 0, i-3), succeeded)
	}
	b := tab{t, newBrowser(t, s)}
	for _, width := range []int64{1280, 390} {
		b.do(chromedp.EmulateViewport(width, 900), chromedp.Navigate(s.server.URL+"/exporters/"+string(e.ID)))
		b.want(`document.querySelector(".page-head .actions a").textContent.includes("Open sheet")`, "the sheet is not first")
		b.want(`[...document.querySelectorAll(".result .bars")].length === 4 &&
			[...document.querySelectorAll(".result .bars")].every((e) => e.checkVisibility())`, "the pictures are not there")
		b.want(`document.querySelector(".config summary").textContent.includes("Invoices of Alder")`, "no summary line")
		b.want(`!document.querySelector(".config .facts").checkVisibility()`, "the configuration is not folded")
		b.want(`document.querySelector("#result").getBoundingClientRect().top <
			document.querySelector("#runs").getBoundingClientRect().top`,
			"the result does not come first")
		b.do(chromedp.Click(".config summary"))
		b.want(`document.querySelector(".config .facts").checkVisibility() &&
			document.querySelector(".config .chips").checkVisibility()`,
			"the configuration does not unfold")
		look, err := chromedp.Run(b.ctx, chromedp.Evaluate[look](lookScript))
		must(t, err)
		if look.Sideways > 0 || len(look.Small)+len(look.Nameless)+len(look.Focusless) > 0 {
			t.Errorf("at %d px: %+v", width, look)
		}
	}
}
