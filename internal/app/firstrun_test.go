package app_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"ledgersheet/exporters"
	"ledgersheet/internal/app"
	"ledgersheet/internal/config"
	"ledgersheet/internal/control"
	"ledgersheet/internal/demo"
	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/vault"
)

// firstRun is a service that nobody has used yet, a simulated Intuit and Google, and a person with a browser.
type firstRun struct {
	t       *testing.T
	ctx     context.Context // the browser's
	app     *app.App
	sandbox *demo.Sandbox
	base    string
	link    string // the set-up link
	way     way

	clicks, typed, keys int
}

// way is how the person uses the browser.
type way struct {
	width, height int64
	keyboard      bool
	noScripts     bool
}

func newFirstRun(t *testing.T, how way) *firstRun {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	sandbox, err := demo.Open(demo.Options{
		Size:        demo.Size{Companies: 3, Customers: 8, Vendors: 6, Items: 6, Invoices: 20, Bills: 10},
		Definitions: exporters.All(),
	})
	must(t, err)
	t.Cleanup(func() { _ = sandbox.Close(context.Background()) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	addr := l.Addr().String()
	must(t, l.Close())
	key := vault.NewKey()
	set := config.Settings{
		Addr: addr, BaseURL: config.LocalURL(addr), DataDir: t.TempDir(), SecretKey: &key,
		MinInterval: 5 * time.Minute, Workers: 4, RunTimeout: time.Minute, Retention: 24 * time.Hour,
		Limits: config.DefaultLimits(),
	}
	sandbox.Apply(&set)
	f := &firstRun{t: t, sandbox: sandbox, base: set.BaseURL, way: how}
	f.app, err = app.New(t.Context(), app.Options{
		Settings: set, Logger: slog.New(slog.DiscardHandler), Backoff: []time.Duration{time.Millisecond},
		Notice: func(text string) { f.link = text[strings.Index(text, "http"):] },
	})
	must(t, err)
	t.Cleanup(func() { _ = f.app.Stop(context.Background()) })
	must(t, f.app.Start(t.Context()))
	f.openBrowser()
	return f
}

func (f *firstRun) openBrowser() {
	f.t.Helper()
	if os.Getenv("LEDGERSHEET_SKIP_BROWSER") != "" {
		f.t.Skip("LEDGERSHEET_SKIP_BROWSER is set")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		f.t.Fatal("no Chromium was found; install it, or set LEDGERSHEET_SKIP_BROWSER=1 to leave this test out")
	}
	ctx, cancel := context.WithTimeout(f.t.Context(), 3*time.Minute)
	f.t.Cleanup(cancel)
	options := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	options = append(options, chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WSURLReadTimeout(time.Minute),
		chromedp.Flag("disable-component-update", true))
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	f.t.Cleanup(cancel)
	f.ctx, cancel = chromedp.NewContext(ctx)
	f.t.Cleanup(cancel)
	f.do(chromedp.Navigate("about:blank"), chromedp.EmulateViewport(f.way.width, f.way.height))
	_, err := chromedp.Call(f.ctx, emulation.SetFocusEmulationEnabled,
		emulation.SetFocusEmulationEnabledParams{Enabled: true})
	must(f.t, err)
	if f.way.noScripts {
		_, err = chromedp.Call(f.ctx, emulation.SetScriptExecutionDisabled,
			emulation.SetScriptExecutionDisabledParams{Value: true})
		must(f.t, err)
	}
}

func (f *firstRun) do(actions ...chromedp.Action[chromedp.Void]) {
	f.t.Helper()
	must(f.t, chromedp.Do(f.ctx, actions...))
}

// press uses a button or link, or chooses a radio button: with the mouse, or by the keyboard alone.
func (f *firstRun) press(selector, next string) {
	f.t.Helper()
	f.do(chromedp.WaitVisible(selector))
	if f.way.keyboard {
		f.reach(selector)
		key := kb.Enter
		if strings.Contains(selector, "radio") {
			key = " "
		}
		f.keys++
		f.do(chromedp.KeyEvent(key))
	} else {
		f.clicks++
		f.do(chromedp.Click(selector))
	}
	if next != "" {
		f.do(chromedp.WaitVisible(next))
		f.checkWidth(next)
	}
}

// reach moves the focus to an element by the Tab key.
func (f *firstRun) reach(selector string) {
	f.t.Helper()
	for range 60 {
		there, err := chromedp.Run(f.ctx, chromedp.Evaluate[bool](
			fmt.Sprintf(`!!document.activeElement?.matches(%q)`, selector)))
		must(f.t, err)
		if there {
			return
		}
		key := kb.Tab
		radio, err := chromedp.Run(f.ctx, chromedp.Evaluate[bool](`document.activeElement?.type === "radio"`))
		must(f.t, err)
		if radio && strings.Contains(selector, "radio") {
			key = kb.ArrowDown
		}
		f.keys++
		f.do(chromedp.KeyEvent(key))
	}
	f.t.Fatalf("%s cannot be reached by the keyboard", selector)
}

func (f *firstRun) write(selector, text string) {
	f.t.Helper()
	f.do(chromedp.WaitVisible(selector))
	if f.way.keyboard {
		f.reach(selector)
	}
	f.typed++
	f.do(chromedp.SendKeys(selector, text))
}

// checkWidth finds pages that scroll sideways.
func (f *firstRun) checkWidth(where string) {
	f.t.Helper()
	wider, err := chromedp.Run(f.ctx, chromedp.Evaluate[int](
		`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
	must(f.t, err)
	if wider <= 0 {
		return
	}
	out, err := chromedp.Run(f.ctx, chromedp.Evaluate[string](`[...document.querySelectorAll("main *")].filter((e) =>
		e.getBoundingClientRect().right > innerWidth).map((e) => e.tagName + "." + e.className).join(" ")`))
	must(f.t, err)
	f.t.Errorf("the page with %s is %d px wider than the window of %d: %s", where, wider, f.way.width, out)
}

// text returns what an element says.
func (f *firstRun) text(selector string) string {
	f.t.Helper()
	text, err := chromedp.Run(f.ctx, chromedp.Evaluate[string](
		fmt.Sprintf(`document.querySelector(%q)?.textContent ?? ""`, selector)))
	must(f.t, err)
	return text
}

// waitFor waits until an element has a text.
func (f *firstRun) waitFor(selector, text string) {
	f.t.Helper()
	for end := time.Now().Add(90 * time.Second); !strings.Contains(f.text(selector), text); {
		if time.Now().After(end) {
			f.t.Fatalf("%s does not say %q but %q", selector, text, f.text("main"))
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (f *firstRun) desk() *control.Desk {
	return f.app.Control().As(control.Local("owner@example.com"))
}

// becomeOwner opens the set-up link and makes the account, with the Enter key in the last field.
func (f *firstRun) becomeOwner() {
	f.t.Helper()
	f.do(chromedp.Navigate(strings.TrimSpace(f.link)))
	f.write("#email", "owner@example.com")
	f.write("#password", "three quiet herons")
	f.keys++
	f.do(chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(".begin"))
}

const (
	connectBooks  = `form[action="/connections/quickbooks"] button`
	connectSheets = `form[action="/connections/google"] button`
	allow         = `button[value="allow"]`
	makeIt        = `button[value="make"]`
)

// connectCompany connects the nth company of the sandbox, beginning with 0.
func (f *firstRun) connectCompany(n int) {
	f.t.Helper()
	f.press(connectBooks, allow)
	if n > 0 {
		f.press(`input[type="radio"][value="`+f.sandbox.Intuit.Companies()[n].Realm+`"]`, "")
	}
	f.press(allow, ".begin")
}

// From an empty store to three companies' sheets, filled and scheduled, in so few steps, whichever way one uses a
// browser.
func TestFirstRun(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]way{
		"mouse":           {width: 1280, height: 900},
		"without scripts": {width: 1280, height: 900, noScripts: true},
		"keyboard":        {width: 1280, height: 900, keyboard: true},
		"320 px":          {width: 320, height: 640},
		"zoomed to 200 %": {width: 640, height: 450}, // 1280 by 900 pixels are so many then
	} {
		t.Run(name, func(t *testing.T) {
			f := newFirstRun(t, how)
			f.becomeOwner()
			for n := range 3 {
				f.connectCompany(n)
			}
			f.press(connectSheets, allow)
			f.press(allow, makeIt) // the first pack comes by itself
			if says := f.text("#plan"); !strings.Contains(says, "15 tabs in 3 new spreadsheets, for 3 companies") {
				t.Errorf("the plan says %q", says)
			}
			if n := f.count("[data-noscript]:not([hidden])"); (n > 0) != how.noScripts {
				t.Errorf("scripts run: %v", n == 0)
			}
			f.press(makeIt, "[data-spoken]")
			f.waitFor("[data-spoken]", "Done. All 15 tabs are filled. Next run ")
			sheet, err := chromedp.Run(f.ctx, chromedp.Evaluate[string](
				`document.querySelector("main a.button, main button").href`))
			must(t, err)
			f.press("main .sheets a.primary", "")
			f.checkMade(sheet)
			if f.clicks > 12 || f.typed > 3 {
				t.Errorf("%d clicks and %d fields", f.clicks, f.typed)
			}
			t.Logf("%s: %d clicks, %d fields, %d keys", name, f.clicks, f.typed, f.keys)
		})
	}
}

// checkMade checks that all exporters are filled and scheduled, and that the sheet, the page's first button, opens.
func (f *firstRun) checkMade(sheet string) {
	f.t.Helper()
	all, err := f.desk().Exporters(f.ctx, export.ExporterFilter{})
	must(f.t, err)
	sheets := map[string]bool{}
	for _, e := range all {
		sheets[e.Target.Spreadsheet] = true
		if e.NextAt.Before(time.Now()) || !e.Schedule.Enabled || e.Schedule.Cron != "0 6 * * 1-5" {
			f.t.Errorf("%s goes on at %v by %+v", e.Name, e.NextAt, e.Schedule)
		}
	}
	if len(all) != 15 || len(sheets) != 3 {
		f.t.Errorf("%d exporters write %d spreadsheets", len(all), len(sheets))
	}
	r, err := http.NewRequestWithContext(f.ctx, http.MethodGet, sheet, nil)
	must(f.t, err)
	answer, err := http.DefaultClient.Do(r)
	must(f.t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(f.t, err)
	if answer.StatusCode != http.StatusOK || !strings.Contains(string(body), "Profit and loss by month") {
		f.t.Errorf("the first button leads to %s, which answers %s", sheet, answer.Status)
	}
	opened := false
	for range 50 {
		targets, err := chromedp.Targets(f.ctx)
		must(f.t, err)
		for _, tab := range targets {
			opened = opened || strings.Contains(tab.URL, "/spreadsheets/d/")
		}
		if opened {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if !opened {
		f.t.Error("the sheet did not open in a tab")
	}
}

// A person who refuses at Intuit or Google is told so, and goes on where it was.
func TestFirstRunWithDeniedConsent(t *testing.T) {
	t.Parallel()
	f := newFirstRun(t, way{width: 1280, height: 900})
	f.becomeOwner()
	f.press(`a[href="/start"]`, `a[href="/start?test=1"]`)
	f.press(`a[href="/start?test=1"]`, ".attention .pill.good")
	if says := f.text("main"); !strings.Contains(says, f.base+"/oauth/google/callback") ||
		!strings.Contains(says, "Intuit app: its id and secret are set") {
		t.Errorf("the test of the set-up says %q", says)
	}
	f.do(chromedp.Navigate(f.base + "/"))
	f.press(connectBooks, allow)
	f.press(`button[value="deny"]`, ".begin")
	if says := f.text(".notice.bad"); !strings.Contains(says, "declined on the QuickBooks page") {
		t.Errorf("after refusing at Intuit: %q", says)
	}
	f.connectCompany(0)
	f.press(connectSheets, allow)
	f.press(`button[value="cancel"]`, makeIt)
	if says := f.text(".notice.bad"); !strings.Contains(says, "Google") {
		t.Errorf("after refusing at Google: %q", says)
	}
	f.press(connectSheets, allow)
	f.press(allow, makeIt)
	f.press(makeIt, "[data-spoken]")
	f.waitFor("[data-spoken]", "Done. All 5 tabs are filled.")
}

// An access that ends and a sheet that is not shared any more are one thing to do each, on the pack's own page; once
// that is done the button fills everything.
func TestFirstRunThatBreaks(t *testing.T) {
	t.Parallel()
	f := newFirstRun(t, way{width: 1280, height: 900})
	f.becomeOwner()
	f.connectCompany(0)
	f.press(connectSheets, allow)
	f.press(allow, makeIt)
	realm := f.sandbox.Intuit.Companies()[0].Realm
	f.sandbox.Intuit.RevokeGrant(realm)
	f.sandbox.Intuit.ExpireAccessTokens(realm)
	f.press(makeIt, "[data-spoken]")
	f.waitFor("[data-spoken]", "0 of 5 tabs are filled. 5 need you.")
	f.waitFor(".attention", "Reconnect")
	if n := f.count(".attention li"); n != 1 {
		t.Errorf("an access that has ended is %d things to do", n)
	}
	at := f.place()
	f.press(".attention button", allow)
	f.press(allow, "main")
	f.do(chromedp.Navigate(at))
	f.waitFor("[data-spoken]", "Done. All 5 tabs are filled.") // what has failed for it runs again by itself

	all, err := f.desk().Exporters(f.ctx, export.ExporterFilter{})
	must(t, err)
	// Somebody has taken the account's access to the spreadsheet away.
	f.sandbox.Google.Fail(googlesim.Fault{
		Path: all[0].Target.Spreadsheet, Status: http.StatusForbidden, State: "PERMISSION_DENIED",
		Message: "The caller does not have permission", Times: -1,
	})
	f.press(`form[action="`+strings.TrimPrefix(at, f.base)+`/run"] button`, "[data-spoken]")
	f.waitFor("[data-spoken]", "5 need you.")
	if n := f.count(".attention li"); n != 1 || !strings.Contains(f.text(".attention"), "Share") {
		t.Errorf("a sheet that is not shared is %d things to do: %q", n, f.text(".attention"))
	}
}

func (f *firstRun) count(selector string) int {
	f.t.Helper()
	n, err := chromedp.Run(f.ctx, chromedp.Evaluate[int](
		"document.querySelectorAll("+strconv.Quote(selector)+").length"))
	must(f.t, err)
	return n
}

func (f *firstRun) place() string {
	f.t.Helper()
	at, err := chromedp.Run(f.ctx, chromedp.Evaluate[string]("location.origin + location.pathname"))
	must(f.t, err)
	return at
}
