package boltstore

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// followers returns the exporters that run after another one.
func followers(tx *bbolt.Tx, id export.ID) (all []export.ID) {
	prefix := indexKey(id, "")
	c := tx.Bucket([]byte(bucketExportersByAfter)).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		all = append(all, export.ID(k[len(prefix):]))
	}
	return all
}

// tellFollowers notes a run that has succeeded with the exporters that run after its own, so that those of which it was
// the last one missing are due once the success is stored.
func tellFollowers(tx *bbolt.Tx, r export.Run) error {
	for _, id := range followers(tx, r.Exporter.ID) {
		e, err := get[export.Exporter](tx, bucketExporters, string(id))
		if err != nil {
			return err
		}
		e.Follow(r.Exporter.ID, r.FinishedAt)
		if err := putExporter(tx, e); err != nil {
			return err
		}
	}
	return nil
}

// leaveChains takes an exporter that is deleted out of the chains of others.
func leaveChains(tx *bbolt.Tx, id export.ID) error {
	for _, follower := range followers(tx, id) {
		e, err := get[export.Exporter](tx, bucketExporters, string(follower))
		if err != nil {
			return err
		}
		if !e.Unchain(id) {
			continue
		}
		if err := putExporter(tx, e); err != nil {
			return err
		}
	}
	return nil
}

// refuseCycle refuses an exporter whose chain has changed and would lead back to it.
func refuseCycle(tx *bbolt.Tx, e export.Exporter) error {
	stored, err := get[export.Exporter](tx, bucketExporters, string(e.ID))
	if err != nil || slices.Equal(stored.After, e.After) {
		return err
	}
	way, err := export.FindCycle(e.ID, e.After, func(id export.ID) ([]export.ID, error) {
		other, err := get[export.Exporter](tx, bucketExporters, string(id))
		if errors.Is(err, export.ErrNotFound) {
			return nil, nil
		}
		return other.After, err
	})
	if err != nil {
		return err
	}
	if way != nil {
		return refused(fmt.Errorf("changing %s: %w", e.ID, export.ErrCycle))
	}
	return nil
}
