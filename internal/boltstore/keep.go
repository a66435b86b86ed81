package boltstore

import (
	"context"
	"errors"
	"fmt"
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

// Keeper makes and replaces files of stores, such that each step can be the last one. Its zero value is for use.
type Keeper struct {
	// Step, unless nil, is called after each step with its name. Tests end the process there.
	Step func(name string)
	// Through, unless nil, is what a file is written through. Tests let the disk be full.
	Through func(io.Writer) io.Writer
}

// Did calls Step.
func (k Keeper) Did(name string) {
	if k.Step != nil {
		k.Step(name)
	}
}

// Partial is the end of the names of files that are not complete.
const Partial = ".partial"

// Keep has write make a store's file at path, which must not exist, and checks it with Verify. The file gets its name
// only after it has been found right and is on disk. An error that is in path's way is fs.ErrExist.
func (k Keeper) Keep(ctx context.Context, path string, seal Sealer, write func(io.Writer) error) (Contents, error) {
	if _, err := os.Lstat(path); err == nil {
		return Contents{}, fmt.Errorf("creating %s: %w", path, fs.ErrExist)
	}
	name, err := k.writeBeside(path, write)
	if err != nil {
		return Contents{}, err
	}
	defer func() { _ = os.Remove(name) }() // also after it has got its second name
	has, err := Verify(ctx, name, seal)
	if err != nil {
		return has, err
	}
	k.Did("checked")
	if err := nameNew(name, path); err != nil {
		return has, fmt.Errorf("naming the copy: %w", err)
	}
	k.Did("named")
	return has, syncFolder(filepath.Dir(path))
}

// nameNew gives a file a second name, which must not be taken, or the name alone where a file system knows no second
// ones.
func nameNew(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Rename(from, to)
}

// writeBeside writes a file into the folder of path and returns its name. There is none after an error.
func (k Keeper) writeBeside(path string, write func(io.Writer) error) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*"+Partial) // mode 0600
	if err != nil {
		return "", fmt.Errorf("creating the copy: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	k.Did("created")
	w := &told{w: f}
	if k.Through != nil {
		w.w = k.Through(f)
	}
	if err := write(w); err != nil {
		if w.err != nil { // bbolt does not wrap what the writer returned
			err = w.err
		}
		return "", fmt.Errorf("writing the copy: %w", err)
	}
	k.Did("written")
	if err := f.Sync(); err != nil {
		return "", fmt.Errorf("syncing the copy: %w", err)
	}
	if err := f.Close(); err != nil {
		return "", fmt.Errorf("closing the copy: %w", err)
	}
	k.Did("synced")
	return f.Name(), nil
}

// told remembers the first error of a writer.
type told struct {
	w   io.Writer
	err error
}

// Write implements io.Writer.
func (t *told) Write(p []byte) (int, error) {
	n, err := t.w.Write(p)
	if err != nil && t.err == nil {
		t.err = err
	}
	return n, err
}

// ForgetPartial deletes what processes that were killed have left of their copies of the file at path.
func ForgetPartial(path string) error {
	left, err := filepath.Glob(filepath.Join(escape(filepath.Dir(path)), escape(filepath.Base(path))+".*"+Partial))
	if err != nil {
		return fmt.Errorf("looking for incomplete copies: %w", err)
	}
	var failed []error
	for _, name := range left {
		failed = append(failed, os.Remove(name))
	}
	return errors.Join(failed...)
}

// escape returns a pattern that matches the text alone.
func escape(text string) string {
	if filepath.Separator == '\\' {
		return text // Windows has no escapes, nor these signs in names but for brackets
	}
	var out []byte
	for _, c := range []byte(text) {
		if c == '*' || c == '?' || c == '[' || c == '\\' {
			out = append(out, '\\')
		}
		out = append(out, c)
	}
	return string(out)
}

// Copy writes a copy of the store at path, which no process may have open for writing: ErrLocked is returned if one
// has. It needs no key and changes nothing.
func Copy(ctx context.Context, path string, lockWait time.Duration, w io.Writer) error {
	release, db, err := openHeld(path, lockWait)
	if err != nil {
		return err
	}
	s := &Store{db: db}
	return errors.Join(s.copyTo(ctx, w), release())
}

// copyTo is Backup with faults of a damaged file caught.
func (s *Store) copyTo(ctx context.Context, w io.Writer) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = &OpenError{Path: s.db.Path(), Kind: ErrDamaged, cause: fmt.Errorf("reading pages: %v", r)}
		}
	}()
	return s.Backup(ctx, w)
}

// Hold keeps other processes from opening the store at path until release is called. It returns ErrLocked if one has
// it open for writing, and ErrDamaged if the file is such that nobody can have it open.
func Hold(path string, lockWait time.Duration) (release func() error, err error) {
	release, _, err = openHeld(path, lockWait)
	return release, err
}

func openHeld(path string, lockWait time.Duration) (release func() error, db *bbolt.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	var file *os.File
	defer func() {
		if r := recover(); r != nil {
			if file != nil {
				_ = file.Close()
			}
			err = &OpenError{Path: path, Kind: ErrDamaged, cause: fmt.Errorf("reading pages: %v", r)}
		}
	}()
	if lockWait <= 0 {
		lockWait = time.Second
	}
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{
		ReadOnly: true, Timeout: lockWait,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(name, flag, mode)
			file = f
			return f, err
		},
	})
	switch {
	case errors.Is(err, bbolterrors.ErrTimeout):
		return nil, nil, &OpenError{Path: path, Kind: ErrLocked}
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return nil, nil, fmt.Errorf("opening the store: %w", err)
	case err != nil:
		return nil, nil, &OpenError{Path: path, Kind: ErrDamaged, cause: err}
	}
	return db.Close, db, nil
}

// Stage writes what read returns into a file beside the store at path and returns its name, for Replace.
func (k Keeper) Stage(path string, read io.Reader) (name string, err error) {
	return k.writeBeside(path, func(w io.Writer) error {
		_, err := io.Copy(w, read)
		return err
	})
}

// Replace puts the file that Stage has made in the place of the store at path, whose present file, if there is one, is
// kept under the name aside, which must be free. At no moment is there no store. The caller holds the present one.
func (k Keeper) Replace(path, staged, aside string) error {
	if err := keepAside(path, aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("keeping the present store: %w", err)
	}
	k.Did("kept aside")
	if err := os.Rename(staged, path); err != nil {
		return fmt.Errorf("replacing the store: %w", err)
	}
	k.Did("replaced")
	return syncFolder(filepath.Dir(path))
}

// keepAside gives a file a second name, or copies it where there are no second names.
func keepAside(path, aside string) error {
	err := os.Link(path, aside)
	if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
		return err
	}
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	name, err := Keeper{}.Stage(aside, in)
	if err != nil {
		return err
	}
	return os.Rename(name, aside)
}

// Compact writes the store at path anew, so that nothing is left in it of what was deleted or replaced. A process that
// is killed meanwhile leaves the old file.
func Compact(path string, lockWait time.Duration) error {
	if lockWait <= 0 {
		lockWait = time.Second
	}
	db, err := openFile(path, lockWait)
	if err != nil {
		return err
	}
	copied := path + shrunk
	if err := copyInUse(db, copied); err != nil {
		return errors.Join(fmt.Errorf("writing the store anew: %w", err), os.Remove(copied), db.Close())
	}
	closing := db.Close
	if runtime.GOOS == "windows" { // open files cannot be renamed there
		closing = func() error { return nil }
		if err := db.Close(); err != nil {
			return fmt.Errorf("closing store: %w", err)
		}
	}
	if err := errors.Join(os.Rename(copied, path), closing()); err != nil {
		return fmt.Errorf("replacing store: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}
