package sheetfile

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"ledgersheet/internal/table"
)

// byteOrderMark tells Excel that a file is UTF-8.
const byteOrderMark = "\uFEFF"

// newlines are the line breaks within a text that become one line feed, as Excel itself writes them in a quoted field.
var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// writeCSV writes a header and the rows as RFC 4180 has them: comma, quotes where needed, CRLF after each record. It
// writes fields itself, because encoding/csv would also turn the line feeds within texts into CRLF.
// https://www.rfc-editor.org/rfc/rfc4180#section-2
func writeCSV(ctx context.Context, w io.Writer, s Sheet) error {
	out := bufio.NewWriterSize(w, 64<<10)
	_, _ = out.WriteString(byteOrderMark) // an error stays with the writer and comes back from Flush
	schema := s.Rows.Schema()
	record := make([]string, len(schema.Columns))
	for i, c := range schema.Columns {
		record[i] = escapeFormula(c.Title)
	}
	writeRecord(out, record)
	n := 0
	for row, err := range s.Rows.Rows() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("writing row %d: %w", n+1, err)
		}
		for i, c := range row.Cells {
			record[i] = fieldText(c, s.Zone)
		}
		writeRecord(out, record)
		if n++; n%1000 == 0 && out.Flush() != nil {
			break
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing rows: %w", err)
	}
	return nil
}

// fieldText returns a cell as a CSV field: numbers as they were spelt, days as 2006-01-02, instants in RFC 3339 in the
// zone, and texts that a spreadsheet program would evaluate with a leading apostrophe.
func fieldText(c table.Cell, zone *time.Location) string {
	if at, ok := c.Time(); ok && c.Kind() == table.DateTime {
		return at.In(zone).Format(time.RFC3339)
	}
	if c.Kind() != table.Text {
		return c.String()
	}
	return escapeFormula(c.String())
}

// escapeFormula puts an apostrophe before a text that a spreadsheet program would take for a formula.
// https://owasp.org/www-community/attacks/CSV_Injection
func escapeFormula(s string) string {
	if s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

func writeRecord(out *bufio.Writer, fields []string) {
	for i, s := range fields {
		if i > 0 {
			_ = out.WriteByte(',')
		}
		s = newlines.Replace(s)
		// A record with one empty field would be an empty line, which readers skip.
		if !needsQuotes(s) && (s != "" || len(fields) > 1) {
			_, _ = out.WriteString(s)
			continue
		}
		_ = out.WriteByte('"')
		_, _ = out.WriteString(strings.ReplaceAll(s, `"`, `""`))
		_ = out.WriteByte('"')
	}
	_, _ = out.WriteString("\r\n")
}

// needsQuotes reports whether a field must stand in quotes. Some readers trim spaces around fields that do not.
func needsQuotes(s string) bool {
	return strings.ContainsAny(s, "\",\n") || strings.HasPrefix(s, " ") || strings.HasSuffix(s, " ")
}
