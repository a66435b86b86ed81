package file

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
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
	*place
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
	p, err := openPlace(f.Path, w.Target.File, string(export.XLSXFile))
	if err != nil {
		return nil, err
	}
	p.url = "file://" + filepath.ToSlash(filepath.Join(f.Path, p.name))
	return prepareBook(ctx, p, w)
}

// prepareBook prepares a write. It closes the place if that fails.
func prepareBook(ctx context.Context, p *place, w export.WriteRequest) (export.Write, error) {
	r := &bookWrite{place: p, w: w, enc: sheetfile.Encoder{Zone: w.Zone}}
	r.policy = w.Policy()
	r.titles = titlesOf(w.Rows.Schema())
	var err error
	if r.old, err = p.digest(); err == nil {
		w.Report(export.PhaseComparing, 0)
		err = r.compare(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return r, nil
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
	res := export.WriteResult{
		Rows: r.set.Rows, Trace: r.builder.Trace(), Unchanged: r.unchanged,
		Warnings: export.Warnings(export.WarnWrite, "", r.enc.Notes()...),
	}
	return r.commit(ctx, r.w, r.set, r.old, res, func(out io.Writer) error {
		b, err := r.make(ctx)
		if err != nil {
			return err
		}
		return errors.Join(b.Write(out), b.Close())
	})
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

// Close implements export.Write.
func (r *bookWrite) Close() error { return r.close() }
