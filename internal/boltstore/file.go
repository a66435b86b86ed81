package boltstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// initialMap is how much of the file is mapped from the start. A writer that outgrows the map has to wait for a running
// backup. This is far more than any store needs, and costs only address space.
const initialMap = 256 << 20

// openFile opens the database file. Every failure becomes an OpenError.
func openFile(path string, lockWait time.Duration) (db *bbolt.DB, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, &OpenError{Path: path, Kind: ErrNotWritable, cause: err}
	}
	_, statErr := os.Stat(path)
	if err := checkFirst(path, lockWait); err != nil {
		return nil, err
	}
	var file *os.File
	options := &bbolt.Options{
		Timeout:      lockWait,
		FreelistType: bbolt.FreelistMapType,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(name, flag, mode)
			file = f
			return f, err
		},
	}
	if runtime.GOOS != "windows" && ^uint(0)>>32 != 0 { // elsewhere the file itself would grow, or addresses are scarce
		options.InitialMmapSize = initialMap
	}
	// bbolt panics on corrupt pages or faults in its memory map. That must not end the process without a word.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			if file != nil {
				_ = file.Close()
			}
			db, err = nil, &OpenError{Path: path, Kind: ErrDamaged, cause: fmt.Errorf("reading pages: %v", r)}
		}
	}()
	db, err = bbolt.Open(path, 0o600, options)
	if err != nil {
		return nil, openError(path, err)
	}
	if !isAt(file, path) { // another process has put a new file there while this one waited for the old one
		return nil, &OpenError{Path: path, Kind: ErrLocked, cause: db.Close()}
	}
	if errors.Is(statErr, fs.ErrNotExist) {
		if err := syncFolder(filepath.Dir(path)); err != nil {
			return nil, &OpenError{Path: path, Kind: ErrNotWritable, cause: errors.Join(err, db.Close())}
		}
	} else if info, err := file.Stat(); err == nil && info.Mode().Perm()&0o077 != 0 {
		// Copying a file often widens its permissions. Where they cannot be narrowed (on some network volumes), the
		// secrets in it are still sealed.
		_ = os.Chmod(path, 0o600)
	}
	return db, nil
}

// isAt reports whether path still names the open file.
func isAt(f *os.File, path string) bool {
	opened, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(opened, named)
}

func openError(path string, err error) error {
	kind := ErrDamaged
	var pathErr *fs.PathError
	switch {
	case errors.Is(err, bbolterrors.ErrTimeout):
		return &OpenError{Path: path, Kind: ErrLocked}
	case errors.Is(err, fs.ErrPermission), errors.As(err, &pathErr):
		kind = ErrNotWritable
	}
	return &OpenError{Path: path, Kind: kind, cause: err}
}

// checkFirst checks a file before bbolt loads it for writing: a damaged list of free pages alone can keep it busy for
// good. Missing and empty files are left to bbolt, which makes new ones.
func checkFirst(path string, lockWait time.Duration) error {
	if info, err := os.Stat(path); err != nil || info.Size() == 0 || !info.Mode().IsRegular() {
		return nil
	}
	release, db, err := openHeld(path, lockWait)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = release() }()
	f, err := os.Open(db.Path())
	if err != nil {
		return openError(path, err)
	}
	defer func() { _ = f.Close() }()
	if err := checkAtStart(f); err != nil {
		return &OpenError{Path: path, Kind: ErrDamaged, cause: err}
	}
	return nil
}

// header is the part of a bbolt meta page that matters here.
type header struct {
	pageSize                    uint32
	root, freelist, pages, txid uint64
}

// readHeader reads the meta page at an offset: 16 bytes of page header, then
// magic, version, page size, flags (4 bytes each), root (16), free list, pages in
// use, transaction and the FNV-1a sum of all before it (8 each), in the byte
// order of the machine.
func readHeader(r io.ReaderAt, offset int64) (header, bool) {
	const magic = 0xED0CDAED
	var page [80]byte
	if _, err := r.ReadAt(page[:], offset); err != nil {
		return header{}, false
	}
	meta, order := page[16:], binary.NativeEndian
	sum := fnv.New64a()
	_, _ = sum.Write(meta[:56])
	if order.Uint32(meta) != magic || order.Uint64(meta[56:]) != sum.Sum64() {
		return header{}, false
	}
	return header{
		pageSize: order.Uint32(meta[8:]), root: order.Uint64(meta[16:]), freelist: order.Uint64(meta[32:]),
		pages: order.Uint64(meta[40:]), txid: order.Uint64(meta[48:]),
	}, true
}

// syncFolder makes a new file's name as durable as its contents.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there
	}
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("opening folder: %w", err)
	}
	defer func() { _ = d.Close() }()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("syncing folder: %w", err)
	}
	return nil
}
