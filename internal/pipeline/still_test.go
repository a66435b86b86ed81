package pipeline

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// quiet is a keeper whose source and destination know when nothing has changed. Its rows are its version.
type quiet struct {
	keeper
	version, edition string
	versionFails     error
	stands           string
}

func (q *quiet) Version(_ context.Context, _ export.Definition, query export.Query) (string, error) {
	query.Meter.Add()
	return q.version, q.versionFails
}

func (q *quiet) Edition(_ context.Context, _ export.Target, m *export.Meter) string {
	q.steps = append(q.steps, "edition")
	m.Add()
	return q.edition
}

func (q *quiet) Read(_ context.Context, _ export.Definition, query export.Query) (*export.Reading, error) {
	q.steps = append(q.steps, "read")
	row := table.Row{Cells: []table.Cell{table.TextOf(q.version)}}
	return &export.Reading{
		Schema: table.Schema{Columns: []table.Column{{ID: "Id", Title: "Id"}}},
		Rows:   func(yield func(table.Row, error) bool) { yield(row, nil) },
		End: func() (export.Outcome, error) {
			return export.Outcome{Period: "2026", Figures: []export.FigureValue{{Title: query.Company.Name}}}, nil
		},
	}, nil
}

func (q *quiet) Prepare(_ context.Context, w export.WriteRequest) (export.Write, error) {
	return quietWrite{keeperWrite{&q.keeper, w}, q}, nil
}

type quietWrite struct {
	keeperWrite
	q *quiet
}

func (quietWrite) Change() *change.Set { return &change.Set{} }

func (w quietWrite) Commit(context.Context) (export.WriteResult, error) {
	rows := ""
	for row := range w.w.Rows.Rows() {
		rows += row.Cells[0].String()
	}
	res := export.WriteResult{Target: w.w.Target, Rows: 1, Unchanged: rows == w.q.stands}
	if res.Unchanged {
		w.q.steps = append(w.q.steps, "same")
		return res, nil
	}
	if w.w.Planned != nil {
		if err := w.w.Planned(export.Planned{}); err != nil {
			return res, err
		}
	}
	w.q.steps = append(w.q.steps, "write")
	if w.q.write == nil {
		w.q.stands = rows
	}
	return res, w.q.write
}

// TestARestingRunReadsNothing plays runs after one another: what happens before each, how it is started, and the steps
// that it must take.
func TestARestingRunReadsNothing(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	q := &quiet{version: "v1", edition: "7", keeper: keeper{
		marks: map[string]string{},
		exporter: export.Exporter{
			ID: "exp_1", Definition: "list", Companies: []export.RealmID{"1"}, Columns: []string{"Id"}, Revision: 1,
			Target: export.Target{Spreadsheet: "made"},
		},
	}}
	build := "one"
	for i, step := range []struct {
		name    string
		before  func()
		trigger export.Trigger // empty means TriggerSchedule
		want    string
	}{
		{"first", nil, "", "read write"},
		{"Google may not have counted the write yet", nil, "", "edition read same"},
		{"nothing changed", nil, "", "edition"},
		{"again", nil, export.TriggerCatchUp, "edition"},
		{"QuickBooks changed something", nil, export.TriggerChange, "edition"},
		{"a person wants to see", nil, export.TriggerManual, "read same"},
		{"the API asks", nil, export.TriggerAPI, "read same"},
		{"rest", nil, "", "edition"},
		{"somebody edited the sheet", func() { q.edition, q.stands = "8", "theirs" }, "", "edition read write"},
		{"look once more", nil, "", "edition read same"},
		{"rest again", nil, "", "edition"},
		{"other records", func() { q.version = "v2" }, "", "read write"},
		{"look at them", nil, "", "edition read same"},
		{"rest on them", nil, "", "edition"},
		{"an edit of the exporter", func() { q.exporter.Titles = map[string]string{"Id": "No."} }, "", "read same"},
		{"its look", nil, "", "edition read same"},
		{"its rest", nil, "", "edition"},
		{"what a run notes", func() { q.exporter.Revision++; q.exporter.NextAt = now }, "", "edition"},
		{"another spreadsheet", func() { q.exporter.Target.Spreadsheet = "other" }, "", "edition read same"},
		{"its rest", nil, "", "edition"},
		{"an accepted difference", func() {
			q.exporter.Accepted = []export.AcceptedDifference{{What: "tax"}}
		}, "", "read same"},
		{"another build", func() { build = "two" }, "", "read same"},
		{"its look", nil, "", "edition read same"},
		{"its rest", nil, "", "edition"},
		{"another day", func() { now = now.AddDate(0, 0, 1) }, "", "read same"},
		{"its look", nil, "", "edition read same"},
		{"its rest", nil, "", "edition"},
		{"Drive does not say", func() { q.edition = "" }, "", "edition read same"},
		{"Drive says it again", func() { q.edition = "9" }, "", "edition read same"},
		{"a rest on it", nil, "", "edition"},
		{"an unknown version", func() { q.version = "" }, "", "read write"},
		{"known again", func() { q.version = "v2" }, "", "read write"},
		{"look", nil, "", "edition read same"},
		{"rest", nil, "", "edition"},
		{"a write that dies after it took effect", func() {
			q.version, q.write = "v3", errors.New("killed")
		}, "", "read write"},
		{"back to what was before", func() { q.version, q.write, q.stands = "v2", nil, "v3" }, "", "read write"},
	} {
		if step.before != nil {
			step.before()
		}
		r := New(Options{
			Definitions: []export.Definition{export.Entity{ID: "list", Title: "List"}},
			Store:       q, Source: q, Destination: q,
			Build: build, Now: func() time.Time { return now },
		})
		run := export.Run{ID: "run_1", Exporter: q.exporter, Trigger: step.trigger}
		if step.trigger == "" {
			run.Trigger = export.TriggerSchedule
		}
		q.steps = nil
		failed := r.Work(t.Context(), run, func(change func(*export.Run)) { change(&run) })
		if !errors.Is(failed, q.write) {
			t.Fatalf("step %d, %s: %v", i, step.name, failed)
		}
		var steps []string
		for _, s := range q.steps {
			if !strings.HasPrefix(s, "put ") {
				steps = append(steps, s)
			}
		}
		if got := strings.Join(steps, " "); got != step.want {
			t.Errorf("step %d, %s: did %q, not %q", i, step.name, got, step.want)
		}
		if failed != nil {
			continue
		}
		want := export.Result{
			Rows: 1, Columns: 1, Unchanged: !strings.Contains(step.want, "write"),
			Figures:   []export.FigureValue{{Title: "Company 1"}},
			Companies: []export.CompanyOutcome{{Realm: "1", Name: "Company 1", Rows: 1, Period: "2026"}},
		}
		got := run.Result
		got.Control = nil
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("step %d, %s: the result (-want +got):\n%s", i, step.name, diff)
		}
		if run.Progress.Phase != export.PhaseDone || run.Progress.RowsWritten != 1 {
			t.Errorf("step %d, %s: progress %+v", i, step.name, run.Progress)
		}
	}
}

func TestAnUnknownVersionFailsTheRun(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	q := &quiet{versionFails: gone, keeper: keeper{marks: map[string]string{}, exporter: export.Exporter{
		ID: "exp_1", Definition: "list", Companies: []export.RealmID{"1"}, Columns: []string{"Id"},
		Target: export.Target{Spreadsheet: "made"},
	}}}
	r := New(Options{
		Definitions: []export.Definition{export.Entity{ID: "list", Title: "List"}}, Store: q, Source: q, Destination: q,
	})
	run := export.Run{ID: "run_1", Exporter: q.exporter}
	if err := r.Work(t.Context(), run, func(func(*export.Run)) {}); !errors.Is(err, gone) || len(q.steps) > 0 {
		t.Errorf("ended with %v after %v", err, q.steps)
	}
}
