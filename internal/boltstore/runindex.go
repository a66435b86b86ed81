package boltstore

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// The first bytes of the keys of runs_by, by what they find runs. The value, a zero byte and the run's id follow.
const (
	byCompany = "c"
	byStatus  = "s"
	byTrigger = "t"
)

// runKeys returns a run's keys in runs_by.
func (h head) runKeys(id export.ID) []string {
	key := func(by, value string) string { return by + value + "\x00" + string(id) }
	keys := []string{key(byStatus, string(h.Status)), key(byTrigger, string(h.Trigger))}
	for _, realm := range h.Companies {
		keys = append(keys, key(byCompany, string(realm)))
	}
	if len(h.Companies) == 0 {
		keys = append(keys, key(byCompany, "")) // everybody may see it
	}
	return keys
}

// reindexRun changes the indexes of the history from an old head of the run to a new one; nil is a run that is not
// there.
func reindexRun(tx *bbolt.Tx, id export.ID, old, now *head) error {
	var before, after []string
	if old != nil {
		before = old.runKeys(id)
	}
	if now != nil {
		after = now.runKeys(id)
	}
	for _, key := range before {
		if !slices.Contains(after, key) {
			if err := drop(tx, bucketRunsBy, key); err != nil {
				return err
			}
		}
	}
	for _, key := range after {
		if !slices.Contains(before, key) {
			if err := tx.Bucket([]byte(bucketRunsBy)).Put([]byte(key), nil); err != nil {
				return fmt.Errorf("writing %s: %w", bucketRunsBy, err)
			}
		}
	}
	if old != nil {
		return nil // a run keeps its exporter and, but for forgetDueTime, its due time
	}
	if err := tx.Bucket([]byte(bucketRunsByExporter)).Put(indexKey(now.Exporter, id), nil); err != nil {
		return fmt.Errorf("writing %s: %w", bucketRunsByExporter, err)
	}
	if now.Due.IsZero() {
		return nil
	}
	if err := tx.Bucket([]byte(bucketRunsByDue)).Put([]byte(dueKey(now.Exporter, now.Due)), []byte(id)); err != nil {
		return fmt.Errorf("writing %s: %w", bucketRunsByDue, err)
	}
	return nil
}

// descent finds run ids in a part of an index, from newer ones to older ones.
type descent interface {
	// atMost returns the largest id that is not above the given one, "" if there is none.
	atMost(id string) string
	// below returns the largest id below the given one, "" if there is none.
	below(id string) string
}

// part is the keys of a bucket that begin with a prefix; the ids follow.
type part struct {
	c      *bbolt.Cursor
	prefix []byte
	buffer []byte
}

func newPart(tx *bbolt.Tx, bucket, prefix string) *part {
	return &part{c: tx.Bucket([]byte(bucket)).Cursor(), prefix: []byte(prefix)}
}

func (p *part) atMost(id string) string { return p.find(id, true) }
func (p *part) below(id string) string  { return p.find(id, false) }

func (p *part) find(id string, itself bool) string {
	p.buffer = append(append(p.buffer[:0], p.prefix...), id...)
	k, _ := p.c.Seek(p.buffer)
	switch {
	case k == nil:
		k, _ = p.c.Last()
	case !itself || !bytes.Equal(k, p.buffer):
		k, _ = p.c.Prev()
	}
	if k == nil || !bytes.HasPrefix(k, p.prefix) {
		return ""
	}
	return string(k[len(p.prefix):])
}

// union finds the ids of any of its parts.
type union []descent

func (u union) atMost(id string) string {
	return u.largest(func(d descent) string { return d.atMost(id) })
}
func (u union) below(id string) string {
	return u.largest(func(d descent) string { return d.below(id) })
}

func (u union) largest(find func(descent) string) (id string) {
	for _, d := range u {
		id = max(id, find(d))
	}
	return id
}

// afterAll sorts after every id, which are ASCII.
const afterAll = "\xff"

// mostUnion is for how many companies a list of what somebody may see is searched by them. For more it would be slower
// than looking at each run.
const mostUnion = 50

// newestFirst yields the ids of the runs, newest first, that match a filter's exporter, company, status, trigger and
// cursor. It jumps from index to index, so it takes no longer than walking the shortest of them.
func newestFirst(tx *bbolt.Tx, f export.RunFilter) func(func(string) bool) {
	var all []descent
	if f.Exporter != "" {
		all = append(all, newPart(tx, bucketRunsByExporter, string(indexKey(f.Exporter, ""))))
	}
	for _, by := range []struct{ kind, value string }{
		{byCompany, string(f.Company)}, {byStatus, string(f.Status)}, {byTrigger, string(f.Trigger)},
	} {
		if by.value != "" {
			all = append(all, newPart(tx, bucketRunsBy, by.kind+by.value+"\x00"))
		}
	}
	if f.Among != nil && len(f.Among) <= mostUnion && f.Company == "" && f.Exporter == "" {
		among := union{newPart(tx, bucketRunsBy, byCompany+"\x00")}
		for _, realm := range f.Among {
			among = append(among, newPart(tx, bucketRunsBy, byCompany+string(realm)+"\x00"))
		}
		all = append(all, among)
	}
	if len(all) == 0 {
		all = append(all, newPart(tx, bucketRuns, ""))
	}
	return func(yield func(string) bool) {
		end := afterAll
		if f.Before != "" {
			end = string(f.Before)
		}
		for id := all[0].below(end); id != ""; id = all[0].below(id) {
			if id = agree(all, id); id == "" || !yield(id) {
				return
			}
		}
	}
}

// agree returns the largest id, not above the given one, that all find.
func agree(all []descent, id string) string {
	for agreed := 0; agreed < len(all) && id != ""; {
		agreed = 0
		for _, d := range all {
			found := d.atMost(id)
			if found != id {
				id = found
				break
			}
			agreed++
		}
	}
	return id
}

// splitIndexKey splits a key of runs_by_exporter.
func splitIndexKey(k []byte) (exporter, run export.ID) {
	e, r, _ := strings.Cut(string(k), "\x00")
	return export.ID(e), export.ID(r)
}
