package mail

import (
	"embed"
	"fmt"
	"html/template"
	"strings"
	texttemplate "text/template"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/notice"
)

//go:embed notice.html notice.txt
var files embed.FS

// pages are the templates of mails.
type pages struct {
	htmlPage *template.Template
	textPage *texttemplate.Template
}

func newPages() (pages, error) {
	html, err := template.ParseFS(files, "notice.html")
	if err != nil {
		return pages{}, fmt.Errorf("reading the template of mails: %w", err)
	}
	text, err := texttemplate.ParseFS(files, "notice.txt")
	if err != nil {
		return pages{}, fmt.Errorf("reading the template of mails: %w", err)
	}
	return pages{html, text}, nil
}

func (p pages) html(v view) (string, error) {
	var b strings.Builder
	if err := p.htmlPage.Execute(&b, v); err != nil {
		return "", fmt.Errorf("writing a mail: %w", err)
	}
	return b.String(), nil
}

func (p pages) text(v view) (string, error) {
	var b strings.Builder
	if err := p.textPage.Execute(&b, v); err != nil {
		return "", fmt.Errorf("writing a mail: %w", err)
	}
	return b.String(), nil
}

// view is a mail's content, with everything written out.
type view struct {
	notice.Message
	Head    string // the title, with what the mail says of it
	Pill    string // one or two words
	Tone    string // bad, warn, good or info
	When    string
	Lasting string // since when; empty if that says nothing
	To      string
	BaseURL string
	Home    string // BaseURL without the scheme
	Rows    []moveRow
	Cards   []card
}

// moveRow is a figure that has changed.
type moveRow struct{ Title, Period, Old, New, By string }

// card is a figure of a digest.
type card struct {
	Title, About, Value, Currency, By, ByTone, URL string
	Bars                                           []bar
	Says                                           string // of the bars, for who cannot see them
}

// bar is a figure on a day. Its height is in pixels.
type bar struct {
	Height, Gap int
	Class       string
	Day         string
}

func newView(m notice.Message, r notice.Rule, baseURL string) view {
	loc, err := time.LoadLocation(m.Zone)
	if err != nil {
		loc = time.UTC
	}
	_, home, _ := strings.Cut(baseURL, "://")
	v := view{
		Message: m, When: m.At.In(loc).Format("Monday, 2 January 2006, 15:04 MST"), To: r.To, BaseURL: baseURL,
		Home: home,
	}
	v.Pill, v.Tone = pillOf(m)
	v.Head = m.Title
	if m.Phase == notice.Recovered || m.Phase == notice.Still {
		v.Head = m.Prefix() + m.Title
	}
	if !m.Since.IsZero() && m.Phase != notice.Regular && m.Phase != notice.Recovered {
		v.Lasting = "Since " + m.Since.In(loc).Format("2 January, 15:04")
	}
	for _, x := range m.Moves {
		v.Rows = append(v.Rows, moveRow{
			Title: x.Title, Period: sayPeriod(x.Period), Old: money(x.Old, x.Currency), New: money(x.New, x.Currency),
			By: strings.TrimSpace(signed(x.By, x.Currency) + " " + x.Currency),
		})
	}
	for _, f := range m.Figures {
		v.Cards = append(v.Cards, cardOf(f))
	}
	return v
}

func pillOf(m notice.Message) (text, tone string) {
	switch {
	case m.Phase == notice.Recovered:
		return "Over", "good"
	case m.Phase == notice.Trial:
		return "Test", "info"
	case m.Phase == notice.Regular && m.Warning:
		return "Digest", "warn"
	case m.Phase == notice.Regular:
		return "Digest", "good"
	}
	switch m.Event {
	case notice.NeedsYou:
		text, tone = "Needs you", "bad"
	case notice.Difference:
		text, tone = "Differences", "warn"
	case notice.ClosedChange:
		text, tone = "Past month changed", "warn"
	case notice.Stale:
		text, tone = "Out of date", "warn"
	case notice.Value:
		text, tone = "Figure", "warn"
	case notice.Report:
		text, tone = "Report", "good"
	case notice.Pack:
		if text, tone = "Complete", "good"; m.Warning {
			text = "Incomplete"
		}
	default:
		text, tone = "Failed", "bad"
	}
	if m.Warning {
		tone = "warn"
	}
	if m.Phase == notice.Still {
		text = "Still " + map[string]string{"Failed": "failing", "Differences": "different"}[text]
		if text == "Still " {
			text = "Still there"
		}
	}
	return text, tone
}

func cardOf(f notice.Figure) card {
	c := card{Title: f.Title, About: f.Company, Value: money(f.Value, f.Currency), Currency: f.Currency, URL: f.URL}
	if f.Period != "" {
		c.About += ", " + sayPeriod(f.Period)
	}
	n := len(f.Points)
	if f.By != "" && n > 1 {
		c.By = signed(f.By, f.Currency) + " since " + sayDay(f.Points[n-2].Day, false)
	}
	c.Bars = bars(f.Points)
	if n > 1 {
		c.Says = fmt.Sprintf("From %s on %s to %s on %s.", money(f.Points[0].Value, f.Currency),
			sayDay(f.Points[0].Day, false), money(f.Points[n-1].Value, f.Currency), sayDay(f.Points[n-1].Day, false))
	}
	return c
}

// sayDay writes 2006-01-02 as 2 January 2006, or without the year. Other texts stay as they are.
func sayDay(text string, year bool) string {
	day, err := time.Parse(time.DateOnly, text)
	switch {
	case err != nil:
		return text
	case year:
		return day.Format("2 January 2006")
	}
	return day.Format("2 January")
}

// sayPeriod writes the days of a period in words. The first day's year is left out if it is that of the last.
func sayPeriod(period string) string {
	words := strings.Fields(period)
	last := ""
	if len(words) > 0 {
		last = words[len(words)-1]
	}
	for i, word := range words {
		sameYear := len(word) > 4 && len(last) > 4 && word[:4] == last[:4] && i < len(words)-1
		words[i] = sayDay(word, !sameYear)
	}
	return strings.Join(words, " ")
}

// barHeight is the height of the highest bar, in pixels.
const barHeight = 32

// bars draws values from zero on, so that their heights compare as the values do. Values below zero look different.
func bars(points []notice.Point) []bar {
	if len(points) < 2 {
		return nil
	}
	values := make([]decimal.Decimal, len(points))
	most := decimal.Zero
	for i, p := range points {
		values[i], _ = decimal.NewFromString(p.Value) // what is no number has no bar
		most = decimal.Max(most, values[i].Abs())
	}
	list := make([]bar, len(points))
	for i, v := range values {
		b := bar{Height: 1, Class: "bar", Day: points[i].Day}
		if most.IsPositive() {
			b.Height = max(1, int(v.Abs().Mul(decimal.NewFromInt(barHeight)).Div(most).Round(0).IntPart()))
		}
		if v.IsNegative() {
			b.Class = "bar below"
		}
		if i == len(values)-1 {
			b.Class += " last"
		}
		b.Gap = barHeight - b.Height
		list[i] = b
	}
	return list
}

// money writes an amount, in most currencies with two digits behind the point.
func money(amount, currency string) string {
	if _, cents, _ := strings.Cut(amount, "."); currency != "" && cents == "" && hasCents(currency) {
		amount = strings.TrimSuffix(amount, ".") + ".00"
	}
	return notice.Group(amount)
}

// hasCents reports whether a currency has a smaller unit in use, after the minor units of ISO 4217.
func hasCents(currency string) bool {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
		"XPF":
		return false
	}
	return true
}

func signed(amount, currency string) string {
	if strings.HasPrefix(amount, "-") {
		return money(amount, currency)
	}
	return "+" + money(amount, currency)
}
