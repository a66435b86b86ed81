package app

import (
	"context"
	"fmt"
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
	// Ready reports whether the store can be read, for health checks.
	Ready() error
	Close() error
}

// forgettingStore deletes what is kept of a company together with the company.
type forgettingStore struct {
	Store
	forget func(context.Context, export.RealmID) error
}

// DeleteCompany implements export.CompanyStore.
func (s forgettingStore) DeleteCompany(ctx context.Context, realm export.RealmID) error {
	if err := s.Store.DeleteCompany(ctx, realm); err != nil {
		return err
	}
	return s.forget(ctx, realm)
}

// openStore opens the data folder. The key comes first, because the store is sealed with it. notice is called if a key
// was created.
func openStore(set config.Settings, notice func(string)) (Store, error) {
	if err := os.MkdirAll(set.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("making the data folder %s (LEDGERSHEET_DATA_DIR): %w", set.DataDir, err)
	}
	key := set.SecretKey
	if key == nil {
		path := filepath.Join(set.DataDir, keyFile)
		made, created, err := vault.LoadOrCreateKey(path)
		if err != nil {
			return nil, err
		}
		if created {
			notice("A key that seals all tokens was made: " + path +
				"\nKeep a copy of it apart from the data folder: without it every connection must be made again.")
		}
		key = &made
	}
	sealer, err := vault.New(*key)
	if err != nil {
		return nil, err
	}
	return boltstore.Open(filepath.Join(set.DataDir, storeFile), sealer, boltstore.Options{})
}
