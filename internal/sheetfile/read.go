package sheetfile

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/table"
)

// Formula is the kind of a Value that a person entered as a formula. No result has it.
const Formula = 'f'

// Book is an existing workbook, read cell by cell: its rows are never in memory together.
type Book struct {
	Tabs   []string // their titles
	Stamp  string   // what Workbook.Stamp left; empty if it is gone
	file   *zip.Reader
	source io.Closer
	first  string   // the part with the first tab's cells
	shared []string // texts that cells refer to, once Excel has saved the file
}

// OpenBook opens a workbook. It may come from this package or have been saved again by a spreadsheet program.
func OpenBook(name string) (*Book, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("opening a workbook: %w", err)
	}
	return ReadBook(file)
}

// ReadBook is OpenBook for a file that is open already. The book closes it, as does an error.
func ReadBook(file *os.File) (*Book, error) {
	b := &Book{source: file}
	info, err := file.Stat()
	if err == nil {
		b.file, err = zip.NewReader(file, info.Size())
	}
	if err == nil {
		err = b.readParts()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening a workbook: %w", err), file.Close())
	}
	return b, nil
}

// Close closes the file.
func (b *Book) Close() error { return b.source.Close() }

func (b *Book) readParts() error {
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := b.decode("xl/workbook.xml", &book); err != nil {
		return err
	}
	var parts struct {
		List []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := b.decode("xl/_rels/workbook.xml.rels", &parts); err != nil {
		return err
	}
	for i, s := range book.Sheets {
		b.Tabs = append(b.Tabs, s.Name)
		for _, p := range parts.List {
			if i == 0 && p.ID == s.ID {
				b.first = strings.TrimPrefix(path.Join("/xl", p.Target), "/")
				if strings.HasPrefix(p.Target, "/") {
					b.first = p.Target[1:]
				}
			}
		}
	}
	if b.first == "" {
		return errors.New("the workbook has no tab")
	}
	var properties struct {
		Identifier string `xml:"identifier"`
	}
	if err := b.decode("docProps/core.xml", &properties); err != nil && !errors.Is(err, errNoPart) {
		return err
	}
	b.Stamp = properties.Identifier
	var texts struct {
		List []richText `xml:"si"`
	}
	if err := b.decode("xl/sharedStrings.xml", &texts); err != nil && !errors.Is(err, errNoPart) {
		return err
	}
	for _, t := range texts.List {
		b.shared = append(b.shared, t.text())
	}
	return nil
}

var errNoPart = errors.New("the workbook lacks a part")

func (b *Book) open(part string) (io.ReadCloser, error) {
	for _, f := range b.file.File {
		if strings.EqualFold(f.Name, part) {
			return f.Open()
		}
	}
	return nil, fmt.Errorf("%w: %s", errNoPart, part)
}

func (b *Book) decode(part string, v any) error {
	in, err := b.open(part)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := xml.NewDecoder(in).Decode(v); err != nil {
		return fmt.Errorf("reading %s of a workbook: %w", part, err)
	}
	return nil
}

// richText is a text in one piece or in several that look different.
type richText struct {
	Text string `xml:"t"`
	Runs []struct {
		Text string `xml:"t"`
	} `xml:"r"`
}

func (r richText) text() string {
	var s strings.Builder
	s.WriteString(r.Text)
	for _, run := range r.Runs {
		s.WriteString(run.Text)
	}
	return unescape(s.String())
}

var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescape replaces the escapes that stand for characters which XML does not hold, or for an escape itself.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return escaped.ReplaceAllStringFunc(s, func(e string) string {
		n, err := strconv.ParseUint(e[2:6], 16, 16)
		if err != nil {
			return e
		}
		return string(rune(n))
	})
}

// row and cell are elements of a tab's part.
type row struct {
	number int // 0 if the part does not say
	cells  []cell
}

type cell struct {
	place, kind string
	value       string
	formula     bool
	text        string // of the formula, or of a text that stands in the cell itself
}

// Rows yields the rows of the first tab down to the last that holds anything, the header first. A row that is blank has
// no values, and the last value of any other row is not blank.
func (b *Book) Rows() iter.Seq2[[]Value, error] {
	return func(yield func([]Value, error) bool) {
		if err := b.rows(func(values []Value) bool { return yield(values, nil) }); err != nil {
			yield(nil, err)
		}
	}
}

func (b *Book) rows(yield func([]Value) bool) error {
	in, err := b.open(b.first)
	if err != nil {
		return err
	}
	defer in.Close()
	dec := xml.NewDecoder(in)
	next := 1
	var r row
	for {
		token, err := dec.RawToken() // Token would check what excelize and Excel never get wrong, at twice the time
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the rows of a workbook: %w", err)
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "row" {
			continue
		}
		if err := r.read(dec, start); err != nil {
			return fmt.Errorf("reading row %d of a workbook: %w", next, err)
		}
		if r.number == 0 {
			r.number = next
		}
		values, err := b.values(r)
		if err != nil {
			return err
		}
		if len(values) == 0 {
			continue // told as a gap, if there is anything below
		}
		if r.number < next || r.number > maxRows {
			return fmt.Errorf("row %d of a workbook is out of order", r.number)
		}
		for ; next < r.number; next++ {
			if !yield(nil) {
				return nil
			}
		}
		if next++; !yield(values) {
			return nil
		}
	}
}

// read reads the row's cells up to its end. It does by hand what xml.Decoder.DecodeElement would do in three times the
// time.
func (r *row) read(dec *xml.Decoder, start xml.StartElement) error {
	r.number, r.cells = 0, r.cells[:0]
	if n := attribute(start, "r"); n != "" {
		var err error
		if r.number, err = strconv.Atoi(n); err != nil || r.number < 1 {
			return fmt.Errorf("there is no row %q", n)
		}
	}
	var c cell
	var text []byte
	spoken := false // how an East Asian text is pronounced is no part of it
	for {
		token, err := dec.RawToken()
		if err != nil {
			return err
		}
		switch x := token.(type) {
		case xml.StartElement:
			text = text[:0]
			switch x.Name.Local {
			case "c":
				c = cell{place: attribute(x, "r"), kind: attribute(x, "t")}
			case "f":
				c.formula = true
			case "rPh":
				spoken = true
			}
		case xml.CharData:
			text = append(text, x...)
		case xml.EndElement:
			switch x.Name.Local {
			case "v":
				c.value = string(text)
			case "f":
				c.text = string(text)
			case "t":
				if !spoken {
					c.text += string(text)
				}
			case "rPh":
				spoken = false
			case "c":
				r.cells = append(r.cells, c)
			case "row":
				return nil
			}
			text = text[:0]
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

func (b *Book) values(r row) ([]Value, error) {
	var list []Value
	at := 0
	for _, c := range r.cells {
		if c.place != "" {
			at = columnOf(c.place)
		}
		v, err := b.value(c)
		if err != nil {
			return nil, err
		}
		if at < 0 || at >= maxColumns {
			return nil, fmt.Errorf("the cell %q of a workbook is nowhere", c.place)
		}
		if v.Kind != 0 {
			for len(list) <= at {
				list = append(list, Value{})
			}
			list[at] = v
		}
		at++
	}
	return list, nil
}

// columnOf returns the position of the column in an address such as AB12; -1 if there is none.
func columnOf(place string) int {
	n := 0
	for _, c := range place {
		if c < 'A' || c > 'Z' || n > maxColumns {
			break
		}
		n = n*26 + int(c-'A') + 1
	}
	return n - 1
}

func (b *Book) value(c cell) (Value, error) {
	if c.formula {
		return Value{Kind: Formula, Text: "=" + c.text}, nil
	}
	switch c.kind {
	case "inlineStr":
		return textValue(unescape(c.text)), nil
	case "s":
		i, err := strconv.Atoi(c.value)
		if err != nil || i < 0 || i >= len(b.shared) {
			return Value{}, fmt.Errorf("the cell %s refers to a text that the workbook does not have", c.place)
		}
		return textValue(b.shared[i]), nil
	case "b":
		return Value{Kind: 'b', Text: strconv.FormatBool(c.value == "1" || c.value == "true")}, nil
	case "", "n":
		return numberValue(c.value), nil
	}
	return textValue(unescape(c.value)), nil
}

func textValue(s string) Value {
	if s == "" {
		return Value{}
	}
	return Value{Kind: 's', Text: s}
}

// numberValue returns a number with at most 15 digits. Excel saves 1.1 as 1.1000000000000001.
func numberValue(s string) Value {
	if s == "" {
		return Value{}
	}
	d, err := table.ParseDecimal(s)
	if err != nil {
		return Value{Kind: 's', Text: s}
	}
	text := table.PlainDecimal(table.DecimalText(d))
	if n := table.Digits(text); n > table.ExactDigits {
		text = table.PlainDecimal(table.DecimalText(roundDigits(d)))
	}
	return Value{Kind: 'n', Text: text}
}

// roundDigits rounds to 15 significant digits.
func roundDigits(d decimal.Decimal) decimal.Decimal {
	return d.Round(int32(table.ExactDigits - d.NumDigits() - int(d.Exponent())))
}
