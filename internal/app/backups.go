package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/boltstore"
)

// Daily backups are kept in a folder beside the store. Their names tell when they were taken.
const (
	backupPrefix = "ledgersheet-"
	backupSuffix = ".db"
	backupTime   = "20060102T150405Z"
	backupEvery  = 24 * time.Hour
	backupLook   = 10 * time.Minute // how often it is looked whether one is due
)

// backups takes a store's daily backups and deletes old ones.
type backups struct {
	folder string
	keep   int // how many are kept; none are taken if it is zero
	write  func(ctx context.Context, w io.Writer) error
	seal   boltstore.Sealer // opens the secrets of a backup, to check them
	keeper boltstore.Keeper
	log    *slog.Logger
	taken  func(time.Time) // is told of each backup
	now    func() time.Time
}

// listBackups returns the daily backups in a folder, the newest first.
func listBackups(folder string) []string {
	entries, _ := os.ReadDir(folder) // a folder that is not there has none
	var found []string
	for _, e := range entries {
		if _, ok := takenAt(e.Name()); ok && e.Type().IsRegular() {
			found = append(found, filepath.Join(folder, e.Name()))
		}
	}
	slices.Sort(found)
	slices.Reverse(found)
	return found
}

// takenAt returns when a daily backup was taken, by its name.
func takenAt(name string) (time.Time, bool) {
	text, begins := strings.CutPrefix(filepath.Base(name), backupPrefix)
	text, ends := strings.CutSuffix(text, backupSuffix)
	at, err := time.Parse(backupTime, text)
	return at, begins && ends && err == nil
}

// newestBackup returns the newest daily backup in a folder; empty if there is none.
func newestBackup(folder string) string {
	if all := listBackups(folder); len(all) > 0 {
		return all[0]
	}
	return ""
}

// due reports whether no backup was taken in the last day. One from the future, of a clock that was wrong, does not
// count.
func (b *backups) due() bool {
	now := b.now()
	for _, name := range listBackups(b.folder) {
		if at, _ := takenAt(name); !at.After(now.Add(time.Minute)) {
			return now.Sub(at) >= backupEvery
		}
	}
	return true
}

// run takes a backup whenever one is due, until ctx ends.
func (b *backups) run(ctx context.Context) {
	if newest, ok := takenAt(newestBackup(b.folder)); ok {
		b.taken(newest)
	}
	t := time.NewTicker(backupLook)
	defer t.Stop()
	for {
		if b.due() {
			if err := b.take(ctx); err != nil && ctx.Err() == nil {
				b.log.ErrorContext(ctx, "the daily backup was not made", "error", err.Error())
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// take makes a backup, checks it, and deletes the oldest ones. It deletes none if the backup is not right.
func (b *backups) take(ctx context.Context) error {
	if err := os.MkdirAll(b.folder, 0o700); err != nil {
		return fmt.Errorf("making the folder of backups: %w", err)
	}
	for _, name := range partials(b.folder) { // of processes that were killed
		if err := os.Remove(name); err != nil {
			return fmt.Errorf("deleting an incomplete backup: %w", err)
		}
	}
	at := b.now().UTC()
	name := filepath.Join(b.folder, backupPrefix+at.Format(backupTime)+backupSuffix)
	has, err := b.keeper.Keep(ctx, name, b.seal, func(w io.Writer) error { return b.write(ctx, w) })
	if err != nil {
		return explainCopy(err, "the store", "no backup was made")
	}
	b.taken(at)
	b.log.InfoContext(ctx, "backup made and checked", "file", name, "bytes", has.Bytes, "exporters", has.Exporters,
		"runs", has.Runs)
	var failed []error
	for i, old := range listBackups(b.folder) {
		if i >= b.keep {
			failed = append(failed, os.Remove(old))
		}
	}
	b.keeper.Did("old ones deleted")
	return errors.Join(failed...)
}

func partials(folder string) []string {
	entries, _ := os.ReadDir(folder)
	var found []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), backupPrefix) && strings.HasSuffix(e.Name(), boltstore.Partial) {
			found = append(found, filepath.Join(folder, e.Name()))
		}
	}
	return found
}

// startBackups starts the daily backups.
func (a *App) startBackups(ctx context.Context) error {
	set := a.o.Settings
	if set.Backups == 0 {
		return nil
	}
	_, ring, err := NewFolder(set).seals()
	if err != nil {
		return err
	}
	b := &backups{
		folder: filepath.Join(set.DataDir, backupFolder), keep: set.Backups, write: a.store.Backup, seal: ring,
		log: a.log, now: time.Now, taken: func(at time.Time) { a.metrics.backup.Set(float64(at.Unix())) },
	}
	a.background(ctx, "backups", func(ctx context.Context) { a.leader.Lead(ctx, "backups", b.run) })
	return nil
}
