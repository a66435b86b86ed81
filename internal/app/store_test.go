package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/config"
	"ledgersheet/internal/vault"
)

// TestOpenStore opens data folders in every state in which a person may leave them.
func TestOpenStore(t *testing.T) {
	t.Parallel()
	key := vault.NewKey()
	for name, test := range map[string]struct {
		store, key bool // what is in the folder
		empty      bool // the store's file has no bytes
		setting    *vault.Key
		existing   bool
		says       string // a part of the error; empty if the store is opened
		files      string // in the folder afterwards
		notice     bool
	}{
		"new":                  {files: "ledgersheet.db secret.key", notice: true},
		"new, key given":       {setting: &key, files: "ledgersheet.db"},
		"there":                {store: true, key: true, files: "ledgersheet.db secret.key"},
		"there, for a command": {store: true, key: true, existing: true, files: "ledgersheet.db secret.key"},
		"none, for a command":  {existing: true, says: "no store", files: ""},
		"a key only, for one":  {key: true, existing: true, says: "no store", files: "secret.key"},
		"a key only":           {key: true, files: "ledgersheet.db secret.key"},
		"the key is gone":      {store: true, says: "secret.key is missing", files: "ledgersheet.db"},
		"the file is empty": {
			store: true, key: true, empty: true, says: "empty", files: "ledgersheet.db secret.key",
		},
		"the file is empty alone": {store: true, empty: true, says: "put a backup", files: "ledgersheet.db"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := config.Settings{DataDir: t.TempDir(), SecretKey: test.setting}
			made, err := openStore(set, boltstore.Options{}, false, func(string) {})
			if err != nil {
				t.Fatal(err)
			}
			must(t, made.Close())
			if !test.key && test.setting == nil {
				must(t, os.Remove(filepath.Join(set.DataDir, keyFile)))
			}
			if path := filepath.Join(set.DataDir, storeFile); !test.store {
				must(t, os.Remove(path))
			} else if test.empty {
				must(t, os.Truncate(path, 0))
			}
			noticed := false
			store, err := openStore(set, boltstore.Options{}, test.existing, func(string) { noticed = true })
			if err == nil {
				must(t, store.Close())
			}
			if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("opened with %v, want %q", err, test.says)
			}
			entries, _ := os.ReadDir(set.DataDir)
			var names []string
			for _, e := range entries {
				names = append(names, e.Name())
			}
			if got := strings.Join(names, " "); got != test.files || noticed != test.notice {
				t.Errorf("the folder holds %q, noticed %v", got, noticed)
			}
		})
	}
}

func TestPermissionErrorsSayWhatMends(t *testing.T) {
	t.Parallel()
	err := explainPermission(&fs.PathError{Op: "open", Path: "/data/x", Err: fs.ErrPermission}, "/data")
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "chown -R") ||
		!strings.HasSuffix(err.Error(), " /data") {
		t.Errorf("it says %v", err)
	}
	other := errors.New("other")
	if got := explainPermission(other, "/data"); got != other {
		t.Errorf("another error became %v", got)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
