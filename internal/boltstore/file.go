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

// mapped is how much of the file is mapped from the start. A writer that outgrows the map has to wait for a running
// backup. This is far more than any store needs, and costs only address space.
const mapped = 256 << 20

// openFile opens the database file. Every failure becomes an OpenError.
func openFile(path string, lockWait time.Duration) (db *bbolt.DB, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, &OpenError{Path: path, Kind: ErrNotWritable, cause: err}
	}
	_, statErr := os.Stat(path)
	if err := checkLength(path); err != nil {
		return nil, &OpenError{Path: path, Kind: ErrDamaged, cause: err}
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
		options.InitialMmapSize = mapped
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

// checkLength compares a file's length with what its newest header says is in use. bbolt does not check that; it would
// fault in its memory map and keep the lock. Missing files and files of other kinds are left to bbolt.
func checkLength(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	first, ok := readHeader(f, 0)
	if !ok {
		return nil
	}
	// The two headers are written in turn. The newest one counts.
	newest := first
	if second, ok := readHeader(f, int64(first.pageSize)); ok && second.txid > first.txid {
		newest = second
	}
	if want := int64(newest.pages) * int64(newest.pageSize); info.Size() < want {
		return fmt.Errorf("it has %d bytes and should have at least %d", info.Size(), want)
	}
	return nil
}

// header is the part of a bbolt meta page that matters here.
type header struct {
	pageSize    uint32
	pages, txid uint64
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
	return header{order.Uint32(meta[8:]), order.Uint64(meta[40:]), order.Uint64(meta[48:])}, true
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
