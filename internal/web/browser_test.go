package web

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// skipBrowser is the variable that disables the tests that need Chromium.
const skipBrowser = "LEDGERSHEET_SKIP_BROWSER"

// newBrowser starts Chromium, signed in to the site.
func newBrowser(t *testing.T, s *site) context.Context {
	t.Helper()
	if os.Getenv(skipBrowser) != "" {
		t.Skip(skipBrowser + " is set")
	}
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatalf("no Chromium was found; install it, or set %s=1 to leave this test out", skipBrowser)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	t.Cleanup(cancel)
	options := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	options = append(options, chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.WSURLReadTimeout(time.Minute))
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	// Without this, a page in the background never has the focus and does not show one.
	must(t, chromedp.Do(ctx, chromedp.Navigate("about:blank")))
	_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled,
		emulation.SetFocusEmulationEnabledParams{Enabled: true})
	must(t, err)
	must(t, chromedp.Do(ctx, chromedp.Navigate(s.server.URL+"/login"), chromedp.SendKeys("#email", email),
		chromedp.SendKeys("#password", password), chromedp.Submit("#password"), chromedp.WaitVisible(".top")))
	return ctx
}

// look is what a script finds out about a page as laid out.
type look struct {
	Sideways  int      `json:"sideways"`  // by how many pixels the page is wider than the window
	Wide      []string `json:"wide"`      // what sticks out
	Small     []string `json:"small"`     // targets under 24 pixels
	Nameless  []string `json:"nameless"`  // controls without a label
	Focusless []string `json:"focusless"` // controls that do not show the focus
}

const lookScript = `(() => {
	const out = {sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth, wide: [], small: [], nameless: [], focusless: []};
	const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + " " + (e.textContent || e.name || "").trim().slice(0, 30);
	const shown = (e) => e.checkVisibility({visibilityProperty: true}) && e.getBoundingClientRect().width > 1 && !e.closest(".hidden, .skip");
	if (out.sideways > 0) for (const e of document.querySelectorAll("body *")) {
		const box = e.getBoundingClientRect();
		if (box.right > innerWidth + 1 && shown(e) && !e.closest(".scroll, .column-list")) out.wide.push(name(e));
	}
	for (const e of document.querySelectorAll("button, select, input:not([type=hidden]), a.button, summary")) {
		if (!shown(e)) continue;
		const box = e.getBoundingClientRect();
		// The label of a box is part of its target.
		const high = e.type === "checkbox" || e.type === "radio" ? Math.max(box.height, ...[...e.labels].map((l) => l.parentElement.getBoundingClientRect().height)) : box.height;
		if (high < 24) out.small.push(name(e) + " " + Math.round(high));
		if (/^(input|select)$/i.test(e.tagName) && !/checkbox|radio|button/.test(e.type) && box.width < 60) out.small.push(name(e) + " is " + Math.round(box.width) + " wide");
		if (/^(input|select)$/i.test(e.tagName) && !e.labels.length && !e.ariaLabel) out.nameless.push(name(e));
	}
	const first = [...document.querySelectorAll("main a[href], main button, main input:not([type=hidden]), main select, nav a")].filter(shown).slice(0, 40);
	for (const e of first) {
		if (e.disabled) continue;
		e.focus({focusVisible: true, preventScroll: true});
		const style = getComputedStyle(e);
		if (document.activeElement === e && (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2)) out.focusless.push(name(e));
	}
	return out;
})()`

// TestEveryPageInABrowser visits the pages at three widths in both themes: nothing scrolls sideways, and every control
// has a name, is large enough and shows the focus.
func TestEveryPageInABrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{demo: true, exportDirs: []string{t.TempDir()}}).fill()
	good := s.exporter(func(e *export.Exporter) {
		e.Name, e.Companies = "Invoices of everybody, with a rather long name", []export.RealmID{realmA, realmB}
	})
	bad := s.exporter(func(e *export.Exporter) {
		e.Name = "Anunbreakablenamewhichisnotsensiblebutpossiblenevertheless"
	})
	report := s.exporter(func(e *export.Exporter) {
		e.Name, e.Definition, e.Columns, e.Filters = "Profit", "profit_and_loss", nil, nil
		e.Options = map[string]string{"accounting_method": "Cash"}
	})
	run := s.run(good, func(r *export.Run) { succeeded(r); r.Undoable, r.HandEdits = true, 1 })
	fail := s.run(bad, failed(problem.CompanyReconnectRequired))
	drifted := s.exporter(func(e *export.Exporter) { e.Name, e.Target.Sheet = "Drifted", "Drifted" })
	drift := s.run(drifted, func(r *export.Run) {
		failed(problem.HeaderDrift)(r)
		r.Problem.Columns = []problem.Column{{ID: "DocNumber", Title: "Number", Gone: true}}
		for _, repair := range export.Repairs() {
			r.Problem.Remedies = append(r.Problem.Remedies, string(repair))
		}
	})
	s.fillBooks(realmA, "USD")
	s.control.CompanyEnded(t.Context(), realmB,
		problem.New(problem.CompanyReconnectRequired, "Intuit ended the access."))
	_, link, err := s.desk.MakeLink(t.Context(), realmA, 0)
	must(t, err)
	visit := strings.TrimPrefix(link, "http://ledgersheet.test")
	_, err = s.desk.RenewCalendar(t.Context())
	must(t, err)
	ctx := newBrowser(t, s)

	set, _, err := s.desk.CreatePackOnce(t.Context(), "month_end", control.PackOrder{
		Companies: []export.RealmID{realmA, realmB}, Account: s.account, Set: "set_browser",
		Schedule: export.Schedule{Cron: "0 6 * * 1-5", Timezone: "America/New_York", Enabled: true},
	})
	must(t, err)
	s.run(set[0], succeeded)
	s.run(set[1], failed(problem.SpreadsheetForbidden))
	pages := []string{
		"/packs", "/packs/month_end", "/packs/everything", madePath + "/set_browser", "/start", "/start?test=1",
		"/", companyHref(realmA), "/calendar", "/connections", "/runs", "/settings", "/help", "/nowhere",
		"/exporters", "/exporters/new", "/exporters/new?type=invoices", "/exporters/new?type=profit_and_loss",
		"/exporters/" + string(good.ID), "/exporters/" + string(good.ID) + "/edit",
		"/exporters/" + string(good.ID) + "/timeline",
		"/exporters/" + string(good.ID) + "/preview", "/exporters/" + string(report.ID),
		"/runs/" + string(run.ID), "/runs/" + string(run.ID) + "/undo", "/runs/" + string(fail.ID),
		"/exporters/" + string(drifted.ID), "/runs/" + string(drift.ID), companyPath(realmA, "delete"),
		"/connections/production", "/connections/questionnaire", "/connections/links", "/connections/paste",
		"/connections/texts", "/terms", "/privacy", visit,
		tieOutPath(realmA) + "?month=2026-03",
	}
	for _, width := range []int64{320, 390, 1280} {
		for _, page := range pages {
			at := fmt.Sprintf("%s at %d px", page, width)
			theme := map[bool]string{true: "dark", false: "light"}[width == 390]
			sep := map[bool]string{true: "&", false: "?"}[strings.Contains(page, "?")]
			must(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 900),
				chromedp.Navigate(s.server.URL+page+sep+url.Values{"theme": {theme}}.Encode())))
			l, err := chromedp.Run(ctx, chromedp.Evaluate[look](lookScript))
			must(t, err)
			if l.Sideways > 0 {
				t.Errorf("%s: %d px wider than the window: %v", at, l.Sideways, l.Wide)
			}
			if len(l.Small) > 0 {
				t.Errorf("%s: too small to hit: %v", at, l.Small)
			}
			if len(l.Nameless) > 0 {
				t.Errorf("%s: without a label: %v", at, l.Nameless)
			}
			if len(l.Focusless) > 0 {
				t.Errorf("%s: focus cannot be seen: %v", at, l.Focusless)
			}
		}
	}
}

// TestScriptsInABrowser uses what only scripts can do: the preview, reordering columns, adding filters, a schedule in
// words, the keyboard, and watching a run.
func TestScriptsInABrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).fill()
	e := s.exporter(nil)
	r := s.run(e, running)
	ctx := newBrowser(t, s)
	do := func(actions ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		must(t, chromedp.Do(ctx, actions...))
	}
	want := func(script, what string) {
		t.Helper()
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script))
		must(t, err)
		if !ok {
			t.Error(what)
		}
	}
	unfold := chromedp.Evaluate[chromedp.Void](`for (const d of document.querySelectorAll("details.fold")) d.open = true`)
	do(chromedp.Navigate(s.server.URL+"/exporters/"+string(e.ID)+"/edit"), chromedp.Click("[data-preview-draft]"),
		chromedp.WaitVisible("#draft-preview tbody .num"), unfold)
	// This site writes to Google Sheets alone, so the form has no choice of kinds.
	form, err := chromedp.Run(ctx, chromedp.Evaluate[look](lookScript))
	must(t, err)
	if form.Sideways > 0 || len(form.Small) > 0 {
		t.Errorf("the form is %d px too wide (%v), too small are %v", form.Sideways, form.Wide, form.Small)
	}
	want(`document.querySelector("#draft-preview").textContent.includes("<b>Bold & Co</b>")`,
		"the preview lacks the row")
	do(chromedp.Click(`[data-pick-tool="down"]`))
	want(`document.querySelectorAll('[name="column"]')[1].value === "DocNumber"`, "the column did not move")
	do(chromedp.Click("[data-add-filter]"))
	want(`document.querySelectorAll(".filter-row").length === 3 && document.querySelectorAll("[id^=filter-2-]").length === 3`, "there is no third filter with ids of its own")
	chooseWords(t, do, want)

	// Leaving a changed form asks first. A form that was sent does not.
	do(chromedp.Evaluate[chromedp.Void](`document.querySelector("[data-exporter-form]").dispatchEvent(new Event("submit"))`))

	do(chromedp.Navigate(s.server.URL+"/runs/"+string(r.ID)), chromedp.WaitVisible("[data-live] .live"))
	done := r
	succeeded(&done)
	_, err = s.store.UpdateRun(t.Context(), r.ID, func(stored *export.Run) error { succeeded(stored); return nil })
	must(t, err)
	s.broker.Publish(done)
	do(chromedp.WaitVisible(".pill.good"), chromedp.WaitVisible("#figures"))

	do(chromedp.Navigate(s.server.URL+"/exporters"), chromedp.KeyEvent("j"))
	want(`document.activeElement.classList.contains("row-link")`, "j did not choose a row")
	do(chromedp.KeyEvent("g"), chromedp.KeyEvent("c"), chromedp.WaitVisible(".cards"))
	want(`location.pathname === "/connections"`, "g c did not go to the connections")
}

// chooseWords picks a schedule by words. Only what its kind needs is visible, and the next times follow.
func chooseWords(
	t *testing.T, do func(...chromedp.Action[chromedp.Void]), want func(script, what string),
) {
	t.Helper()
	set := func(id, value string) chromedp.Action[chromedp.Void] {
		return chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(() => { const p = document.querySelector(%q);
			p.value = %q; p.dispatchEvent(new Event("input", { bubbles: true })); })()`, id, value))
	}
	says := func(text string) chromedp.Action[chromedp.Void] {
		return chromedp.Poll[chromedp.Void](
			fmt.Sprintf(`document.querySelector("#schedule-words").textContent.includes(%q)`, text))
	}
	visible := `[...document.querySelectorAll(".when [data-when]")].filter((e) => e.checkVisibility())
		.map((e) => e.querySelector("input, select")?.id).filter(Boolean).join(" ")`
	want(visible+` === "times"`, "a schedule for weekdays needs a time and shows something else")
	do(set("#when", "business_days_after_month_end"), set("#day", "3"), set("#times", "7 am, 18:30"),
		says("On the 3rd business day of every month at 07:00 and 18:30"))
	want(visible+` === "day times"`, "business days need a day and times")
	want(`document.querySelector("#cron").value === "0 7 3B * *; 30 18 3B * *"`, "the words did not fill the expression")
	want(`document.querySelector("#goes-on").textContent.includes("goes on by itself, next on")`,
		"nothing says that it goes on by itself")
	do(set("#when", "weekly"), says("Every Monday at 07:00 and 18:30"))
	want(visible+` === "weekday-1 times"`, "a week needs days and times")
	do(set("#cron", "5 * * * *"), says("At 5 minutes past every hour"))
	want(`document.querySelector("#when").value === "own"`, "an expression that was typed does not count")
	do(set("#when", ""), says("Only by hand"))
	want(visible+` === ""`, "by hand needs nothing")
}
