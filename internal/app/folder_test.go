package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/config"
	"ledgersheet/internal/export"
	"ledgersheet/internal/vault"
)

// secretToken is what a restored or re-sealed store must still give out.
const secretToken = "refresh-3ab1"

// newFolder makes a data folder with a store, as serve does, that holds a company with a secret.
func newFolder(t *testing.T, given *vault.Key) (*Folder, config.Settings) {
	t.Helper()
	set := config.Settings{DataDir: t.TempDir(), SecretKey: given}
	putCompany(t, set, "Alder")
	f := NewFolder(set)
	f.patience = 60 * time.Millisecond
	return f, set
}

// putCompany opens the folder's store and stores the company and its secret.
func putCompany(t *testing.T, set config.Settings, name string) {
	t.Helper()
	store, err := openStore(set, boltstore.Options{}, false, func(string) {})
	must(t, err)
	must(t, store.PutCompany(t.Context(), export.Company{Realm: "1", Name: name}))
	must(t, store.PutGrant(t.Context(), export.CompanyGrant("1"), export.Grant{RefreshToken: secretToken}))
	must(t, store.Close())
}

// wantCompany opens the folder as serve does, and expects the company by that name, and its secret.
func wantCompany(t *testing.T, set config.Settings, name string) {
	t.Helper()
	store, err := openStore(set, boltstore.Options{}, false, func(string) {})
	if err != nil {
		t.Errorf("the folder cannot be opened: %v", err)
		return
	}
	defer func() { must(t, store.Close()) }()
	c, err := store.Company(t.Context(), "1")
	if err != nil || c.Name != name {
		t.Errorf("the company is %q, %v; want %q", c.Name, err, name)
	}
	g, err := store.Grant(t.Context(), export.CompanyGrant("1"))
	if err != nil || g.RefreshToken != secretToken {
		t.Errorf("the secret is not what was stored, error %v", err)
	}
}

// namesIn returns the names of a folder's files.
func namesIn(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	f, set := newFolder(t, nil)
	saved := filepath.Join(t.TempDir(), "saved.db")
	has, err := f.Backup(t.Context(), saved)
	if err != nil || has.Companies != 1 || has.Secrets != 2 {
		t.Fatalf("backup: %+v, %v", has, err)
	}
	if _, err := f.Backup(t.Context(), saved); !errors.Is(err, os.ErrExist) {
		t.Errorf("a backup over another: %v", err)
	}
	putCompany(t, set, "Later")
	must(t, os.MkdirAll(filepath.Join(set.DataDir, mirrorFolder), 0o700))
	at := time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)
	done, err := f.Restore(t.Context(), saved, at)
	must(t, err)
	wantCompany(t, set, "Alder")
	if want := filepath.Join(set.DataDir, "ledgersheet.db.before-20260329T120000.000Z"); done.Aside != want {
		t.Errorf("kept as %s", done.Aside)
	}
	if got := namesIn(t, set.DataDir); got != "ledgersheet.db ledgersheet.db.before-20260329T120000.000Z secret.key" {
		t.Errorf("the folder holds %s", got)
	}
	// What was kept can be brought back in the same way.
	_, err = f.Restore(t.Context(), done.Aside, at.Add(time.Second))
	must(t, err)
	wantCompany(t, set, "Later")
	// A store that is gone, empty or damaged is no hindrance.
	for i, spoil := range []func(string) error{
		os.Remove, func(p string) error { return os.Truncate(p, 0) },
		func(p string) error { return os.WriteFile(p, []byte(strings.Repeat("garbage ", 5000)), 0o600) },
	} {
		must(t, spoil(f.store()))
		done, err := f.Restore(t.Context(), saved, at.Add(time.Duration(i+2)*time.Second))
		must(t, err)
		if (done.Aside == "") != (i == 0) {
			t.Errorf("case %d: kept as %q", i, done.Aside)
		}
		wantCompany(t, set, "Alder")
	}
}

// TestRestoreRefuses: each wrong backup has one clear message, and changes nothing.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	f, set := newFolder(t, nil)
	other, _ := newFolder(t, nil)
	dir := t.TempDir()
	saved, foreign := filepath.Join(dir, "saved.db"), filepath.Join(dir, "foreign.db")
	_, err := f.Backup(t.Context(), saved)
	must(t, err)
	_, err = other.Backup(t.Context(), foreign)
	must(t, err)
	whole, err := os.ReadFile(saved)
	must(t, err)
	cut, text := filepath.Join(dir, "cut.db"), filepath.Join(dir, "text.db")
	must(t, os.WriteFile(cut, whole[:len(whole)/2], 0o600))
	must(t, os.WriteFile(text, []byte("hello"), 0o600))
	putCompany(t, set, "Present")
	before := namesIn(t, set.DataDir)
	for name, test := range map[string]struct {
		file, says string
		through    func(io.Writer) io.Writer
	}{
		"another key": {foreign, "sealed under another key", nil},
		"cut":         {cut, "is cut off or damaged, so nothing was changed", nil},
		"a text":      {text, "is not a store of ledgersheet, so nothing was changed", nil},
		"none":        {filepath.Join(dir, "none.db"), "nothing was changed: open", nil},
		"full disk":   {saved, "the disk is full, so nothing was changed", func(io.Writer) io.Writer { return full{} }},
	} {
		f.keeper.Through = test.through
		_, err := f.Restore(t.Context(), test.file, time.Now())
		if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
		if got := namesIn(t, set.DataDir); got != before {
			t.Errorf("%s: the folder holds %s", name, got)
		}
		wantCompany(t, set, "Present")
	}
	f.keeper.Through = nil
	store, err := openStore(set, boltstore.Options{}, false, func(string) {})
	must(t, err)
	_, err = f.Restore(t.Context(), saved, time.Now())
	if err == nil || !strings.Contains(err.Error(), "stop it first") {
		t.Errorf("while a server runs: %v", err)
	}
	if _, err := f.RotateKey(t.Context()); err == nil || !strings.Contains(err.Error(), "stop it first") {
		t.Errorf("another key while a server runs: %v", err)
	}
	if _, err := f.Backup(t.Context(), filepath.Join(dir, "x.db")); !errors.Is(err, boltstore.ErrLocked) {
		t.Errorf("a backup while a server runs: %v", err)
	}
	must(t, store.Close())
	must(t, os.Remove(f.key()))
	if _, err := f.Restore(t.Context(), saved, time.Now()); err == nil || !strings.Contains(err.Error(), "no key in") {
		t.Errorf("without a key: %v", err)
	}
}

// full is a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestBackupOntoAFullDisk(t *testing.T) {
	t.Parallel()
	f, _ := newFolder(t, nil)
	f.keeper.Through = func(io.Writer) io.Writer { return full{} }
	dir := t.TempDir()
	_, err := f.Backup(t.Context(), filepath.Join(dir, "x.db"))
	if err == nil || !strings.HasPrefix(err.Error(), "the disk is full, so no backup was made") {
		t.Errorf("it says %v", err)
	}
	if got := namesIn(t, dir); got != "" {
		t.Errorf("it left %s", got)
	}
}

func TestRotateKey(t *testing.T) {
	t.Parallel()
	f, set := newFolder(t, nil)
	saved := filepath.Join(t.TempDir(), "saved.db")
	_, err := f.Backup(t.Context(), saved)
	must(t, err)
	was, err := vault.LoadKey(f.key())
	must(t, err)
	done, err := f.RotateKey(t.Context())
	if err != nil || done.Secrets != 2 || done.Key != f.key() {
		t.Fatalf("rotated %+v, %v", done, err)
	}
	now, err := vault.LoadKey(f.key())
	must(t, err)
	if kept, err := vault.LoadKey(done.Kept); err != nil || kept != was || now == was {
		t.Errorf("the old key is not kept, or still in force: %v", err)
	}
	wantCompany(t, set, "Alder")
	// A backup from before opens with the old key that is kept, and is sealed under the present one then.
	restored, err := f.Restore(t.Context(), saved, time.Now())
	if err != nil || !restored.Resealed {
		t.Errorf("an older backup: %+v, %v", restored, err)
	}
	must(t, os.Remove(done.Kept))
	wantCompany(t, set, "Alder")
	_, err = f.Restore(t.Context(), saved, time.Now())
	if err == nil || !strings.Contains(err.Error(), "another key") {
		t.Errorf("without the old key: %v", err)
	}
}

// TestRotateGivenKey: a key in the settings is changed by a person; the store opens meanwhile and afterwards.
func TestRotateGivenKey(t *testing.T) {
	t.Parallel()
	key := vault.NewKey()
	f, set := newFolder(t, &key)
	done, err := f.RotateKey(t.Context())
	if err != nil || done.Kept != "" || done.Key != f.next() {
		t.Fatalf("rotated %+v, %v", done, err)
	}
	wantCompany(t, set, "Alder")
	again, err := f.RotateKey(t.Context()) // says the same again, and makes no third key
	if err != nil || again.Key != done.Key {
		t.Errorf("again: %+v, %v", again, err)
	}
	next, err := vault.LoadKey(done.Key)
	must(t, err)
	set.SecretKey = &next
	wantCompany(t, set, "Alder")
	f = NewFolder(set)
	if _, err := f.RotateKey(t.Context()); err != nil {
		t.Error(err)
	}
	if third, err := vault.LoadKey(f.next()); err != nil || third == next {
		t.Errorf("the next rotation: %v", err)
	}
}

// TestKilled ends processes at each named step of each command. The folder must be usable at once, hold the company as
// it was or is to be, and the command must succeed when it is given again.
func TestKilled(t *testing.T) {
	t.Parallel()
	if os.Getenv(killEnv) != "" {
		return
	}
	for command, steps := range map[string]string{
		"backup":  "created,written,synced,checked,named",
		"restore": "created,written,synced,checked,tried out,kept aside,replaced",
		"rotate":  "new key written,secrets sealed,store written anew,key files exchanged",
		"daily":   "created,written,synced,checked,named,old ones deleted",
	} {
		for step := range strings.SplitSeq(steps, ",") {
			t.Run(command+" at "+step, func(t *testing.T) {
				t.Parallel()
				f, set := newFolder(t, nil)
				saved := filepath.Join(t.TempDir(), "saved.db")
				if command == "restore" {
					_, err := f.Backup(t.Context(), saved)
					must(t, err)
					putCompany(t, set, "Later")
				}
				killAt(t, command, step, set.DataDir, saved)
				wantAfterKill(t, f, set, command, step, saved)
			})
		}
	}
}

const killEnv = "LEDGERSHEET_TEST_KILL"

func killAt(t *testing.T, command, step, dir, saved string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledProcess$")
	c.Env = append(os.Environ(), killEnv+"="+strings.Join([]string{command, step, dir, saved}, "|"))
	out, err := c.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ProcessState.ExitCode() != -1 {
		t.Fatalf("the process was not killed: %v\n%s", err, out)
	}
}

// TestKilledProcess is the process that is killed.
func TestKilledProcess(t *testing.T) {
	order := strings.Split(os.Getenv(killEnv), "|")
	if len(order) != 4 {
		t.Skip("it is started by TestKilled")
	}
	command, step, dir, saved := order[0], order[1], order[2], order[3]
	f := NewFolder(config.Settings{DataDir: dir})
	f.keeper.Step = func(name string) {
		if name == step {
			self, err := os.FindProcess(os.Getpid())
			must(t, err)
			must(t, self.Kill())
			time.Sleep(time.Minute)
		}
	}
	var err error
	switch command {
	case "backup":
		_, err = f.Backup(t.Context(), saved)
	case "restore":
		_, err = f.Restore(t.Context(), saved, time.Now())
	case "rotate":
		_, err = f.RotateKey(t.Context())
	case "daily":
		err = dailyOf(f, time.Now).take(t.Context())
	}
	t.Fatal("it came to its end", err)
}

// dailyOf returns the daily backups of a folder that no server holds.
func dailyOf(f *Folder, now func() time.Time) *backups {
	_, ring, err := f.seals()
	if err != nil {
		panic(err)
	}
	return &backups{
		folder: filepath.Join(f.dir, backupFolder), keep: 2, seal: ring, keeper: f.keeper, now: now,
		log: slog.New(slog.DiscardHandler), taken: func(time.Time) {},
		write: func(ctx context.Context, w io.Writer) error { return boltstore.Copy(ctx, f.store(), 0, w) },
	}
}

func wantAfterKill(t *testing.T, f *Folder, set config.Settings, command, step, saved string) {
	t.Helper()
	name := "Alder"
	if command == "restore" && step != "replaced" {
		name = "Later"
	}
	wantCompany(t, set, name)
	switch command {
	case "backup":
		if _, err := os.Stat(saved); (err == nil) != (step == "named") {
			t.Errorf("the backup has its name: %v", err)
		}
		if step == "named" {
			_, err := boltstore.Verify(t.Context(), saved, nil)
			must(t, err)
			must(t, os.Remove(saved))
		}
		_, err := f.Backup(t.Context(), saved)
		must(t, err)
	case "restore":
		_, err := f.Restore(t.Context(), saved, time.Now())
		must(t, err)
		wantCompany(t, set, "Alder")
		if strings.Contains(namesIn(t, set.DataDir), boltstore.Partial) {
			t.Errorf("left: %s", namesIn(t, set.DataDir))
		}
	case "rotate":
		_, err := f.RotateKey(t.Context())
		must(t, err)
		wantCompany(t, set, "Alder")
		if strings.Contains(namesIn(t, set.DataDir), nextKeyFile) {
			t.Errorf("left: %s", namesIn(t, set.DataDir))
		}
	case "daily":
		b := dailyOf(f, func() time.Time { return time.Now().Add(48 * time.Hour) })
		must(t, b.take(t.Context()))
		if got := namesIn(t, b.folder); strings.Contains(got, boltstore.Partial) {
			t.Errorf("left: %s", got)
		}
	}
}

// TestDailyBackups plays five days: a backup a day, two kept, none deleted when there is none that is right.
func TestDailyBackups(t *testing.T) {
	t.Parallel()
	f, _ := newFolder(t, nil)
	b := dailyOf(f, time.Now)
	var taken atomic.Int64
	b.taken = func(time.Time) { taken.Add(1) }
	var untold atomic.Bool
	untold.Store(true)
	b.log = slog.New(slog.NewTextHandler(writerFunc(func(p []byte) (int, error) {
		if bytes.Contains(p, []byte("the daily backup was not made")) {
			untold.Store(false)
		}
		return len(p), nil
	}), nil))
	var wrong atomic.Bool
	b.write = func(_ context.Context, w io.Writer) error {
		if wrong.Load() {
			_, err := fmt.Fprint(w, "nothing that is a store")
			return err
		}
		in, err := os.Open(f.store())
		if err != nil {
			return err
		}
		_, err = io.Copy(w, in)
		return errors.Join(err, in.Close())
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); b.run(ctx) }()
		time.Sleep(5*24*time.Hour - time.Hour)
		if taken.Load() != 5 || len(listBackups(b.folder)) != 2 {
			t.Errorf("taken %d, kept %v", taken.Load(), listBackups(b.folder))
		}
		newest := newestBackup(b.folder)
		wrong.Store(true)
		time.Sleep(48 * time.Hour)
		if taken.Load() != 5 || len(listBackups(b.folder)) != 2 || newestBackup(b.folder) != newest {
			t.Errorf("after wrong ones: taken %d, kept %v", taken.Load(), listBackups(b.folder))
		}
		if untold.Load() {
			t.Error("nobody is told")
		}
		wrong.Store(false)
		time.Sleep(time.Hour)
		cancel()
		<-done
		if taken.Load() != 6 || len(listBackups(b.folder)) != 2 || newestBackup(b.folder) == newest {
			t.Errorf("afterwards: taken %d, kept %v", taken.Load(), listBackups(b.folder))
		}
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestNewestBackupIsOffered when the store cannot be used.
func TestNewestBackupIsOffered(t *testing.T) {
	t.Parallel()
	f, set := newFolder(t, nil)
	must(t, dailyOf(f, time.Now).take(t.Context()))
	newest := newestBackup(filepath.Join(set.DataDir, backupFolder))
	for name, spoil := range map[string]func(string) error{
		"empty":   func(p string) error { return os.Truncate(p, 0) },
		"damaged": func(p string) error { return os.WriteFile(p, []byte(strings.Repeat("garbage ", 5000)), 0o600) },
	} {
		must(t, spoil(f.store()))
		_, err := openStore(set, boltstore.Options{}, false, func(string) {})
		if err == nil || !strings.Contains(err.Error(), "ledgersheet restore "+newest) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := f.Restore(t.Context(), newest, time.Now())
	must(t, err)
	wantCompany(t, set, "Alder")
}
