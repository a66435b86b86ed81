package file

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
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
	old       []byte // digest of the file; nil if there is none
	stamp     bookStamp
	enc       sheetfile.Encoder
	builder   *change.Builder
	set       *change.Set
	unchanged bool
}

// Prepare implements export.Destination.
func (f Workbooks) Prepare(ctx context.Context, w export.WriteRequest) (export.Write, error) {
	name := w.Target.File
	if filepath.Base(name) != name || !strings.HasSuffix(name, ".xlsx") {
		return nil, problem.Invalid("destination.file", "must be the name of a file, such as invoices.xlsx")
	}
	r := &bookWrite{path: filepath.Join(f.Path, name), w: w, enc: sheetfile.Encoder{Zone: w.Zone}}
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

// compare passes over the rows that stand in the workbook and over the result.
func (r *bookWrite) compare(ctx context.Context) error {
	there, err := r.openStanding()
	if err != nil {
		return err
	}
	if there != nil {
		defer there.Close()
	}
	schema := r.w.Rows.Schema()
	o := change.Options{Trace: r.w.Trace, Budget: r.w.Budget}
	titles := make([]sheetfile.Value, len(schema.Columns))
	for i, c := range schema.Columns {
		titles[i] = r.enc.Value(table.TextOf(c.Title))
		o.Titles = append(o.Titles, c.Title)
		if slices.Contains(r.w.Hidden, c.ID) {
			o.Hidden = append(o.Hidden, i)
		}
	}
	if there == nil || sameRow(there.head, titles) {
		o.Keys = schema.Keys()
	} else {
		o.Trace = nil
	}
	r.builder = change.NewBuilder(o)
	stands, wants := newSequence(titles), newSequence(titles)
	if there != nil {
		stands = newSequence(there.head)
		for row, err := range there.rows(titles) {
			if err = errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			stands.add(row)
			r.builder.Stand(row)
		}
	}
	looks, err := r.want(ctx, wants)
	if err != nil {
		return err
	}
	r.set = r.builder.Set(func(yield func([]change.Value)) {
		for row, err := range there.rows(titles) {
			if err == nil { // it was read once; if the file has changed since, Commit says so
				yield(row)
			}
		}
	})
	r.stamp = bookStamp{owner: r.w.Owner, looks: looks, head: wants.head}
	r.unchanged = there != nil && there.stamp == r.stamp && stands.sum() == wants.sum()
	return nil
}

// want passes over the result and returns a digest of what decides how its rows look.
func (r *bookWrite) want(ctx context.Context, wants *sequence) (looks string, err error) {
	h := sha256.New()
	fmt.Fprintf(h, "1 %q\n", r.title()) // the first number changes when the program writes the same rows differently
	for _, c := range r.w.Rows.Schema().Columns {
		fmt.Fprintf(h, "%s %s %t\n", c.Kind, c.Currency, c.Label)
	}
	var values []sheetfile.Value
	for row, err := range r.w.Rows.Rows() {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return "", err
		}
		values = r.encode(values[:0], row)
		_, _ = h.Write([]byte{byte(row.Role), row.Level})
		wants.add(values)
		r.builder.Want(values)
	}
	return shortSum(h), nil
}

func (r *bookWrite) encode(values []sheetfile.Value, row table.Row) []sheetfile.Value {
	for _, c := range row.Cells {
		values = append(values, r.enc.Value(c))
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
		Target: target, Rows: r.w.Rows.Len(), Trace: r.builder.Trace(), Unchanged: r.unchanged,
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

// make encodes the result.
func (r *bookWrite) make(ctx context.Context) (*sheetfile.Workbook, error) {
	b, err := sheetfile.Encode(ctx, sheetfile.Sheet{
		Title: r.title(), Rows: r.w.Rows, Zone: r.w.Zone, About: strings.Split(r.w.Note, "\n"),
	})
	if err != nil {
		return nil, err
	}
	if err := b.Stamp(r.stamp.String()); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
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

// bookStamp says whose a workbook is and how it was written.
type bookStamp struct {
	owner       export.ID
	looks, head string // digests of how rows look, and of the header
}

const stampPrefix = "ledgersheet"

func (s bookStamp) String() string {
	return strings.Join([]string{stampPrefix, string(s.owner), s.looks, s.head}, " ")
}

func parseStamp(text string) (bookStamp, bool) {
	parts := strings.Fields(text)
	if len(parts) != 4 || parts[0] != stampPrefix {
		return bookStamp{}, false
	}
	return bookStamp{export.ID(parts[1]), parts[2], parts[3]}, true
}

// sequence is a digest of a header and of rows in their order.
type sequence struct {
	head string // of the header alone
	h    hash.Hash
	buf  []byte
}

func newSequence(head []sheetfile.Value) *sequence {
	s := &sequence{h: sha256.New()}
	s.add(head)
	s.head = shortSum(s.h)
	return s
}

func (s *sequence) add(row []sheetfile.Value) {
	s.buf = change.AppendRow(s.buf[:0], trimRow(row))
	fmt.Fprintf(s.h, "%d ", len(s.buf))
	_, _ = s.h.Write(s.buf)
}

func (s *sequence) sum() string { return shortSum(s.h) }

func shortSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)[:12]) }

// trimRow returns the row without the blank values at its end.
func trimRow(row []sheetfile.Value) []sheetfile.Value {
	for len(row) > 0 && row[len(row)-1].Kind == 0 {
		row = row[:len(row)-1]
	}
	return row
}

func sameRow(a, b []sheetfile.Value) bool { return slices.Equal(trimRow(a), trimRow(b)) }

// standing is a workbook that is there.
type standing struct {
	book  *sheetfile.Book
	name  string
	head  []sheetfile.Value
	stamp bookStamp // zero if it was lost
}

// openStanding opens the workbook that is there; nil if there is none. One that is not this exporter's, or holds
// something of people's, is a problem.
func (r *bookWrite) openStanding() (*standing, error) {
	if r.old == nil {
		return nil, nil
	}
	book, err := sheetfile.OpenBook(r.path)
	if err != nil {
		return nil, problem.Wrap(err, problem.SheetConflict, "The file %s is no Excel workbook.", r.w.Target.File).
			WithHint("Move it away, or let the exporter write another file.")
	}
	s := &standing{book: book, name: r.w.Target.File}
	if err := s.check(r.w); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close closes the file, which was only read.
func (s *standing) Close() { _ = s.book.Close() }

func (s *standing) check(w export.WriteRequest) error {
	for row, err := range s.book.Rows() {
		if err != nil {
			return s.conflict("cannot be read: %v.", err)
		}
		s.head = slices.Clone(row)
		break
	}
	stamp, ok := parseStamp(s.book.Stamp)
	s.stamp = stamp
	var titles []sheetfile.Value
	for _, c := range w.Rows.Schema().Columns {
		enc := sheetfile.Encoder{}
		titles = append(titles, enc.Value(table.TextOf(c.Title)))
	}
	switch {
	case ok && stamp.owner != w.Owner:
		return s.conflict("belongs to another exporter.")
	case ok && newSequence(s.head).head != stamp.head, !ok && !sameRow(s.head, titles):
		return s.conflict("has other titles than it was written with.")
	}
	for i, tab := range s.book.Tabs {
		if i > 0 && !strings.HasPrefix(tab, sheetfile.AboutTab) {
			return s.conflict("has a tab of somebody's: %s.", tab)
		}
	}
	return nil
}

func (s *standing) conflict(format string, args ...any) error {
	return problem.New(problem.SheetConflict, "The workbook %s %s", s.name, fmt.Sprintf(format, args...)).
		WithHint("It is replaced as a whole: move your own work into another workbook, which can refer to this one, " +
			"and delete or rename this one. Or let the exporter write another file.").Lasting()
}

// rows yields the rows below the header under other titles: each column is found by its own title; one that is not
// there is blank.
func (s *standing) rows(titles []sheetfile.Value) iter.Seq2[[]change.Value, error] {
	from := make([]int, len(titles))
	for i, title := range titles {
		from[i] = slices.Index(s.head, title)
		if i < len(s.head) && s.head[i] == title {
			from[i] = i // titles need not be unique
		}
	}
	return func(yield func([]change.Value, error) bool) {
		n := 0
		for row, err := range s.book.Rows() {
			if n++; n == 1 && err == nil {
				continue
			}
			if err == nil && len(row) > len(s.head) {
				err = s.conflict("has cells of somebody's beside the rows, in row %d.", n)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			values := make([]change.Value, len(titles))
			for i, at := range from {
				if at >= 0 && at < len(row) {
					values[i] = row[at]
				}
			}
			if !yield(values, nil) {
				return
			}
		}
	}
}
