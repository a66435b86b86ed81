package sheetfile

import (
	"unicode/utf8"

	"ledgersheet/internal/table"
)

// The widths of columns, in characters.
const (
	leastWidth = 9
	mostWidth  = 50
	margin     = 2
)

// sampleRows is how many rows decide how wide columns are.
const sampleRows = 200

// Widths returns widths that fit the titles and the first rows.
func Widths(rows *table.Spool) ([]int, error) {
	columns := rows.Schema().Columns
	widths := make([]int, len(columns))
	for i, c := range columns {
		widths[i] = utf8.RuneCountInString(c.Title) + 1 // bold
	}
	n := 0
	for row, err := range rows.Rows() {
		if err != nil {
			return nil, err
		}
		for i, c := range row.Cells {
			widths[i] = max(widths[i], characters(c, columns[i], row))
		}
		if n++; n == sampleRows {
			break
		}
	}
	for i := range widths {
		widths[i] = min(max(widths[i]+margin, leastWidth), mostWidth)
	}
	return widths, nil
}

// characters returns how wide a cell is as shown.
func characters(c table.Cell, column table.Column, row table.Row) int {
	switch c.Kind() {
	case table.Money:
		n := len(c.String())
		return n + n/3 // grouped digits
	case table.DateTime:
		return len("2006-01-02 15:04")
	}
	n := utf8.RuneCountInString(c.String())
	if column.Label {
		n += 2 * int(row.Level)
	}
	return n
}
