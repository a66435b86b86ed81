package table

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/klauspost/compress/s2"
	"github.com/shopspring/decimal"
)

// Spool keeps rows compressed, in the order they were added, at about 4 bytes per cell of typical bookkeeping data. A
// run spools its whole result first, so that nothing reaches a sheet before QuickBooks' answer is known to be complete,
// and the size of the write is known exactly. A Spool is not safe for concurrent use. Create one with NewSpool, or with
// Spools.
type Spool struct {
	schema Schema
	rows   int
	sums   []Sum  // by column; only those that may be added up count
	plain  []byte // all rows while they take less than a block: packing them would cost more room than it saves
	kept   chunks
	zip    *s2.Writer // nil while the rows are plain, and once the spool is sealed
	row    []byte
	sealed bool
}

// spoolBlock is how many bytes are compressed together.
const spoolBlock = 64 << 10

// NewSpool returns an empty spool for rows under the schema.
func NewSpool(s Schema) *Spool {
	return &Spool{schema: s, sums: make([]Sum, len(s.Columns))}
}

// Schema returns the header of the rows.
func (s *Spool) Schema() Schema { return s.schema }

// Retitle gives columns other titles, by their ids.
func (s *Spool) Retitle(titles map[string]string) {
	s.schema.Columns = slices.Clone(s.schema.Columns) // which readings share
	for i, c := range s.schema.Columns {
		if title := titles[c.ID]; title != "" {
			s.schema.Columns[i].Title = title
		}
	}
}

// Totals returns the control totals of the rows added so far.
func (s *Spool) Totals() Totals {
	t := Totals{Rows: s.rows}
	if s.rows == 0 {
		return t
	}
	for i, col := range s.schema.Columns {
		if !col.addsUp() {
			continue
		}
		if t.Sums == nil {
			t.Sums = map[string]decimal.Decimal{}
		}
		t.Sums[col.ID] = t.Sums[col.ID].Add(s.sums[i].Decimal())
	}
	return t
}

// Len returns the number of rows added so far.
func (s *Spool) Len() int { return s.rows }

// Size returns the number of bytes held, in memory and in a file.
func (s *Spool) Size() int { return s.kept.size + len(s.plain) }

// Add appends a row, which must have as many cells as the schema has columns.
func (s *Spool) Add(r Row) error {
	if len(r.Cells) != len(s.schema.Columns) {
		return fmt.Errorf("spooling a row of %d cells under %d columns", len(r.Cells), len(s.schema.Columns))
	}
	if s.sealed {
		return fmt.Errorf("spooling a row into a sealed spool")
	}
	const head = binary.MaxVarintLen64 // room for the row's length, which stands before it
	b := append(s.row[:0], make([]byte, head)...)
	b = appendString(append(b, byte(r.Role), r.Level), r.Link)
	for i := range r.Cells {
		b = appendCell(b, &r.Cells[i])
	}
	s.row = b
	size := binary.AppendUvarint(b[:0:head], uint64(len(b)-head))
	from := copy(b[head-len(size):], size)
	if err := s.write(b[head-from:]); err != nil {
		return fmt.Errorf("spooling a row: %w", err)
	}
	s.count(r)
	return nil
}

// write appends bytes. It begins to pack when they fill a block.
func (s *Spool) write(b []byte) error {
	if s.zip == nil {
		if s.plain = append(s.plain, b...); len(s.plain) < spoolBlock {
			return nil
		}
		// S2 packs and unpacks several times as fast as flate, in a tenth of the room, for a few more bytes a row.
		s.zip = s2.NewWriter(&s.kept, s2.WriterConcurrency(1), s2.WriterBlockSize(spoolBlock))
		b, s.plain = s.plain, nil
	}
	_, err := s.zip.Write(b)
	return err
}

func (s *Spool) count(r Row) {
	s.rows++
	if r.Role == Total {
		return
	}
	for i, col := range s.schema.Columns {
		if col.addsUp() {
			s.sums[i].Add(r.Cells[i])
		}
	}
}

// Seal ends the adding of rows and frees what only that needs.
func (s *Spool) Seal() {
	if s.zip != nil {
		_ = s.zip.Close() // writes to memory only
	}
	s.zip, s.row, s.sealed = nil, nil, true
}

// source is what rows are read from.
type source interface {
	io.Reader
	io.ByteReader
}

// reader returns all bytes from the beginning, unpacked.
func (s *Spool) reader() source {
	if s.kept.size == 0 {
		return bytes.NewReader(s.plain)
	}
	return s2.NewReader(s.kept.reader(), s2.ReaderMaxBlockSize(spoolBlock))
}

// Rows yields the rows from the beginning. It may be called repeatedly. It seals the spool.
func (s *Spool) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for r, err := range s.Scan() {
			r.Cells = slices.Clone(r.Cells)
			if !yield(r, err) {
				return
			}
		}
	}
}

// Scan is Rows for callers that do not keep a row's Cells: the next row takes their place.
func (s *Spool) Scan() iter.Seq2[Row, error] {
	s.Seal()
	return func(yield func(Row, error) bool) {
		in := rowReader{in: s.reader()}
		row := Row{Cells: make([]Cell, len(s.schema.Columns))}
		for range s.rows {
			err := in.read(&row)
			if err != nil {
				row, err = Row{}, fmt.Errorf("reading a spooled row: %w", err)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

const blankTag = 0xff

// appendCell writes a tag (kind, or blankTag) and, for values, a length and the bytes.
func appendCell(b []byte, c *Cell) []byte {
	if !c.set {
		return append(b, blankTag)
	}
	b = append(b, byte(c.kind))
	switch c.kind {
	case Date, DateTime:
		return binary.AppendVarint(b, c.at)
	case Bool:
		if c.text == "true" {
			return append(b, 1)
		}
		return append(b, 0)
	case Number, Money:
		return appendString(b, c.String())
	}
	return appendString(b, c.text)
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// rowReader reads spooled rows.
type rowReader struct {
	in  source
	buf []byte
}

var errBroken = errors.New("it is broken")

// read reads the next row. All texts of a row are parts of one string.
func (r *rowReader) read(row *Row) error {
	size, err := binary.ReadUvarint(r.in)
	if err != nil {
		return err
	}
	r.buf = slices.Grow(r.buf[:0], int(size))[:size]
	if _, err := io.ReadFull(r.in, r.buf); err != nil {
		return err
	}
	if size < 3 {
		return errBroken
	}
	row.Role, row.Level = Role(r.buf[0]), r.buf[1]
	all := string(r.buf)
	length, n := binary.Uvarint(r.buf[2:])
	if n <= 0 || length > uint64(len(r.buf)-2-n) {
		return errBroken
	}
	at := 2 + n + int(length)
	row.Link = all[2+n : at]
	for i := range row.Cells {
		c, n := readCell(r.buf[at:], all[at:])
		if n <= 0 {
			return errBroken
		}
		row.Cells[i] = c
		at += n
	}
	return nil
}

// readCell reads the cell with which b begins, and returns how many bytes it takes, 0 if there is none. text is the
// same as b.
func readCell(b []byte, text string) (c Cell, size int) {
	switch {
	case len(b) > 0 && b[0] == blankTag:
		return Cell{}, 1
	case len(b) < 2:
		return Cell{}, 0
	}
	c = Cell{kind: Kind(b[0]), set: true}
	switch c.kind {
	case Date, DateTime:
		at, n := binary.Varint(b[1:])
		if n <= 0 {
			return Cell{}, 0
		}
		c.at = at
		return c, 1 + n
	case Bool:
		if b[1] == 1 {
			c.text = "true"
		}
		return c, 2
	}
	length, n := binary.Uvarint(b[1:])
	if n <= 0 || length > uint64(len(b)-1-n) {
		return Cell{}, 0
	}
	end := 1 + n + int(length)
	c.text = text[1+n : end] // of a number too: its decimal is parsed on demand
	return c, end
}

func quoteJSON(s string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return nil, fmt.Errorf("encoding text: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
