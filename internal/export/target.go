package export

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"ledgersheet/internal/problem"
)

var spreadsheetURL = regexp.MustCompile(`/spreadsheets/(?:u/\d+/)?d/([A-Za-z0-9_-]+)`)

// openURL is the part of a pasted address that opens the spreadsheet for everyone.
var openURL = regexp.MustCompile(`^https://[a-z0-9.-]+/spreadsheets/d/[A-Za-z0-9_-]+`)

// SpreadsheetID extracts the id from a pasted address. Anything else is returned with surrounding space trimmed.
func SpreadsheetID(s string) string {
	s = strings.TrimSpace(s)
	if m := spreadsheetURL.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return s
}

var spreadsheetIDText = regexp.MustCompile(`^[A-Za-z0-9_-]{10,100}$`)

func (t Target) validate(c *problem.Collect) {
	if t.Spreadsheet != "" && !spreadsheetIDText.MatchString(t.Spreadsheet) {
		c.Add("destination.spreadsheet_id",
			"is neither a spreadsheet's id nor its address; leave it empty to have one made")
	}
	switch {
	case len(utf16.Encode([]rune(t.Sheet))) > maxTabTitle:
		c.Add("destination.sheet", "has more than %d characters", maxTabTitle)
	case strings.ContainsFunc(t.Sheet, unicode.IsControl):
		c.Add("destination.sheet", "has line breaks or other control characters")
	}
	if _, _, err := ParseCell(t.Start); err != nil {
		c.Add("destination.start_cell", "%v", err)
	}
}

var cellText = regexp.MustCompile(`^([A-Z]{1,3})([1-9][0-9]{0,6})$`)

// ParseCell parses an A1 address into a zero-based row and column.
func ParseCell(s string) (row, col int, err error) {
	m := cellText.FindStringSubmatch(s)
	if m == nil {
		return 0, 0, fmt.Errorf("must be a cell such as A1")
	}
	for _, r := range m[1] {
		col = col*26 + int(r-'A') + 1
	}
	row, err = strconv.Atoi(m[2])
	if col > 18278 || err != nil {
		return 0, 0, fmt.Errorf("must be a cell such as A1; columns end at ZZZ")
	}
	return row - 1, col - 1, nil
}

// CellName returns the A1 address of a zero-based row and column.
func CellName(row, col int) string {
	name := ""
	for n := col + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name + strconv.Itoa(row+1)
}
