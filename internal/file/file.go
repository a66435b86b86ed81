// Package file writes rows into CSV files in a folder: one file per exporter, replaced atomically. Text that a
// spreadsheet program would take for a formula is written with a leading apostrophe.
package file

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// Folder is a destination whose targets are files in one folder; Target.File names them.
type Folder struct{ Path string }

var _ export.Destination = Folder{}

// write is a prepared write to one file.
type write struct {
	path    string
	w       export.WriteRequest
	old     []byte // nil if there is no file
	fresh   []byte
	builder *change.Builder
	set     *change.Set
}

// Prepare implements export.Destination.
func (f Folder) Prepare(ctx context.Context, w export.WriteRequest) (export.Write, error) {
	if w.Target.File == "" || filepath.Base(w.Target.File) != w.Target.File {
		return nil, problem.Invalid("destination.file", "must be the name of a file, such as invoices.csv")
	}
	r := &write{path: filepath.Join(f.Path, w.Target.File), w: w}
	var err error
	if r.old, err = readFile(r.path); err != nil {
		return nil, err
	}
	w.Report(export.PhaseComparing, 0)
	if err := r.compare(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

func readFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the file that is there: %w", err)
	}
	return data, nil
}

// compare passes over the existing rows and then the result, and encodes what the file is to hold.
func (r *write) compare(ctx context.Context) error {
	standing, err := parse(r.old)
	if err != nil {
		return problem.New(problem.SheetConflict, "The file %s is no CSV that this program wrote: %v.",
			r.w.Target.File, err)
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

func encode(records [][]string) []byte {
	var out bytes.Buffer
	_ = csv.NewWriter(&out).WriteAll(records) // to memory
	return out.Bytes()
}

func parse(data []byte) ([][]string, error) {
	in := csv.NewReader(bytes.NewReader(data))
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
	if err := ctx.Err(); err != nil {
		return export.WriteResult{}, err
	}
	now, err := readFile(r.path)
	if err != nil {
		return export.WriteResult{}, err
	}
	if !bytes.Equal(now, r.old) {
		return export.WriteResult{}, export.ErrMoved
	}
	target := r.w.Target
	target.URL = "file://" + filepath.ToSlash(r.path)
	res := export.WriteResult{
		Target: target, Rows: r.set.Rows, Trace: r.builder.Trace(), Unchanged: bytes.Equal(r.old, r.fresh),
	}
	if res.Unchanged {
		return res, nil
	}
	r.w.Report(export.PhaseCommitting, res.Rows)
	return res, replaceFile(r.path, r.fresh)
}

// replaceFile replaces the contents atomically: whoever opens the file sees the old contents or the new, even after a
// crash.
func replaceFile(path string, data []byte) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("making a file beside the old one: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name())
		}
	}()
	_, err = io.Copy(temp, bytes.NewReader(data))
	if err == nil {
		err = temp.Sync()
	}
	if closing := temp.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing the file: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// Close implements export.Write.
func (r *write) Close() error { return nil }

// syncFolder makes a rename durable.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("opening the folder: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("syncing the folder: %w", err)
	}
	return nil
}
