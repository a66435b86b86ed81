package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/export"
)

// mostNames is how many companies a heading names.
const mostNames = 3

// composeHeading returns the lines above the rows, or nil if the exporter wants none. Only the time may differ between
// two runs that read the same.
func (j *job) composeHeading(in inputs, parts []part) *export.Heading {
	if !j.exporter.TitleBlock {
		return nil
	}
	var names, periods, bases []string
	add := func(list []string, text string) []string {
		if text == "" || slices.Contains(list, text) {
			return list
		}
		return append(list, text)
	}
	for _, p := range parts {
		names = append(names, p.company.Name)
		periods = add(periods, periodWords(in.definition, p.outcome.Period))
		bases = add(bases, p.outcome.Basis)
	}
	h := &export.Heading{
		Company: strings.Join(names, ", "), Title: in.definition.Info().Title, Period: strings.Join(periods, "; "),
		Changed: "Last changed " + j.o.Now().In(j.exporter.Schedule.Location()).Format("January 2, 2006 at 15:04 MST"),
	}
	if len(names) > mostNames {
		h.Company = fmt.Sprintf("%d companies", len(names))
	}
	if h.Period == "" {
		h.Period = everything(in.definition)
	}
	if len(bases) > 0 {
		h.Period += ", " + strings.ToLower(strings.Join(bases, " and ")) + " basis"
	}
	if columns := filteredBy(j.exporter.Filters); columns != "" {
		h.Period += ", filtered by " + columns
	}
	if r, ok := in.definition.(export.Report); ok && len(parts) == 1 {
		h.Link = r.Link(parts[0].company, parts[0].outcome.Period, parts[0].outcome.Basis)
	}
	return h
}

// everything says what is read if no period is chosen.
func everything(d export.Definition) string {
	if e, ok := d.(export.Entity); ok && len(e.Dates) == 0 || d.Info().Kind == export.KindReport {
		return "All records"
	}
	return "All dates"
}

func filteredBy(filters []export.Filter) string {
	var columns []string
	for _, f := range filters {
		if !slices.Contains(columns, f.Column) {
			columns = append(columns, f.Column)
		}
	}
	return strings.Join(columns, ", ")
}

// longDay is how printed reports write a day.
const longDay = "January 2, 2006"

// periodWords puts a period into the words of a printed report: "January 1 – March 31, 2026", "As of March 31, 2026".
func periodWords(d export.Definition, period string) string {
	if start, end, ok := export.PeriodDays(period); ok {
		layout := longDay
		if start.Year() == end.Year() {
			layout = "January 2"
		}
		r, isReport := d.(export.Report)
		switch {
		case isReport && r.Dates == export.BalanceAtEnd:
			return "As of " + end.Format(longDay)
		case start.Equal(end):
			return end.Format(longDay)
		}
		return start.Format(layout) + " – " + end.Format(longDay)
	}
	words := strings.Fields(period)
	for i, word := range words {
		if day, err := time.Parse(time.DateOnly, word); err == nil {
			words[i] = day.Format(longDay)
		}
	}
	text := strings.Join(words, " ")
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
