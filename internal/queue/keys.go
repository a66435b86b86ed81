package queue

import (
	"fmt"

	"ledgersheet/internal/export"
)

// key names something that only so many runs may use at once.
type key struct {
	name    string
	limit   int
	company bool
	busy    string // why a run waits that finds the limit reached
	kept    string // … and one that finds the key kept for an older run; empty if it is never kept
}

// workersKey is the one key that belongs to each worker and not to all.
const workersKey = "workers"

// keysOf lists what a run needs, scarcest first, so that people are shown the most telling reason for
// a wait.
func keysOf(a export.ActiveRun, l limits) []key {
	var keys []key
	if len(l.gates) > 0 && a.Status == export.RunQueued {
		for _, p := range providers(a) {
			if g, ok := l.gates[p]; ok {
				keys = append(keys, key{name: "provider:" + string(p), limit: g.limit, busy: g.busy})
			}
		}
	}
	keys = append(keys, key{
		name: "exporter:" + string(a.Exporter), limit: 1,
		busy: "another run of this exporter is under way",
	})
	if a.Spreadsheet != "" {
		keys = append(keys, key{
			name: "spreadsheet:" + a.Spreadsheet, limit: l.spreadsheet,
			busy: "another run writes to the same spreadsheet",
			kept: "an older run waits for the same spreadsheet",
		})
	}
	seen := map[export.RealmID]bool{}
	for _, realm := range a.Companies {
		if seen[realm] {
			continue
		}
		seen[realm] = true
		keys = append(keys, key{
			name: companyKey(realm), limit: l.company, company: true,
			busy: fmt.Sprintf("%d other %s company %s", l.company, plural(l.company, "run reads", "runs read"), realm),
			kept: fmt.Sprintf("an older run waits for company %s", realm),
		})
	}
	return append(keys, key{
		name: workersKey, limit: l.workers,
		busy: fmt.Sprintf("%d %s under way, which is the limit", l.workers, plural(l.workers, "run is", "runs are")),
	})
}

func companyKey(realm export.RealmID) string { return "company:" + string(realm) }

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
