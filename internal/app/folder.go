package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/config"
	"ledgersheet/internal/vault"
)

// The names of what else is in the data folder.
const (
	nextKeyFile  = keyFile + ".next" // of a rotation that is not finished
	backupFolder = "backups"         // daily ones
)

// Folder is a data folder and its key, for commands that work on it while no server does. Each of them can be killed at
// any moment: the store and its key stay usable, as they were or as they were to become.
type Folder struct {
	dir      string
	given    *vault.Key // from the settings; nil if the key is in a file of the folder
	keeper   boltstore.Keeper
	patience time.Duration // how long to wait for others to let go of the store; 0: one second
}

// NewFolder returns the data folder of the settings.
func NewFolder(set config.Settings) *Folder { return &Folder{dir: set.DataDir, given: set.SecretKey} }

func (f *Folder) store() string { return filepath.Join(f.dir, storeFile) }
func (f *Folder) key() string   { return filepath.Join(f.dir, keyFile) }
func (f *Folder) next() string  { return filepath.Join(f.dir, nextKeyFile) }

// primary returns the key that new secrets are sealed under.
func (f *Folder) primary() (vault.Key, error) {
	if f.given != nil {
		return *f.given, nil
	}
	key, err := vault.LoadKey(f.key())
	if errors.Is(err, fs.ErrNotExist) {
		return key, fmt.Errorf("there is no key in %s; put the copy of the file %s there, or set "+
			"LEDGERSHEET_SECRET_KEY", f.dir, keyFile)
	}
	return key, err
}

// old returns the keys in the folder under which backups may be sealed.
func (f *Folder) old() []vault.Key {
	var keys []vault.Key
	names, _ := filepath.Glob(filepath.Join(f.dir, keyFile+".*"))
	for _, name := range names {
		if key, err := vault.LoadKey(name); err == nil {
			keys = append(keys, key)
		}
	}
	return keys
}

// seals returns a vault of the primary key, and one that also opens what is sealed under the old ones.
func (f *Folder) seals() (only, ring *vault.Vault, err error) {
	key, err := f.primary()
	if err != nil {
		return nil, nil, err
	}
	if only, err = vault.New(key); err != nil {
		return nil, nil, err
	}
	ring, err = vault.New(key, f.old()...)
	return only, ring, err
}

// Backup writes a checked copy of the store into a new file. It returns boltstore.ErrLocked if a server has the store
// open, which can take the copy itself.
func (f *Folder) Backup(ctx context.Context, file string) (boltstore.Contents, error) {
	have, err := findStore(f.store())
	if err != nil {
		return boltstore.Contents{}, err
	}
	if !have {
		return boltstore.Contents{}, fmt.Errorf("%w in %s", ErrNoStore, f.dir)
	}
	var seal boltstore.Sealer // without a key, the copy's secrets are left unopened
	if _, ring, err := f.seals(); err == nil {
		seal = ring
	}
	has, err := f.keeper.Keep(ctx, file, seal, func(w io.Writer) error {
		return boltstore.Copy(ctx, f.store(), f.patience, w)
	})
	return has, explainCopy(err, "the store "+f.store(), "no backup was made")
}

// SaveBackup writes what a server sends into a new file, and checks it as far as that goes without its key.
func SaveBackup(ctx context.Context, file string, from func(io.Writer) error) (boltstore.Contents, error) {
	has, err := boltstore.Keeper{}.Keep(ctx, file, nil, from)
	return has, explainCopy(err, "what the server sent", "no backup was made")
}

// explainCopy puts into words why a copy of a store is not there.
func explainCopy(err error, what, so string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, boltstore.ErrLocked):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("the disk is full, so %s: %w", so, err)
	case errors.Is(err, boltstore.ErrDamaged):
		return fmt.Errorf("%s is cut off or damaged, so %s (%w)", what, so, cause(err))
	case errors.Is(err, boltstore.ErrForeign):
		return fmt.Errorf("%s is not a store of ledgersheet, so %s", what, so)
	case errors.Is(err, boltstore.ErrWrongKey):
		return fmt.Errorf("%s is sealed under another key than that of the data folder, so %s; put its key in place "+
			"first (%s, or LEDGERSHEET_SECRET_KEY)", what, so, keyFile)
	case errors.Is(err, boltstore.ErrNewer):
		return fmt.Errorf("%s was written by a newer ledgersheet, so %s; use that one", what, so)
	}
	return fmt.Errorf("%s: %w", so, err)
}

// cause returns what an OpenError was made of, without its own words.
func cause(err error) error {
	open, ok := errors.AsType[*boltstore.OpenError](err)
	if !ok || open.Cause() == nil {
		return boltstore.ErrDamaged
	}
	return open.Cause()
}

// Restored is how a store was brought back.
type Restored struct {
	boltstore.Contents
	Aside    string // where the store that was there before is kept; empty if there was none
	Resealed bool   // the backup was sealed under an old key
}

// Restore puts a backup in the place of the store. The backup is copied, checked and opened first; the present store,
// if there is one, is kept beside it. Nothing is changed after an error, nor while a server has the store open.
func (f *Folder) Restore(ctx context.Context, file string, now time.Time) (Restored, error) {
	release, there, err := f.hold()
	if err != nil {
		return Restored{}, err
	}
	defer func() { _ = release() }()
	done, staged, err := f.stage(ctx, file)
	if err != nil {
		return done, explainCopy(err, "the backup "+file, "nothing was changed")
	}
	defer func() { _ = os.Remove(staged) }() //nolint:gosec // it was made here
	// Local copies of records are sealed under keys in the store, and know where it stood.
	if err := os.RemoveAll(filepath.Join(f.dir, mirrorFolder)); err != nil {
		return done, fmt.Errorf("nothing was changed: deleting what belongs to the present store: %w", err)
	}
	aside := f.store() + ".before-" + now.UTC().Format("20060102T150405.000Z")
	if there {
		done.Aside = aside
	}
	return done, f.keeper.Replace(f.store(), staged, aside)
}

// hold keeps others from opening the store. A store that is empty or damaged cannot be open.
func (f *Folder) hold() (release func() error, there bool, err error) {
	release, err = boltstore.Hold(f.store(), f.patience)
	switch {
	case err == nil:
		return release, true, nil
	case errors.Is(err, boltstore.ErrLocked):
		return nil, true, errors.New("a server has the data folder open; stop it first")
	case errors.Is(err, fs.ErrNotExist):
		return func() error { return nil }, false, nil
	case errors.Is(err, boltstore.ErrDamaged):
		return func() error { return nil }, true, nil
	}
	return nil, false, explainPermission(err, f.dir)
}

// stage copies a backup beside the store and makes it fit to be the store.
func (f *Folder) stage(ctx context.Context, file string) (done Restored, staged string, err error) {
	only, ring, err := f.seals()
	if err != nil {
		return done, "", err
	}
	if err := boltstore.ForgetPartial(f.store()); err != nil {
		return done, "", err
	}
	in, err := os.Open(file) //nolint:gosec // whoever gives the command names the file
	if err != nil {
		return done, "", err
	}
	defer func() { _ = in.Close() }()
	if staged, err = f.keeper.Stage(f.store(), in); err != nil {
		return done, "", err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(staged) //nolint:gosec // it was made here
		}
	}()
	done.Contents, err = boltstore.Verify(ctx, staged, only)
	if errors.Is(err, boltstore.ErrWrongKey) {
		done.Resealed = true
		done.Contents, err = boltstore.Verify(ctx, staged, ring)
	}
	if err != nil {
		return done, staged, err
	}
	f.keeper.Did("checked")
	err = f.tryOut(ctx, staged, only, ring, done.Resealed)
	f.keeper.Did("tried out")
	return done, staged, err
}

// tryOut opens a staged store, as the server will, and seals it under the present key.
func (f *Folder) tryOut(ctx context.Context, staged string, only, ring *vault.Vault, reseal bool) error {
	store, err := boltstore.Open(staged, ring, boltstore.Options{})
	if err != nil {
		return err
	}
	if reseal {
		_, err = store.Reseal(ctx, ring, only)
	}
	err = errors.Join(err, store.Close())
	if older, _ := filepath.Glob(staged + ".v*.bak"); err == nil { // copies from before a migration
		for _, name := range older {
			err = errors.Join(err, os.Remove(name)) //nolint:gosec // it was made here
		}
	}
	return err
}
