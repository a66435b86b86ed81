package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ledgersheet/internal/boltstore"
)

// TestKeepingOnASmallDisk gives the commands that keep stores a real file system without room. Each says so, and leaves
// what was there; with room it does its work.
func TestKeepingOnASmallDisk(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(t *testing.T, f *Folder, saved string) error{
		"backup": func(t *testing.T, f *Folder, _ string) error {
			_, err := f.Backup(t.Context(), filepath.Join(f.dir, "x.db"))
			return err
		},
		"restore": func(t *testing.T, f *Folder, saved string) error {
			_, err := f.Restore(t.Context(), saved, time.Now())
			return err
		},
		"rotate": func(t *testing.T, f *Folder, _ string) error {
			_, err := f.RotateKey(t.Context())
			return err
		},
		"daily": func(t *testing.T, f *Folder, _ string) error {
			return dailyOf(f, func() time.Time { return time.Now().Add(48 * time.Hour) }).take(t.Context())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, set := newFolder(t, nil)
			saved := filepath.Join(t.TempDir(), "saved.db")
			_, err := f.Backup(t.Context(), saved)
			must(t, err)
			small := t.TempDir()
			if err := MountSmall(small, 8<<20); err != nil {
				t.Skipf("no file system can be mounted here: %v", err)
			}
			t.Cleanup(func() { must(t, Unmount(small)) })
			for from, file := range map[string]string{saved: storeFile, f.key(): keyFile} {
				data, err := os.ReadFile(from)
				must(t, err)
				must(t, os.WriteFile(filepath.Join(small, file), data, 0o600))
			}
			set.DataDir = small
			f = NewFolder(set)
			filler, err := os.Create(filepath.Join(small, "filler"))
			must(t, err)
			for err == nil {
				_, err = filler.Write(make([]byte, 4096))
			}
			must(t, filler.Close())
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			before := namesIn(t, small)
			err = do(t, f, saved)
			if says := "the disk is full"; !errors.Is(err, syscall.ENOSPC) ||
				!strings.Contains(err.Error(), says) && name != "rotate" {
				t.Errorf("on a full disk: %v", err)
			}
			// A folder for daily backups, and the next key, may be there; nothing incomplete is.
			for _, left := range append(partials(small), partials(filepath.Join(small, backupFolder))...) {
				t.Errorf("left: %s", left)
			}
			if after := namesIn(t, small); strings.Contains(after, boltstore.Partial) {
				t.Errorf("the folder holds %s, before %s", after, before)
			}
			wantCompany(t, set, "Alder")
			must(t, os.Remove(filler.Name()))
			must(t, do(t, NewFolder(set), saved))
			wantCompany(t, set, "Alder")
		})
	}
}
