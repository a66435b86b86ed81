package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// shotsDir is the variable that names a folder for pictures of all scenes.
const shotsDir = "LEDGERSHEET_SHOTS"

// finding is what axe-core objects to.
type finding struct {
	Rule  string   `json:"rule"`
	Help  string   `json:"help"`
	Nodes []string `json:"nodes"`
}

// axeScript runs the rules of WCAG 2.2 AA and of best practice, or those alone that a colour scheme can change.
const axeScript = `axe.run(document, {preload: false, resultTypes: ["violations"], runOnly: {type: %q, values: %s}}).then((r) =>
	r.violations.map((v) => ({rule: v.id, help: v.help, nodes: v.nodes.slice(0, 6).map((n) =>
		n.target.join(" ") + ": " + n.failureSummary.replace(/\s+/g, " ").slice(0, 260))})))`

// axe runs axe-core on the page that the browser shows.
func axe(ctx context.Context, by string, values ...string) ([]finding, error) {
	list, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	return chromedp.Run(ctx, chromedp.Evaluate[[]finding](fmt.Sprintf(axeScript, by, list), chromedp.EvalAwaitPromise))
}

// axeSource returns axe-core's script.
func axeSource(t *testing.T) string {
	t.Helper()
	src, err := os.ReadFile(filepath.FromSlash("../../build/axe/node_modules/axe-core/axe.min.js"))
	if err != nil {
		t.Fatalf("axe-core is not installed (%v); run make axe, or set %s=1 to leave this test out", err, skipBrowser)
	}
	return string(src)
}

// setScheme makes the browser one of a person who prefers a colour scheme.
func setScheme(t *testing.T, ctx context.Context, scheme string) {
	t.Helper()
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		},
	})
	must(t, err)
}

// takeCookies gives the browser the cookies of a client, and no others.
func takeCookies(t *testing.T, ctx context.Context, s *site, who *http.Client) {
	t.Helper()
	_, err := chromedp.Call(ctx, network.ClearBrowserCookies, cdp.Empty{})
	must(t, err)
	if who == nil {
		who = s.client
	}
	at, err := url.Parse(s.server.URL)
	must(t, err)
	for _, c := range who.Jar.Cookies(at) {
		_, err := chromedp.Call(ctx, network.SetCookie,
			network.SetCookieParams{Name: c.Name, Value: c.Value, URL: s.server.URL + "/"})
		must(t, err)
	}
}

// sendForm is the script that posts a form, as a page's own would.
func sendForm(to string, form url.Values) string {
	fields, err := json.Marshal(form)
	if err != nil {
		panic(err) // cannot happen: texts always encode
	}
	return fmt.Sprintf(`(() => { const f = document.createElement("form"); f.method = "post"; f.action = %q;
		for (const [name, values] of Object.entries(%s)) for (const value of values) {
			const i = document.createElement("input"); i.type = "hidden"; i.name = name; i.value = value; f.append(i); }
		document.body.append(f); f.submit(); })()`, to, fields)
}

// open brings the browser to a scene.
func (sc scene) open(t *testing.T, ctx context.Context, s *site) {
	t.Helper()
	takeCookies(t, ctx, s, sc.who)
	address := s.server.URL + sc.path
	steps := []chromedp.Action[chromedp.Void]{chromedp.Navigate(address)}
	if sc.form != nil {
		from := s.server.URL + "/terms"
		if sc.far {
			from = "about:blank"
		}
		must(t, chromedp.Do(ctx, chromedp.Navigate(from)))
		steps = []chromedp.Action[chromedp.Void]{
			chromedp.Evaluate[chromedp.Void](sendForm(address, sc.form)),
		}
	}
	resp, err := chromedp.RunResponse(ctx, steps...)
	if err != nil {
		t.Fatalf("%s: %v", sc.name, err)
	}
	want := sc.as
	if want == 0 {
		want = http.StatusOK
	}
	if int(resp.Status) != want {
		t.Errorf("%s: %s has status %d, not %d", sc.name, sc.path, resp.Status, want)
	}
	if sc.act != "" {
		must(t, chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](sc.act), chromedp.WaitVisible(sc.until)))
	}
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.documentElement.textContent +
		[...document.querySelectorAll("input")].map((i) => i.value).join(" ")`))
	must(t, err)
	if !strings.Contains(text, sc.says) {
		t.Errorf("%s: %s lacks %q, so it is not in the state it is to show", sc.name, sc.path, sc.says)
	}
}

// shoot takes a picture of a scene. The window becomes as high as the page: what sticks to its edge hides nothing.
func (sc scene) shoot(t *testing.T, ctx context.Context, dir, name string) {
	t.Helper()
	size, err := chromedp.Run(ctx, chromedp.Evaluate[[2]int64](`[innerWidth, document.documentElement.scrollHeight]`))
	must(t, err)
	must(t, chromedp.Do(ctx, chromedp.EmulateViewport(size[0], max(size[1], 900))))
	shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, name+".png"), shot, 0o600))
}

// TestAxe runs axe-core on every scene of the catalogue, light and dark, and on some in a window as wide as a phone. It
// finds nothing, and no page is wider than its window. What is folded is unfolded, of a long row only its beginning.
// The rules that do not look at colours or places are asked once.
// LEDGERSHEET_SHOTS names a folder for pictures of all of it.
func TestAxe(t *testing.T) {
	t.Parallel()
	if os.Getenv(skipBrowser) != "" {
		t.Skip(skipBrowser + " is set")
	}
	source := axeSource(t)
	ctx := newBrowser(t, newSite(t, siteOptions{}))
	for _, st := range stages() {
		s, scenes := st.set(t)
		for _, sc := range scenes {
			if testing.Short() && !sc.core {
				continue
			}
			sc.name = st.name + "-" + sc.name
			sc.lookAt(t, ctx, s, source)
		}
	}
}

// lookAt opens a scene, takes its pictures if they are wanted, and runs axe-core.
func (sc scene) lookAt(t *testing.T, ctx context.Context, s *site, source string) {
	t.Helper()
	views := []struct {
		name, scheme string
		width        int64
		by           string
		rules        []string
	}{
		{"light", "light", 1280, "tag", []string{
			"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice",
		}},
		{"dark", "dark", 1280, "rule", []string{"color-contrast"}},
		{"phone", "light", 390, "rule", []string{"target-size", "scrollable-region-focusable", "empty-table-header"}},
	}
	set := func(i int) string {
		setScheme(t, ctx, views[i].scheme)
		must(t, chromedp.Do(ctx, chromedp.EmulateViewport(views[i].width, 900)))
		return views[i].name
	}
	set(0)
	sc.open(t, ctx, s)
	if dir := os.Getenv(shotsDir); dir != "" {
		for i := range views {
			sc.shoot(t, ctx, dir, sc.name+"-"+set(i))
		}
	}
	must(t, chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](source), chromedp.Evaluate[chromedp.Void](
		`for (const d of document.querySelectorAll("details:nth-of-type(-n + 2)")) d.open = true`)))
	for i, v := range views {
		set(i)
		wider, err := chromedp.Run(ctx, chromedp.Evaluate[int](
			`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
		must(t, err)
		if wider > 0 {
			t.Errorf("%s, %s: the page is %d px wider than its window", sc.name, v.name, wider)
		}
		if v.name == "phone" && !sc.core {
			continue
		}
		found, err := axe(ctx, v.by, v.rules...)
		must(t, err)
		for _, f := range found {
			t.Errorf("%s, %s: %s: %s\n\t%s", sc.name, v.name, f.Rule, f.Help, strings.Join(f.Nodes, "\n\t"))
		}
	}
}
