package web

import (
	"context"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/change"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// resultView is what an exporter's runs have brought: its figures over the last runs, and the last difference.
type resultView struct {
	At      moment // when the last success ended; zero if there is none
	Run     export.ID
	Figures []runChart
	Change  *changeView
}

// runChart is a figure over the last runs, as a picture and as a table.
type runChart struct {
	Title   string
	Company string // empty if all are about one
	Amount  amount
	Plain   bool // it is a count rather than an amount
	chart
	Currency string
	Trend    string // "up", "down" or empty, against the run before
	By       string // how much
}

// changeView is what a run has changed in the sheet.
type changeView struct {
	Run    export.ID
	At     moment
	Words  string // "12 rows added, 3 changed"
	Rows   []dryRow
	More   string // how many other rows there are; empty for none
	Unread bool   // what is kept of it cannot be read, or is gone
	New    bool   // it only added rows, and many: they are the sheet itself
}

// How much of a difference pages show.
const (
	resultFigures = 3
	resultRows    = 6  // on the exporter's page
	runRows       = 40 // on the run's page
)

// newResult sums up the last runs, newest first.
func (w *Web) newResult(ctx context.Context, d *control.Desk, e export.Exporter, runs []export.Run) *resultView {
	good := slices.DeleteFunc(slices.Clone(runs), func(r export.Run) bool { return !r.Brief().Success() })
	if len(good) == 0 {
		return nil
	}
	v := &resultView{At: w.moment(good[0].FinishedAt), Run: good[0].ID}
	for _, h := range listHeadlines(good[0]).Shown {
		if len(v.Figures) < resultFigures {
			v.Figures = append(v.Figures, figureChart(h, good))
		}
	}
	v.Figures = append(v.Figures, rowsChart(good))
	differs := func(r export.Run) bool { return !r.Unchanged && r.Added+r.Changed+r.Removed > 0 }
	if i := slices.IndexFunc(good, differs); i >= 0 {
		v.Change = w.changeView(ctx, d, good[i], resultRows)
	}
	return v
}

// figureChart draws one figure over runs, newest first. Runs that lack it, or state it for another company or currency,
// have no bar.
func figureChart(h headline, runs []export.Run) runChart {
	c := runChart{Title: h.Title, Company: h.Company, Currency: h.Currency, Amount: h.Amount}
	var points []runPoint
	for _, r := range slices.Backward(runs) {
		for i, other := range headlines(r) {
			same := other.Title == h.Title && other.Company == h.Company && other.Currency == h.Currency
			if same && isWhole(other, r) {
				points = append(points, runPoint{r, r.Figures[i].Value})
				break
			}
		}
	}
	c.draw(points)
	return c
}

// rowsChart draws how many rows runs had.
func rowsChart(runs []export.Run) runChart {
	c := runChart{Title: "Rows", Plain: true, Amount: amount{Text: count(runs[0].Rows)}}
	var points []runPoint
	for _, r := range slices.Backward(runs) {
		points = append(points, runPoint{r, decimal.New(int64(r.Rows), 0).String()})
	}
	c.draw(points)
	return c
}

// runPoint is the value that one run had.
type runPoint struct {
	run   export.Run
	value string
}

// draw draws points, oldest first.
func (c *runChart) draw(points []runPoint) {
	const bar, gap, height = 11, 3, 56
	c.chart = chart{Title: c.Title, Currency: c.Currency, Height: height, Width: max(1, sparkRuns*(bar+gap)-gap)}
	if len(points) == 0 {
		return
	}
	figures := make([]export.FigureValue, len(points))
	for i, p := range points {
		figures[i].Value = p.value
	}
	scale := newScale(figures, height)
	c.Base = scale.y(0)
	for i, p := range points {
		b := scale.bar(number(p.value))
		b.X, b.Width = (sparkRuns-len(points)+i)*(bar+gap), bar
		row := chartRow{Month: formatExact(p.run.FinishedAt, nil), Key: string(p.run.ID), Amount: c.written(p.value)}
		b.Title = strings.TrimSpace(row.Month + ": " + row.Amount.Text + " " + c.Currency)
		c.Bars, c.Rows = append(c.Bars, b), append(c.Rows, row)
	}
	last := points[len(points)-1]
	c.Label = strings.TrimSpace(c.Title+" of the last "+plural(len(points), "success", "successes")+". The last is "+
		c.written(last.value).Text+" "+c.Currency) + "."
	slices.Reverse(c.Rows) // the newest stands first, as in the table of runs
	if len(points) > 1 {
		c.compare(points[len(points)-2].value, last.value)
	}
}

func (c *runChart) written(value string) amount {
	if c.Plain {
		return amount{Text: groupDigits(value)}
	}
	return amountOf(value)
}

// compare says by how much a value differs from the one before.
func (c *runChart) compare(was, is string) {
	before, err := decimal.NewFromString(was)
	now, err2 := decimal.NewFromString(is)
	if err != nil || err2 != nil || now.Equal(before) {
		return
	}
	c.Trend = "up"
	if now.LessThan(before) {
		c.Trend = "down"
	}
	c.By = c.written(now.Sub(before).Abs().String()).Text
}

// changeView describes what a run changed, with the first cells.
func (w *Web) changeView(ctx context.Context, d *control.Desk, r export.Run, most int) *changeView {
	v := &changeView{Run: r.ID, At: w.moment(r.FinishedAt), Words: changesSentence(r)}
	v.New = r.Changed+r.Removed == 0 && r.Added > resultRows
	set, err := d.Difference(ctx, r.ID)
	if err != nil || set == nil { // what is gone is not shown; the counts are the run's own
		v.Unread = true
		return v
	}
	kinds := kindsOf(d, r.Exporter)
	shown := 0
	for _, item := range set.Items {
		if len(v.Rows) >= most {
			break
		}
		v.Rows = append(v.Rows, changedCells(item, kinds)...)
		shown++
	}
	v.Rows = v.Rows[:min(len(v.Rows), 2*most)] // a row may have very many cells
	if more := set.Added + set.Changed + set.Removed - shown; more > 0 {
		v.More = plural(more, "more row", "more rows")
	}
	v.Unread = len(v.Rows) == 0
	return v
}

// changedCells returns what became of a row, cell by cell.
func changedCells(item change.Item, kinds columnKinds) []dryRow {
	rows := dryRows(item, kinds)
	for i := range rows {
		switch item.Kind {
		case change.Added:
			rows[i].Column = "Added"
		case change.Removed:
			rows[i].Column, rows[i].New = "Taken out", ""
		}
	}
	return rows
}

// configLine sums up how an exporter is configured.
func configLine(e export.Exporter, k known) string {
	place := "to the tab “" + e.Target.Sheet + "”"
	if e.Target.IsFile() {
		place = "to a file"
	}
	when := shortSchedule(e.Schedule)
	if e.Chained() {
		when = "After other exporters"
	}
	return typeTitle(k.desk, e.Definition) + " of " + companyNames(e, k) + " " + place + " · " + when
}
