package web

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// chart is a small picture of a figure month by month, with the same numbers as a table.
type chart struct {
	Label         string // a sentence that says what it shows
	Title         string // of the figure
	Currency      string
	Width, Height int
	Base          int // where zero is, from the top
	Foot          int // where the names of the months stand; 0 if they are left out
	Bars          []chartBar
	Rows          []chartRow
}

// chartBar is one month. Class says whether it is negative and whether the month is not over.
type chartBar struct {
	X, Y, Width, Height int
	Class, Title        string
	Name                string // of the month, under a large bar
	Middle              int
}

// chartRow is one month in the table beside a chart.
type chartRow struct {
	Month  string // "Mar 2026"
	Key    string // 2026-03
	Amount amount
	Note   string // "so far"; empty for a whole month
}

// chartSize is how large a chart is, in its own units.
type chartSize struct {
	bar, gap, height int
	foot             int // room for the names of the months
}

func smallChart() chartSize { return chartSize{bar: 10, gap: 2, height: 34} }
func largeChart() chartSize { return chartSize{bar: 30, gap: 8, height: 110, foot: 18} }

const chartMonths = 12

// monthChart draws the figures of single months, oldest first, up to this month.
func monthChart(told control.Told, now time.Time, size chartSize) chart {
	c := chart{Width: chartMonths*(size.bar+size.gap) - size.gap, Height: size.height + size.foot}
	if len(told.Figures) == 0 {
		return c
	}
	c.Title, c.Currency = told.Figures[0].Title, told.Figures[0].Currency
	values := map[string]export.FigureValue{}
	for _, f := range told.Figures {
		values[f.Span()] = f
	}
	last := time.Date(now.UTC().Year(), now.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
	if before := last.AddDate(0, -1, 0); told.Figures[len(told.Figures)-1].Span() == before.Format("2006-01") {
		last = before
	}
	scale := newScale(told.Figures, size.height)
	c.Base = scale.y(0)
	if size.foot > 0 {
		c.Foot = c.Height - 4
	}
	for i := range chartMonths {
		month := last.AddDate(0, i-chartMonths+1, 0)
		f, known := values[month.Format("2006-01")]
		if !known {
			continue
		}
		row := chartRow{Month: month.Format("Jan 2006"), Key: f.Span(), Amount: amountOf(f.Value)}
		bar := scale.bar(number(f.Value))
		bar.X, bar.Width, bar.Name = i*(size.bar+size.gap), size.bar, month.Format("Jan")
		bar.Middle = bar.X + bar.Width/2
		if month.Year() == now.UTC().Year() && month.Month() == now.UTC().Month() {
			bar.Class, row.Note = bar.Class+" now", "so far"
		}
		bar.Title = strings.TrimSpace(fmt.Sprintf("%s %s: %s %s", row.Month, row.Note, row.Amount.Text, f.Currency))
		c.Bars, c.Rows = append(c.Bars, bar), append(c.Rows, row)
	}
	if len(c.Rows) > 0 {
		end := c.Rows[len(c.Rows)-1]
		c.Label = fmt.Sprintf("%s by month, %s to %s. The last is %s %s.", c.Title, c.Rows[0].Month, end.Month,
			end.Amount.Text, c.Currency)
	}
	return c
}

// number returns a value for drawing; amounts are never worked with in this form.
func number(value string) float64 {
	d, err := decimal.NewFromString(value)
	if err != nil {
		return 0
	}
	return d.InexactFloat64()
}

// scale turns values into heights.
type scale struct {
	high, low float64 // at least and at most zero
	height    int
}

func newScale(figures []export.FigureValue, height int) scale {
	s := scale{height: height - 1}
	for _, f := range figures {
		s.high, s.low = max(s.high, number(f.Value)), min(s.low, number(f.Value))
	}
	return s
}

// newRange is a scale from the least to the largest value.
func newRange(figures []export.FigureValue, height int) scale {
	s := scale{high: number(figures[0].Value), height: height - 1}
	s.low = s.high
	for _, f := range figures {
		s.high, s.low = max(s.high, number(f.Value)), min(s.low, number(f.Value))
	}
	return s
}

// y returns how far from the top a value is.
func (s scale) y(value float64) int {
	span := s.high - s.low
	if span == 0 {
		return s.height
	}
	return int((s.high - value) / span * float64(s.height))
}

// bar returns the bar from zero to a value. A value that is not zero can be seen.
func (s scale) bar(value float64) chartBar {
	zero, at := s.y(0), s.y(value)
	if value < 0 {
		return chartBar{Y: zero, Height: max(1, at-zero), Class: "neg"}
	}
	high := zero - at
	if value > 0 {
		high = max(1, high)
	}
	return chartBar{Y: zero - high, Height: high, Class: "pos"}
}

// trendChart is a picture of what a standing amount was, day by day, as a line of steps.
type trendChart struct {
	Title, Label  string
	Currency      string
	Width, Height int
	Path          string // of the line; its scale does not begin at zero
	Rows          []chartRow
}

const (
	trendWidth  = 300
	trendHeight = 72
)

// newTrend draws points of a figure, oldest first.
func newTrend(told control.Told, points []control.TrendPoint) trendChart {
	f := told.Figures[0]
	t := trendChart{Title: f.Title, Currency: f.Currency, Width: trendWidth, Height: trendHeight}
	if len(points) < 2 {
		return t
	}
	figures := make([]export.FigureValue, len(points))
	for i, p := range points {
		figures[i].Value = p.Value
	}
	s := newRange(figures, trendHeight-6)
	first, last := points[0].Day, points[len(points)-1].Day
	x := func(day int) int { return (day - first) * trendWidth / max(1, last-first) }
	var line strings.Builder
	for i, p := range points {
		y := s.y(number(p.Value)) + 3
		if i == 0 {
			fmt.Fprintf(&line, "M%d %d", x(p.Day), y)
		} else {
			fmt.Fprintf(&line, "H%dV%d", x(p.Day), y)
		}
		if i+1 < len(points) && points[i+1].Value == p.Value && i > 0 {
			continue // a stretch in which nothing moved needs one line of the table
		}
		t.Rows = append(t.Rows, chartRow{Month: dayWords(p.Day), Amount: amountOf(p.Value)})
	}
	t.Path = line.String()
	t.Label = fmt.Sprintf("%s from %s to %s: from %s to %s %s.", t.Title, dayWords(first), dayWords(last),
		amountOf(points[0].Value).Text, amountOf(points[len(points)-1].Value).Text, t.Currency)
	return t
}

func dayWords(number int) string { return export.Day{Number: number}.Date().Format("2 Jan 2006") }

// dots is a picture of how runs went on the last days, two rows of them, oldest first. Days of one kind are one path.
type dots struct {
	Label               string
	Width, Height       int
	OK, Differs, Failed string
	None                string
}

const (
	dotSize = 9
	dotStep = 11
	dotRow  = control.DaysShown / 2
)

func newDots(days []export.Day) dots {
	d := dots{Width: dotRow*dotStep - (dotStep - dotSize), Height: 2*dotStep - (dotStep - dotSize)}
	var failed, differs, idle []export.Day
	for i, day := range days {
		x, y := i%dotRow*dotStep, i/dotRow*dotStep
		square := fmt.Sprintf("M%d %dh9v9h-9z", x, y)
		switch {
		case day.Failed > 0:
			failed = append(failed, day)
			d.Failed += square + "m2 2l5 5m0-5l-5 5"
		case day.Differs > 0:
			differs = append(differs, day)
			d.Differs += fmt.Sprintf("M%d %dl5 5l-5 5l-5-5z", x+4, y)
		case day.OK > 0:
			d.OK += square
		default:
			idle = append(idle, day)
			d.None += fmt.Sprintf("M%d %dh3v3h-3z", x+3, y+3)
		}
	}
	text := []string{fmt.Sprintf("Runs of the last %d days.", len(days))}
	if len(idle) == len(days) {
		text = append(text, "There were none.")
	} else if len(failed) == 0 {
		text = append(text, "None failed.")
	} else {
		text = append(text, fmt.Sprintf("Some failed on %s, last on %s.", plural(len(failed), "day", "days"),
			dayWords(failed[len(failed)-1].Number)))
	}
	if len(differs) > 0 {
		text = append(text, "QuickBooks' own figures disagreed on "+plural(len(differs), "day", "days")+".")
	}
	d.Label = strings.Join(text, " ")
	return d
}
