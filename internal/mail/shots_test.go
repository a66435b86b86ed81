package mail

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"ledgersheet/internal/mail/smtpsim"
	"ledgersheet/internal/notice"
)

// samples are mails of each kind, one for each look that there is.
func samples() map[string]notice.Message {
	long := opened()
	long.Title = "QuickBooks access to Craig's Design and Landscaping Services of Greater Sacramento has ended."
	long.Lines = []string{"Intuit says that the connection was ended by a person at the company."}
	over := opened()
	over.Link = notice.Link{Text: "Open the dashboard", URL: "https://sheets.example.com/"}
	over.Phase, over.Event, over.Action = notice.Recovered, notice.Recovery, ""
	over.Lines = []string{"This is over. It was told on 29 March at 08:00 and lasted 2 hours."}
	still := opened()
	still.Phase, still.Event, still.Lines = notice.Still, notice.Failure, []string{"This has lasted for 3 days."}
	moved := opened()
	moved.Phase, moved.Event, moved.More = notice.Happened, notice.ClosedChange, 0
	moved.Title = "2 figures of past months of Alder & Sons have changed."
	moved.Lines = []string{"The last run of Profit and loss by month read other figures for a period that is over " +
		"than the run before it."}
	moved.Action = "See in the run what changed. If it is right, send the new figures to whoever has the old ones."
	moved.Link.Text, moved.Since = "Open run", time.Time{}
	moved.Moves = []notice.Move{
		{Title: "Net income", Period: "2026-01-01 to 2026-01-31", Currency: "USD", Old: "1234567.5", New: "1234500",
			By: "-67.5"},
		{Title: "Income", Period: "2026-01-01 to 2026-01-31", Currency: "USD", Old: "40000", New: "39932.50",
			By: "-67.50"},
	}
	digest := notice.Message{
		ID: "ntf_2", At: opened().At, Phase: notice.Regular, Event: notice.DigestEvent, Title: "2 things need a look.",
		Lines: []string{"11 of 12 exporters had a success since 28 March at 07:00."}, Zone: "America/New_York",
		Link: notice.Link{Text: "Open the dashboard", URL: "https://sheets.example.com/"}, Warning: true,
		Causes: []notice.Link{
			{Text: "QuickBooks access to Birch Inc has ended.", URL: "https://sheets.example.com/connections?q=2"},
			{Text: "A report of Alder & Sons is too large for QuickBooks.",
				URL: "https://sheets.example.com/exporters"},
		},
	}
	for i, f := range []notice.Figure{
		{Title: "Net income", Company: "Alder & Sons", Period: "2026-01-01 to 2026-03-29", Currency: "USD",
			Value: "48210.55",
			By:    "1310.2"},
		{Title: "Overdue", Company: "Alder & Sons", Currency: "USD", Value: "-1204", By: "-350"},
		{Title: "Cash", Company: "Craig's Design and Landscaping Services of Greater Sacramento",
			Period: "as of 2026-03-29", Currency: "CAD", Value: "1234567.89"},
	} {
		for day := range 14 - 13*(i/2) {
			value := fmt.Sprint(20000 + 2500*day - 700*(day%4)*day)
			if i == 1 {
				value = fmt.Sprint(3000 - 330*day)
			}
			f.Points = append(f.Points, notice.Point{Day: fmt.Sprintf("2026-03-%02d", 16+day), Value: value})
		}
		digest.Figures = append(digest.Figures, f)
	}
	test := notice.Message{
		ID: "ntf_3", At: opened().At, Phase: notice.Trial, Code: "test", Title: "Notices arrive here.",
		Lines: []string{"Somebody has pressed Send test, and this is it. Nothing needs to be done."},
		Link:  notice.Link{Text: "Open the settings", URL: "https://sheets.example.com/settings#notices"},
	}
	full := notice.Message{
		ID: "ntf_4", At: opened().At, Phase: notice.Opened, Event: notice.NeedsYou, Code: "store_in_trouble",
		Title: "The disk that holds the data folder is full.", Since: opened().At, Cause: "00ff",
		Action: "Make room on it. All work waits meanwhile and goes on by itself; nothing is lost. " +
			"Do not stop the service before.",
		Link: notice.Link{Text: "Open the dashboard", URL: "https://sheets.example.com/"},
	}
	complete, incomplete := packSamples(digest.Figures[:2])
	return map[string]notice.Message{
		"opened": long, "recovered": over, "still": still, "moved": moved, "digest": digest, "test": test,
		"full": full, "pack": complete, "incomplete": incomplete,
	}
}

// packSamples are what is told of a pack.
func packSamples(figures []notice.Figure) (complete, incomplete notice.Message) {
	complete = notice.Message{
		ID: "ntf_5", At: opened().At, Phase: notice.Happened, Event: notice.Pack, Code: "pack", Figures: figures,
		Title: "Month-end of Alder & Sons is complete.", Zone: "America/New_York",
		Lines: []string{"All 5 tabs have come, the last on 29 March at 08:00.",
			"Their rows are attached as one workbook, as they were read for this mail."},
		Link: notice.Link{Text: "Open the company", URL: "https://sheets.example.com/companies/9130#packs"},
	}
	incomplete = complete
	incomplete.Warning, incomplete.Title = true, "Month-end of Alder & Sons is incomplete: 2 of 5 tabs are missing."
	incomplete.Lines = []string{"3 of 5 tabs have come.", complete.Lines[1]}
	incomplete.Action = "Open each of these and do what it says there. When all of them have come, that is told, too."
	incomplete.Causes = []notice.Link{
		{Text: "Balance sheet, Alder & Sons: its run failed: Cells are in the way",
			URL: "https://sheets.example.com/exporters/exp_1"},
		{Text: "Unpaid bills, Alder & Sons: it is held back: Paused by ann@example.com",
			URL: "https://sheets.example.com/exporters/exp_2"},
	}
	return complete, incomplete
}

// mailLook is what a script finds out about a mail as laid out.
type mailLook struct {
	Sideways int
	Pale     []string
}

// lookScript finds texts whose contrast with what is behind them is below 4.5, and whether anything sticks out.
const lookScript = `(() => {
	const lum = (c) => { const [r, g, b] = c.match(/[\d.]+/g).map(Number).map((v) => (v /= 255) <= 0.03928 ? v / 12.92 :
		((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const behind = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
		if (!/^rgba\(.*, 0\)$/.test(c)) return c; } return "rgb(255, 255, 255)"; };
	const out = {Sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth, Pale: []};
	for (const e of document.querySelectorAll("h1, p, a, td, th, span, strong")) {
		if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || !e.checkVisibility()) continue;
		const [a, b] = [lum(getComputedStyle(e).color), lum(behind(e))];
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) out.Pale.push(e.textContent.trim().slice(0, 30) + " " + ratio.toFixed(1));
	}
	return out;
})()`

// TestMailsInABrowser has each mail go through the mail server, and lays out what has arrived, at two widths, light and
// dark: nothing sticks out, and all texts can be read. LEDGERSHEET_SHOTS names a folder for pictures of them.
func TestMailsInABrowser(t *testing.T) {
	t.Parallel()
	ctx := newBrowser(t)
	s := start(t, smtpsim.Options{})
	m := sender(t, s, Options{Security: NoTLS})
	for name, message := range samples() {
		before := len(s.Mails())
		_, err := m.Send(t.Context(), rule, message)
		must(t, err)
		_, _, html := read(t, s.Mails()[before])
		page := "data:text/html;charset=utf-8," + url.PathEscape(html)
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{700, 360} {
				where := fmt.Sprintf("%s-%s-%d", name, scheme, width)
				_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
				})
				must(t, err)
				must(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(page)))
				look, err := chromedp.Run(ctx, chromedp.Evaluate[mailLook](lookScript))
				must(t, err)
				if look.Sideways > 0 || len(look.Pale) > 0 {
					t.Errorf("%s: %+v", where, look)
				}
				if dir := os.Getenv("LEDGERSHEET_SHOTS"); dir != "" {
					shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
					must(t, err)
					must(t, os.WriteFile(filepath.Join(dir, where+".png"), shot, 0o600))
				}
			}
		}
	}
}

// newBrowser starts Chromium.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
	if os.Getenv("LEDGERSHEET_SKIP_BROWSER") != "" {
		t.Skip("LEDGERSHEET_SKIP_BROWSER is set")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatal("no Chromium was found; install it, or set LEDGERSHEET_SKIP_BROWSER=1 to leave this test out")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	options := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	options = append(options, chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-component-update",
		true),
		chromedp.WSURLReadTimeout(time.Minute))
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}
