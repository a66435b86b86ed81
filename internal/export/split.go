package export

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"ledgersheet/internal/problem"
)

// Split says by what an exporter's rows are divided among tabs.
type Split string

// The ways to split.
const (
	SplitNone    Split = "none"
	SplitYear    Split = "year"    // of the option date_column
	SplitCompany Split = "company" // each as if the exporter had that company alone
)

// MostParts limits the tabs of a split exporter. Google allows 200 in a spreadsheet, and each may have a hidden one
// that keeps what stood before.
const MostParts = 100

// IsSplit reports whether the rows are divided among tabs.
func (e Exporter) IsSplit() bool { return e.Split != "" && e.Split != SplitNone }

// Splits lists the ways to split a definition's rows. A report's rows, and those of lists without dates, belong to no
// year.
func Splits(d Definition) []Split {
	if DateColumn(d, nil) == "" {
		return []Split{SplitNone, SplitCompany}
	}
	return []Split{SplitNone, SplitYear, SplitCompany}
}

// DateColumn returns the path of the date that a list's rows are about, given an exporter's options; empty if there is
// none.
func DateColumn(d Definition, options map[string]string) string {
	if e, ok := d.(Entity); !ok || len(e.Dates) == 0 {
		return ""
	}
	return OptionValue(d, options, OptDateColumn)
}

// Words puts a way to split into words.
func (s Split) Words() string {
	switch s {
	case SplitYear:
		return "One for each year"
	case SplitCompany:
		return "One for each company"
	}
	return "One for all rows"
}

// SplitHelp says what to know before splitting a definition's rows.
func SplitHelp(d Definition) string {
	help := "Each tab is named after the one above, such as “Invoices 2026” or “Invoices – Main Street Shop”; new " +
		"ones come as they are needed. Each changes as a whole; a run that fails may leave some tabs new and others " +
		"old. A tab whose rows are gone keeps its titles, and tabs of an earlier choice stay as they are."
	if slices.Contains(Splits(d), SplitYear) {
		help += " The year is that of the date that the date range is about."
	}
	return help
}

func splitWords(e Exporter) string { return e.Split.Words() }

// validateSplit refuses what tabs that are written one by one cannot keep up.
func (e Exporter) validateSplit(c *problem.Collect) {
	switch {
	case !e.IsSplit() || c.Has("split"):
	case e.Target.IsFile():
		c.Add("split", "is only for Google Sheets; a file holds all rows")
	case StartName(e.Target.Start):
		c.Add("split", "does not go with a named start cell, which stands on one tab; choose a cell such as A1")
	case e.Split == SplitYear && e.Mode != Replace && e.Mode != "":
		c.Add("split", "by year needs the mode replace; a record that gets another date would stand on two tabs else")
	}
}

// Part is one tab's share of a split exporter's rows.
type Part struct {
	Split Split `json:"split"`
	// Of is the year, or the company's id; empty for rows without a date.
	Of   string `json:"of"`
	Name string `json:"name"` // what people call it: the year, or the company's name
}

// Owner returns the id under which the destination knows the rows of an exporter's part. It consists of letters, digits
// and underscores, and no two parts have the same.
func (p Part) Owner(exporter ID) ID {
	if p.Split == SplitCompany {
		return exporter + ID("_c"+p.Of)
	}
	return exporter + ID("_y"+p.Of)
}

// ExporterOf returns the exporter that an owner of rows is, or is a part of.
func ExporterOf(owner ID) ID {
	pieces := strings.SplitN(string(owner), "_", 3)
	return ID(strings.Join(pieces[:min(2, len(pieces))], "_"))
}

// Title returns the title of the part's tab, given that of the exporter's. It fits into a tab's title, and differs from
// those in taken.
func (p Part) Title(tab string, taken []string) string {
	sep := " "
	if p.Split == SplitCompany {
		sep = " – "
	}
	name := oneLine(p.Name)
	for n := 1; ; n++ {
		end := sep + cutTo(name, maxTabTitle/2)
		if n > 1 {
			end += fmt.Sprintf(" (%d)", n)
		}
		title := cutTo(tab, maxTabTitle-units(end)) + end
		if !slices.ContainsFunc(taken, func(t string) bool { return strings.EqualFold(t, title) }) {
			return title
		}
	}
}

// oneLine replaces what a tab's title must not have.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r)
	}), " ")
}

// cutTo shortens a text to so many UTF-16 units.
func cutTo(text string, most int) string {
	runes := []rune(text)
	for len(runes) > 0 && units(string(runes)) > most {
		runes = runes[:len(runes)-1]
	}
	return strings.TrimSpace(string(runes))
}

func units(text string) int { return len(utf16.Encode([]rune(text))) }
