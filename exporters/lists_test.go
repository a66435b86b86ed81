package exporters_test

import (
	"slices"
	"strings"
	"testing"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
)

// TestColumnsFromListsAreFilled reads the columns that come from other lists; one without any value has a wrong path.
func TestColumnsFromListsAreFilled(t *testing.T) { fillFromLists(t, exporters.All()) }

func fillFromLists(t *testing.T, all []export.Definition) {
	t.Parallel()
	w := newWorld(t, all)
	for _, e := range entities(all) {
		q := export.Query{}
		if e.Lines {
			q.Options = map[string]string{export.OptLines: "true"}
		}
		for _, c := range e.Columns {
			if strings.Contains(c.Help, "From the list") || strings.Contains(c.Help, "From the chart") {
				q.Columns = append(q.Columns, c.Path)
			}
		}
		if q.Columns == nil {
			continue
		}
		rows := w.read(t, e, q)
		for i, path := range q.Columns {
			if !slices.ContainsFunc(rows, func(row []string) bool { return row[i] != "" }) {
				t.Errorf("%s: %s is blank in all %d rows", e.ID, path, len(rows))
			}
		}
	}
}
