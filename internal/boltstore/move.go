package boltstore

import (
	"bytes"
	"context"
	"time"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// Moves implements export.MoveStore.
func (s *Store) Moves(ctx context.Context, exporter export.ID, since string) (all []export.Moves, err error) {
	err = s.view(ctx, "reading what moved", func(tx *bbolt.Tx) error {
		prefix := moveKey(exporter, "")
		c := tx.Bucket([]byte(bucketMoves)).Cursor()
		for k, _ := c.Seek(moveKey(exporter, since)); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
			m, err := get[export.Moves](tx, bucketMoves, string(k))
			if err != nil {
				return err
			}
			all = append(all, m)
		}
		return nil
	})
	return all, err
}

func moveKey(exporter export.ID, day string) []byte { return []byte(string(exporter) + "\x00" + day) }

// noteMoves keeps what a run that has just succeeded found to be different from the success before it.
func noteMoves(tx *bbolt.Tx, before *export.Success, r export.Run) error {
	m, moved := export.FindMoves(before, r)
	if !moved {
		return nil
	}
	key := string(moveKey(r.Exporter.ID, m.Day))
	if has(tx, bucketMoves, key) {
		earlier, err := get[export.Moves](tx, bucketMoves, key)
		if err != nil {
			return err
		}
		m = earlier.Join(m)
	} else if err := dropMoves(tx, r.Exporter.ID,
		m.At.UTC().AddDate(0, 0, -export.KeptMoves).Format(time.DateOnly)); err != nil {
		return err
	}
	return put(tx, bucketMoves, key, m)
}

// dropMoves deletes an exporter's moves of the days before the given one; of all days if it is empty.
func dropMoves(tx *bbolt.Tx, exporter export.ID, before string) error {
	var doomed []string
	prefix := moveKey(exporter, "")
	c := tx.Bucket([]byte(bucketMoves)).Cursor()
	for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		if before != "" && string(k[len(prefix):]) >= before {
			break
		}
		doomed = append(doomed, string(k))
	}
	for _, key := range doomed {
		if err := drop(tx, bucketMoves, key); err != nil {
			return err
		}
	}
	return nil
}

// countDays counts the runs of the last weeks by day, in each exporter's history.
func countDays(db updater) error {
	return inBatches(db, bucketHistories, func(tx *bbolt.Tx, id string) error {
		h, err := historyOf(tx, export.ID(id))
		if err != nil {
			return err
		}
		h.Days = nil
		for run := range newestFirst(tx, export.RunFilter{Exporter: export.ID(id)}) {
			head, err := get[head](tx, bucketRunHeads, run)
			if err != nil {
				return err
			}
			e := head.ending()
			if n := len(h.Days); n > 0 && export.DayNumber(head.QueuedAt) <= h.Days[n-1].Number-export.MostDays {
				break // older ones do not count either
			}
			h.Days = h.Days.Count(e, 1)
		}
		return put(tx, bucketHistories, id, h)
	})
}
