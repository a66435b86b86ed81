package boltstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"ledgersheet/internal/export"
	"ledgersheet/internal/storetest"
	"ledgersheet/internal/vault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)

func newVault(t *testing.T, keys ...vault.Key) *vault.Vault {
	t.Helper()
	if keys == nil {
		keys = []vault.Key{vault.NewKey()}
	}
	v, err := vault.New(keys[0], keys[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func openAt(t *testing.T, path string, seal Sealer) *Store {
	t.Helper()
	s, err := Open(path, seal, Options{LockWait: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func newStore(t *testing.T) *Store {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "data", "ledgersheet.db"), newVault(t))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) export.Store { return newStore(t) })
}

// The file is one process's at a time, so both handles are the same.
func TestStoreOfTwo(t *testing.T) {
	t.Parallel()
	storetest.RunTwo(t, func(t *testing.T) (one, two export.Store) {
		s := newStore(t)
		return s, s
	})
}

// secrets are texts that must never stand in the file.
var secrets = []string{"access-4f9c1", "refresh-77ab2", "verifier-c01d3", "client-secret-9e8f", "memo-5d1a0"}

func fill(t *testing.T, s *Store) {
	t.Helper()
	ctx := t.Context()
	must(t, s.PutCompany(ctx, export.Company{Realm: "1", Name: "Visible Company"}))
	must(t, s.PutGrant(ctx, export.CompanyGrant("1"), export.Grant{AccessToken: secrets[0], RefreshToken: secrets[1]}))
	must(t, s.PutFlow(ctx, "hash", export.Flow{Verifier: secrets[2], ExpiresAt: noon.Add(time.Minute)}))
	must(t, s.PutSetting(ctx, "google_client", []byte(secrets[3]), true))
	must(t, s.PutSetting(ctx, "setup", []byte("done"), false))
	must(t, s.CreateExporter(ctx, export.Exporter{ID: "exp_1", Name: "One"}))
	must(t, s.PutMark(ctx, export.MarkKey("exp_1", "1"), []byte(secrets[4])))
	_, _, err := s.Enqueue(ctx, export.Run{ID: "run_1", Exporter: export.Exporter{ID: "exp_1"}, QueuedAt: noon})
	must(t, err)
	must(t, s.CreateUser(ctx, export.User{ID: "usr_1", Email: "a@example.com"}))
	must(t, s.Commit("token", []byte("session"), noon.AddDate(100, 0, 0)))
	must(t, s.Audit(ctx, export.AuditEntry{At: noon, Action: "exporter.create"}))
}

func wantFilled(t *testing.T, s *Store) {
	t.Helper()
	ctx := t.Context()
	c, err := s.Company(ctx, "1")
	if err != nil || c.Name != "Visible Company" {
		t.Errorf("company: %v, %v", c, err)
	}
	g, err := s.Grant(ctx, export.CompanyGrant("1"))
	if err != nil || g.AccessToken != secrets[0] || g.RefreshToken != secrets[1] {
		t.Errorf("grant is not what was stored, error %v", err)
	}
	if v, err := s.Setting(ctx, "google_client", true); err != nil || string(v) != secrets[3] {
		t.Errorf("sealed setting is not what was stored, error %v", err)
	}
	if v, err := s.Setting(ctx, "setup", false); err != nil || string(v) != "done" {
		t.Errorf("setting: %q, %v", v, err)
	}
	if v, err := s.Mark(ctx, export.MarkKey("exp_1", "1")); err != nil || string(v) != secrets[4] {
		t.Errorf("mark is not what was stored, error %v", err)
	}
	if _, err := s.Exporter(ctx, "exp_1"); err != nil {
		t.Errorf("exporter: %v", err)
	}
	if runs, err := s.ActiveRuns(ctx); err != nil || len(runs) != 1 {
		t.Errorf("queue: %d runs, %v", len(runs), err)
	}
	if runs, _, err := s.Runs(ctx, export.RunFilter{Exporter: "exp_1"}); err != nil || len(runs) != 1 {
		t.Errorf("history: %d runs, %v", len(runs), err)
	}
	if _, err := s.UserByEmail(ctx, "a@example.com"); err != nil {
		t.Errorf("user: %v", err)
	}
	if v, found, err := s.Find("token"); string(v) != "session" || !found || err != nil {
		t.Errorf("session: %q, %t, %v", v, found, err)
	}
	if l, err := s.AuditEntries(ctx, 5); err != nil || len(l) != 1 {
		t.Errorf("audit: %d entries, %v", len(l), err)
	}
	if f, err := s.TakeFlow(ctx, "hash", noon); err != nil || f.Verifier != secrets[2] {
		t.Errorf("flow is not what was stored, error %v", err)
	}
}

func TestSecretsAreSealed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "ledgersheet.db")
	s := openAt(t, path, newVault(t))
	fill(t, s)
	var backup bytes.Buffer
	must(t, s.Backup(t.Context(), &backup))
	file, err := os.ReadFile(path)
	must(t, err)
	for name, content := range map[string][]byte{"file": file, "backup": backup.Bytes()} {
		if !bytes.Contains(content, []byte("Visible Company")) {
			t.Errorf("%s: what is not secret cannot be found either, so the search proves nothing", name)
		}
		for _, secret := range secrets {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s holds %s in the clear", name, secret)
			}
		}
	}
}

func TestReopenKeepsAll(t *testing.T) {
	t.Parallel()
	path, seal := filepath.Join(t.TempDir(), "ledgersheet.db"), newVault(t)
	s := openAt(t, path, seal)
	fill(t, s)
	must(t, s.Close())
	must(t, s.Close())
	if err := s.Ready(); err == nil {
		t.Error("a closed store is ready")
	}
	if _, err := s.Companies(t.Context()); err == nil {
		t.Error("a closed store can be read")
	}
	s = openAt(t, path, seal)
	must(t, s.Ready())
	must(t, s.Check(t.Context()))
	wantFilled(t, s)
}

func TestGrantSurvivesCrash(t *testing.T) {
	t.Parallel()
	dir, seal := t.TempDir(), newVault(t)
	path := filepath.Join(dir, "ledgersheet.db")
	s := openAt(t, path, seal)
	for i := range 20 {
		token := fmt.Sprintf("refresh-%d", i)
		must(t, s.PutGrant(t.Context(), "quickbooks/1", export.Grant{RefreshToken: token}))
		// What a process that is killed now leaves behind.
		left, err := os.ReadFile(path)
		must(t, err)
		copied := filepath.Join(dir, fmt.Sprintf("crash-%d.db", i))
		must(t, os.WriteFile(copied, left, 0o600))
		after := openAt(t, copied, seal)
		g, err := after.Grant(t.Context(), "quickbooks/1")
		if err != nil || g.RefreshToken != token {
			t.Fatalf("after crash %d the grant is another one, error %v", i, err)
		}
		must(t, after.Close())
	}
}

func TestFileRights(t *testing.T) {
	t.Parallel()
	path, seal := filepath.Join(t.TempDir(), "new", "data", "ledgersheet.db"), newVault(t)
	s := openAt(t, path, seal)
	wantMode := func() {
		t.Helper()
		for p, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
			info, err := os.Stat(p)
			must(t, err)
			if got := info.Mode().Perm(); got != want {
				t.Errorf("%s has mode %04o, want %04o", p, got, want)
			}
		}
	}
	wantMode()
	must(t, s.Close())
	must(t, os.Chmod(path, 0o644))
	openAt(t, path, seal)
	wantMode()
}

func TestSessions(t *testing.T) {
	t.Parallel()
	now := noon
	s, err := Open(filepath.Join(t.TempDir(), "ledgersheet.db"), newVault(t),
		Options{Now: func() time.Time { return now }})
	must(t, err)
	defer func() { must(t, s.Close()) }()
	must(t, s.Commit("a", []byte{0, 1, 255}, noon.Add(time.Hour)))
	must(t, s.Commit("b", nil, noon.Add(2*time.Hour)))
	if v, found, err := s.Find("a"); !bytes.Equal(v, []byte{0, 1, 255}) || !found || err != nil {
		t.Errorf("found %v %t %v", v, found, err)
	}
	for _, token := range []string{"", "unknown", strings.Repeat("x", 100_000)} {
		if v, found, err := s.Find(token); v != nil || found || err != nil {
			t.Errorf("found %v %t %v for a token that nobody has", v, found, err)
		}
		must(t, s.Delete(token))
	}
	must(t, s.Commit("a", []byte("new"), noon.Add(90*time.Minute)))
	now = noon.Add(90 * time.Minute)
	if _, found, err := s.Find("a"); found || err != nil {
		t.Errorf("an expired session: %t %v", found, err)
	}
	if n, err := s.DeleteExpiredSessions(t.Context(), now); n != 1 || err != nil {
		t.Errorf("deleted %d expired sessions, want 1; %v", n, err)
	}
	if _, found, _ := s.Find("b"); !found {
		t.Error("a session was lost before its time")
	}
	must(t, s.Delete("b"))
	if _, found, _ := s.Find("b"); found {
		t.Error("a deleted session is found")
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s, ctx := newStore(t), t.Context()
	if _, err := s.Setting(ctx, "x", false); !errors.Is(err, export.ErrNotFound) {
		t.Errorf("missing setting: %v", err)
	}
	must(t, s.PutSetting(ctx, "x", []byte("1"), false))
	if _, err := s.Setting(ctx, "x", true); err == nil {
		t.Error("a setting in the clear passed for a sealed one")
	}
	must(t, s.PutSetting(ctx, "x", []byte{}, true))
	if v, err := s.Setting(ctx, "x", true); len(v) != 0 || err != nil {
		t.Errorf("empty sealed setting: %v, %v", v, err)
	}
	// A setting's name cannot reach the store's own rows.
	must(t, s.PutSetting(ctx, keySchema, []byte("99"), false))
	must(t, s.Ready())
	must(t, s.DeleteSetting(ctx, "x"))
	if err := s.DeleteSetting(ctx, "x"); !errors.Is(err, export.ErrNotFound) {
		t.Errorf("deleting a missing setting: %v", err)
	}
}

func TestExpiredFlowsAreForgotten(t *testing.T) {
	t.Parallel()
	s, ctx := newStore(t), t.Context()
	for i := range 3 {
		must(t, s.PutFlow(ctx, fmt.Sprint(i), export.Flow{ExpiresAt: noon.Add(time.Duration(i) * time.Hour)}))
	}
	if n, err := s.DeleteExpiredFlows(ctx, noon.Add(time.Hour)); n != 2 || err != nil {
		t.Errorf("forgot %d, want 2; %v", n, err)
	}
	if err := s.PutFlow(ctx, "x", export.Flow{}); err == nil {
		t.Error("a flow without an end was stored")
	}
}

// TestNewerRow makes sure that a value of a later program is not taken for one
// of ours with fields missing.
func TestNewerRow(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	must(t, s.db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(bucketCompanies)).Put([]byte("1"), []byte(`{"v":2,"data":{}}`))
	}))
	want := "reading company: decoding companies/1: it has version 2 and only 1 is known"
	_, err := s.Company(t.Context(), "1")
	if d := cmp.Diff(want, fmt.Sprint(err)); d != "" {
		t.Error(d)
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	must(t, err)
	return data
}
