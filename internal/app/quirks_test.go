package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/exporters"
	"ledgersheet/internal/demo"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
)

// oddWorld is a world whose companies have quirks, in virtual time: pages that time out and limits cost nothing.
type oddWorld struct {
	*world
	company export.Company
	books   *intuitsim.Company
	legacy  bool
	newest  export.ID // of the exporters
}

// inOddWorld runs a test with such a company.
func inOddWorld(t *testing.T, q intuitsim.Quirks, test func(*testing.T, *oddWorld)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(12 * time.Hour) // virtual time begins at midnight, when it is still yesterday in the company's zone
		objects, reports := demo.Describe(exporters.All())
		w := newWorld(t, intuitsim.Options{
			Companies: 3, Customers: 40, Vendors: 14, Items: 12, Invoices: 60, Bills: 20, Nasty: true, Objects: objects,
			Reports: reports, Quirks: []intuitsim.Quirks{q},
		})
		must(t, w.app.Stop(w.ctx))
		w.set.RunTimeout = 30 * time.Minute // as by default; a page that times out takes two
		w.open()
		o := &oddWorld{world: w, legacy: q.LegacyReports}
		o.take(w.connect(1)[0])
		test(t, o)
		for _, r := range w.intuit.Writes() {
			t.Errorf("%s %s was sent to QuickBooks", r.Method, r.Path)
		}
	})
}

// take makes the company the one that is tested.
func (w *oddWorld) take(c export.Company) { w.company, w.books = c, w.intuit.Company(string(c.Realm)) }

// smallPages are all quirks, with pages that time out for lists as short as those of the test.
func smallPages(legacy bool) intuitsim.Quirks {
	q := intuitsim.AllQuirks(legacy)
	q.LargestPage = 40
	return q
}

// TestEveryTypeOfAnOddCompany runs every type, lists by record and by line and reports in each layout, against
// companies that have all quirks. Rows, sums, headline figures, differences and warnings are known from the books, and
// each run takes one attempt. One company is read twice, of the other each report is read for a time without data too.
func TestEveryTypeOfAnOddCompany(t *testing.T) {
	t.Parallel()
	for _, legacy := range []bool{false, true} {
		t.Run(fmt.Sprintf("legacy=%v", legacy), func(t *testing.T) {
			inOddWorld(t, smallPages(legacy), func(t *testing.T, w *oddWorld) {
				if types := exporters.All(); len(types) != 38+29+1 {
					t.Errorf("%d types, want 38 lists, 29 reports and the changes", len(types))
				}
				if legacy {
					w.take(w.connect(2)[1]) // a Canadian one, whose fiscal year is another
				}
				for _, d := range exporters.All() {
					switch d := d.(type) {
					case export.Report:
						w.checkReport(d)
					case export.Entity:
						w.checkList(d, false)
						if d.Lines {
							w.checkList(d, true)
						}
					}
				}
				w.checkChanges() // the last one: by now the client knows how large pages may be
			})
		})
	}
}

// values returns an option's values, nil if the definition has no such option.
func values(d export.Definition, key string) []string {
	var list []string
	for _, o := range d.OptionList() {
		for _, v := range o.Values {
			if o.Key == key {
				list = append(list, v.Value)
			}
		}
	}
	return list
}

// runOnce runs a new exporter and demands what every run has in common. It returns the last request to QuickBooks too.
func (w *oddWorld) runOnce(d export.Definition, options map[string]string) (export.Run, intuitsim.Request) {
	w.t.Helper()
	w.intuit.ResetRequests()
	w.newest = w.create(w.newExporter(d.Info().ID, options, nil, w.company)).ID
	r := w.run(w.newest)
	if r.Status != export.RunSucceeded || r.Attempts != 1 || r.QuickBooks > mostRequests {
		w.t.Errorf("%s %v: it %s after %d attempts and %d requests: %v", d.Info().ID, options, r.Status, r.Attempts,
			r.QuickBooks, r.Problem)
	}
	var last intuitsim.Request
	for _, request := range w.intuit.Requests() {
		if strings.HasPrefix(request.Path, "/v3/") && (request.Kind == "report" || last.Kind != "report") {
			last = request
		}
	}
	return r, last
}

// runAgain runs the newest exporter of a type once more: nothing changed, so there is nothing to write.
func (w *oddWorld) runAgain(kind string) {
	w.t.Helper()
	if r := w.run(w.newest); r.Status != export.RunSucceeded || !r.Unchanged || r.Exporter.Definition != kind {
		w.t.Errorf("%s once more: it %s, unchanged %t: %v", kind, r.Status, r.Unchanged, r.Problem)
	}
}

// mostRequests bounds the requests of one run: a count, a page in each size that times out and in each order that is
// refused, the pages themselves, and lists that are looked up.
const mostRequests = 20

// oddWarnings are the warnings of runs, by type; others have none.
var oddWarnings = map[string][]string{
	"general_ledger": {
		`column "Share" of the report GeneralLedger has the key "share_pct", which is not known`,
		`column "New" of the report GeneralLedger has the key "some_new_amount", which is not known`,
	},
	"inventory_valuation_summary": {`column "SKU" of the report InventoryValuationSummary should hold numbers`},
	"invoices by line":            {"The lines and the tax of 1 of 85 invoices do not add up"},
}

func (w *oddWorld) checkWarnings(kind string, r export.Run) {
	w.t.Helper()
	texts := export.WarningTexts(r.Warnings)
	if len(texts) != len(oddWarnings[kind]) {
		w.t.Errorf("%s: warnings %q", kind, texts)
		return
	}
	for i, want := range oddWarnings[kind] {
		if !strings.Contains(texts[i], want) {
			w.t.Errorf("%s: the warning is %q, want %q", kind, texts[i], want)
		}
	}
}

// checkChanges follows changes whose first answers hold a fault and leave an entity out.
func (w *oddWorld) checkChanges() {
	w.t.Helper()
	e := w.create(w.newExporter("changes", nil, logColumns, w.company))
	if r, _ := w.mustRun(e.ID); r.Attempts != 1 || r.Rows != 0 || len(r.Warnings) != 1 {
		w.t.Errorf("the first run took %d attempts, has %d rows, warnings %q", r.Attempts, r.Rows, r.Warnings)
	}
	bill := w.books.IDs("Bill")[0]
	must(w.t, w.books.Void("Bill", bill))
	w.intuit.Fail(intuitsim.Fault{Match: "cdc", Body: intuitsim.BodyFaultInside})
	w.intuit.Fail(intuitsim.Fault{Match: "cdc", Body: intuitsim.BodyEntityMissing})
	r, doc := w.mustRun(e.ID)
	log := joinRows(doc.Values("Data!A2:H100"))
	if r.Attempts > 3 || r.Rows != len(log) || !slices.ContainsFunc(log, func(row string) bool {
		return strings.HasPrefix(row, "Bill|"+bill+"|") && strings.Contains(row, "|Voided|")
	}) {
		w.t.Errorf("after %d attempts the log has %d rows: %q", r.Attempts, r.Rows, log)
	}
}

// TestLastingTroubleEnds runs into answers of which the same is to be had again: the runs give up.
func TestLastingTroubleEnds(t *testing.T) {
	t.Parallel()
	t.Run("a hidden record", func(t *testing.T) {
		inOddWorld(t, smallPages(false), func(t *testing.T, w *oddWorld) {
			must(t, w.books.Hide("Invoice", w.books.IDs("Invoice")[7], intuitsim.HiddenUnpaged))
			r := w.run(w.create(w.newExporter("invoices", map[string]string{"date_range": "all"}, nil, w.company)).ID)
			if r.Status != export.RunFailed || r.Attempts != 1 || r.QuickBooks > mostRequests ||
				!problem.HasCode(r.Problem, problem.IncompleteRead) ||
				!strings.Contains(r.Problem.Message, "counts 85 of invoices and gives 84") {
				t.Errorf("it %s after %d attempts and %d requests: %v", r.Status, r.Attempts, r.QuickBooks, r.Problem)
			}
		})
	})
	t.Run("more cells than columns", func(t *testing.T) {
		inOddWorld(t, intuitsim.Quirks{SurplusCell: true}, func(t *testing.T, w *oddWorld) {
			r := w.run(w.create(w.newExporter("profit_and_loss", map[string]string{
				"date_range": "last_12_months", "accounting_method": "Accrual",
			}, nil, w.company)).ID)
			if r.Status != export.RunFailed || r.Attempts > 3 ||
				!problem.HasCode(r.Problem, problem.QuickBooksMalformed) ||
				!strings.Contains(r.Problem.Message, `has "7.77" in cell 3, but there are only 2 columns`) {
				t.Errorf("it %s after %d attempts: %v", r.Status, r.Attempts, r.Problem)
			}
		})
	})
}

// together are the reports with columns that older answers name otherwise, or whose columns have sections before them.
var together = []string{"general_ledger", "customer_income", "trial_balance", "tax_summary"}

// TestOddCompaniesTogether stacks companies that answer in the older and in the newer style.
func TestOddCompaniesTogether(t *testing.T) {
	inOddWorld(t, smallPages(false), func(t *testing.T, w *oddWorld) {
		other := w.connect(1)[0]
		w.intuit.Company(string(other.Realm)).SetQuirks(smallPages(true))
		for _, d := range exporters.All() {
			report, ok := d.(export.Report)
			if !ok || !slices.Contains(together, report.ID) {
				continue
			}
			options := reportOptions(report, export.LayoutTable, false)
			rows := 0
			for _, c := range []export.Company{w.company, other} {
				r, _ := w.mustRun(w.create(w.newExporter(report.ID, options, nil, c)).ID)
				rows += r.Rows
			}
			r, _ := w.mustRun(w.create(w.newExporter(report.ID, options, nil, w.company, other)).ID)
			if r.Rows != rows || r.Differences() != 0 || r.Attempts != 1 {
				t.Errorf("%s: %d rows together, %d apart; %d differences, %d attempts", report.ID, r.Rows, rows,
					r.Differences(), r.Attempts)
			}
		}
	})
}

// TestCustomFieldsOfAnOddCompany expands the custom fields of invoices and looks at the cells.
func TestCustomFieldsOfAnOddCompany(t *testing.T) {
	inOddWorld(t, smallPages(false), func(t *testing.T, w *oddWorld) {
		e := w.create(w.newExporter("invoices", map[string]string{"date_range": "all"},
			[]string{"Id", "TxnDate", "CustomField.*", "AllowIPNPayment"}, w.company))
		r, doc := w.mustRun(e.ID)
		rows := doc.Values("Data!A1:G100")
		if diff := cmp.Diff([]any{"Invoice ID", "Date", "Crew #", "Crew", "Hours", "Rush", "AllowIPNPayment"},
			rows[0]); diff != "" {
			t.Fatal(diff)
		}
		if len(rows) != r.Rows+1 {
			t.Errorf("%d rows, the run says %d", len(rows)-1, r.Rows)
		}
		for _, row := range rows[1:] {
			id, _ := row[0].(string)
			if diff := cmp.Diff([]any{"Crew of " + id, 12.5, len(id)%2 == 0, false}, row[3:]); diff != "" {
				t.Fatalf("invoice %s: %s", id, diff)
			}
			if _, ok := row[1].(float64); !ok {
				t.Fatalf("invoice %s is of %v, which is no date", id, row[1])
			}
		}
	})
}
