package source_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

func changeLog() export.ChangeLog {
	return export.ChangeLog{ID: "changes", Title: "Change log", Watched: []export.Watched{
		{
			Object: "Invoice", Title: "Invoice", AppPath: "invoice?txnId=", Label: "DocNumber", Date: "TxnDate",
			Total: "TotalAmt",
			Fields: []export.WatchedField{
				{Path: "DocNumber", Title: "Number"},
				{Path: "TxnDate", Title: "Date", Kind: table.Date},
				{Path: "CustomerRef", Title: "Customer"},
				{Path: "TotalAmt", Title: "Total", Kind: table.Money},
				{Path: "Balance", Title: "Open balance", Kind: table.Money},
				{Path: "PrivateNote", Title: "Memo"},
			},
		},
		{Object: "Payment", Title: "Payment", Date: "TxnDate", Total: "TotalAmt", Fields: []export.WatchedField{
			{Path: "TxnDate", Title: "Date", Kind: table.Date},
			{Path: "TotalAmt", Title: "Total", Kind: table.Money},
			{Path: "PrivateNote", Title: "Memo"},
		}},
		{
			Object: "Customer", Title: "Customer", HasActive: true, Label: "DisplayName",
			Derived: []string{"Balance", "BalanceWithJobs", "FullyQualifiedName"},
			Fields: []export.WatchedField{
				{Path: "DisplayName", Title: "Name"}, {Path: "Active", Title: "Active", Kind: table.Bool},
			},
		},
	}}
}

// watched is a simulated company with a change log that is read repeatedly.
type watched struct {
	simulated
	t     testing.TB
	clock *atomic.Int64 // unix seconds
	log   export.ChangeLog
	query export.Query
	state []byte
}

// watch returns a small company after the first run, which takes the baseline.
func watch(t testing.TB) *watched {
	w := &watched{t: t, clock: &atomic.Int64{}, log: changeLog()}
	w.clock.Store(time.Date(2026, time.March, 14, 20, 0, 0, 0, time.UTC).Unix())
	w.simulated = simulate(t, intuitsim.Options{
		Seed: 3, Companies: 2, Customers: 8, Vendors: 4, Items: 6, Invoices: 12, Bills: 4,
		Now: func() time.Time { return time.Unix(w.clock.Load(), 0) },
	})
	r := w.run()
	n := len(w.books.IDs("Invoice")) + len(w.books.IDs("Payment")) + len(w.books.IDs("Customer"))
	want := fmt.Sprintf("Watching %d records of %s from now on; changes show from the next run.", n, w.company.Name)
	if len(r.rows) != 0 || len(r.warnings()) != 1 || r.warnings()[0] != want {
		t.Fatalf("the first run has %d rows and warns %q, want %q", len(r.rows), r.warnings(), want)
	}
	return w
}

func (w *watched) wait(d time.Duration) { w.clock.Add(int64(d / time.Second)) }

// read reads with the kept state and does not change it.
func (w *watched) read() result {
	w.t.Helper()
	q := w.query
	q.State = w.state
	return w.must(w.t, w.log, q)
}

// run reads and keeps the new state, as a completed run does.
func (w *watched) run() result {
	w.t.Helper()
	r := w.read()
	w.keep(r)
	return r
}

func (w *watched) keep(r result) {
	w.t.Helper()
	w.state = r.State
}

// lines returns the rows in the order of the sheet, without the column that always differs.
func (r result) lines() []string {
	var list []string
	for _, row := range r.rows {
		var cells []string
		for i, c := range row.Cells {
			if id := r.Schema.Columns[i].ID; id != export.ChangeWhen {
				cells = append(cells, c.String())
			}
		}
		list = append(list, strings.Join(cells, "|"))
	}
	return list
}

func (w *watched) want(r result, want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, r.lines()); diff != "" {
		w.t.Errorf("the log (-want +got):\n%s", diff)
	}
}

// invoice adds an invoice dated in March 2026 and returns its id.
func (w *watched) invoice(number, amount string) string {
	w.t.Helper()
	id, err := w.books.AddInvoice(intuitsim.Sale{DocNumber: number, Date: "2026-03-02", Amount: amount})
	ok(w.t, err)
	return id
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestChangesAreToldFieldByField(t *testing.T) {
	t.Parallel()
	w := watch(t)
	ok(t, w.books.CloseBooks("2026-02-28"))
	w.want(w.run())
	w.wait(time.Hour)
	id := w.invoice("N-1", "100")
	w.want(w.run(), "Invoice|"+id+"|N-1|2026-03-02|Added|Total||"+w.total(id)+"|false")
	added := w.run().lines()[0]
	if r := w.run(); len(r.warnings()) != 0 || len(r.rows) != 1 {
		t.Errorf("nothing happened, but there are %d rows and warnings %q", len(r.rows), r.warnings())
	}
	total := w.total(id)
	w.wait(time.Hour)
	ok(t, w.books.Change("Invoice", id, intuitsim.Change{DocNumber: "N-2", Date: "2026-02-10", Amount: "250"}))
	changed := w.total(id)
	log := []string{
		"Invoice|" + id + "|N-2|2026-02-10|Changed|Number|N-1|N-2|true",
		"Invoice|" + id + "|N-2|2026-02-10|Changed|Date|2026-03-02|2026-02-10|true",
		"Invoice|" + id + "|N-2|2026-02-10|Changed|Total|" + total + "|" + changed + "|true",
		"Invoice|" + id + "|N-2|2026-02-10|Changed|Open balance|" + total + "|" + changed + "|true",
		added,
	}
	w.want(w.run(), log...)

	w.wait(time.Hour)
	// Moving an invoice out of the closed books changes them too.
	ok(t, w.books.Change("Invoice", id, intuitsim.Change{Date: "2026-03-05"}))
	log = append([]string{"Invoice|" + id + "|N-2|2026-03-05|Changed|Date|2026-02-10|2026-03-05|true"}, log...)
	w.want(w.run(), log...)

	w.wait(time.Hour)
	payment, err := w.books.Pay("Invoice", id, "")
	ok(t, err)
	w.wait(time.Second)
	log = append([]string{
		"Invoice|" + id + "|N-2|2026-03-05|Changed|Open balance|" + changed + "|0.00|false",
		"Payment|" + payment + "||2026-03-14|Added|Total||" + changed + "|false",
	}, log...)
	w.want(w.run(), log...)

	w.wait(time.Hour)
	ok(t, w.books.Void("Invoice", id))
	log = append([]string{"Invoice|" + id + "|N-2|2026-03-05|Voided|Total|" + changed + "|0.00|false"}, log...)
	r := w.run()
	if got := r.lines(); len(got) < 2 || got[0] != log[0] ||
		!strings.HasPrefix(got[1], "Payment|"+payment+"||2026-03-15|Changed|(other)|||") &&
			!strings.HasPrefix(got[1], "Payment|"+payment+"||2026-03-14|Changed|(other)|||") {
		t.Errorf("after voiding: %q", got[:2])
	}

	w.wait(time.Hour)
	before := w.run().lines()
	ok(t, w.books.Delete("Invoice", id))
	w.want(w.run(), append([]string{"Invoice|" + id + "|N-2|2026-03-05|Deleted|Total|0.00||false"}, before...)...)
}

// total returns an invoice's total in the books, with two decimal places.
func (w *watched) total(id string) string {
	w.t.Helper()
	q := export.Query{
		Columns: []string{"TotalAmt"}, Filters: []export.Filter{{Column: "Id", Op: export.OpEqual, Value: id}},
	}
	r := w.must(w.t, invoices(), q)
	d, _ := r.rows[0].Cells[0].Decimal()
	return d.StringFixed(2)
}

// TestNamesElsewhere proves that renaming a customer is one change, and not another one for each of its invoices,
// whichever way they are read.
func TestNamesElsewhere(t *testing.T) {
	t.Parallel()
	w := watch(t)
	id := w.books.IDs("Customer")[0]
	before := w.customer(id)
	w.wait(time.Minute)
	ok(t, w.books.Change("Customer", id, intuitsim.Change{Name: "Other & Sons"}))
	renamed := "Customer|" + id + "|Other & Sons||Changed|Name|" + before + "|Other & Sons|"
	w.want(w.run(), renamed)
	w.wait(29 * 24 * time.Hour)
	w.want(w.run(), renamed)

	w.wait(time.Minute)
	inactive := false
	ok(t, w.books.Change("Customer", id, intuitsim.Change{Active: &inactive}))
	w.want(w.run(), "Customer|"+id+"|Other & Sons||Changed|Active|true|false|", renamed)
}

func (w *watched) customer(id string) string {
	w.t.Helper()
	e := export.Entity{
		ID: "customers", Title: "Customers", Object: "Customer", HasActive: true,
		Columns: []export.Column{
			{Path: "Id", Title: "ID", Key: true, Queryable: true},
			{Path: "DisplayName", Title: "Name"},
		},
	}
	r := w.must(w.t, e, export.Query{
		Columns: []string{"DisplayName"}, Filters: []export.Filter{{Column: "Id", Op: export.OpEqual, Value: id}},
		Options: map[string]string{export.OptIncludeInactive: "true"},
	})
	return strings.TrimSuffix(r.rows[0].Cells[0].String(), " (deleted)")
}

// TestARepeatedRunTellsTheSame proves that if a run's state is lost, the next run reports the same changes once.
func TestARepeatedRunTellsTheSame(t *testing.T) {
	t.Parallel()
	w := watch(t)
	w.wait(time.Hour)
	first := w.invoice("A", "10")
	gone := w.invoice("B", "20")
	ok(t, w.books.Delete("Invoice", gone)) // it came and went between two runs
	lost := w.read().lines()
	w.wait(time.Minute)
	again := w.run().lines()
	if diff := cmp.Diff(lost, again); diff != "" || len(again) != 2 {
		t.Errorf("the repeated run tells something else:\n%s", diff)
	}
	if !strings.Contains(strings.Join(again, "\n"), "Invoice|"+gone+"|||Deleted|Total|||") {
		t.Errorf("nothing tells of what came and went: %q", again)
	}
	// The next reading overlaps with this one and returns all of it once more.
	w.wait(time.Minute)
	w.want(w.run(), again...)
	w.wait(time.Minute)
	ok(t, w.books.Change("Invoice", first, intuitsim.Change{Note: "seen"}))
	w.want(w.run(), append([]string{"Invoice|" + first + "|A|2026-03-02|Changed|Memo||seen|false"}, again...)...)
}

func TestALongPauseComparesAll(t *testing.T) {
	t.Parallel()
	w := watch(t)
	changed, gone := w.books.IDs("Invoice")[0], w.books.IDs("Invoice")[1]
	w.wait(40 * 24 * time.Hour)
	ok(t, w.books.Change("Invoice", changed, intuitsim.Change{Note: "late"}))
	ok(t, w.books.Delete("Invoice", gone))
	w.wait(31 * 24 * time.Hour)
	w.server.ResetRequests()
	r := w.run()
	got := r.lines()
	if w.server.Count("cdc") != 0 || len(r.warnings()) != 1 ||
		!strings.HasPrefix(r.warnings()[0], "The last run is more than 29 days ago") {
		t.Errorf("%d requests for changes, warnings %q", w.server.Count("cdc"), r.warnings())
	}
	all := strings.Join(got, "\n")
	if !strings.Contains(all, "Invoice|"+changed+"|") || !strings.Contains(all, "|Changed|Memo|") ||
		!strings.Contains(got[0], "Invoice|"+gone+"|") || !strings.Contains(got[0], "|Deleted|") {
		t.Errorf("the log: %q", got)
	}
	w.want(w.run(), got...)
}

func TestManyChangesCompareAll(t *testing.T) {
	t.Parallel()
	w := watch(t)
	w.wait(time.Hour)
	for i := range 999 {
		w.invoice(fmt.Sprint("M-", i), "5")
	}
	gone := w.books.IDs("Invoice")[3]
	ok(t, w.books.Delete("Invoice", gone))
	r := w.run()
	if len(r.warnings()) != 1 ||
		!strings.HasPrefix(r.warnings()[0], "More changed since the last run than the 1000 records") {
		t.Errorf("warnings %q", r.warnings())
	}
	count := map[string]int{}
	for _, kind := range r.column(t, export.ChangeKind) {
		count[kind]++
	}
	if diff := cmp.Diff(map[string]int{"Added": 999, "Deleted": 1}, dropKey(count, "Changed")); diff != "" {
		t.Error(diff)
	}
	w.wait(time.Hour)
	w.want(w.run(), r.lines()...)
}

func dropKey(m map[string]int, key string) map[string]int {
	delete(m, key)
	return m
}

func TestAConnectionMadeAnewComparesAll(t *testing.T) {
	t.Parallel()
	w := watch(t)
	w.wait(time.Hour)
	w.company.ConnectedAt = time.Unix(w.clock.Load(), 0)
	id := w.invoice("C", "1")
	w.wait(time.Minute)
	r := w.run()
	w.want(r, "Invoice|"+id+"|C|2026-03-02|Added|Total||"+w.total(id)+"|false")
	if len(r.warnings()) != 1 {
		t.Errorf("warnings %q", r.warnings())
	}
	if r := w.run(); len(r.warnings()) != 0 {
		t.Errorf("warnings of the next run: %q", r.warnings())
	}
}

// TestNothingIsSkippedAfterAnAnswerWithGaps: an answer that holds a fault, or says nothing of an object, is asked for
// again; while it stays so the reading fails and the next one tells everything.
func TestNothingIsSkippedAfterAnAnswerWithGaps(t *testing.T) {
	t.Parallel()
	for body, code := range map[intuitsim.Body]problem.Code{
		intuitsim.BodyFaultInside:   problem.QuickBooksUnavailable,
		intuitsim.BodyEntityMissing: problem.QuickBooksMalformed,
	} {
		t.Run(string(body), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := watch(t)
				asked := func() int {
					n := 0
					for _, r := range w.server.Requests() {
						if r.Kind == "cdc" {
							n++
						}
					}
					w.server.ResetRequests()
					return n
				}
				w.wait(time.Hour)
				ok(t, w.books.Change("Customer", w.books.IDs("Customer")[0], intuitsim.Change{Name: "Gap Ltd"}))
				w.server.Fail(intuitsim.Fault{Match: "cdc", Body: body, N: -1})
				q := w.query
				q.State = w.state
				if r := w.simulated.read(t, w.log, q); !problem.HasCode(r.err, code) || asked() != 5 {
					t.Errorf("while it stays so: %v, %d rows", r.err, len(r.rows))
				}
				w.server.ClearFaults()
				w.server.Fail(intuitsim.Fault{Match: "cdc", Body: body})
				if r := w.run(); len(r.rows) != 1 || !strings.Contains(r.lines()[0], "Gap Ltd") || asked() != 2 {
					t.Errorf("afterwards: %q", r.lines())
				}
			})
		})
	}
}
