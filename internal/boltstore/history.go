package boltstore

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

const (
	defaultPage = 50
	largestPage = 1000
	// pruneBatch limits how many runs one transaction deletes, so that other writers get a turn.
	pruneBatch = 500
	// idSlack is how far the time in a run's id may be from the time it was queued.
	idSlack = time.Hour
)

// Runs implements export.RunStore. A page has at most 1000 runs. Since compares the time at which a run was queued; the
// search stops at ids created before it.
func (s *Store) Runs(ctx context.Context, f export.RunFilter) (page []export.Run, next export.ID, err error) {
	limit := f.Limit
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, largestPage)
	err = s.view(ctx, "reading history", func(tx *bbolt.Tx) error {
		for id := range newestFirst(tx, f) {
			if !f.Since.IsZero() && madeBefore(id, f.Since.Add(-idSlack)) {
				return nil
			}
			head, err := get[head](tx, bucketRunHeads, id)
			if err != nil {
				return err
			}
			if !f.Matches(head.run()) {
				continue
			}
			if len(page) == limit {
				next = page[limit-1].ID
				return nil
			}
			r, err := get[export.Run](tx, bucketRuns, id)
			if err != nil {
				return err
			}
			page = append(page, r)
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return page, next, nil
}

// PruneRuns implements export.RunStore.
func (s *Store) PruneRuns(ctx context.Context, before time.Time, keep int) (deleted int, err error) {
	var doomed []runKey
	err = s.view(ctx, "searching history", func(tx *bbolt.Tx) error {
		doomed, err = prunable(tx, before, keep)
		return err
	})
	if err != nil {
		return 0, err
	}
	for batch := range slices.Chunk(doomed, pruneBatch) {
		// Runs that are over stay over, so what was found before still holds.
		err := s.update(ctx, "pruning history", func(tx *bbolt.Tx) error {
			for _, k := range batch {
				if err := dropRun(tx, k); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return deleted, err
		}
		deleted += len(batch)
	}
	return deleted, nil
}

type runKey struct {
	exporter, run export.ID
	due           time.Time
}

func dropRun(tx *bbolt.Tx, k runKey) error {
	for _, bucket := range []string{bucketRuns, bucketRunHeads, bucketDifferences} {
		if err := drop(tx, bucket, string(k.run)); err != nil {
			return err
		}
	}
	if !k.due.IsZero() {
		if err := drop(tx, bucketRunsByDue, dueKey(k.exporter, k.due)); err != nil {
			return err
		}
	}
	return drop(tx, bucketRunsByExporter, string(indexKey(k.exporter, k.run)))
}

// prunable walks the index backwards, so that it sees each exporter's newest runs first.
func prunable(tx *bbolt.Tx, before time.Time, keep int) ([]runKey, error) {
	var (
		found    []runKey
		exporter export.ID
		seen     int
	)
	c := tx.Bucket([]byte(bucketRunsByExporter)).Cursor()
	for k, _ := c.Last(); k != nil; k, _ = c.Prev() {
		e, run := splitIndexKey(k)
		if e != exporter {
			exporter, seen = e, 0
		}
		seen++
		if seen <= keep {
			continue
		}
		h, err := get[head](tx, bucketRunHeads, string(run))
		if err != nil {
			return nil, err
		}
		if h.Status.Over() && h.FinishedAt.Before(before) {
			found = append(found, runKey{e, run, h.Due})
		}
	}
	return found, nil
}

// newestFirst yields the run ids that match a filter's exporter and cursor.
func newestFirst(tx *bbolt.Tx, f export.RunFilter) func(func(string) bool) {
	bucket, prefix := bucketRuns, []byte(nil)
	if f.Exporter != "" {
		bucket, prefix = bucketRunsByExporter, indexKey(f.Exporter, "")
	}
	return func(yield func(string) bool) {
		c := tx.Bucket([]byte(bucket)).Cursor()
		// Ids are ASCII, so no key with the prefix sorts after the prefix and 0xff.
		end := append(bytes.Clone(prefix), 0xff)
		if f.Before != "" {
			end = append(bytes.Clone(prefix), f.Before...)
		}
		k, _ := c.Seek(end)
		if k == nil {
			k, _ = c.Last()
		}
		for k != nil && bytes.Compare(k, end) >= 0 {
			k, _ = c.Prev()
		}
		for ; k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Prev() {
			if !yield(string(k[len(prefix):])) {
				return
			}
		}
	}
}

// head holds the fields by which the history is searched. It is a small part of a run: decoding whole runs that do not
// match would make searching slow.
type head struct {
	Exporter   export.ID        `json:"exporter"`
	Companies  []export.RealmID `json:"companies"`
	Status     export.RunStatus `json:"status"`
	Trigger    export.Trigger   `json:"trigger"`
	Due        time.Time        `json:"due,omitzero"`
	QueuedAt   time.Time        `json:"queued_at"`
	FinishedAt time.Time        `json:"finished_at,omitzero"`
}

func headOf(r export.Run) head {
	return head{r.Exporter.ID, r.Exporter.Companies, r.Status, r.Trigger, r.Due, r.QueuedAt, r.FinishedAt}
}

// run returns a run with only the fields that filters look at.
func (h head) run() export.Run {
	return export.Run{
		Exporter: export.Exporter{ID: h.Exporter, Companies: h.Companies}, Status: h.Status, Trigger: h.Trigger,
		Due: h.Due, QueuedAt: h.QueuedAt, FinishedAt: h.FinishedAt,
	}
}

// madeBefore reports whether an id was created before t, as far as the id itself tells.
func madeBefore(id string, t time.Time) bool {
	_, text, _ := strings.Cut(id, "_")
	u, err := ulid.ParseStrict(strings.ToUpper(text))
	return err == nil && ulid.Time(u.Time()).Before(t)
}

// indexKey returns the exporter's id, a zero byte and the run's id. With an empty run it is the prefix of all the
// exporter's keys.
func indexKey(exporter, run export.ID) []byte { return []byte(exporter + "\x00" + run) }

func splitIndexKey(k []byte) (exporter, run export.ID) {
	e, r, _ := strings.Cut(string(k), "\x00")
	return export.ID(e), export.ID(r)
}
