package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// coveredScript tells what covers the focused element, or else what kind of element that is. It looks at the first
// and the last line.
const coveredScript = `(() => {
	const e = document.activeElement;
	if (!e || e === document.body || e.matches(".skip")) return e?.tagName ?? "";
	const box = e.getBoundingClientRect(), x = box.left + Math.min(box.width / 2, 40);
	const name = e.tagName + " " + (e.id || e.textContent.trim().slice(0, 30));
	for (const y of [box.top + 2, box.bottom - 2]) {
		if (box.height > innerHeight / 2) break;
		const hit = document.elementFromPoint(x, y), cover = hit?.closest(".top, .form-end, thead");
		if (!hit) return name + " is outside the window";
		if (cover && !cover.contains(e)) return name + " is under " + (cover.className || cover.tagName);
	}
	return e.tagName;
})()`

// TestFocusIsNeverCovered presses Tab through long pages, down and up: what has the focus can be seen whole, beside all
// that sticks to the window's edges. No time is among the stops.
func TestFocusIsNeverCovered(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).fill()
	var last export.Exporter
	for i := range 12 {
		last = s.exporter(func(e *export.Exporter) {
			e.Name, e.Target.Sheet = fmt.Sprintf("Exporter %d", i), fmt.Sprint(i)
		})
		s.run(last, succeeded)
	}
	b := tab{t, newBrowser(t, s)}
	for _, size := range [][2]int64{{1280, 500}, {800, 500}, {390, 500}} {
		for path, begin := range map[string]string{
			"/exporters": "nav a", "/exporters/" + string(last.ID) + "/edit": "#spreadsheet",
		} {
			b.do(chromedp.EmulateViewport(size[0], size[1]), chromedp.Navigate(s.server.URL+path))
			b.run(`for (const d of document.querySelectorAll("details")) d.open = true;
				const other = document.querySelector('#book option[value="other"]');
				if (other) { other.selected = true; other.parentElement.dispatchEvent(new Event("change", {bubbles: true})); }
				document.querySelector("` + begin + `").focus(); 0`)
			stops := map[string]bool{}
			for i := range 40 {
				key := chromedp.KeyEvent("\t")
				if i >= 20 {
					key = chromedp.KeyEvent("\t", chromedp.KeyModifiers(8)) // with Shift
				}
				b.do(key)
				covered, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](coveredScript))
				must(t, err)
				if strings.Contains(covered, " is ") {
					t.Errorf("%s at %d px, after %d presses: %s", path, size[0], i+1, covered)
				}
				stops[strings.Fields(covered + " -")[0]] = true
			}
			if stops["TIME"] || len(stops) < 2 {
				t.Errorf("%s: the stops are %v", path, stops)
			}
		}
	}
}

// spokenScript returns the longest text that would be read out by itself.
const spokenScript = `[...document.querySelectorAll("[aria-live], [role=status], [role=alert], output")]
	.filter((e) => e.checkVisibility()).map((e) => e.textContent.trim()).sort((a, b) => b.length - a.length)[0] ?? ""`

// TestPreviewKeepsTheFocus, by keyboard, and says one sentence.
func TestPreviewKeepsTheFocus(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).fill()
	e := s.exporter(nil)
	b := tab{t, newBrowser(t, s)}
	for _, width := range []int64{1280, 390} {
		b.do(chromedp.EmulateViewport(width, 700), chromedp.Navigate(s.server.URL+"/exporters/"+string(e.ID)+"/edit"))
		b.run(`document.querySelector("[data-preview-draft]").focus(); 0`)
		b.do(chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#draft-preview table"))
		b.wait(`document.querySelector("[data-status]").textContent.startsWith("All 2 rows.")`)
		b.want(`document.activeElement === document.querySelector("[data-preview-draft]")`, "the focus is lost")
		b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#timezone").dispatchEvent(new Event("input")); 0`))
		b.wait(`document.querySelector("[data-status]").textContent.includes("06:00")`)
		spoken, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](spokenScript))
		must(t, err)
		if len(spoken) > 200 {
			t.Errorf("at %d px, %d characters are read out: %s", width, len(spoken), spoken)
		}
	}
	// Without scripts, the answer opens at the preview.
	body := s.signIn().wantGet("/exporters/" + string(e.ID) + "/edit")
	if !strings.Contains(body, `formaction="/exporters/preview#preview-title"`) ||
		!strings.Contains(body, `id="preview-title"`) {
		t.Error("without scripts, the preview opens at the top of the page")
	}
}

// contrastScript returns the visible texts with too little contrast, by WCAG 2.2, 1.4.3.
const contrastScript = `(() => {
	const parse = (c) => { const n = c.match(/[\d.]+/g).map(Number); return [n[0], n[1], n[2], n[3] ?? 1]; };
	const over = (a, b) => [0, 1, 2].map((i) => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
	const light = (c) => { const l = c.slice(0, 3).map((v) => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * l[0] + .7152 * l[1] + .0722 * l[2]; };
	const ground = (e) => { if (!e) return parse(getComputedStyle(document.body).backgroundColor); const c = parse(getComputedStyle(e).backgroundColor); return c[3] === 1 ? c : over(c, ground(e.parentElement)); };
	const bad = [];
	for (const e of document.querySelectorAll("body *")) {
		const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
		if (!own || !e.checkVisibility() || e.closest(".hidden, .skip, [disabled], svg, option, datalist")) continue;
		const style = getComputedStyle(e), back = ground(e);
		let fore = parse(style.color);
		for (let p = e; p; p = p.parentElement) fore[3] *= Number(getComputedStyle(p).opacity);
		const [x, y] = [light(over(fore, back)), light(back)].sort((a, b) => b - a);
		const size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
		if ((x + .05) / (y + .05) < (large ? 3 : 4.5)) bad.push(e.tagName + " " + e.className + " " + e.textContent.trim().slice(0, 30) + " " + ((x + .05) / (y + .05)).toFixed(2));
	}
	return bad;
})()`

// TestContrast of all texts, in both themes, dimmed rows included.
func TestContrast(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{demo: true}).fill()
	e := s.exporter(nil)
	run := s.run(e, succeeded)
	other := s.exporter(func(e *export.Exporter) { e.Name, e.Target.Sheet = "Other", "Other" })
	fail := s.run(other, failed(problem.CompanyReconnectRequired))
	b := tab{t, newBrowser(t, s)}
	for _, path := range []string{
		"/", "/exporters", "/exporters/new", "/exporters/new?type=invoices", "/exporters/" + string(e.ID), "/runs",
		"/runs/" + string(run.ID), "/runs/" + string(fail.ID), "/connections", "/settings", "/help", "/nowhere",
	} {
		b.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(s.server.URL+path))
		for _, theme := range []string{"light", "dark"} {
			b.run(`document.documentElement.dataset.theme = "` + theme + `"; 0`)
			if strings.Contains(path, "type=") {
				b.run(`for (const d of document.querySelectorAll("details.fold")) d.open = true; 0`)
				b.want(`document.querySelectorAll("[data-off]").length > 0`, "no row is dimmed: the test proves nothing of them")
			}
			bad, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](contrastScript))
			must(t, err)
			if len(bad) > 0 {
				t.Errorf("%s, %s: %s", path, theme, strings.Join(bad, "; "))
			}
		}
	}
}
