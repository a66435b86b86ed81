package queue

import (
	"fmt"

	"ledgersheet/internal/export"
)

// key is a thing that only so many runs may use at a time.
type key struct {
	name  string
	limit int
	busy  string // why a run waits that finds the limit reached
	kept  string // … and one that finds the key kept for an older run; empty if it is never kept
}

// keysOf lists what a run of an exporter needs, the rarest first, so that the
// reason that people are shown is the one that tells them most.
func (q *Queue) keysOf(e export.Exporter) []key {
	keys := []key{{
		name: "exporter:" + string(e.ID), limit: 1,
		busy: "another run of this exporter is under way",
	}}
	if e.Target.Spreadsheet != "" {
		keys = append(keys, key{
			name: "spreadsheet:" + e.Target.Spreadsheet, limit: q.o.PerSpreadsheet,
			busy: "another run writes to the same spreadsheet",
			kept: "an older run waits for the same spreadsheet",
		})
	}
	seen := map[export.RealmID]bool{}
	for _, realm := range e.Companies {
		if seen[realm] {
			continue
		}
		seen[realm] = true
		keys = append(keys, key{
			name: "company:" + string(realm), limit: q.o.PerCompany,
			busy: fmt.Sprintf("%d other %s company %s", q.o.PerCompany, plural(q.o.PerCompany, "run reads", "runs read"), realm),
			kept: fmt.Sprintf("an older run waits for company %s", realm),
		})
	}
	return append(keys, key{
		name: "workers", limit: q.o.Workers,
		busy: fmt.Sprintf("%d %s under way, which is the limit", q.o.Workers, plural(q.o.Workers, "run is", "runs are")),
	})
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
