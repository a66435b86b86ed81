package control_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestRemoveDouble offers to remove a double after the latest run has named one, and once only.
func TestRemoveDouble(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(b.input(alder))
	id := b.ended(e, func(r *export.Run) {
		r.Repairs = []export.Repair{export.RepairStartOver}
		r.Warnings = export.Warnings(export.WarnDouble, "", "A second spreadsheet was made.")
	})
	named, err := b.store.Run(b.ctx, id)
	must(t, err)
	if got, err := b.Offer(b.ctx, named); err != nil || !slices.Equal(got, []export.Repair{"remove_double"}) {
		t.Fatalf("offered %v, %v", got, err)
	}
	if _, _, err := b.Repair(b.ctx, e.ID, export.RepairPutBack); !problem.HasCode(err, problem.Conflict) {
		t.Errorf("another repair: %v", err)
	}
	b.now = b.now.Add(time.Minute)
	_, run, err := b.Repair(b.ctx, e.ID, export.RepairRemoveDouble)
	must(t, err)
	if !slices.Equal(run.Repairs, []export.Repair{"remove_double"}) {
		t.Errorf("the run may %v: what the last one was allowed is done", run.Repairs)
	}
	if got, err := b.Offer(b.ctx, named); err != nil || got != nil {
		t.Errorf("an older run offers %v, %v", got, err)
	}
	_, err = b.end(run.ID, export.RunSucceeded, nil)
	must(t, err)
	_, again, err := b.Repair(b.ctx, e.ID, export.RepairRemoveDouble)
	if must(t, err); again.ID != run.ID {
		t.Errorf("repeated, it started %s", again.ID)
	}
}

// TestAccountTestNoticesTheBin names the exporters whose spreadsheets are in the bin. The account stays as it is.
func TestAccountTestNoticesTheBin(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, id := range map[string]string{"Bills": "sheet_in_the_bin", "Vendors": "sheet_in_use_by_us", "New": ""} {
		in := b.input(alder)
		in.Name, in.Target.Sheet, in.Target.Spreadsheet = name, name, id
		b.create(in)
	}
	_, err := b.TestAccount(b.ctx, "con_1")
	must(t, err)
	b.trashed = []string{"sheet_in_the_bin", "sheet_of_nobody"}
	_, err = b.TestAccount(b.ctx, "con_1")
	p := problem.From(err)
	if p == nil || p.Code != problem.SpreadsheetNotFound || !strings.Contains(p.Message, `"Bills" is in the bin`) ||
		strings.Contains(p.Message, "Vendors") {
		t.Errorf("got %v", err)
	}
	if a, err := b.Account(b.ctx, "con_1"); err != nil || a.LastError != nil || a.Status != export.Connected {
		t.Errorf("the account is %+v, %v", a, err)
	}
	if _, err := b.TestAccount(b.ctx, "con_2"); err != nil {
		t.Errorf("another account: %v", err)
	}
}
