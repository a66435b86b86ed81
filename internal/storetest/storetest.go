// Package storetest is the conformance suite for export.Store: it tests what every store must do for the rest of the
// program to work with it. A store's own tests call [Run], and add what is special about it, such as its files.
package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// Run tests the stores that open returns. Each call of open must return a new empty store and close it when its test
// ends.
func Run(t *testing.T, open func(t *testing.T) export.Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, export.Store)
	}{
		{"companies", testCompanies},
		{"keys of local copies", testMirrorKeys},
		{"accounts", testAccounts},
		{"grants", testGrants},
		{"flows are used once and expire", testFlows},
		{"exporters", testExporters},
		{"exporters are filtered", testExporterFilter},
		{"marks", testMarks},
		{"differences", testDifferences},
		{"moves", testMoves},
		{"calls", testCalls},
		{"notices", testNotices},
		{"users", testUsers},
		{"audit", testAudit},
		{"what is missing is not found", testNotFound},
		{"a failed change is undone", testRollback},
		{"an ended context is refused", testContext},
		{"enqueue joins", testEnqueueJoins},
		{"queue order", testQueueOrder},
		{"run life", testRunLife},
		{"history pages", testHistory},
		{"history among companies", testHistoryAmong},
		{"history of an exporter is its own", testHistoryOfSimilarIDs},
		{"prune keeps the newest", testPrune},
		{"histories sum up runs", testHistories},
		{"a last success may be long ago", testLastSuccess},
		{"heads of exporters", testHeads},
		{"due exporters", testDueExporters},
		{"the ledger of due times", testDueLedger},
		{"the ledger of due times holds whatever happens", testDueLedgerHolds},
		{"claims come in order", testClaimOrder},
		{"active runs are counted and found", testActive},
		{"concurrent changes of one run", testConcurrentChanges},
		{"concurrent enqueues of one exporter", testConcurrentEnqueues},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, open(t))
		})
	}
}

// noon is the time at which things happen in the tests.
var noon = time.Date(2026, 3, 29, 12, 0, 0, 123456789, time.UTC)

// diff compares values as they come back from a store. It ignores a problem's cause, which is only logged and not
// stored.
func diff(want, got any) string {
	return cmp.Diff(want, got, cmpopts.IgnoreUnexported(problem.Problem{}), cmpopts.EquateEmpty())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got error %v, want %v", what, got, want)
	}
}

func testNotFound(t *testing.T, s export.Store) {
	ctx := t.Context()
	for _, test := range []struct {
		what string
		call func() error
	}{
		{"Company", func() error { _, err := s.Company(ctx, "1"); return err }},
		{"UpdateCompany", func() error {
			_, err := s.UpdateCompany(ctx, "1", failIfCalled[export.Company](t))
			return err
		}},
		{"DeleteCompany", func() error { return s.DeleteCompany(ctx, "1") }},
		{"Account", func() error { _, err := s.Account(ctx, "con_1"); return err }},
		{"UpdateAccount", func() error {
			_, err := s.UpdateAccount(ctx, "con_1", failIfCalled[export.GoogleAccount](t))
			return err
		}},
		{"DeleteAccount", func() error { return s.DeleteAccount(ctx, "con_1") }},
		{"Grant", func() error { _, err := s.Grant(ctx, "quickbooks/1"); return err }},
		{"DeleteGrant", func() error { return s.DeleteGrant(ctx, "quickbooks/1") }},
		{"DeleteRevocation", func() error { return s.DeleteRevocation(ctx, "rev_1") }},
		{"TakeFlow", func() error { _, err := s.TakeFlow(ctx, "hash", noon); return err }},
		{"Exporter", func() error { _, err := s.Exporter(ctx, "exp_1"); return err }},
		{"UpdateExporter", func() error {
			_, err := s.UpdateExporter(ctx, "exp_1", failIfCalled[export.Exporter](t))
			return err
		}},
		{"PassDue", func() error {
			_, err := s.PassDue(ctx, "exp_1", func(*export.Exporter) (export.DueTime, error) {
				t.Error("change was called for a thing that is not there")
				return export.DueTime{}, nil
			})
			return err
		}},
		{"DeleteExporter", func() error { return s.DeleteExporter(ctx, "exp_1") }},
		{"Mark", func() error { _, err := s.Mark(ctx, "exp_1/1"); return err }},
		{"Run", func() error { _, err := s.Run(ctx, "run_1"); return err }},
		{"ActiveRun", func() error { _, err := s.ActiveRun(ctx, "exp_1"); return err }},
		{"UpdateRun", func() error { _, err := s.UpdateRun(ctx, "run_1", failIfCalled[export.Run](t)); return err }},
		{"UserByEmail", func() error { _, err := s.UserByEmail(ctx, "a@example.com"); return err }},
		{"DeleteUser", func() error { return s.DeleteUser(ctx, "usr_1") }},
		{"UpdateUser", func() error { _, err := s.UpdateUser(ctx, "usr_1", failIfCalled[export.User](t)); return err }},
	} {
		wantErr(t, test.what, test.call(), export.ErrNotFound)
	}
	for _, test := range []struct {
		what string
		call func() (int, error)
	}{
		{"Companies", func() (int, error) { l, err := s.Companies(ctx); return len(l), err }},
		{"Accounts", func() (int, error) { l, err := s.Accounts(ctx); return len(l), err }},
		{"Revocations", func() (int, error) { l, err := s.Revocations(ctx); return len(l), err }},
		{"Exporters", func() (int, error) { l, err := s.Exporters(ctx, export.ExporterFilter{}); return len(l), err }},
		{"ExporterHeads", func() (n int, err error) {
			for _, err = range s.ExporterHeads(ctx, export.ExporterFilter{}, "") {
				n++
			}
			return n, err
		}},
		{"DueExporters", func() (int, error) {
			l, next, err := s.DueExporters(ctx, noon, 10)
			return len(l) + int(timeOrZero(next)), err
		}},
		{"History", func() (int, error) { h, err := s.History(ctx, "exp_1"); return h.Runs + len(h.Recent), err }},
		{"CountActive", func() (int, error) { q, r, err := s.CountActive(ctx); return q + r, err }},
		{"ActiveRuns", func() (int, error) { l, err := s.ActiveRuns(ctx); return len(l), err }},
		{"Runs", func() (int, error) {
			l, next, err := s.Runs(ctx, export.RunFilter{})
			return len(l) + len(next), err
		}},
		{"DueTimes", func() (int, error) { l, err := s.DueTimes(ctx, "exp_1"); return len(l), err }},
		{"Users", func() (int, error) { l, err := s.Users(ctx); return len(l), err }},
		{"AuditEntries", func() (int, error) { l, err := s.AuditEntries(ctx, 10); return len(l), err }},
		{"PruneRuns", func() (int, error) { return s.PruneRuns(ctx, noon, 0) }},
	} {
		if n, err := test.call(); n != 0 || err != nil {
			t.Errorf("%s of an empty store: got %d and error %v", test.what, n, err)
		}
	}
}

func timeOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func failIfCalled[T any](t *testing.T) func(*T) error {
	return func(*T) error {
		t.Error("change was called for a thing that is not there")
		return nil
	}
}

func testRollback(t *testing.T, s export.Store) {
	ctx := t.Context()
	refused := errors.New("refused")
	e := sampleExporter("exp_1", "Invoices")
	must(t, s.CreateExporter(ctx, e))
	calls := 0
	_, err := s.UpdateExporter(ctx, e.ID, func(e *export.Exporter) error {
		calls++
		e.Name = "Changed"
		e.Options["layout"] = "tidy"
		return refused
	})
	wantErr(t, "UpdateExporter", err, refused)
	if calls != 1 {
		t.Errorf("change was called %d times", calls)
	}
	got, err := s.Exporter(ctx, e.ID)
	must(t, err)
	if d := diff(e, got); d != "" {
		t.Errorf("a refused change left traces (-want +got):\n%s", d)
	}

	r := sampleRun("run_1", e, noon)
	_, _, err = s.Enqueue(ctx, r)
	must(t, err)
	_, err = s.UpdateRun(ctx, r.ID, func(r *export.Run) error {
		r.Status = export.RunSucceeded
		return refused
	})
	wantErr(t, "UpdateRun", err, refused)
	active, err := s.ActiveRuns(ctx)
	must(t, err)
	if len(active) != 1 || active[0].Status != export.RunQueued {
		t.Errorf("a refused change moved the run in the queue: %v", active)
	}

	if _, err := s.UpdateExporter(ctx, e.ID,
		func(e *export.Exporter) error { e.ID = "exp_2"; return nil }); err == nil {
		t.Error("an exporter could change its id")
	}
	if _, err := s.UpdateRun(ctx, r.ID, func(r *export.Run) error { r.Exporter.ID = "exp_2"; return nil }); err == nil {
		t.Error("a run could change its exporter")
	}
}

func testContext(t *testing.T, s export.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantErr(t, "PutCompany", s.PutCompany(ctx, sampleCompany("1", "A")), context.Canceled)
	wantErr(t, "PutGrant", s.PutGrant(ctx, "google/1", export.Grant{}), context.Canceled)
	_, err := s.Companies(ctx)
	wantErr(t, "Companies", err, context.Canceled)
	_, _, err = s.Enqueue(ctx, sampleRun("run_1", sampleExporter("exp_1", "A"), noon))
	wantErr(t, "Enqueue", err, context.Canceled)
	all, err := s.Companies(t.Context())
	must(t, err)
	if len(all) != 0 {
		t.Error("an ended context changed the store")
	}
}
