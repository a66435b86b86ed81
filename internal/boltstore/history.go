package boltstore

import (
	"context"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

const (
	defaultPage = 50
	largestPage = 1000
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
			if !f.Since.IsZero() || f.Among != nil { // the indexes know the rest
				head, err := get[head](tx, bucketRunHeads, id)
				if err != nil {
					return err
				}
				if !f.Matches(head.run()) {
					continue
				}
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
	Differs    bool             `json:"differs,omitempty"` // not of runs that an older version stored
}

func headOf(r export.Run) head {
	return head{
		r.Exporter.ID, r.Exporter.Companies, r.Status, r.Trigger, r.Due, r.QueuedAt, r.FinishedAt,
		r.Result.Differences() > 0,
	}
}

// ending returns what the run counts as on its day.
func (h head) ending() export.Ending {
	return export.EndingOf(h.QueuedAt, h.Status, h.Trigger, h.Differs)
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

// hasTime reports whether an id tells when it was created.
func hasTime(id string) bool {
	_, text, _ := strings.Cut(id, "_")
	_, err := ulid.ParseStrict(strings.ToUpper(text))
	return err == nil
}

// indexKey returns the exporter's id, a zero byte and the run's id. With an empty run it is the prefix of all the
// exporter's keys.
func indexKey(exporter, run export.ID) []byte { return []byte(exporter + "\x00" + run) }
