package web

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"ledgersheet/internal/export"
)

// openStreams returns how many event streams are open.
func (s *site) openStreams() (n int) {
	s.web.streams.mu.Lock()
	defer s.web.streams.mu.Unlock()
	for _, of := range s.web.streams.open {
		n += len(of)
	}
	return n
}

// until waits until a condition holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 15 seconds: %s", what)
		}
	}
}

// settle stores a run's new state and tells of it, as the queue does.
func (s *site) settle(r export.Run, change func(*export.Run)) export.Run {
	s.t.Helper()
	r, err := s.store.UpdateRun(s.t.Context(), r.ID, func(r *export.Run) error { change(r); return nil })
	must(s.t, err)
	s.broker.Publish(r)
	return r
}

// tab is a page in a browser.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func (b tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	must(b.t, chromedp.Do(b.ctx, actions...))
}

func (b tab) wait(script string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 15*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Poll[chromedp.Void](script)); err != nil {
		b.t.Fatalf("%s: %v", script, err)
	}
}

func (b tab) want(script, what string) {
	b.t.Helper()
	ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](script))
	must(b.t, err)
	if !ok {
		b.t.Error(what)
	}
}

func (b tab) run(script string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](script))
}

// TestLivePagesKeepFocusAndScroll: lists freshen under the focus, and a run's page shows its end without a reload.
func TestLivePagesKeepFocusAndScroll(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).fill()
	e := s.exporter(nil)
	for _, name := range []string{"A first one", "Zones"} {
		s.exporter(func(e *export.Exporter) { e.Name, e.Target.Sheet = name, name })
	}
	r := s.run(e, running)
	b := tab{t, newBrowser(t, s)}
	link := `document.querySelector('[data-region] a[href="/exporters/` + string(e.ID) + `"]')`
	b.do(chromedp.EmulateViewport(390, 500), chromedp.Navigate(s.server.URL+"/exporters"))
	b.run(`window.sameDocument = true; ` + link + `.focus(); scrollTo(0, 150); 0`)
	b.wait(`document.activeElement === ` + link + ` && document.activeElement.closest("tr").textContent.includes("Running")`)
	s.exporter(func(e *export.Exporter) { e.Name, e.Target.Sheet = "B comes between", "B" })
	s.settle(r, succeeded)
	b.wait(link + `.closest("tr").textContent.includes("Succeeded") && document.body.textContent.includes("B comes between")`)
	b.want(`document.activeElement === `+link, "the focus has moved")
	b.want(`scrollY > 0 && window.sameDocument`, "the page has jumped or was loaded again")
	b.want(`[...document.querySelectorAll(".row-link")].map((a) => a.textContent).join() === "A first one,B comes between,Open invoices,Zones"`,
		"the rows are out of order")

	r = s.run(e, running)
	b.do(chromedp.Navigate(s.server.URL + "/runs/" + string(r.ID)))
	b.run(`window.sameDocument = true; scrollTo(0, 200); 0`)
	b.run(`document.querySelector(".crumbs a").focus({preventScroll: true}); 0`)
	s.settle(r, func(r *export.Run) { succeeded(r) })
	b.wait(`document.querySelector("#figures") && document.querySelector("[data-say]").textContent.includes("Succeeded")`)
	b.want(`window.sameDocument && scrollY === 200 && document.activeElement.matches(".crumbs a")`,
		"at the end, the page was loaded again, or has moved")
	b.want(`document.querySelectorAll(".steps .done").length === 6`, "the timeline stands still")

	// Browsers without shared workers have a stream in each visible tab.
	r = s.run(e, running)
	_, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument,
		page.AddScriptToEvaluateOnNewDocumentParams{Source: "delete window.SharedWorker"})
	must(t, err)
	b.do(chromedp.Navigate(s.server.URL + "/runs/" + string(r.ID)))
	b.want(`!window.SharedWorker`, "the test proves nothing")
	until(t, "a stream is open", func() bool { return s.openStreams() > 0 })
	s.settle(r, succeeded)
	b.wait(`document.querySelector("[data-region] .pill.good")?.textContent.includes("Succeeded")`)
}

// TestOneStreamForAllTabs: eight tabs, more than a browser's connections to a host, share one stream. It is closed
// while all are hidden, and what happened meanwhile is shown afterwards.
func TestOneStreamForAllTabs(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).fill()
	e := s.exporter(nil)
	r := s.run(e, running)
	first := tab{t, newBrowser(t, s)}
	tabs := []tab{first}
	for range 7 {
		ctx, cancel := chromedp.NewContext(first.ctx)
		t.Cleanup(cancel)
		tabs = append(tabs, tab{t, ctx})
	}
	for i, b := range tabs {
		path := []string{"/", "/exporters", "/runs", "/runs/" + string(r.ID)}[i%4]
		b.do(chromedp.Navigate(s.server.URL + path))
		_, err := chromedp.Call(b.ctx, emulation.SetFocusEmulationEnabled,
			emulation.SetFocusEmulationEnabledParams{Enabled: true})
		must(t, err)
	}
	until(t, "a stream is open", func() bool { return s.openStreams() > 0 })
	if n := s.openStreams(); n != 1 {
		t.Errorf("%d streams are open for %d tabs", n, len(tabs))
	}
	setHidden := func(hidden string) {
		for _, b := range tabs {
			b.run(`Object.defineProperty(document, "hidden", {configurable: true, get: () => ` + hidden + `});
				document.dispatchEvent(new Event("visibilitychange")); 0`)
		}
	}
	setHidden("true")
	until(t, "the stream of hidden tabs is closed", func() bool { return s.openStreams() == 0 })
	s.settle(r, succeeded)
	tabs[3].want(`document.querySelector(".pill").textContent.includes("Running")`, "a hidden tab has looked")
	setHidden("false")
	for _, b := range tabs {
		b.wait(`document.querySelector("[data-region] .pill.good")?.textContent.includes("Succeeded")`)
	}

	// The session's end closes the stream, and the pages say so.
	until(t, "a stream is open again", func() bool { return s.openStreams() == 1 })
	tabs[0].do(chromedp.Click(`form[action="/logout"] button`), chromedp.WaitVisible("#password"))
	until(t, "the stream has ended with its session", func() bool { return s.openStreams() == 0 })
	tabs[1].do(chromedp.WaitVisible("[data-session-ended]"))
}
