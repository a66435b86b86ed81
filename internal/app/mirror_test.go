package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
)

// sheaf makes twenty exporters of one company that are due together, with names from other lists among their columns.
func (w *world) sheaf(company export.Company) []export.Exporter {
	var list []export.Exporter
	for i, kind := range []string{
		"invoices", "customers", "payments", "bills", "vendors", "items", "departments", "estimates", "credit_memos",
		"sales_receipts", "bill_payments", "purchases", "purchase_orders", "journal_entries", "deposits", "transfers",
		"classes", "employees", "invoices", "bills",
	} {
		var columns []string
		switch {
		case i == 18:
			columns = []string{"Id", "DocNumber", "CustomerRef.CompanyName", "SalesTermRef.name", "Balance"}
		case i == 19:
			columns = []string{"Id", "VendorRef.CompanyName", "APAccountRef.name", "Balance"}
		}
		e := w.newExporter(kind, nil, columns, company)
		e.Name = fmt.Sprintf("%s %d", kind, i)
		e.Schedule = export.Schedule{Cron: "*/15 * * * *", Timezone: "UTC", Enabled: true}
		list = append(list, w.create(e))
	}
	return list
}

// due waits for all exporters' next scheduled runs and returns them, with the number of requests to QuickBooks.
func (w *world) due(n int) (runs []export.Run, asked int) {
	w.t.Helper()
	w.intuit.ResetRequests()
	for event := range w.desk().Follow(w.ctx, func(r export.Run) bool { return r.Status.Over() }) {
		if event.Run.Status != export.RunSucceeded {
			w.t.Fatalf("%s: %v", event.Run.Exporter.Name, event.Run.Problem)
		}
		if runs = append(runs, event.Run); len(runs) == n {
			break
		}
	}
	return runs, w.asked()
}

// Twenty exporters of one company are due together: nothing changed costs one request in all, and a change a few.
func TestOneRequestForTwentyExporters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, intuitsim.Options{Customers: 8, Vendors: 5, Items: 6, Invoices: 40, Bills: 15})
		company := w.connect(1)[0]
		list := w.sheaf(company)
		must(t, w.app.StartSchedules(w.ctx))
		if _, asked := w.due(len(list)); asked < 2*len(list) {
			t.Fatalf("%d requests to read everything", asked)
		}
		for round := range 3 {
			w.google.ResetRequests()
			runs, asked := w.due(len(list))
			said := 0
			for _, r := range runs {
				if said += r.QuickBooks; !r.Unchanged {
					t.Errorf("%s: nothing changed, and something was written", r.Exporter.Name)
				}
			}
			if asked != 1 || said != 1 {
				t.Errorf("%d requests and %d in the runs' records, want 1", asked, said)
			}
			// By now all lists that they look into are kept, and a run has found each sheet right.
			seen := 0
			for _, r := range w.google.Requests() {
				if r.Kind != "token" {
					seen++
				}
			}
			if round == 2 && seen != len(list) {
				t.Errorf("%d requests to Google while nobody touched anything, want one for each exporter", seen)
			}
		}
		books := w.intuit.Company(string(company.Realm))
		books.SetQuirks(intuitsim.Quirks{QuietSettlements: true, QuietBalances: true})
		customer := books.IDs("Customer")[0]
		must(t, books.Change("Customer", customer, intuitsim.Change{Name: "Renamed & Sons"}))
		id, err := books.AddInvoice(intuitsim.Sale{CustomerID: customer, DocNumber: "N-1", Amount: "321.00"})
		must(t, err)
		paid := slices.DeleteFunc(books.IDs("Invoice"), func(other string) bool { return other == id })
		for _, other := range paid {
			if _, err = books.Pay("Invoice", other, ""); err == nil {
				break // others are paid
			}
		}
		must(t, err)
		runs, asked := w.due(len(list))
		if asked > 12 {
			t.Errorf("%d requests after three changes", asked)
		}
		w.compareWithLive(runs)
	})
}

// compareWithLive compares each exporter's rows with those of an installation that reads everything.
func (w *world) compareWithLive(runs []export.Run) {
	w.t.Helper()
	rows := map[export.ID]string{}
	for _, r := range runs {
		e, err := w.desk().Exporter(w.ctx, r.Exporter.ID)
		must(w.t, err)
		doc := w.google.Spreadsheet(e.Target.Spreadsheet)
		rows[r.Exporter.ID] = fmt.Sprint(doc.Values("Data!A1:AZ999"))
	}
	must(w.t, w.app.Stop(w.ctx))
	w.set.Mirror = false
	w.open()
	if _, err := os.Stat(filepath.Join(w.set.DataDir, "mirror")); !os.IsNotExist(err) {
		w.t.Errorf("local copies are switched off and still there: %v", err)
	}
	for _, r := range runs {
		if live, doc := w.mustRun(r.Exporter.ID); !live.Unchanged {
			w.t.Errorf("%s: read live it is\n%.1500s\nand was\n%.1500s", r.Exporter.Name,
				fmt.Sprint(doc.Values("Data!A1:AZ999")), rows[r.Exporter.ID])
		}
	}
}

// A company's copy is kept when it is disconnected, and destroyed when it is deleted.
func TestCopiesGoWithTheCompany(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intuitsim.Options{Customers: 5, Vendors: 3, Items: 4, Invoices: 10, Bills: 2})
	companies := w.connect(2)
	e := w.create(w.newExporter("invoices", nil, nil, companies...))
	w.mustRun(e.ID)
	files := func() string {
		list, err := os.ReadDir(filepath.Join(w.set.DataDir, "mirror"))
		must(t, err)
		var names []string
		for _, f := range list {
			names = append(names, strings.TrimSuffix(f.Name(), ".db"))
		}
		return strings.Join(names, " ")
	}
	for _, c := range companies {
		if !strings.Contains(files(), string(c.Realm)) {
			t.Fatalf("%s is not among %s", c.Realm, files())
		}
	}
	_, err := w.desk().DisconnectCompany(w.ctx, companies[0].Realm)
	must(t, err)
	if !strings.Contains(files(), string(companies[0].Realm)) {
		t.Error("disconnecting destroyed the copy")
	}
	must(t, w.desk().DeleteCompany(w.ctx, companies[0].Realm))
	if got := files(); got != string(companies[1].Realm) {
		t.Errorf("after deleting %s there are %s", companies[0].Realm, got)
	}
}

// A company of which no copy is kept is read live, like one with a copy, and its file goes with the switch.
func TestSwitchOffACopy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intuitsim.Options{Customers: 5, Vendors: 3, Items: 4, Invoices: 10, Bills: 2})
	company := w.connect(1)[0]
	e := w.create(w.newExporter("invoices", nil, nil, company))
	w.mustRun(e.ID)
	c, err := w.desk().Company(w.ctx, company.Realm)
	must(t, err)
	if kept := w.desk().CompanyCopy(c); !kept.Offered || !kept.Kept || kept.Bytes == 0 {
		t.Errorf("the copy: %+v", kept)
	}
	c, err = w.desk().KeepCompanyCopy(w.ctx, company.Realm, false)
	must(t, err)
	if kept := w.desk().CompanyCopy(c); kept.Kept || kept.Bytes != 0 {
		t.Errorf("switched off, and there is %+v", kept)
	}
	for range 2 {
		w.intuit.ResetRequests()
		if r, _ := w.mustRun(e.ID); !r.Unchanged || w.asked() != 2 || w.intuit.Count("cdc") != 0 {
			t.Errorf("read live: unchanged %v, %d requests, %d for changes", r.Unchanged, w.asked(),
				w.intuit.Count("cdc"))
		}
	}
	_, err = w.desk().KeepCompanyCopy(w.ctx, company.Realm, true)
	must(t, err)
	w.mustRun(e.ID)
	w.intuit.ResetRequests()
	if r, _ := w.mustRun(e.ID); !r.Unchanged || w.intuit.Count("cdc") != 1 {
		t.Errorf("switched on again: unchanged %v, %d requests", r.Unchanged, w.asked())
	}
}
