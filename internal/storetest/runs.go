package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// sampleExporter returns an exporter with a value in every field that people set, including any that are added later.
func sampleExporter(id export.ID, name string) export.Exporter {
	tab := int64(4711)
	e := export.Exporter{
		ID: id, Name: name, Definition: "invoices", Companies: []export.RealmID{"9130347957983976"},
		Columns:  []string{"DocNumber", "TotalAmt"},
		Filters:  []export.Filter{{Column: "Balance", Op: export.OpGreater, Value: "0"}},
		Options:  map[string]string{"lines": "true"},
		Target:   export.Target{Account: "con_1", Spreadsheet: "1AbC", Sheet: "Invoices", Tab: &tab, Start: "A1"},
		Schedule: export.Schedule{Cron: "0 6 * * 1-5", Timezone: "America/New_York", Enabled: true},
		Revision: 3, CreatedAt: noon, UpdatedAt: noon, CreatedBy: "owner@example.com", NextAt: noon.Add(time.Hour),
	}
	for _, f := range export.Fields() {
		if !f.ReadOnly() && (f.Get(e) == "" || f.Choices != nil) {
			f.Set(&e, "x")
		}
	}
	return e
}

func sampleRun(id export.ID, e export.Exporter, queued time.Time) export.Run {
	return export.Run{
		ID: id, Exporter: e, Trigger: export.TriggerManual, Status: export.RunQueued,
		By: "owner@example.com", QueuedAt: queued,
	}
}

func testExporters(t *testing.T, s export.Store) {
	ctx := t.Context()
	b, a := sampleExporter("exp_1", "b"), sampleExporter("exp_2", "A")
	must(t, s.CreateExporter(ctx, b))
	must(t, s.CreateExporter(ctx, a))
	wantErr(t, "a taken id", s.CreateExporter(ctx, b), export.ErrExists)
	c := sampleExporter("exp_of_a_set", "c")
	wantErr(t, "a taken id among others", s.CreateExporters(ctx, []export.Exporter{c, b}), export.ErrExists)
	_, err := s.Exporter(ctx, c.ID)
	wantErr(t, "none of them is stored", err, export.ErrNotFound)
	c.ID = "exp_of_another"
	must(t, s.CreateExporters(ctx, []export.Exporter{c}))
	must(t, s.DeleteExporter(ctx, c.ID))
	all, err := s.Exporters(ctx, export.ExporterFilter{})
	must(t, err)
	if d := diff([]export.Exporter{a, b}, all); d != "" {
		t.Errorf("exporters by name (-want +got):\n%s", d)
	}
	updated, err := s.UpdateExporter(ctx, b.ID, func(e *export.Exporter) error {
		e.Pause = &export.Pause{Reason: export.PausedByPerson, Who: "ann", Since: noon}
		return nil
	})
	must(t, err)
	b.Pause = &export.Pause{Reason: export.PausedByPerson, Who: "ann", Since: noon}
	got, err := s.Exporter(ctx, b.ID)
	must(t, err)
	if d := diff(b, got) + diff(b, updated); d != "" {
		t.Errorf("the changed exporter (-want +got):\n%s", d)
	}

	_, _, err = s.Enqueue(ctx, sampleRun("run_1", b, noon))
	must(t, err)
	must(t, s.DeleteExporter(ctx, b.ID))
	_, err = s.Exporter(ctx, b.ID)
	wantErr(t, "deleted exporter", err, export.ErrNotFound)
	page, _, err := s.Runs(ctx, export.RunFilter{Exporter: b.ID})
	must(t, err)
	if len(page) != 1 {
		t.Errorf("deleting an exporter left %d of its runs in the history, want 1", len(page))
	}
}

func testEnqueueJoins(t *testing.T, s export.Store) {
	ctx := t.Context()
	one, two := sampleExporter("exp_1", "one"), sampleExporter("exp_2", "two")
	first := sampleRun("run_1", one, noon)
	stored, joined, err := s.Enqueue(ctx, first)
	must(t, err)
	if d := diff(first, stored); joined || d != "" {
		t.Errorf("first: joined %t, (-want +got):\n%s", joined, d)
	}
	stored, joined, err = s.Enqueue(ctx, sampleRun("run_2", one, noon.Add(time.Minute)))
	must(t, err)
	if !joined || stored.ID != first.ID {
		t.Errorf("second: got %s, joined %t; want to join %s", stored.ID, joined, first.ID)
	}
	_, err = s.Run(ctx, "run_2")
	wantErr(t, "the run that joined", err, export.ErrNotFound)
	if _, joined, err = s.Enqueue(ctx, sampleRun("run_3", two, noon)); err != nil || joined {
		t.Errorf("another exporter's run: joined %t, error %v", joined, err)
	}

	_, err = s.UpdateRun(ctx, first.ID, func(r *export.Run) error { r.Status = export.RunRunning; return nil })
	must(t, err)
	stored, joined, err = s.Enqueue(ctx, sampleRun("run_4", one, noon))
	must(t, err)
	if !joined || stored.ID != first.ID || stored.Status != export.RunRunning {
		t.Errorf("while it runs: got %s %s, joined %t", stored.ID, stored.Status, joined)
	}
	_, err = s.UpdateRun(ctx, first.ID, func(r *export.Run) error { r.Status = export.RunFailed; return nil })
	must(t, err)
	_, _, err = s.Enqueue(ctx, first)
	wantErr(t, "a run's id used again", err, export.ErrExists)
	if stored, joined, err = s.Enqueue(ctx, sampleRun("run_5", one, noon)); err != nil || joined ||
		stored.ID != "run_5" {
		t.Errorf("after its end: got %s, joined %t, error %v", stored.ID, joined, err)
	}
	if _, _, err := s.Enqueue(ctx, sampleRun("run_6", export.Exporter{}, noon)); err == nil {
		t.Error("a run without an exporter was queued")
	}
}

func testQueueOrder(t *testing.T, s export.Store) {
	ctx := t.Context()
	queue := func(id export.ID, e export.ID, at time.Time) {
		t.Helper()
		_, _, err := s.Enqueue(ctx, sampleRun(id, sampleExporter(e, "x"), at))
		must(t, err)
	}
	queue("run_c", "exp_1", noon)
	queue("run_a", "exp_2", noon.Add(time.Second))
	queue("run_b", "exp_3", noon)
	queue("run_d", "exp_4", noon.Add(-time.Second))
	queue("run_e", "exp_5", noon)
	set := func(id export.ID, status export.RunStatus) {
		t.Helper()
		_, err := s.UpdateRun(ctx, id, func(r *export.Run) error { r.Status = status; return nil })
		must(t, err)
	}
	want := func(ids ...export.ID) {
		t.Helper()
		active, err := s.ActiveRuns(ctx)
		must(t, err)
		var got []export.ID
		for _, r := range active {
			got = append(got, r.ID)
		}
		if d := diff(ids, got); d != "" {
			t.Errorf("queue (-want +got):\n%s", d)
		}
	}
	want("run_d", "run_b", "run_c", "run_e", "run_a")
	set("run_c", export.RunRunning)
	set("run_e", export.RunCancelled)
	want("run_d", "run_b", "run_c", "run_a")
	set("run_c", export.RunQueued)
	set("run_d", export.RunSucceeded)
	want("run_b", "run_c", "run_a")
}

func testRunLife(t *testing.T, s export.Store) {
	ctx := t.Context()
	r := sampleRun("run_1", sampleExporter("exp_1", "one"), noon)
	_, _, err := s.Enqueue(ctx, r)
	must(t, err)
	finish := func(r *export.Run) error {
		r.Status, r.Attempts, r.Due, r.NotBefore = export.RunFailed, 2, noon, noon
		r.StartedAt, r.FinishedAt = noon, noon.Add(time.Minute)
		r.Result = FullResult()
		r.Control = map[string]string{"TotalAmt": "123456789012345678.90"}
		r.Progress = export.Progress{Phase: export.PhaseDone, RowsRead: 4, RowsTotal: 4, RowsWritten: 4}
		r.QuickBooks, r.Sheets = 5, 6
		r.Problem = problem.New(problem.SheetConflict, "Cells B2:B4 are in the way.").WithRequestID("1-2-3")
		return nil
	}
	updated, err := s.UpdateRun(ctx, r.ID, finish)
	must(t, err)
	must(t, finish(&r))
	got, err := s.Run(ctx, r.ID)
	must(t, err)
	if d := diff(r, got) + diff(r, updated); d != "" {
		t.Errorf("round trip (-want +got):\n%s", d)
	}
	for _, status := range []export.RunStatus{export.RunQueued, export.RunRunning} {
		if _, err := s.UpdateRun(ctx, r.ID, func(r *export.Run) error { r.Status = status; return nil }); err == nil {
			t.Errorf("a run that is over became %s", status)
		}
	}
}

func testConcurrentChanges(t *testing.T, s export.Store) {
	ctx := t.Context()
	const workers, each = 8, 10
	_, _, err := s.Enqueue(ctx, sampleRun("run_1", sampleExporter("exp_1", "one"), noon))
	must(t, err)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				if _, err := s.UpdateRun(ctx, "run_1", func(r *export.Run) error { r.Rows++; return nil }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got, err := s.Run(ctx, "run_1")
	must(t, err)
	if got.Rows != workers*each {
		t.Errorf("%d changes were kept, want %d", got.Rows, workers*each)
	}
}

func testConcurrentEnqueues(t *testing.T, s export.Store) {
	ctx := t.Context()
	const callers = 8
	ids := make([]export.ID, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			r, _, err := s.Enqueue(ctx,
				sampleRun(export.ID(fmt.Sprintf("run_%d", i)), sampleExporter("exp_1", "one"), noon))
			if err != nil {
				t.Error(err)
			}
			ids[i] = r.ID
		})
	}
	wg.Wait()
	active, err := s.ActiveRuns(ctx)
	must(t, err)
	if len(active) != 1 {
		t.Fatalf("%d runs of one exporter are active", len(active))
	}
	for _, id := range ids {
		if id != active[0].ID {
			t.Errorf("a caller got %s, the run is %s", id, active[0].ID)
		}
	}
}
