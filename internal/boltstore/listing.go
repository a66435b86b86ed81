package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// putExporter writes an exporter, the indexes by which it is found, and its copy in its queued run.
func putExporter(tx *bbolt.Tx, e export.Exporter) error {
	var old *export.Exporter
	if has(tx, bucketExporters, string(e.ID)) {
		stored, err := get[export.Exporter](tx, bucketExporters, string(e.ID))
		if err != nil {
			return err
		}
		old = &stored
		if err := cutDueTimes(tx, stored, e.NextAt); err != nil {
			return err
		}
	}
	if err := put(tx, bucketExporters, string(e.ID), e); err != nil {
		return err
	}
	history, err := historyOf(tx, e.ID)
	if err != nil {
		return err
	}
	if err := relist(tx, old, &e, history); err != nil {
		return err
	}
	return refreshQueued(tx, e)
}

// deleteExporter deletes an exporter and what finds it.
func deleteExporter(tx *bbolt.Tx, id export.ID) error {
	e, err := get[export.Exporter](tx, bucketExporters, string(id))
	if err != nil {
		return err
	}
	if err := relist(tx, &e, nil, export.History{}); err != nil {
		return err
	}
	if err := dropDueTimes(tx, id); err != nil {
		return err
	}
	if err := dropMoves(tx, id, ""); err != nil {
		return err
	}
	return drop(tx, bucketExporters, string(id))
}

// listing is an exporter's key in an index, but that by name.
type listing struct{ bucket, key string }

func listings(e *export.Exporter) map[listing]bool {
	keys := map[listing]bool{}
	if e == nil {
		return keys
	}
	h := e.Head(export.History{})
	for _, realm := range h.Companies {
		keys[listing{bucketExportersByCompany, string(realm) + "\x00" + h.Position()}] = true
	}
	if h.Spreadsheet != "" {
		keys[listing{bucketExportersBySheet, h.Spreadsheet + "\x00" + h.Position()}] = true
	}
	if at, ok := e.WakeAt(); ok {
		keys[listing{bucketExportersByDue, string(dueExporterKey(at, e.ID))}] = true
	}
	return keys
}

// dueExporterKey returns a time, then the exporter's id.
func dueExporterKey(at time.Time, id export.ID) []byte {
	return append(binary.BigEndian.AppendUint64(nil, timeKey(at)), id...)
}

// relist changes the indexes of exporters from an old state of one to a new one; nil is an exporter that is not there.
func relist(tx *bbolt.Tx, old, now *export.Exporter, history export.History) error {
	before, after := listings(old), listings(now)
	for l := range before {
		if !after[l] {
			if err := drop(tx, l.bucket, l.key); err != nil {
				return err
			}
		}
	}
	for l := range after {
		if !before[l] {
			if err := tx.Bucket([]byte(l.bucket)).Put([]byte(l.key), nil); err != nil {
				return fmt.Errorf("writing %s: %w", l.bucket, err)
			}
		}
	}
	if old != nil {
		before := old.Head(export.History{}).Position()
		if now == nil || now.Head(history).Position() != before {
			if err := drop(tx, bucketExportersByName, before); err != nil {
				return err
			}
		}
	}
	if now == nil {
		return nil
	}
	return putHead(tx, now.Head(history))
}

func putHead(tx *bbolt.Tx, h export.ExporterHead) error {
	if err := tx.Bucket([]byte(bucketExportersByName)).Put([]byte(h.Position()), packHead(h)); err != nil {
		return fmt.Errorf("writing %s: %w", bucketExportersByName, err)
	}
	return nil
}

// The heads that one transaction yields, so that a slow reader holds none open: few at first, because most readers want
// no more, then more and more.
const (
	firstHeads = 64
	mostHeads  = 1024
)

// ExporterHeads implements export.ExporterStore. The heads of one call may be of several moments.
func (s *Store) ExporterHeads(
	ctx context.Context, f export.ExporterFilter, after string,
) iter.Seq2[export.ExporterHead, error] {
	return func(yield func(export.ExporterHead, error) bool) {
		for most := firstHeads; ; most = min(2*most, mostHeads) {
			var page []export.ExporterHead
			err := s.view(ctx, "listing exporters", func(tx *bbolt.Tx) error {
				for h, err := range heads(tx, f, after) {
					if err != nil {
						return err
					}
					if page = append(page, h); len(page) == most {
						break
					}
				}
				return nil
			})
			if err != nil {
				yield(export.ExporterHead{}, err)
				return
			}
			for _, h := range page {
				if !yield(h, nil) {
					return
				}
			}
			if len(page) < most {
				return
			}
			after = page[len(page)-1].Position()
		}
	}
}

// heads yields the heads that the filter selects, from after a position on. It walks the narrowest index.
func heads(tx *bbolt.Tx, f export.ExporterFilter, after string) iter.Seq2[export.ExporterHead, error] {
	bucket, prefix := bucketExportersByName, ""
	switch {
	case f.Spreadsheet != "":
		bucket, prefix = bucketExportersBySheet, f.Spreadsheet+"\x00"
	case f.Company != "":
		bucket, prefix = bucketExportersByCompany, string(f.Company)+"\x00"
	}
	byName := tx.Bucket([]byte(bucketExportersByName))
	return func(yield func(export.ExporterHead, error) bool) {
		c := tx.Bucket([]byte(bucket)).Cursor()
		from := []byte(prefix + after)
		k, raw := c.Seek(from)
		if after != "" && bytes.Equal(k, from) {
			k, raw = c.Next()
		}
		for ; k != nil && bytes.HasPrefix(k, []byte(prefix)); k, raw = c.Next() {
			if bucket != bucketExportersByName {
				raw = byName.Get(k[len(prefix):])
			}
			h, err := unpackHead(raw)
			if err != nil {
				yield(h, fmt.Errorf("decoding %s/%q: %w", bucket, k, err))
				return
			}
			if h.Matches(f) && !yield(h, nil) {
				return
			}
		}
	}
}

// DueExporters implements export.ExporterStore.
func (s *Store) DueExporters(
	ctx context.Context, now time.Time, limit int,
) (due []export.Exporter, next time.Time, err error) {
	err = s.view(ctx, "reading due exporters", func(tx *bbolt.Tx) error {
		c := tx.Bucket([]byte(bucketExportersByDue)).Cursor()
		for k, _ := c.First(); k != nil && bytes.Compare(k[:8], dueExporterKey(now, "")) <= 0; k, _ = c.Next() {
			if len(due) == limit {
				break
			}
			e, err := get[export.Exporter](tx, bucketExporters, string(k[8:]))
			if err != nil {
				return err
			}
			due = append(due, e)
		}
		if k, _ := c.Seek(dueExporterKey(now.Add(1), "")); k != nil {
			next = keyTime(binary.BigEndian.Uint64(k))
		}
		return nil
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return due, next, nil
}

// Exporters implements export.ExporterStore: by name, case-insensitively, then by id.
func (s *Store) Exporters(ctx context.Context, f export.ExporterFilter) (all []export.Exporter, err error) {
	err = s.view(ctx, "listing exporters", func(tx *bbolt.Tx) error {
		for h, err := range heads(tx, f, "") {
			if err != nil {
				return err
			}
			e, err := get[export.Exporter](tx, bucketExporters, string(h.ID))
			if err != nil {
				return err
			}
			all = append(all, e)
		}
		return nil
	})
	return slices.Clip(all), err
}
