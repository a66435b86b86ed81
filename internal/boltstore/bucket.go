package boltstore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// The buckets. Those named …_by_… are indexes, updated in the same transactions as what they index.
const (
	bucketMeta               = "meta"
	bucketCompanies          = "companies"
	bucketAccounts           = "accounts"
	bucketGrants             = "grants" // sealed
	bucketFlows              = "flows"  // sealed, with an expiry
	bucketExporters          = "exporters"
	bucketExportersByName    = "exporters_by_name"    // position → head, packed
	bucketExportersByCompany = "exporters_by_company" // realm, 0, position → nothing
	bucketExportersBySheet   = "exporters_by_sheet"   // spreadsheet, 0, position → nothing
	bucketExportersByDue     = "exporters_by_due"     // when to look at it, exporter id → nothing; see WakeAt
	bucketExportersByAfter   = "exporters_by_after"   // exporter id, 0, id of one that runs after it → nothing
	bucketDueTimes           = "due_times"            // exporter id, 0, due time → export.DueTime
	bucketDueTimesByRun      = "due_times_by_run"     // run id, 0, key in due_times → nothing; those that wait for it
	bucketHistories          = "histories"            // exporter id → what its runs sum up to
	bucketMarks              = "marks"                // sealed
	bucketMoves              = "moves"                // exporter id, 0, day → export.Moves
	bucketDifferences        = "differences"          // sealed; by run
	bucketMirrorKeys         = "mirror_keys"          // sealed; by company
	bucketRuns               = "runs"
	bucketRunsByExporter     = "runs_by_exporter"   // exporter id, 0, run id → nothing
	bucketRunsByDue          = "runs_by_due"        // exporter id, 0, due time → run id
	bucketRunHeads           = "run_heads"          // run id → what the history is searched by
	bucketRunsBy             = "runs_by"            // what the history is searched by, 0, run id → nothing
	bucketActive             = "active"             // status, ready time, run id → export.ActiveRun, packed
	bucketActiveByExporter   = "active_by_exporter" // exporter id → key of its queued or running run in active
	bucketQueue              = "queue"              // of schemas before 5
	bucketUsers              = "users"
	bucketUsersByEmail       = "users_by_email" // e-mail → user id
	bucketSessions           = "sessions"       // with an expiry
	bucketAudit              = "audit"
)

// rowVersion is the version of row and its contents. It is raised if a value changes its meaning without a migration of
// the whole store.
const rowVersion = 1

// row is a value as stored in a bucket: in the clear or sealed.
type row struct {
	Version int             `json:"v"`
	Until   time.Time       `json:"until,omitzero"` // when it may be forgotten; zero for never
	Data    json.RawMessage `json:"data,omitempty"`
	Sealed  []byte          `json:"sealed,omitempty"`
}

// getRow reads a row. It returns ErrNotFound if there is none.
func getRow(tx *bbolt.Tx, bucket, key string) (row, error) {
	raw := tx.Bucket([]byte(bucket)).Get([]byte(key))
	if raw == nil {
		return row{}, fmt.Errorf("%s/%s: %w", bucket, key, export.ErrNotFound)
	}
	return decodeRow(bucket, key, raw)
}

// rawSealed begins a row of which nothing but its sealed value matters: the value follows as it is. No JSON begins so.
const rawSealed = 0x01

func decodeRow(bucket, key string, raw []byte) (row, error) {
	if len(raw) > 0 && raw[0] == rawSealed {
		return row{Version: rowVersion, Sealed: raw[1:]}, nil
	}
	if data, plain := cutPlain(raw); plain {
		return row{Version: rowVersion, Data: data}, nil
	}
	var r row
	if err := json.Unmarshal(raw, &r); err != nil {
		return row{}, fmt.Errorf("decoding %s/%s: %w", bucket, key, err)
	}
	if r.Version != rowVersion {
		return row{}, fmt.Errorf("decoding %s/%s: it has version %d and only %d is known", bucket, key,
			r.Version, rowVersion)
	}
	return r, nil
}

// Most rows are nothing but a value in the clear: what json.Marshal makes of a row stands around it.
var (
	plainStart = []byte(`{"v":1,"data":{`)
	plainEnd   = []byte(`}}`)
)

// cutPlain returns the value of a row that has nothing else, if it is an object, without reading it. It is part of raw.
func cutPlain(raw []byte) (data []byte, plain bool) {
	if !bytes.HasPrefix(raw, plainStart) || !bytes.HasSuffix(raw, plainEnd) {
		return nil, false
	}
	return raw[len(plainStart)-1 : len(raw)-1], true
}

func putRow(tx *bbolt.Tx, bucket, key string, r row) error {
	if bucket == bucketMarks && r.Sealed != nil { // they can be large
		return putRaw(tx, bucket, key, append([]byte{rawSealed}, r.Sealed...))
	}
	if r.Until.IsZero() && r.Sealed == nil && bytes.HasPrefix(r.Data, []byte("{")) { // as json.Marshal made it
		start := plainStart[:len(plainStart)-1]
		raw := make([]byte, 0, len(start)+len(r.Data)+1)
		return putRaw(tx, bucket, key, append(append(append(raw, start...), r.Data...), '}'))
	}
	r.Version = rowVersion
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encoding %s/%s: %w", bucket, key, err)
	}
	return putRaw(tx, bucket, key, raw)
}

func putRaw(tx *bbolt.Tx, bucket, key string, raw []byte) error {
	if err := tx.Bucket([]byte(bucket)).Put([]byte(key), raw); err != nil {
		return fmt.Errorf("writing %s/%s: %w", bucket, key, err)
	}
	return nil
}

// get reads a value stored in the clear.
func get[T any](tx *bbolt.Tx, bucket, key string) (T, error) {
	var v T
	r, err := getRow(tx, bucket, key)
	if err != nil {
		return v, err
	}
	return v, decodeData(bucket, key, r, &v)
}

func decodeData(bucket, key string, r row, v any) error {
	if err := json.Unmarshal(r.Data, v); err != nil {
		return fmt.Errorf("decoding %s/%s: %w", bucket, key, err)
	}
	return nil
}

// put writes a value in the clear.
func put(tx *bbolt.Tx, bucket, key string, v any) error {
	return putUntil(tx, bucket, key, v, time.Time{})
}

// putUntil writes a value in the clear that may be deleted after the given time.
func putUntil(tx *bbolt.Tx, bucket, key string, v any, until time.Time) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding %s/%s: %w", bucket, key, err)
	}
	return putRow(tx, bucket, key, row{Data: data, Until: until})
}

func has(tx *bbolt.Tx, bucket, key string) bool {
	return tx.Bucket([]byte(bucket)).Get([]byte(key)) != nil
}

// remove deletes a row. It returns ErrNotFound if there is none.
func remove(tx *bbolt.Tx, bucket, key string) error {
	if !has(tx, bucket, key) {
		return fmt.Errorf("%s/%s: %w", bucket, key, export.ErrNotFound)
	}
	return drop(tx, bucket, key)
}

// drop deletes a row that may be missing.
func drop(tx *bbolt.Tx, bucket, key string) error {
	if err := tx.Bucket([]byte(bucket)).Delete([]byte(key)); err != nil {
		return fmt.Errorf("deleting %s/%s: %w", bucket, key, err)
	}
	return nil
}

// list reads all values of a bucket, in the order of their keys.
func list[T any](tx *bbolt.Tx, bucket string) ([]T, error) {
	var all []T
	err := tx.Bucket([]byte(bucket)).ForEach(func(k, raw []byte) error {
		r, err := decodeRow(bucket, string(k), raw)
		if err != nil {
			return err
		}
		var v T
		if err := decodeData(bucket, string(k), r, &v); err != nil {
			return err
		}
		all = append(all, v)
		return nil
	})
	return all, err
}

// change reads, changes and writes one value. id returns the value's own copy of its key, which must not change.
func change[T any](tx *bbolt.Tx, bucket, key string, apply func(*T) error, id func(T) string) (T, error) {
	v, err := get[T](tx, bucket, key)
	if err != nil {
		return v, err
	}
	if err := apply(&v); err != nil {
		return v, err
	}
	if id(v) != key {
		return v, fmt.Errorf("changing %s/%s: its key must stay as it is", bucket, key)
	}
	return v, put(tx, bucket, key, v)
}

// deleteExpired deletes the expired rows of a bucket.
func deleteExpired(tx *bbolt.Tx, bucket string, now time.Time) (int, error) {
	var keys []string
	err := tx.Bucket([]byte(bucket)).ForEach(func(k, raw []byte) error {
		r, err := decodeRow(bucket, string(k), raw)
		if err != nil {
			return err
		}
		if r.expired(now) {
			keys = append(keys, string(k)) // a bucket must not be changed while iterating over it
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, k := range keys {
		if err := drop(tx, bucket, k); err != nil {
			return 0, err
		}
	}
	return len(keys), nil
}

func (r row) expired(now time.Time) bool { return !r.Until.IsZero() && !now.Before(r.Until) }
