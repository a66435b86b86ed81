package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/alexedwards/scs/v2"

	"ledgersheet/internal/auth"
	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/config"
	"ledgersheet/internal/export"
	"ledgersheet/internal/vault"
)

// The names of the files in the data folder.
const (
	storeFile = "ledgersheet.db"
	keyFile   = "secret.key"
)

// Store keeps all of the program's data. Only openStore knows which database implements it.
type Store interface {
	export.Store
	scs.Store // sessions
	auth.Settings
	DeleteExpiredSessions(ctx context.Context, now time.Time) (n int, err error)
	// Ready reports whether the store can be read and written, for health checks.
	Ready() error
	// Probe reports whether the store can be written and has room, when a write has failed.
	Probe() error
	// CheckedAtStart reports whether all rows were read when the store was opened; CheckRows reads them later.
	CheckedAtStart() (bool, error)
	CheckRows(ctx context.Context) error
	// Backup writes a consistent copy while the store is in use.
	Backup(ctx context.Context, w io.Writer) error
	Close() error
}

// forgettingStore deletes what is kept of a company or an exporter together with it.
type forgettingStore struct {
	Store
	forget         func(context.Context, export.RealmID) error
	forgetExporter func(export.ID)
}

// DeleteExporter implements export.ExporterStore.
func (s forgettingStore) DeleteExporter(ctx context.Context, id export.ID) error {
	err := s.Store.DeleteExporter(ctx, id)
	if err == nil {
		s.forgetExporter(id)
	}
	return err
}

// DeleteCompany implements export.CompanyStore.
func (s forgettingStore) DeleteCompany(ctx context.Context, realm export.RealmID) error {
	if err := s.Store.DeleteCompany(ctx, realm); err != nil {
		return err
	}
	return s.forget(ctx, realm)
}

// ErrNoStore says that a command which only works with what is there was pointed at a folder without a store.
var ErrNoStore = errors.New("there is no store")

// openStore opens the data folder. The key comes first, because the store is sealed with it. notice is called if a key
// was created. With existing it makes neither a folder nor a key nor a store, and returns ErrNoStore if there is none.
func openStore(
	set config.Settings, o boltstore.Options, existing bool, notice func(string),
) (Store, error) {
	path := filepath.Join(set.DataDir, storeFile)
	have, err := findStore(path)
	if err != nil {
		return nil, offerBackup(explainPermission(err, set.DataDir), set.DataDir)
	}
	if !have && existing {
		return nil, fmt.Errorf("%w in %s; start ledgersheet serve there first, or point LEDGERSHEET_DATA_DIR at the "+
			"data folder or LEDGERSHEET_URL at the running server", ErrNoStore, set.DataDir)
	}
	if err := os.MkdirAll(set.DataDir, 0o700); err != nil {
		return nil, explainPermission(fmt.Errorf("making the data folder %s (LEDGERSHEET_DATA_DIR): %w", set.DataDir,
			err), set.DataDir)
	}
	key, err := findKey(set, have, notice)
	if err != nil {
		return nil, explainPermission(err, set.DataDir)
	}
	sealer, err := vault.New(key)
	if err != nil {
		return nil, err
	}
	store, err := boltstore.Open(path, sealer, o)
	if errors.Is(err, boltstore.ErrWrongKey) {
		if next, err := openRotated(set, path, o, notice); next != nil || err != nil {
			return next, err
		}
	}
	if err != nil {
		return nil, offerBackup(explainPermission(err, set.DataDir), set.DataDir)
	}
	return store, nil
}

// openRotated opens a store whose key was being replaced when the process was killed. It returns nothing if that is not
// what has happened.
func openRotated(set config.Settings, path string, o boltstore.Options, notice func(string)) (Store, error) {
	folder := NewFolder(set)
	done, err := folder.finishRotation(context.Background())
	if err != nil || done.Key == "" {
		return nil, err
	}
	if done.Kept == "" {
		notice("The store is sealed under the new key in " + done.Key + ".\n" +
			"Set LEDGERSHEET_SECRET_KEY to it, and delete the file after the next start.")
	} else {
		notice("The key was replaced, as was begun earlier; the old one is kept in " + done.Kept + ".")
	}
	key, err := vault.LoadKey(done.Key)
	if err != nil {
		return nil, err
	}
	sealer, err := vault.New(key)
	if err != nil {
		return nil, err
	}
	store, err := boltstore.Open(path, sealer, o)
	if err != nil {
		return nil, err
	}
	return store, nil
}

// offerBackup adds to an error about a store that cannot be used which backup there is.
func offerBackup(err error, folder string) error {
	if !errors.Is(err, boltstore.ErrDamaged) && !errors.Is(err, errEmptyStore) {
		return err
	}
	if newest := newestBackup(filepath.Join(folder, backupFolder)); newest != "" {
		return fmt.Errorf("%w\nthe newest backup is there; this brings it back: ledgersheet restore %s", err, newest)
	}
	return err
}

// errEmptyStore says that the store's file is there and empty.
var errEmptyStore = errors.New("the store is empty (0 bytes)")

// findStore reports whether there is a store. An empty file is none, but it may have been one.
func findStore(path string) (bool, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("looking for the store in the data folder (LEDGERSHEET_DATA_DIR): %w", err)
	case info.Size() == 0:
		return false, fmt.Errorf("%w: %s; put a backup in its place, or delete it if this installation is to begin "+
			"anew", errEmptyStore, path)
	}
	return true, nil
}

// findKey returns the key that seals the store. It makes one only for a store that is new as well: a store that is
// there is sealed under the key that was.
func findKey(set config.Settings, haveStore bool, notice func(string)) (vault.Key, error) {
	if set.SecretKey != nil {
		return *set.SecretKey, nil
	}
	path := filepath.Join(set.DataDir, keyFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && haveStore {
		return vault.Key{}, fmt.Errorf("the key %s is missing, and %s is sealed under it; put the copy of the key "+
			"there, or set LEDGERSHEET_SECRET_KEY to it", path, filepath.Join(set.DataDir, storeFile))
	}
	key, created, err := vault.LoadOrCreateKey(path)
	if created {
		notice("A key that seals all tokens was made: " + path +
			"\nKeep a copy of it apart from the data folder: without it every connection must be made again.")
	}
	return key, err
}

// explainPermission adds to an error about a file that may not be used who the program is and what mends it.
func explainPermission(err error, folder string) error {
	if err == nil || !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return fmt.Errorf("%w\nledgersheet runs as user %d; let that user own the data folder: chown -R %d %s", err,
		os.Getuid(), os.Getuid(), folder)
}
