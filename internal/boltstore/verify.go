package boltstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
)

// Contents is what a store holds, in numbers.
type Contents struct {
	Bytes                                         int64
	Schema                                        int
	Companies, Accounts, Exporters, Runs, Secrets int
}

// Verify reads the whole store in the file at path, into which nobody may be writing, and returns what it holds. The
// file stays as it is, and may be of an older version. The error is an [OpenError] if the file is not whole, not a
// store, too new, or has secrets that seal cannot open. Without a seal, secrets are not opened.
func Verify(ctx context.Context, path string, seal Sealer) (Contents, error) {
	f, err := os.Open(path)
	if err != nil {
		return Contents{}, fmt.Errorf("opening the file: %w", err)
	}
	defer func() { _ = f.Close() }()
	v := verifier{ctx: ctx, seal: seal, unpacked: true}
	err = v.read(f)
	switch {
	case ctx.Err() != nil:
		return Contents{}, ctx.Err()
	case err == nil:
		return v.has, nil
	}
	if known, ok := errors.AsType[*OpenError](err); ok {
		known.Path = path
		return Contents{}, known
	}
	return Contents{}, &OpenError{Path: path, Kind: ErrDamaged, cause: err}
}

// verifier checks all rows of a file.
type verifier struct {
	ctx      context.Context
	seal     Sealer
	unpacked bool // rows are decoded
	has      Contents
	checked  bool // the seal has opened the row that is there for that
	unopened error
}

func (v *verifier) read(f io.ReaderAt) error {
	head, size, err := newestHeader(f)
	if err != nil {
		return err
	}
	v.has.Bytes = size
	w := walk{r: f, head: head, row: v.row}
	if err := w.run(); err != nil {
		return err
	}
	switch known := len(migrations()); {
	case v.has.Schema == 0:
		return &OpenError{Kind: ErrForeign}
	case v.has.Schema > known:
		return &OpenError{Kind: ErrNewer, Found: v.has.Schema, Known: known}
	case v.seal != nil && !v.checked:
		return errors.New("nothing says which key it is sealed under")
	}
	return v.unopened
}

// newestHeader returns the header that counts and the length of a file, which must have all pages that the header
// names.
func newestHeader(f io.ReaderAt) (head header, size int64, err error) {
	head, ok := readHeader(f, 0)
	if !ok {
		// The first header may be the one that was being written when the power went.
		if head, ok = readHeader(f, int64(os.Getpagesize())); !ok {
			return head, 0, &OpenError{Kind: ErrForeign}
		}
	} else if second, ok := readHeader(f, int64(head.pageSize)); ok && second.txid > head.txid {
		head = second
	}
	size = int64(head.pages) * int64(head.pageSize)
	if size > 0 {
		if _, err := f.ReadAt(make([]byte, 1), size-1); err != nil {
			return head, 0, fmt.Errorf("it is cut off: it should have at least %d bytes", size)
		}
	}
	return head, size, nil
}

// rowBuckets returns the buckets whose values are rows. The others are indexes, which can be made anew.
func rowBuckets() []string {
	return []string{
		bucketMeta, bucketCompanies, bucketAccounts, bucketGrants, bucketFlows, bucketExporters, bucketHistories,
		bucketMarks, bucketDifferences, bucketRuns, bucketRunHeads, bucketUsers, bucketSessions, bucketAudit,
		bucketCalls, bucketMirrorKeys, bucketMoves, bucketDueTimes, bucketNotices,
	}
}

func (v *verifier) row(bucket, key string, raw []byte) error {
	if err := v.ctx.Err(); err != nil {
		return err
	}
	v.count(bucket)
	if bucket == bucketMeta && key == keySchema {
		n, err := strconv.Atoi(string(raw))
		if err != nil || n < 1 {
			return fmt.Errorf("schema version %q is not a number", raw)
		}
		v.has.Schema = n
		return nil
	}
	if !v.unpacked || !maySealed(bucket, raw) && !slices.Contains(rowBuckets(), bucket) {
		return nil
	}
	r, err := decodeRow(bucket, key, raw)
	if err != nil {
		return fmt.Errorf("a value in %s cannot be read", bucket)
	}
	if r.Sealed == nil {
		return nil
	}
	v.has.Secrets++
	if v.seal == nil {
		return nil
	}
	text, err := v.seal.Open(place(bucket, key), r.Sealed)
	switch check := bucket == bucketMeta && key == keyCheck; {
	case check && err == nil && string(text) != checkText:
		return &OpenError{Kind: ErrWrongKey, cause: errors.New("the key check has another text")}
	case check && err != nil:
		return &OpenError{Kind: ErrWrongKey, cause: err}
	case check:
		v.checked = true
	case err != nil && v.unopened == nil: // told when it is known that the key is right
		v.unopened = fmt.Errorf("a secret in %s cannot be opened: %w", bucket, err)
	}
	return nil
}

func (v *verifier) count(bucket string) {
	switch bucket {
	case bucketCompanies:
		v.has.Companies++
	case bucketAccounts:
		v.has.Accounts++
	case bucketExporters:
		v.has.Exporters++
	case bucketRuns:
		v.has.Runs++
	}
}

// What Open checks of a store before it is used, so that a damaged one is refused at once rather than when a page of it
// is needed. A file in which more is in use is left to the daily backup's check, so that the service starts quickly.
const (
	checkPagesUpTo = 256 << 20 // bytes in use
	checkRowsUpTo  = 32 << 20
)

// checkAtStart checks an open file. Files without a header of ours are left to bbolt, which has opened them.
func checkAtStart(f io.ReaderAt) error {
	head, size, err := newestHeader(f)
	if err != nil {
		return err
	}
	if size > checkPagesUpTo {
		return nil
	}
	v := verifier{ctx: context.Background(), unpacked: size <= checkRowsUpTo}
	w := walk{r: f, head: head, row: v.row}
	return w.run()
}
