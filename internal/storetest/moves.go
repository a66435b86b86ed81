package storetest

import (
	"testing"
	"time"

	"ledgersheet/internal/export"
)

// What successful runs find to be different from the success before them is kept by day; a run that fails, and one that
// asks for something else, break nothing.
func testMoves(t *testing.T, s export.Store) {
	ctx := t.Context()
	e := sampleExporter("exp_1", "one")
	e.Options = map[string]string{"date_range": "all"}
	must(t, s.CreateExporter(ctx, e))
	run := func(day int, status export.RunStatus, figures ...export.FigureValue) {
		t.Helper()
		at := noon.AddDate(0, 0, day)
		r, _, err := s.Enqueue(ctx, sampleRun(export.NewID("run", at), e, at))
		must(t, err)
		for range 2 { // that a run that is over is stored again counts for nothing
			_, err = s.UpdateRun(ctx, r.ID, func(r *export.Run) error {
				r.Status, r.FinishedAt, r.Added, r.Figures = status, at.Add(time.Minute), 2, figures
				return nil
			})
			must(t, err)
		}
	}
	figure := func(period, value string) export.FigureValue {
		return export.FigureValue{ID: "net", Title: "Net", Company: "1", Period: period, Currency: "USD", Value: value}
	}
	const march, april = "2026-03-01 to 2026-03-31", "2026-04-01 to 2026-04-30"
	run(0, export.RunSucceeded, figure(march, "10"), figure("2026-04-01 to 2026-04-02", "1"))
	run(1, export.RunFailed, figure(march, "99"))
	run(2, export.RunSucceeded, figure(march, "12"), figure("2026-04-01 to 2026-04-03", "3"))
	run(2, export.RunSucceeded, figure(march, "10"), figure("2026-04-01 to 2026-04-03", "4"))
	move := func(span, old, value string) export.FigureMove {
		return export.FigureMove{
			ID: "net", Title: "Net", Company: "1", Span: span, Currency: "USD", Old: old, New: value,
		}
	}
	first := export.Moves{Day: "2026-03-29", At: noon.Add(time.Minute), Asked: true}
	want := []export.Moves{first, {
		Day: "2026-03-31", At: noon.AddDate(0, 0, 2).Add(time.Minute), Runs: 2, Added: 4,
		Figures: []export.FigureMove{move("2026-04", "1", "4")},
	}}
	check := func(id export.ID, since string, want []export.Moves) {
		t.Helper()
		got, err := s.Moves(ctx, id, since)
		must(t, err)
		for i := range got {
			got[i].Run = ""
		}
		if d := diff(want, got); d != "" {
			t.Errorf("since %q (-want +got):\n%s", since, d)
		}
	}
	check("exp_1", "", want)
	check("exp_1", "2026-04-01", nil)
	check("exp_10", "", nil)
	e.Options = map[string]string{"date_range": "today"}
	_, err := s.UpdateExporter(ctx, e.ID, func(stored *export.Exporter) error {
		stored.Options = e.Options
		return nil
	})
	must(t, err)
	run(3, export.RunSucceeded, figure(april, "7"))
	check("exp_1", "2026-04-01", []export.Moves{
		{Day: "2026-04-01", At: noon.AddDate(0, 0, 3).Add(time.Minute), Asked: true},
	})
	run(3+export.KeptMoves, export.RunSucceeded, figure(april, "8"))
	check("exp_1", "", []export.Moves{
		{Day: "2026-04-01", At: noon.AddDate(0, 0, 3).Add(time.Minute), Asked: true}, {
			Day: "2027-05-06", At: noon.AddDate(0, 0, 3+export.KeptMoves).Add(time.Minute), Runs: 1, Added: 2,
			Figures: []export.FigureMove{move("2026-04", "7", "8")},
		},
	})
	must(t, s.DeleteExporter(ctx, "exp_1"))
	check("exp_1", "", nil)
}
