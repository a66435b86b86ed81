// Package sheetfile encodes a result as a file for spreadsheet programs: CSV, or an Excel workbook. Both keep amounts
// exact and never let a text become a formula. It also reads the workbooks that it wrote.
package sheetfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// Format is how a file holds a result.
type Format string

// The formats.
const (
	CSV  Format = "csv"  // UTF-8 with a byte order mark, lines as in RFC 4180
	XLSX Format = "xlsx" // an Excel workbook
)

// Formats lists all formats.
func Formats() []Format { return []Format{CSV, XLSX} }

// ParseFormat returns the format with that name. An empty name means CSV. Others are a problem of the field.
func ParseFormat(field, name string) (Format, error) {
	switch f := Format(name); f {
	case "":
		return CSV, nil
	case CSV, XLSX:
		return f, nil
	}
	return "", problem.Invalid(field, "must be csv or xlsx")
}

// MediaType returns the format's media type for HTTP.
func (f Format) MediaType() string {
	if f == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// Sheet is a complete result with what a file says about it.
type Sheet struct {
	Title string // of a workbook's tab, made to fit
	Rows  *table.Spool
	About []string       // lines about the result, for a workbook's second tab
	Zone  *time.Location // in which instants are shown
}

// File is a result that is ready to be sent. Whatever can be wrong with it was found before. Close it after use.
type File struct {
	Name   string // with its ending, in any characters
	Format Format
	write  func(w io.Writer) error
	close  func() error
}

// Open prepares a file. name is the file's name without an ending. A workbook that cannot hold the result is a problem.
// Large workbooks are kept in a temporary file until Close.
func Open(ctx context.Context, name string, format Format, s Sheet) (*File, error) {
	f := &File{Name: name + "." + string(format), Format: format, close: func() error { return nil }}
	if format == CSV {
		f.write = func(w io.Writer) error { return writeCSV(ctx, w, s) }
		return f, nil
	}
	b, err := encode(ctx, s)
	if err != nil {
		return nil, err
	}
	f.write, f.close = b.Write, b.Close
	return f, nil
}

// Write writes the file's contents. It may be called once.
func (f *File) Write(w io.Writer) error { return f.write(w) }

// Close deletes what was kept on disk.
func (f *File) Close() error { return f.close() }

// encode makes a workbook of a whole result.
func encode(ctx context.Context, s Sheet) (*Workbook, error) {
	var b Binder
	notes, err := b.bind(ctx, s)
	if err == nil {
		err = b.book.End(slices.Concat(s.About, notes))
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b.book, nil
}

// Binder makes one workbook of several results, with a tab for each. Use Add for each, then File. Close it in any case.
type Binder struct {
	book  *Workbook // nil before the first result
	about []string
}

// Add adds a result. Its rows are needed no more when it returns.
func (b *Binder) Add(ctx context.Context, s Sheet) error {
	notes, err := b.bind(ctx, s)
	if err != nil {
		return err
	}
	if len(b.about) > 0 {
		b.about = append(b.about, "")
	}
	b.about = slices.Concat(b.about, []string{s.Title}, s.About, notes)
	return nil
}

// bind writes a result's tab, and returns what is to be said of its values.
func (b *Binder) bind(ctx context.Context, s Sheet) (notes []string, err error) {
	schema := s.Rows.Schema()
	if err := Fits(schema, s.Rows.Len()); err != nil {
		return nil, err
	}
	widths, err := Widths(s.Rows)
	if err != nil {
		return nil, err
	}
	if b.book == nil {
		b.book, err = NewWorkbook(s.Title, schema, widths)
	} else {
		err = b.book.NextTab(s.Title, schema, widths)
	}
	if err != nil {
		return nil, err
	}
	enc := Encoder{Zone: s.Zone}
	if err := addRows(ctx, b.book, &enc, s.Rows); err != nil {
		return nil, err
	}
	return enc.Notes(), nil
}

// File ends the workbook and returns it as a file, which the caller closes instead of the binder. name is the file's
// name without its ending. At least one result must have been added.
func (b *Binder) File(name string) (*File, error) {
	if b.book == nil {
		return nil, problem.New(problem.Conflict, "There is nothing to put into a workbook.")
	}
	if err := b.book.End(b.about); err != nil {
		return nil, err
	}
	book := b.book
	b.book = nil
	return &File{Name: name + "." + string(XLSX), Format: XLSX, write: book.Write, close: book.Close}, nil
}

// Close deletes what was kept on disk.
func (b *Binder) Close() error {
	if b.book == nil {
		return nil
	}
	return b.book.Close()
}

func addRows(ctx context.Context, b *Workbook, enc *Encoder, rows *table.Spool) error {
	var values []Value
	for row, err := range rows.Rows() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("making a workbook: %w", err)
		}
		values = values[:0]
		for _, c := range row.Cells {
			values = append(values, enc.Value(c))
		}
		if err := b.Add(values, row.Role, row.Level); err != nil {
			return err
		}
	}
	return nil
}
