package statement

import (
	"slices"
	"strings"

	"ledgersheet/internal/sentence"
)

// recordedNotice is how the notice begins that QuickBooks puts into a report, with status 200, when it left out the
// rest. It was recorded in English, as a plain row after the last one that fitted; other languages have other words.
const recordedNotice = "unable to display more data"

// noticePlace is where a notice stands: in a row, or in place of the row's total.
type noticePlace struct {
	rows  *docRows
	at    int
	total bool
}

func (d *document) isCut() bool {
	_, found := d.findNotice()
	return found
}

// dropNotices removes the notices, wherever they stand, and returns the text of each row of cells that went.
func (d *document) dropNotices() []string {
	var texts []string
	for place, found := d.findNotice(); found; place, found = d.findNotice() {
		row := &place.rows.Row[place.at]
		lists := [][]docCell{row.ColData, row.Header.cells()}
		switch {
		case place.total:
			lists = [][]docCell{row.Summary.cells()}
			row.Summary = nil
		case row.Rows != nil || row.Summary != nil:
			row.Header, row.ColData = nil, nil
		default:
			place.rows.Row = slices.Delete(place.rows.Row, place.at, place.at+1)
		}
		for _, cells := range lists {
			if isFilled(cells) {
				texts = append(texts, joinTexts(cells))
			}
		}
	}
	return texts
}

func joinTexts(cells []docCell) string {
	text := ""
	for _, c := range cells {
		text += string(c.Value)
	}
	return strings.TrimSpace(text)
}

// findNotice finds the recorded notice wherever it stands, and one in any language by what it is: a sentence alone in
// the report's last row, where otherwise the totals are, although other rows hold more than their names.
func (d *document) findNotice() (noticePlace, bool) {
	if place, ok := d.Rows.findRecordedNotice(); ok {
		return place, true
	}
	place, cells := d.Rows.findLast()
	text, alone := findOnly(cells)
	if !alone || !sentence.Is(text) {
		return noticePlace{}, false
	}
	seen := survey{last: cells}
	seen.visit(d.Rows)
	// Older answers close a section with a row whose label ends with the section's; a company's name ends with a dot.
	closes := slices.ContainsFunc(seen.labels, func(label string) bool { return strings.HasSuffix(text, label) })
	nothingElse := seen.rows == 1 && len(d.Columns.Column) > 1
	return place, (seen.wider || nothingElse) && !closes
}

func (r *docRows) findRecordedNotice() (noticePlace, bool) {
	if r == nil {
		return noticePlace{}, false
	}
	isNotice := func(c docCell) bool {
		text := c.text()
		return len(text) >= len(recordedNotice) && strings.EqualFold(text[:len(recordedNotice)], recordedNotice)
	}
	for i, row := range r.Row {
		if place, ok := row.Rows.findRecordedNotice(); ok {
			return place, true
		}
		if slices.ContainsFunc(row.Summary.cells(), isNotice) {
			return noticePlace{r, i, true}, true
		}
		if slices.ContainsFunc(row.ColData, isNotice) || slices.ContainsFunc(row.Header.cells(), isNotice) {
			return noticePlace{r, i, false}, true
		}
	}
	return noticePlace{}, false
}

// findLast returns the report's last row of cells that holds anything: the total of the last section, or its last row
// if it has none.
func (r *docRows) findLast() (noticePlace, []docCell) {
	if r == nil {
		return noticePlace{}, nil
	}
	for i, row := range slices.Backward(r.Row) {
		if cells := row.Summary.cells(); isFilled(cells) {
			return noticePlace{r, i, true}, cells
		}
		if place, cells := row.Rows.findLast(); cells != nil {
			return place, cells
		}
		for _, cells := range [][]docCell{row.ColData, row.Header.cells()} {
			if isFilled(cells) {
				return noticePlace{r, i, false}, cells
			}
		}
	}
	return noticePlace{}, nil
}

func isFilled(cells []docCell) bool {
	return slices.ContainsFunc(cells, func(c docCell) bool { return c.text() != "" })
}

// findOnly returns the text of the only cell that holds anything; ok is false if there is none or more than one, or if
// a cell has an id.
func findOnly(cells []docCell) (text string, ok bool) {
	for _, c := range cells {
		switch {
		case c.ID != "", c.text() != "" && text != "":
			return "", false
		case c.text() != "":
			text = c.text()
		}
	}
	return text, text != ""
}

// survey is what a report's rows hold.
type survey struct {
	last   []docCell // the last of them
	rows   int       // all rows of cells that hold anything, the last one too
	wider  bool      // a row has more than one cell with something in it
	labels []string  // of headers but the last row's
}

func (s *survey) visit(r *docRows) {
	if r == nil {
		return
	}
	for _, row := range r.Row {
		for _, cells := range [][]docCell{row.ColData, row.Header.cells(), row.Summary.cells()} {
			if !isFilled(cells) {
				continue
			}
			s.rows++
			if _, only := findOnly(cells); !only {
				s.wider = true
			}
		}
		if head := row.Header.cells(); len(head) > 0 && head[0].text() != "" && &head[0] != &s.last[0] {
			s.labels = append(s.labels, head[0].text())
		}
		s.visit(row.Rows)
	}
}
