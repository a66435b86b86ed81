package web

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"
)

// TestDownloadABackup takes the file that the settings offer and opens it.
func TestDownloadABackup(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn()
	if body := s.get("/settings").body; !strings.Contains(body, `action="/settings/backup"`) {
		t.Error("the settings offer no backup")
	}
	a := s.post("/settings/backup", nil)
	if says := a.header.Get("Content-Disposition"); a.status != 200 || !strings.Contains(says, "ledgersheet-") ||
		!strings.Contains(says, "Z.db") {
		t.Fatalf("%d, %q", a.status, says)
	}
	name := filepath.Join(t.TempDir(), "saved.db")
	must(t, os.WriteFile(name, []byte(a.body), 0o600))
	db, err := bbolt.Open(name, 0o600, &bbolt.Options{ReadOnly: true})
	must(t, err)
	must(t, db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			t.Error(err)
		}
		return nil
	}))
	must(t, db.Close())
}
