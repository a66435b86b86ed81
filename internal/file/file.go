// Package file writes rows into CSV files and Excel workbooks in folders: one file per exporter, replaced atomically.
// In CSV, text that a spreadsheet program would take for a formula is written with a leading apostrophe.
package file

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// Folder is a destination whose targets are CSV files in one folder; Target.File names them.
type Folder struct{ Path string }

var _ export.Destination = Folder{}

// write is a prepared write to one CSV file.
type write struct {
	*place
	w       export.WriteRequest
	strange bool   // this exporter has not written the file yet
	old     []byte // nil if there is no file
	seen    []byte // its digest
	fresh   []byte
	builder *change.Builder
	set     *change.Set
}

// Prepare implements export.Destination.
func (f Folder) Prepare(ctx context.Context, w export.WriteRequest) (export.Write, error) {
	p, err := openPlace(f.Path, w.Target.File, string(export.CSVFile))
	if err != nil {
		return nil, err
	}
	p.url = "file://" + filepath.ToSlash(filepath.Join(f.Path, p.name))
	return prepareCSV(ctx, p, w, false)
}

// prepareCSV prepares a write. It closes the place if that fails.
func prepareCSV(ctx context.Context, p *place, w export.WriteRequest, strange bool) (export.Write, error) {
	r := &write{place: p, w: w, strange: strange}
	err := r.look()
	if err == nil {
		w.Report(export.PhaseComparing, 0)
		err = r.compare(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return r, nil
}

func (r *write) look() (err error) {
	if r.old, err = r.read(); err == nil && r.old != nil {
		sum := sha256.Sum256(r.old)
		r.seen = sum[:]
	}
	return err
}

// compare passes over the existing rows and then the result, and encodes what the file is to hold.
func (r *write) compare(ctx context.Context) error {
	standing, err := parse(r.old)
	if err != nil {
		return problem.New(problem.SheetConflict, "The file %s is no CSV that this program wrote: %v.",
			r.w.Target.File, err)
	}
	if r.strange && len(standing) > 0 && !slices.Equal(standing[0], r.w.ChangeOptions().Titles) {
		return problem.New(problem.SheetConflict, "The file %s is there already, with other titles.", r.name).
			WithHint("Move it away, or let the exporter write another file. Nothing was written.").Lasting()
	}
	if r.w.Snapshot && len(standing) > 0 {
		if r.w.Rows, err = export.KeepColumns(r.w.Rows, columnsOf(standing[0], r.w.Rows.Schema())); err != nil {
			return err
		}
	}
	o := r.w.ChangeOptions()
	head := o.Titles
	if len(standing) > 0 && !slices.Equal(standing[0], head) {
		standing = project(standing, head)
		o.Reshaped = true
	}
	if len(standing) == 0 || o.Policy.Order && o.Reshaped {
		o.Trace = nil // of rows that are not there
	}
	standing = standing[min(1, len(standing)):]
	r.builder = change.NewBuilder(o)
	for _, record := range standing {
		r.builder.Stand(values(record))
	}
	wanted, err := r.want(ctx)
	if err != nil {
		return err
	}
	r.set = r.builder.Set(func(yield func([]change.Value)) {
		for _, record := range standing {
			yield(values(record))
		}
	})
	rows := combine(r.builder.Script(change.Layout{}), o.Policy.Mark, standing, wanted)
	r.fresh = encode(append([][]string{head}, rows...))
	return nil
}

// want passes over the result.
func (r *write) want(ctx context.Context) ([][]string, error) {
	var wanted [][]string
	for row, err := range r.w.Rows.Rows() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		record := make([]string, len(row.Cells))
		for i, c := range row.Cells {
			record[i] = Text(c)
		}
		r.builder.Want(values(record))
		wanted = append(wanted, record)
	}
	return wanted, nil
}

// columnsOf returns the columns of a header, those of the schema where the titles are the same.
func columnsOf(head []string, s table.Schema) []table.Column {
	list := make([]table.Column, len(head))
	for i, title := range head {
		list[i] = table.Column{ID: title, Title: title}
		for _, c := range s.Columns {
			if c.Title == title {
				list[i] = c
			}
		}
	}
	return list
}

// project returns the records with the columns of another header; a column that they lack is blank.
func project(records [][]string, head []string) [][]string {
	out := make([][]string, len(records))
	for n, record := range records {
		out[n] = make([]string, len(head))
		for i, title := range head {
			if at := slices.Index(records[0], title); at >= 0 {
				out[n][i] = record[at]
			}
		}
	}
	return out
}

// combine carries a script out.
func combine(steps []change.Step, mark change.Mark, standing, wanted [][]string) [][]string {
	var out [][]string
	for _, s := range steps {
		switch s.Do {
		case change.Keep:
			out = append(out, standing[:s.Rows]...)
		case change.Relabel:
			for _, record := range standing[:s.Rows] {
				record = slices.Clone(record)
				record[mark.Column] = mark.Value.Text
				out = append(out, record)
			}
		case change.Write, change.Insert:
			out = append(out, wanted[s.From:s.From+s.Rows]...)
		}
		if s.Do != change.Insert {
			standing = standing[s.Rows:]
		}
	}
	return out
}

// byteOrderMark lets spreadsheet programs read other letters than English ones.
const byteOrderMark = "\ufeff"

func trimMark(data []byte) []byte { return bytes.TrimPrefix(data, []byte(byteOrderMark)) }

func encode(records [][]string) []byte {
	var out bytes.Buffer
	out.WriteString(byteOrderMark)
	_ = csv.NewWriter(&out).WriteAll(records) // to memory
	return out.Bytes()
}

func parse(data []byte) ([][]string, error) {
	in := csv.NewReader(bytes.NewReader(trimMark(data)))
	return in.ReadAll()
}

func values(record []string) []change.Value {
	row := make([]change.Value, len(record))
	for i, text := range record {
		if text != "" {
			row[i] = change.Value{Kind: 's', Text: text}
		}
	}
	return row
}

// Text returns a cell as written to a file: days as 2006-01-02, instants in RFC 3339, numbers as they were spelt, and
// text that a spreadsheet program would evaluate with a leading apostrophe.
func Text(c table.Cell) string {
	text := c.String()
	if c.Kind() == table.Text && text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// Change implements export.Write.
func (r *write) Change() *change.Set { return r.set }

// Requests implements export.Write. A file needs none.
func (r *write) Requests() int { return 0 }

// Commit implements export.Write.
func (r *write) Commit(ctx context.Context) (export.WriteResult, error) {
	res := export.WriteResult{
		Rows: r.set.Rows, Trace: r.builder.Trace(),
		Unchanged: r.old != nil && bytes.Equal(trimMark(r.old), trimMark(r.fresh)),
	}
	return r.commit(ctx, r.w, r.set, r.seen, res, func(out io.Writer) error {
		_, err := out.Write(r.fresh)
		return err
	})
}

// Close implements export.Write.
func (r *write) Close() error { return r.close() }
