package boltstore

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"pgregory.net/rapid"
)

// TestRowsAreJSON: rows are what encoding/json makes of them, and are read as it reads them.
func TestRowsAreJSON(t *testing.T) {
	t.Parallel()
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "rows"), 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"", "x", "<a&b>\u2028", `"},"sealed":"`, `{"v":1,"data":{`, "}}"})
		var value any = map[string]string{text.Draw(t, "name"): text.Draw(t, "value")}
		if rapid.Bool().Draw(t, "other") {
			value = rapid.SampledFrom([]any{nil, "text", 1, []int{1}, map[string]int{}}).Draw(t, "value")
		}
		data, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		r := row{Data: data}
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			r.Until = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		case 1:
			r.Data, r.Sealed = nil, []byte("secret")
		}
		want := r
		want.Version = rowVersion
		text1, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		err = db.Update(func(tx *bbolt.Tx) error {
			if _, err := tx.CreateBucketIfNotExists([]byte("b")); err != nil {
				return err
			}
			if err := putRow(tx, "b", "k", r); err != nil {
				return err
			}
			if raw := tx.Bucket([]byte("b")).Get([]byte("k")); !bytes.Equal(raw, text1) {
				t.Fatalf("the row is %s, want %s", raw, text1)
			}
			got, err := getRow(tx, "b", "k")
			if err != nil {
				return err
			}
			if !bytes.Equal(got.Data, want.Data) || !bytes.Equal(got.Sealed, want.Sealed) ||
				got.Version != rowVersion || !got.Until.Equal(want.Until) {
				t.Fatalf("the row is read as %+v, want %+v", got, want)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
