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
		Message: m, When: m.At.In(loc).Format("Monday, 2 January 2006, 15:04 MST"), To: r.To, BaseURL: baseURL, Home: home,
	}
	v.Pill, v.Tone = pillOf(m)
	if !m.Since.IsZero() && m.Phase != notice.Regular {
		v.Lasting = "Since " + m.Since.In(loc).Format("2 January, 15:04")
	}
	for _, x := range m.Moves {
		v.Rows = append(v.Rows, moveRow{
			Title: x.Title, Period: x.Period, Old: money(x.Old), New: money(x.New),
			By: strings.TrimSpace(signed(x.By) + " " + x.Currency),
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
	default:
		text, tone = "Failed", "bad"
	}
	if m.Warning {
		tone = "warn"
	}
	if m.Phase == notice.Still {
		text += ", still"
	}
	return text, tone
}

func cardOf(f notice.Figure) card {
	c := card{Title: f.Title, About: f.Company, Value: money(f.Value), Currency: f.Currency, URL: f.URL}
	if f.Period != "" {
		c.About += " · " + f.Period
	}
	if f.By != "" {
		c.By = signed(f.By)
	}
	c.Bars = bars(f.Points)
	if n := len(f.Points); n > 1 {
		c.Says = fmt.Sprintf("From %s on %s to %s on %s.", money(f.Points[0].Value), f.Points[0].Day,
			money(f.Points[n-1].Value), f.Points[n-1].Day)
	}
	return c
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

func money(amount string) string { return notice.Group(amount) }

func signed(amount string) string {
	if strings.HasPrefix(amount, "-") {
		return money(amount)
	}
	return "+" + money(amount)
}
