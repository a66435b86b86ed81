package file

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"iter"
	"slices"
	"strings"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/sheetfile"
)

// standing is what is there.
type standing struct {
	book  *sheetfile.Book // nil if there is no file
	name  string
	head  []sheetfile.Value
	stamp bookStamp // zero if it was lost
}

// openStanding opens the workbook that is there. One that is not this exporter's, or holds something of people's, is a
// problem. If there is none, nothing stands.
func (r *bookWrite) openStanding() (*standing, error) {
	if r.old == nil {
		return &standing{head: r.titles}, nil
	}
	in, err := r.folder.Open(r.name)
	if err != nil {
		return nil, fmt.Errorf("reading the workbook that is there: %w", err)
	}
	book, err := sheetfile.ReadBook(in)
	if err != nil {
		return nil, problem.Wrap(err, problem.SheetConflict, "The file %s is no Excel workbook.", r.w.Target.File).
			WithHint("Move it away, or let the exporter write another file.")
	}
	s := &standing{book: book, name: r.w.Target.File}
	if err := s.check(r.w.Owner, r.titles); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close closes the file, which was only read.
func (s *standing) Close() {
	if s.book != nil {
		_ = s.book.Close()
	}
}

// has reports whether the header is that one.
func (s *standing) has(titles []sheetfile.Value) bool { return sameRow(s.head, titles) }

func (s *standing) check(owner export.ID, titles []sheetfile.Value) error {
	for row, err := range s.book.Rows() {
		if err != nil {
			return s.conflict("cannot be read: %v.", err)
		}
		s.head = slices.Clone(row)
		break
	}
	stamp, ok := parseStamp(s.book.Stamp)
	s.stamp = stamp
	switch {
	case ok && stamp.owner != owner:
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
		if s.book == nil {
			return
		}
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
	_, _ = fmt.Fprintf(s.h, "%d ", len(s.buf))
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
