package control_test

import (
	"slices"
	"testing"

	"ledgersheet/internal/access"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// stopped gives the exporter a run that has failed with the problem.
func (b *bench) stopped(e export.Exporter, p *problem.Problem) export.Run {
	b.t.Helper()
	b.now = b.now.Add(1e9)
	r, joined, err := b.store.Enqueue(b.ctx, export.Run{
		ID: export.NewID("run", b.now), Exporter: e, Trigger: export.TriggerSchedule, QueuedAt: b.now,
	})
	must(b.t, err)
	if joined {
		b.t.Fatal("there is a run already")
	}
	r, err = b.end(r.ID, export.RunFailed, p)
	must(b.t, err)
	b.now = b.now.Add(1e9)
	return r
}

func drift(remedies ...string) *problem.Problem {
	p := problem.New(problem.HeaderDrift, "Somebody has changed the exported area.").WithRemedies(remedies...)
	p.Columns = []problem.Column{
		{ID: "DisplayName", Title: "Vendor", Gone: true}, {ID: "Balance", Title: "Balance", Found: "Owed"},
	}
	return p
}

func TestRepair(t *testing.T) {
	t.Parallel()
	all := []string{"put_back", "drop_columns", "take_titles", "start_over"}
	for _, test := range []struct {
		repair  export.Repair
		columns []string
		titles  string
	}{
		{export.RepairPutBack, []string{"Id", "DisplayName", "Balance"}, ""},
		{export.RepairDropColumns, []string{"Id", "Balance"}, ""},
		{export.RepairTakeTitles, []string{"Id", "DisplayName", "Balance"}, "Owed"},
		{export.RepairStartOver, []string{"Id", "DisplayName", "Balance"}, ""},
	} {
		t.Run(string(test.repair), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			in := b.input(alder)
			in.Columns = []string{"Id", "DisplayName", "Balance"}
			e := b.create(in)
			failed := b.stopped(e, drift(all...))
			if offered, err := b.Offer(b.ctx, failed); err != nil || len(offered) != len(all) {
				t.Fatalf("%v: offered %v", err, offered)
			}
			var run export.Run
			for n := range 3 { // pressed again while it runs, and once more when it has succeeded
				got, r, err := b.Repair(b.ctx, e.ID, test.repair)
				must(t, err)
				if n > 0 && r.ID != run.ID {
					t.Fatalf("pressed %d times, a second run %s", n+1, r.ID)
				}
				if run = r; r.Repair() != test.repair || r.By != ann.Email || r.Trigger != export.TriggerManual {
					t.Errorf("the run is allowed %q, by %q, trigger %q", r.Repair(), r.By, r.Trigger)
				}
				if !slices.Equal(got.Columns, test.columns) || got.Titles["Balance"] != test.titles {
					t.Errorf("columns %v, titles %v", got.Columns, got.Titles)
				}
				if want := e.Revision + map[bool]int{true: 1}[!test.repair.NeedsSheet()]; got.Revision != want {
					t.Errorf("revision %d, want %d", got.Revision, want)
				}
				if n == 1 {
					_, err = b.end(r.ID, export.RunSucceeded, nil)
					must(t, err)
				}
			}
			if offered, err := b.Offer(b.ctx, failed); err != nil || offered != nil {
				t.Errorf("%v: a run that is not the latest offers %v", err, offered)
			}
			next, _, err := b.RunNow(b.ctx, e.ID)
			must(t, err)
			if len(next.Repairs) > 0 {
				t.Errorf("the next run may still %v", next.Repairs)
			}
		})
	}
}

// TestRepairsAddUp: if a repair stops for something else, the next one keeps the word that was given before.
func TestRepairsAddUp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(b.input(alder))
	b.stopped(e, drift("put_back"))
	_, run, err := b.Repair(b.ctx, e.ID, export.RepairPutBack)
	must(t, err)
	merged := problem.New(problem.SheetConflict, "Merged.").WithRemedies("unmerge", "start_over")
	_, err = b.end(run.ID, export.RunFailed, merged)
	must(t, err)
	b.now = b.now.Add(1e9)
	_, run, err = b.Repair(b.ctx, e.ID, export.RepairUnmerge)
	must(t, err)
	if !slices.Equal(run.Repairs, []export.Repair{export.RepairPutBack, export.RepairUnmerge}) {
		t.Errorf("the run may %v", run.Repairs)
	}
}

func TestRepairIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(b.input(alder))
	refused := func(what string, desk *control.Desk, r export.Repair, code problem.Code) {
		t.Helper()
		before := b.stored(e.ID)
		if _, _, err := desk.Repair(b.ctx, e.ID, r); !problem.HasCode(err, code) {
			t.Errorf("%s: %v, want %s", what, err, code)
		}
		if after := b.stored(e.ID); after.Revision != before.Revision {
			t.Errorf("%s: it changed something", what)
		}
	}
	refused("no such repair", b.Desk, "burn_down", problem.InvalidInput)
	refused("no run yet", b.Desk, export.RepairPutBack, problem.Conflict)
	failed := b.stopped(e, drift("put_back"))
	refused("another repair", b.Desk, export.RepairUnmerge, problem.Conflict)
	for role, code := range map[access.Role]problem.Code{
		access.Viewer: problem.Forbidden, access.Operator: problem.Forbidden, "": problem.NotFound,
	} {
		desk := b.system.As(control.Actor{Email: "x@example.com", Grant: access.Grant{Role: role}})
		refused(string(role), desk, export.RepairPutBack, code)
		if offered, err := desk.Offer(b.ctx, failed); err != nil || offered != nil {
			t.Errorf("%q is offered %v, %v", role, offered, err)
		}
	}
	stranger := control.Actor{Grant: access.Grant{Role: access.Admin, Companies: []export.RealmID{birch}}}
	refused("another company's", b.system.As(stranger), export.RepairPutBack, problem.NotFound)
	_, _, err := b.RunNow(b.ctx, e.ID)
	must(t, err)
	refused("a run is under way", b.Desk, export.RepairPutBack, problem.Conflict)
}

// TestOffer: only what would end the problem is offered.
func TestOffer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := b.input(alder, birch)
	in.Columns = []string{"DisplayName"}
	e, other := b.create(in), b.create(b.input(birch))
	of := func(p *problem.Problem, gone ...string) *problem.Problem {
		p.Columns = nil
		for _, id := range gone {
			p.Columns = append(p.Columns, problem.Column{ID: id, Gone: true})
		}
		return p
	}
	rows := problem.New(problem.SheetConflict, "In the way.").WithRemedies("take_over", "start_over", "fly")
	alive := *rows
	alive.Owners = []string{"exp_gone", string(other.ID)}
	dead := *rows
	dead.Owners = []string{"exp_gone"}
	for name, test := range map[string]struct {
		p    *problem.Problem
		want []export.Repair
	}{
		"nothing":            {problem.New(problem.GoogleUnavailable, "Away."), nil},
		"the only column":    {of(drift("drop_columns"), "DisplayName"), nil},
		"the company column": {of(drift("drop_columns", "put_back"), "Company"), []export.Repair{"put_back"}},
		"a report's period":  {of(drift("drop_columns", "put_back"), "2026-01"), []export.Repair{"put_back"}},
		"dropped already":    {of(drift("drop_columns"), "Balance"), []export.Repair{"drop_columns"}},
		"rows":               {rows, []export.Repair{"take_over", "start_over"}},
		"an exporter's rows": {&alive, []export.Repair{"start_over"}},
		"a deleted one's":    {&dead, []export.Repair{"take_over", "start_over"}},
	} {
		got, err := b.Offer(b.ctx, b.stopped(e, test.p))
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: %v: offered %v, want %v", name, err, got, test.want)
		}
	}
}
