package queue

import (
	"fmt"
	"slices"

	"ledgersheet/internal/export"
)

// key names something that only so many runs may use at once.
type key struct {
	name  string
	limit int
	kind  keyKind
	of    string // the company, or why the provider's gate is not open
}

type keyKind uint8

const (
	exporterKind keyKind = iota
	providerKind
	spreadsheetKind
	companyKind
	workersKind
)

// workersKey is the name of the one key that belongs to each worker and not to all.
const workersKey = "workers"

// keysOf lists what a run needs, scarcest first, so that people are shown the most telling reason for
// a wait.
func keysOf(a export.ActiveRun, l limits) []key {
	keys := make([]key, 0, 4+len(a.Companies))
	if len(l.gates) > 0 && a.Status == export.RunQueued {
		for _, p := range providers(a) {
			if g, ok := l.gates[p]; ok {
				keys = append(keys, key{"provider:" + string(p), g.limit, providerKind, g.busy})
			}
		}
	}
	keys = append(keys, key{"exporter:" + string(a.Exporter), 1, exporterKind, ""})
	if a.Spreadsheet != "" {
		keys = append(keys, key{"spreadsheet:" + a.Spreadsheet, l.spreadsheet, spreadsheetKind, ""})
	}
	for i, realm := range a.Companies {
		if !slices.Contains(a.Companies[:i], realm) {
			keys = append(keys, key{companyKey(realm), l.company, companyKind, string(realm)})
		}
	}
	return append(keys, key{workersKey, l.workers, workersKind, ""})
}

// busy says why a run waits that finds the limit reached.
func (k key) busy() string {
	switch k.kind {
	case providerKind:
		return k.of
	case spreadsheetKind:
		return "another run writes to the same spreadsheet"
	case companyKind:
		return fmt.Sprintf("%d other %s company %s", k.limit, plural(k.limit, "run reads", "runs read"), k.of)
	case workersKind:
		return fmt.Sprintf("%d %s under way, which is the limit", k.limit, plural(k.limit, "run is", "runs are"))
	}
	return "another run of this exporter is under way"
}

// reservable reports whether the key may be kept for a run that has waited too long. Workers never are: idle ones help
// nobody.
func (k key) reservable() bool { return k.kind == spreadsheetKind || k.kind == companyKind }

// kept says why a run waits that finds the key kept for an older one.
func (k key) kept() string {
	if k.kind == companyKind {
		return "an older run waits for company " + k.of
	}
	return "an older run waits for the same spreadsheet"
}

func companyKey(realm export.RealmID) string { return "company:" + string(realm) }

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
