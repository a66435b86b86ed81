package web

import (
	"os"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestZZShot(t *testing.T) {
	s := newSite(t, siteOptions{demo: true, exportDirs: []string{t.TempDir()}}).signIn().fill()
	e := s.exporter(nil)
	ctx := newBrowser(t, s)
	b := tab{t, ctx}
	shot := func(name string, w int64, path, script string) {
		b.do(chromedp.EmulateViewport(w, 1000), chromedp.Navigate(s.server.URL+path))
		if script != "" {
			b.run(script + "; 0")
			b.do(chromedp.Sleep(1200e6))
		}
		img, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		must(t, err)
		must(t, os.WriteFile("/tmp/w/shot-"+name+".png", img, 0o600))
	}
	shot("new", 1360, "/exporters/new?type=invoices", "")
	shot("edit", 1360, "/exporters/"+string(e.ID)+"/edit?theme=dark", `document.querySelector("[data-preview-draft]").click(); document.querySelector("#fold-columns").open=true; document.querySelector("#fold-rows").open=true`)
	shot("combo", 1360, "/exporters/new?type=profit_and_loss", `document.querySelector("#type").focus(); document.querySelector("#type").value="aging"; document.querySelector("#type").dispatchEvent(new Event("input",{bubbles:true}))`)
	shot("phone", 390, "/exporters/"+string(e.ID)+"/edit", `document.querySelector("#fold-columns").open=true; document.querySelector("#fold-where").open=true`)
	shot("when", 1360, "/exporters/"+string(e.ID)+"/edit", `document.querySelector("#fold-when").open=true; document.querySelector("#fold-where").open=true; document.querySelector("#book").value="other"; document.querySelector("#book").dispatchEvent(new Event("change",{bubbles:true})); document.querySelector("#spreadsheet").value="1aBcDeFgHiJkLmNoP"; document.querySelector("#spreadsheet").dispatchEvent(new Event("input",{bubbles:true}))`)
}

func TestZZWide(t *testing.T) {
	s := newSite(t, siteOptions{demo: true, exportDirs: []string{t.TempDir()}}).signIn().fill()
	e := s.exporter(nil)
	ctx := newBrowser(t, s)
	b := tab{t, ctx}
	b.do(chromedp.EmulateViewport(390, 1000), chromedp.Navigate(s.server.URL+"/exporters/"+string(e.ID)+"/edit"), chromedp.Click("[data-preview-draft]"), chromedp.WaitVisible("#draft-preview tbody .num"))
	got, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > 391 && !e.closest(".scroll")).map(e => e.tagName + "#" + e.id + "." + e.className + " " + e.getBoundingClientRect().right)`))
	must(t, err)
	for _, g := range got {
		t.Log(g)
	}
	t.Log(chromedp.Run(ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth`)))
}
