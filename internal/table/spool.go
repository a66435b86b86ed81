package table

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"
)

// Spool keeps rows compressed in memory, in the order they were added, at about 3 bytes per cell of typical bookkeeping
// data. A run spools its whole result first, so that nothing reaches a sheet before QuickBooks' answer is known to be
// complete, and the size of the write is known exactly. A Spool is not safe for concurrent use. Create one with
// NewSpool.
type Spool struct {
	schema Schema
	totals Totals
	kept   chunks
	zip    *flate.Writer // nil once the spool is sealed
	row    []byte
}

// NewSpool returns an empty spool for rows under the schema.
func NewSpool(s Schema) *Spool {
	sp := &Spool{schema: s}
	sp.zip, _ = flate.NewWriter(&sp.kept, flate.BestSpeed) // fails only for an unknown level
	return sp
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
func (s *Spool) Totals() Totals { return s.totals }

// Len returns the number of rows added so far.
func (s *Spool) Len() int { return s.totals.Rows }

// Size returns the number of bytes held.
func (s *Spool) Size() int { return s.kept.size }

// Add appends a row, which must have as many cells as the schema has columns.
func (s *Spool) Add(r Row) error {
	if len(r.Cells) != len(s.schema.Columns) {
		return fmt.Errorf("spooling a row of %d cells under %d columns", len(r.Cells), len(s.schema.Columns))
	}
	if s.zip == nil {
		return fmt.Errorf("spooling a row into a sealed spool")
	}
	b := append(s.row[:0], byte(r.Role), r.Level)
	for _, c := range r.Cells {
		b = appendCell(b, c)
	}
	s.row = b
	if _, err := s.zip.Write(b); err != nil {
		return fmt.Errorf("spooling a row: %w", err)
	}
	s.totals.Add(s.schema, r)
	return nil
}

// Seal ends the adding of rows and frees what only that needs, about a megabyte.
func (s *Spool) Seal() {
	if s.zip != nil {
		_ = s.zip.Close() // writes to memory only
		s.zip, s.row = nil, nil
	}
}

// Rows yields the rows from the beginning. It may be called repeatedly. It seals the spool.
func (s *Spool) Rows() iter.Seq2[Row, error] {
	s.Seal()
	return func(yield func(Row, error) bool) {
		in := bufio.NewReaderSize(flate.NewReader(s.kept.reader()), 64<<10)
		for range s.totals.Rows {
			r, err := readRow(in, len(s.schema.Columns))
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// chunks holds bytes in pieces, so that growing copies nothing.
type chunks struct {
	list [][]byte
	size int
}

// The sizes of chunks: each is twice as large as the one before, up to the largest.
const (
	firstChunk   = 4 << 10
	largestChunk = 256 << 10
)

// Write implements io.Writer.
func (c *chunks) Write(p []byte) (int, error) {
	n := len(p)
	c.size += n
	for len(p) > 0 {
		last := len(c.list) - 1
		if last < 0 || len(c.list[last]) == cap(c.list[last]) {
			c.list = append(c.list, make([]byte, 0, min(firstChunk<<min(len(c.list), 16), largestChunk)))
			last++
		}
		fits := min(len(p), cap(c.list[last])-len(c.list[last]))
		c.list[last] = append(c.list[last], p[:fits]...)
		p = p[fits:]
	}
	return n, nil
}

// reader returns a reader of all bytes from the beginning.
func (c *chunks) reader() io.Reader {
	parts := make([]io.Reader, len(c.list))
	for i, part := range c.list {
		parts[i] = bytes.NewReader(part)
	}
	return io.MultiReader(parts...)
}

const blankTag = 0xff

// appendCell writes a tag (kind, or blankTag) and, for values, a length and the bytes.
func appendCell(b []byte, c Cell) []byte {
	if !c.set {
		return append(b, blankTag)
	}
	b = append(b, byte(c.kind))
	switch c.kind {
	case Date, DateTime:
		return binary.AppendVarint(b, c.at.Unix())
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

func readRow(in *bufio.Reader, n int) (Row, error) {
	var head [2]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return Row{}, fmt.Errorf("reading a spooled row: %w", err)
	}
	r := Row{Role: Role(head[0]), Level: head[1], Cells: make([]Cell, n)}
	for i := range r.Cells {
		c, err := readCell(in)
		if err != nil {
			return Row{}, fmt.Errorf("reading a spooled cell: %w", err)
		}
		r.Cells[i] = c
	}
	return r, nil
}

func readCell(in *bufio.Reader) (Cell, error) {
	tag, err := in.ReadByte()
	if err != nil || tag == blankTag {
		return Cell{}, err
	}
	c := Cell{kind: Kind(tag), set: true}
	switch c.kind {
	case Date, DateTime:
		sec, err := binary.ReadVarint(in)
		c.at = time.Unix(sec, 0).UTC()
		return c, err
	case Bool:
		b, err := in.ReadByte()
		if b == 1 {
			c.text = "true"
		}
		return c, err
	}
	n, err := binary.ReadUvarint(in)
	if err != nil {
		return Cell{}, err
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(in, text); err != nil {
		return Cell{}, err
	}
	c.text = string(text) // for a number too: its decimal is parsed on demand
	return c, nil
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
