package file

import (
	"bytes"
	"context"
	"crypto/sha256"
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
	"ledgersheet/internal/sheetfile"
	"ledgersheet/internal/table"
)

// Workbooks is a destination whose targets are Excel workbooks in one folder; Target.File names them. A workbook
// belongs to its exporter alone and is replaced as a whole, so one in which people have put tabs, columns or cells of
// their own is refused. They can refer to it from workbooks of their own.
type Workbooks struct{ Path string }

var _ export.Destination = Workbooks{}

// bookWrite is a prepared write to one workbook.
type bookWrite struct {
	path      string
	w         export.WriteRequest
	policy    change.Policy
	titles    []sheetfile.Value
	old       []byte // digest of the file; nil if there is none
	stamp     bookStamp
	enc       sheetfile.Encoder
	builder   *change.Builder
	set       *change.Set
	steps     []change.Step
	unchanged bool
}

// Prepare implements export.Destination.
func (f Workbooks) Prepare(ctx context.Context, w export.WriteRequest) (export.Write, error) {
	name := w.Target.File
	if filepath.Base(name) != name || !strings.HasSuffix(name, ".xlsx") {
		return nil, problem.Invalid("destination.file", "must be the name of a file, such as invoices.xlsx")
	}
	r := &bookWrite{path: filepath.Join(f.Path, name), w: w, enc: sheetfile.Encoder{Zone: w.Zone}}
	r.policy = w.Policy()
	r.titles = titlesOf(w.Rows.Schema())
	var err error
	if r.old, err = digestFile(r.path); err != nil {
		return nil, err
	}
	w.Report(export.PhaseComparing, 0)
	if err := r.compare(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// digestFile returns the digest of a file's contents; nil if there is no file.
func digestFile(path string) (sum []byte, err error) {
	in, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		h := sha256.New()
		if _, err = io.Copy(h, in); err == nil {
			sum = h.Sum(nil)
		}
		err = errors.Join(err, in.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("reading the file that is there: %w", err)
	}
	return sum, nil
}

// titlesOf returns the header.
func titlesOf(s table.Schema) []sheetfile.Value {
	var enc sheetfile.Encoder
	titles := make([]sheetfile.Value, len(s.Columns))
	for i, c := range s.Columns {
		titles[i] = enc.Value(table.TextOf(c.Title))
	}
	return titles
}

// compare passes over the rows that stand in the workbook and over the result.
func (r *bookWrite) compare(ctx context.Context) error {
	there, err := r.openStanding()
	if err != nil {
		return err
	}
	defer there.Close()
	if r.w.Snapshot && len(there.head) > 0 {
		head := make([]string, len(there.head))
		for i, v := range there.head {
			head[i] = v.Text
		}
		if r.w.Rows, err = export.KeepColumns(r.w.Rows, columnsOf(head, r.w.Rows.Schema())); err != nil {
			return err
		}
		r.titles = titlesOf(r.w.Rows.Schema())
	}
	r.builder = change.NewBuilder(r.options(there))
	stands, wants := newSequence(there.head), newSequence(r.titles)
	for row, err := range there.rows(r.titles) {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		stands.add(row)
		r.builder.Stand(row)
	}
	looks, err := r.want(ctx, wants)
	if err != nil {
		return err
	}
	var again error
	r.set = r.builder.Set(func(yield func([]change.Value)) {
		for row, err := range there.rows(r.titles) {
			if again = err; err == nil {
				yield(row)
			}
		}
	})
	if !there.has(r.titles) {
		r.set.Edited = 0 // which rows people have edited cannot be told under another header
	}
	r.steps = r.builder.Script(change.Layout{})
	r.stamp = bookStamp{owner: r.w.Owner, looks: looks, head: wants.head}
	r.unchanged = there.book != nil && there.stamp == r.stamp && r.keepsAll(stands, wants)
	return errors.Join(again, sheetfile.Fits(r.w.Rows.Schema(), r.set.Rows))
}

func (r *bookWrite) options(there *standing) change.Options {
	o := r.w.ChangeOptions()
	o.Trace, o.Reshaped = r.trace(there), !there.has(r.titles)
	return o
}

// trace returns the trace of the last write. Its digests of rows are of no use under another header, but a mode that
// only adds needs those of the identities.
func (r *bookWrite) trace(there *standing) []byte {
	if r.policy.Change && !there.has(r.titles) {
		return nil
	}
	return r.w.Trace
}

// keepsAll reports whether the rows that stand are those that should.
func (r *bookWrite) keepsAll(stands, wants *sequence) bool {
	if r.policy.Order {
		return stands.sum() == wants.sum()
	}
	return stands.head == wants.head &&
		!slices.ContainsFunc(r.steps, func(s change.Step) bool { return s.Do != change.Keep })
}

// want passes over the result and returns a digest of what decides how its rows look.
func (r *bookWrite) want(ctx context.Context, wants *sequence) (looks string, err error) {
	h := sha256.New()
	// The first number changes when the program writes the same rows differently.
	_, _ = fmt.Fprintf(h, "1 %q\n", r.title())
	for _, c := range r.w.Rows.Schema().Columns {
		_, _ = fmt.Fprintf(h, "%s %s %t\n", c.Kind, c.Currency, c.Label)
	}
	var values []sheetfile.Value
	n := 0
	for row, err := range r.w.Rows.Rows() {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return "", err
		}
		values = encodeRow(&r.enc, values[:0], row)
		if n++; r.policy.Order && (row.Role != table.Data || row.Level > 0) {
			_, _ = fmt.Fprintf(h, "%d %d %d\n", n, row.Role, row.Level)
		}
		wants.add(values)
		r.builder.Want(values)
	}
	return shortSum(h), nil
}

func encodeRow(enc *sheetfile.Encoder, values []sheetfile.Value, row table.Row) []sheetfile.Value {
	for _, c := range row.Cells {
		values = append(values, enc.Value(c))
	}
	return values
}

// title returns the title of the tab with the rows.
func (r *bookWrite) title() string {
	if r.w.Target.Sheet != "" {
		return r.w.Target.Sheet
	}
	return r.w.Title
}

// Change implements export.Write.
func (r *bookWrite) Change() *change.Set { return r.set }

// Requests implements export.Write. A file needs none.
func (r *bookWrite) Requests() int { return 0 }

// Commit implements export.Write.
func (r *bookWrite) Commit(ctx context.Context) (export.WriteResult, error) {
	target := r.w.Target
	target.URL = "file://" + filepath.ToSlash(r.path)
	res := export.WriteResult{
		Target: target, Rows: r.set.Rows, Trace: r.builder.Trace(), Unchanged: r.unchanged,
		Warnings: export.Warnings(export.WarnWrite, "", r.enc.Notes()...),
	}
	if r.unchanged {
		return res, r.verify(ctx)
	}
	b, err := r.make(ctx)
	if err != nil {
		return export.WriteResult{}, err
	}
	r.w.Report(export.PhaseCommitting, res.Rows)
	err = replaceBy(r.path, b.Write, func() error { return r.verify(ctx) })
	if err = errors.Join(err, b.Close()); err != nil {
		return export.WriteResult{}, err
	}
	return res, nil
}

// verify returns ErrMoved if the file is not the one that was looked at.
func (r *bookWrite) verify(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now, err := digestFile(r.path)
	if err == nil && !bytes.Equal(now, r.old) {
		return export.ErrMoved
	}
	return err
}

// make encodes the rows that should stand.
func (r *bookWrite) make(ctx context.Context) (*sheetfile.Workbook, error) {
	widths, err := sheetfile.Widths(r.w.Rows)
	if err != nil {
		return nil, err
	}
	b, err := sheetfile.NewWorkbook(r.title(), r.w.Rows.Schema(), widths)
	if err != nil {
		return nil, err
	}
	err = r.fill(ctx, b)
	if err == nil {
		err = b.End(slices.Concat(strings.Split(r.w.Note, "\n"), r.enc.Notes()))
	}
	if err == nil {
		err = b.Stamp(r.stamp.String())
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (r *bookWrite) fill(ctx context.Context, b *sheetfile.Workbook) error {
	there, err := r.openStanding()
	if err != nil {
		return err
	}
	defer there.Close()
	for row, err := range r.combine(there) {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if err := b.Add(row.values, row.role, row.level); err != nil {
			return err
		}
	}
	return nil
}

// replaceBy replaces a file by what write writes, atomically and with the permissions of the old one. may is asked at
// the last moment; its error leaves the old file as it is.
func replaceBy(path string, write func(io.Writer) error, may func() error) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("making a file beside the old one: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name())
		}
	}()
	err = write(temp)
	if err == nil {
		err = temp.Sync()
	}
	if old, missing := os.Stat(path); err == nil && missing == nil {
		err = temp.Chmod(old.Mode().Perm())
	}
	if err = errors.Join(err, temp.Close()); err != nil {
		return fmt.Errorf("writing the file: %w", err)
	}
	if err := may(); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return fmt.Errorf("replacing the file: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// Close implements export.Write.
func (r *bookWrite) Close() error { return nil }
