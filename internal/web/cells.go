package web

import (
	"strconv"
	"strings"
	"time"

	"ledgersheet/internal/change"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// columnKinds says by title what kind of values an exporter's columns hold. Columns that only a report's answer names
// are not in it; under the empty title it has the kind of their numbers, if that is known.
type columnKinds map[string]table.Kind

func kindsOf(d *control.Desk, e export.Exporter) columnKinds {
	kinds := columnKinds{}
	def, err := d.Definition(e.Definition)
	if err != nil {
		return kinds
	}
	for _, key := range e.ResultColumns(def) {
		if col, err := export.FindColumn(def, key); err == nil {
			kinds[columnTitle(def, e, key)] = col.Kind
			if key == export.ReportAmounts {
				kinds[""] = col.Kind
			}
		}
	}
	return kinds
}

// shown returns a cell of a sheet as people know it. Sheets keep dates as numbers, and amounts without zeros at the
// end.
func (k columnKinds) shown(column string, v change.Value) string {
	if v.Kind == 0 {
		return "blank"
	}
	kind, known := k[column]
	if !known {
		kind = k[""]
	}
	switch {
	case v.Kind != 'n':
	case kind == table.Money:
		return amountOf(v.Text).Text
	case kind == table.Date:
		return markDates(serialTime(v.Text, time.DateOnly))
	case kind == table.DateTime:
		return serialTime(v.Text, "2006-01-02 15:04:05")
	}
	return shorten(v.Text)
}

// line returns one value of each cell of a row, without those that are blank.
func (k columnKinds) line(cells []change.Cell, of func(change.Cell) change.Value) string {
	var list []string
	for _, c := range cells {
		if v := of(c); v.Kind != 0 {
			list = append(list, k.shown(c.Column, v))
		}
	}
	return strings.Join(list, " · ")
}

// serialTime formats a number of days since 1899-12-30, with which Google Sheets represents dates and times.
// https://developers.google.com/workspace/sheets/api/guides/formats#about_date_time_values
func serialTime(days, layout string) string {
	n, err := strconv.ParseFloat(days, 64)
	if err != nil || n < 0 || n > 3e6 { // year 9999 is about day 2,958,000
		return days
	}
	begin := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	return begin.Add(time.Duration(n * float64(24*time.Hour))).Round(time.Second).Format(layout)
}
