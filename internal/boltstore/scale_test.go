package boltstore

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// scale is the size of a filled store.
type scale struct{ exporters, companies, runs, active int }

// fillScale puts exporters, companies and a history into a new store: what years of use leave. It writes as the store's
// methods do, but many runs in a transaction, and nothing is synced.
func fillScale(tb testing.TB, s *Store, n scale, now time.Time) {
	tb.Helper()
	in := func(count int, each func(tx *bbolt.Tx, i int) error) { inSteps(tb, s, count, each) }
	in(n.companies, func(tx *bbolt.Tx, i int) error {
		c := export.Company{
			Realm: scaleRealm(i), Name: fmt.Sprintf("Company %04d, Inc.", i), Status: export.Connected,
			HomeCurrency: "USD", Country: "US", ConnectedAt: now.AddDate(-1, 0, 0),
			TokenExpiresAt: now.AddDate(0, 3, 0),
		}
		return put(tx, bucketCompanies, string(c.Realm), c)
	})
	in(1, func(tx *bbolt.Tx, _ int) error {
		a := export.GoogleAccount{ID: "con_1", Email: "books@example.com", Kind: export.OAuthAccount,
			Status: export.Connected}
		return put(tx, bucketAccounts, string(a.ID), a)
	})
	all := make([]export.Exporter, n.exporters)
	in(n.exporters, func(tx *bbolt.Tx, i int) error {
		all[i] = scaleExporter(i, n.companies, now)
		return putExporter(tx, all[i])
	})
	fillRuns(tb, s, all, n.runs, now)
	in(n.active, func(tx *bbolt.Tx, i int) error {
		e := all[i%n.exporters]
		r := export.Run{ID: export.NewID("run", now), Exporter: e, Trigger: export.TriggerSchedule, QueuedAt: now}
		_, _, err := enqueue(tx, r)
		return err
	})
}

// inSteps writes things, many in a transaction, and syncs nothing.
func inSteps(tb testing.TB, s *Store, count int, each func(tx *bbolt.Tx, i int) error) {
	tb.Helper()
	s.db.NoSync = true
	defer func() { s.db.NoSync = false }()
	const step = 5000
	for from := 0; from < count; from += step {
		err := s.db.Update(func(tx *bbolt.Tx) error {
			for i := from; i < min(from+step, count); i++ {
				if err := each(tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// fillRuns puts runs of three months into the history.
func fillRuns(tb testing.TB, s *Store, all []export.Exporter, n int, now time.Time) {
	tb.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	span := 90 * 24 * time.Hour
	inSteps(tb, s, n, func(tx *bbolt.Tx, i int) error {
		at := now.Add(-span + time.Duration(float64(span)*float64(i)/float64(max(n, 1))))
		r := scaleRun(all[i%len(all)], at, random)
		now := headOf(r)
		if err := put(tx, bucketRuns, string(r.ID), r); err != nil {
			return err
		}
		if err := put(tx, bucketRunHeads, string(r.ID), now); err != nil {
			return err
		}
		return reindexRun(tx, r.ID, nil, &now)
	})
	if err := errors.Join(inHistories(s.db), countDays(s.db)); err != nil { // as it sums up once all are there
		tb.Fatal(err)
	}
}

func scaleRealm(i int) export.RealmID { return export.RealmID(fmt.Sprintf("91303%011d", i)) }

func scaleExporter(i, companies int, now time.Time) export.Exporter {
	tab := int64(i)
	return export.Exporter{
		ID: export.NewID("exp", now.AddDate(-1, 0, 0)), Name: fmt.Sprintf("Invoices %05d of a client", i*7919%100000),
		Definition: "invoices", Companies: []export.RealmID{scaleRealm(i % companies)},
		Columns: []string{"DocNumber", "TxnDate", "CustomerRef.name", "DueDate", "TotalAmt", "Balance"},
		Titles:  map[string]string{"DocNumber": "Number"},
		Filters: []export.Filter{{Column: "Balance", Op: export.OpGreater, Value: "0"}},
		Options: map[string]string{"deleted": "remove"},
		Target: export.Target{Account: "con_1", Spreadsheet: fmt.Sprintf("1AbCdEfGhIjKlMnOpQrStUvWxYz%016d", i),
			Sheet: "Invoices", Tab: &tab, Start: "A1", URL: "https://docs.google.com/spreadsheets/d/1AbC/edit#gid=0"},
		Schedule: export.Schedule{Cron: fmt.Sprintf("%d */6 * * *", i%60), Timezone: "America/New_York", Enabled: true},
		Revision: 1, CreatedAt: now, UpdatedAt: now, CreatedBy: "owner@example.com",
		NextAt: now.Add(time.Hour + time.Duration(i)*time.Second),
	}
}

func scaleRun(e export.Exporter, at time.Time, random *rand.Rand) export.Run {
	r := export.Run{
		ID: export.NewID("run", at), Exporter: e, Trigger: export.TriggerSchedule, Due: at, Status: export.RunSucceeded,
		QueuedAt: at, StartedAt: at.Add(time.Second), FinishedAt: at.Add(9 * time.Second), Attempts: 1,
		Progress: export.Progress{Phase: export.PhaseDone, RowsRead: 1200, RowsTotal: 1200, RowsWritten: 12},
		Requests: export.Requests{QuickBooks: 3, Sheets: 4},
		Result: export.Result{
			Rows: 1000 + random.IntN(400), Added: 12, Undoable: true,
			Control:   map[string]string{"TotalAmt": "1234567.89", "Balance": "23456.78"},
			Figures:   []export.FigureValue{{ID: "total", Title: "Total", Company: e.Companies[0], Value: "12.5"}},
			Companies: []export.CompanyOutcome{{Realm: e.Companies[0], Name: "Company", Rows: 1200}}, URL: e.Target.URL,
		},
	}
	switch random.IntN(50) {
	case 0:
		r.Status, r.Result = export.RunFailed, export.Result{}
		r.Problem = problem.New(problem.SheetConflict, "Cells B2:B4 are in the way.")
	case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10:
		r.Unchanged, r.Added = true, 0
	}
	return r
}

// TestFillStore puts a history into a store that LEDGERSHEET_BENCH_STORE names, for the benchmark of the whole program:
// of LEDGERSHEET_BENCH_HISTORY runs of its exporters. Without these variables there is nothing to do.
func TestFillStore(t *testing.T) {
	path := os.Getenv("LEDGERSHEET_BENCH_STORE")
	if path == "" {
		t.Skip("no store is named")
	}
	n, err := strconv.Atoi(os.Getenv("LEDGERSHEET_BENCH_HISTORY"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := openFile(path, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	s := &Store{db: db, now: time.Now}
	all, err := s.Exporters(t.Context(), export.ExporterFilter{})
	if err != nil || len(all) == 0 {
		t.Fatalf("%d exporters: %v", len(all), err)
	}
	fillRuns(t, s, all, n, time.Now())
	if err := errors.Join(db.Sync(), s.Close()); err != nil {
		t.Fatal(err)
	}
}
