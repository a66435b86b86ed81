package sheetfile

import (
	"archive/zip"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// Workbook writes an Excel workbook with one tab for the rows of a result, below a bold and frozen header, or with one
// each for those of several, and a tab that tells about them. Use NewWorkbook, then Add for each row, then NextTab and
// Add for each other result, then End, then Write. Close it in any case.
type Workbook struct {
	file   *excelize.File
	out    *excelize.StreamWriter
	tabs   []string // titles, of the last tab, too
	schema table.Schema
	styles map[look]int
	row    int
	cells  []excelize.Cell
	line   []any // points to cells; nil where a cell is blank
}

// look is what decides a cell's style.
type look struct {
	kind   table.Kind
	whole  bool // amounts in a currency without decimal places
	bold   bool
	line   bool // above a statement's total
	indent int
	head   bool
}

// AboutTab is the title of the tab that tells about the rows.
const AboutTab = "About"

// Fits returns a problem if no workbook can hold that many rows.
func Fits(s table.Schema, rows int) error {
	if rows < maxRows && len(s.Columns) <= maxColumns {
		return nil
	}
	return problem.New(problem.SpreadsheetFull,
		"The result has %d rows of %d columns; an Excel workbook holds 1,048,575 rows of 16,384 columns.",
		rows, len(s.Columns)).
		WithHint("Take CSV, which has no limit, or narrow the exporter by dates or filters.").Lasting()
}

// NewWorkbook begins a workbook. widths are the columns' widths in characters, as from Widths.
func NewWorkbook(title string, s table.Schema, widths []int) (*Workbook, error) {
	if err := Fits(s, 0); err != nil {
		return nil, err
	}
	b := &Workbook{file: excelize.NewFile(), styles: map[look]int{}}
	err := b.file.SetSheetName("Sheet1", tabTitle(title))
	if err == nil {
		err = b.begin(tabTitle(title), s, widths)
	}
	if err != nil {
		_ = b.file.Close()
		return nil, fmt.Errorf("beginning a workbook: %w", err)
	}
	return b, nil
}

// NextTab ends the rows of one result and begins a tab for those of another. A title that is taken gets a number.
func (b *Workbook) NextTab(title string, s table.Schema, widths []int) error {
	if err := Fits(s, 0); err != nil {
		return err
	}
	if err := b.out.Flush(); err != nil {
		return fmt.Errorf("ending the rows of a workbook: %w", err)
	}
	title = b.freeTitle(tabTitle(title))
	_, err := b.file.NewSheet(title)
	if err == nil {
		err = b.begin(title, s, widths)
	}
	if err != nil {
		return fmt.Errorf("beginning a tab: %w", err)
	}
	return nil
}

// freeTitle returns the title, with a number if a tab has it. To Excel, cases do not differ.
func (b *Workbook) freeTitle(title string) string {
	free := title
	taken := func(s string) bool { return strings.EqualFold(s, free) }
	for n := 2; slices.ContainsFunc(b.tabs, taken); n++ {
		number := fmt.Sprintf(" (%d)", n)
		free = cutTitle(title, maxTabTitle-len(number)) + number
	}
	return free
}

func (b *Workbook) begin(title string, s table.Schema, widths []int) (err error) {
	b.schema, b.row, b.tabs = s, 0, append(b.tabs, title)
	b.cells, b.line = make([]excelize.Cell, len(s.Columns)), make([]any, len(s.Columns))
	if b.out, err = b.file.NewStreamWriter(title); err != nil {
		return err
	}
	for i, n := range widths {
		if err := b.out.SetColWidth(i+1, i+1, float64(n)); err != nil {
			return err
		}
	}
	panes := &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}
	if err := b.out.SetPanes(panes); err != nil {
		return err
	}
	var enc Encoder
	for i, c := range b.schema.Columns {
		style, err := b.style(look{head: true, kind: c.Kind})
		if err != nil {
			return err
		}
		b.set(i, style, enc.text(c.Title))
	}
	return b.flushRow()
}

// Add writes the next row. role and level say how a statement shows it.
func (b *Workbook) Add(values []Value, role table.Role, level uint8) error {
	for i, v := range values {
		style, err := b.style(lookOf(b.schema.Columns[i], role, level))
		if err != nil {
			return err
		}
		b.set(i, style, v)
	}
	return b.flushRow()
}

func lookOf(c table.Column, role table.Role, level uint8) look {
	l := look{kind: c.Kind, whole: zeroDecimal(c.Currency), bold: role != table.Data}
	l.line = role == table.Total && c.Kind == table.Money
	if c.Label {
		l.indent = min(int(level), maxIndent)
	}
	return l
}

// maxIndent is the deepest indentation that Excel offers.
const maxIndent = 15

func (b *Workbook) set(i, style int, v Value) {
	b.line[i] = nil
	if v.Kind == 0 {
		return
	}
	b.cells[i] = excelize.Cell{StyleID: style, Value: cellValue(v)}
	b.line[i] = &b.cells[i]
}

// cellValue returns the value as excelize takes it. Its only way to write a number with decimals is a double: at 15
// digits or fewer it is written with the very same digits, which a test proves.
func cellValue(v Value) any {
	switch v.Kind {
	case 'n':
		if n, err := strconv.ParseInt(v.Text, 10, 64); err == nil {
			return n
		}
		if x, err := strconv.ParseFloat(v.Text, 64); err == nil {
			return x
		}
	case 'b':
		return v.Text == "true"
	}
	return v.Text
}

func (b *Workbook) flushRow() error {
	b.row++
	if b.row > maxRows {
		return Fits(b.schema, b.row-1)
	}
	if err := b.out.SetRow("A"+strconv.Itoa(b.row), b.line); err != nil {
		return fmt.Errorf("writing row %d of a workbook: %w", b.row, err)
	}
	return nil
}

func (b *Workbook) style(l look) (int, error) {
	if id, ok := b.styles[l]; ok {
		return id, nil
	}
	s := &excelize.Style{CustomNumFmt: numberFormat(l)}
	if l.head {
		s = &excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{}}
		if l.kind != table.Text && l.kind != table.Bool {
			s.Alignment.Horizontal = "right"
		}
	}
	if l.bold {
		s.Font = &excelize.Font{Bold: true}
	}
	if l.line {
		s.Border = []excelize.Border{{Type: "top", Color: "7F7F7F", Style: 1}}
	}
	if l.indent > 0 {
		s.Alignment = &excelize.Alignment{Horizontal: "left", Indent: l.indent}
	}
	id, err := b.file.NewStyle(s)
	if err != nil {
		return 0, fmt.Errorf("making a style: %w", err)
	}
	b.styles[l] = id
	return id, nil
}

// Number formats, the same as in Google Sheets.
const (
	wholeFormat  = "#,##0"
	amountFormat = "#,##0.00"
	textFormat   = "@" // keeps what people type into such a cell a text, too
	dayFormat    = "yyyy-mm-dd"
	timeFormat   = "yyyy-mm-dd hh:mm:ss"
)

// numberFormat returns the format that shows a kind of values; nil leaves quantities their own decimal places.
func numberFormat(l look) *string {
	format := ""
	switch l.kind {
	case table.Money:
		format = amountFormat
		if l.whole {
			format = wholeFormat
		}
	case table.Date:
		format = dayFormat
	case table.DateTime:
		format = timeFormat
	case table.Text:
		format = textFormat
	default:
		return nil
	}
	return &format
}

// zeroDecimal reports whether a currency has no decimal places.
func zeroDecimal(currency string) bool {
	switch currency {
	case "JPY", "KRW", "CLP", "VND", "ISK", "PYG", "UGX", "XAF", "XOF", "XPF":
		return true
	}
	return false
}

// End ends the rows and writes the lines about them.
func (b *Workbook) End(about []string) error {
	if err := b.out.Flush(); err != nil {
		return fmt.Errorf("ending the rows of a workbook: %w", err)
	}
	tab := b.freeTitle(AboutTab)
	if _, err := b.file.NewSheet(tab); err != nil {
		return fmt.Errorf("telling about the rows: %w", err)
	}
	var enc Encoder
	for i, line := range about {
		if err := b.file.SetCellStr(tab, "A"+strconv.Itoa(i+1), enc.text(line).Text); err != nil {
			return fmt.Errorf("telling about the rows: %w", err)
		}
	}
	if err := b.file.SetColWidth(tab, "A", "A", 100); err != nil {
		return fmt.Errorf("telling about the rows: %w", err)
	}
	return nil
}

// Stamp keeps a text in the workbook's properties, where people do not look. ReadStamp finds it again.
func (b *Workbook) Stamp(text string) error {
	err := b.file.SetDocProps(&excelize.DocProperties{Creator: "ledgersheet", Identifier: text})
	if err != nil {
		return fmt.Errorf("stamping a workbook: %w", err)
	}
	return nil
}

// Write writes the workbook. It may be called once, after End.
func (b *Workbook) Write(w io.Writer) error {
	// By itself, excelize would put the whole file into memory before it writes the first byte.
	b.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(w) })
	if err := b.file.Write(io.Discard); err != nil {
		return fmt.Errorf("writing a workbook: %w", err)
	}
	return nil
}

// Close deletes the temporary file that large workbooks need. It may be called more than once.
func (b *Workbook) Close() error {
	if b.file == nil {
		return nil
	}
	f := b.file
	b.file = nil
	if err := f.Close(); err != nil {
		return fmt.Errorf("closing a workbook: %w", err)
	}
	return nil
}

// maxTabTitle is the largest number of UTF-16 units in a tab's title.
const maxTabTitle = 31

// tabTitle makes a title that Excel takes: at most 31 characters, without those that addresses need.
func tabTitle(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]`, r) || r < ' ' || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
	s = strings.Trim(cutTitle(s, maxTabTitle), "' ")
	if s == "" || strings.EqualFold(s, "History") { // a name that Excel keeps for itself
		return "Data"
	}
	return s
}

// cutTitle shortens a title to a number of UTF-16 units, and never between the two of one character.
func cutTitle(s string, most int) string {
	if units := utf16.Encode([]rune(s)); len(units) > most {
		return strings.TrimRight(string(utf16.Decode(units[:most])), "\uFFFD")
	}
	return s
}
