package export

// Look is how rows are shown in a sheet.
type Look string

// The looks.
const (
	// PlainLook makes titles bold and sets number formats.
	PlainLook Look = "plain"
	// ReportLook is how QuickBooks prints: lines below the titles and above totals, negative amounts in brackets.
	ReportLook Look = "report"
	// BoardLook is for a screen: dark titles, banded rows, a filter, currency symbols, negative amounts in red.
	BoardLook Look = "board"
)

// Looks lists all looks.
func Looks() []Look { return []Look{PlainLook, ReportLook, BoardLook} }

// Title returns the look's name for people.
func (l Look) Title() string {
	switch l {
	case ReportLook:
		return "Report"
	case BoardLook:
		return "Board"
	}
	return "Plain"
}

// Help says in one sentence what the look does.
func (l Look) Help() string {
	switch l {
	case ReportLook:
		return "As QuickBooks prints: a line below the titles and above totals, negative amounts in brackets."
	case BoardLook:
		return "For a screen: dark titles, banded rows, a filter, currency signs, negative amounts in red."
	}
	return "Bold titles and number formats; the rest is yours."
}

func lookTexts() []string {
	var list []string
	for _, l := range Looks() {
		list = append(list, string(l))
	}
	return list
}

func lookWords(e Exporter) string {
	l := e.Look
	if l == "" {
		l = PlainLook
	}
	return l.Title() + ". " + l.Help()
}

func titleBlockWords(e Exporter) string {
	if e.TitleBlock {
		return "Company, title, period and time of the last change"
	}
	return "None"
}

// HeadingRows is how many rows a heading takes: four lines and a blank row.
const HeadingRows = 5

// Heading is a block of lines above the rows.
type Heading struct {
	Company string
	Title   string
	Link    string // opens in QuickBooks what the title names; empty if it has no page
	Period  string // what the rows cover
	Changed string // when the rows changed last, in case the write changes them
}
