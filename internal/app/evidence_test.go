package app_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
)

func (w *world) evidence(run export.ID) control.Evidence {
	w.t.Helper()
	e, err := w.desk().Evidence(w.ctx, run)
	must(w.t, err)
	return e
}

// TestEvidence compares what a run says that it asked with what QuickBooks says that it was asked.
func TestEvidence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { checkEvidence(t, newWorld(t, smallBooks())) })
}

func smallBooks() intuitsim.Options {
	return intuitsim.Options{Customers: 5, Vendors: 3, Items: 5, Invoices: 20, Bills: 2}
}

func checkEvidence(t *testing.T, w *world) {
	company := w.connect(1)[0]
	options, columns := map[string]string{"date_range": "all"}, []string{"Id", "TotalAmt"}
	e := w.create(w.newExporter("invoices", options, columns, company))
	w.intuit.ResetRequests()
	first, _ := w.mustRun(e.ID)
	wantAsked := func(run export.Run) control.Evidence {
		t.Helper()
		kept := w.evidence(run.ID)
		var want, got []string
		for _, r := range w.intuit.Requests() {
			if strings.HasPrefix(r.Path, "/v3/") {
				want = append(want, r.Tid)
			}
		}
		google := 0
		for _, a := range kept.Asked.Requests() {
			if a.Provider == "google" {
				google++
				continue
			}
			got = append(got, a.ID)
			// The rows come from the local copy, which is first brought up to date.
			if !strings.Contains(a.What, "FROM Invoice") && !strings.HasPrefix(a.What, "cdc?changedSince=") ||
				a.Attempt == 0 || a.At.IsZero() {
				t.Errorf("a request is %+v", a)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) || len(got) != run.QuickBooks || google != run.Sheets || kept.Asked.Omitted() != 0 {
			t.Errorf("%v asked, QuickBooks knows %v; %d to Google; the run says %+v", got, want, google, run.Requests)
		}
		return kept
	}
	kept := wantAsked(first)
	if kept.Day == "" || kept.Evidence.Revision != e.Revision || kept.Options["date_range"] != "all" || kept.By == "" ||
		kept.Digest == "" || kept.Cells == 0 {
		t.Errorf("the evidence is %+v", kept)
	}

	w.intuit.ResetRequests()
	second, _ := w.mustRun(e.ID)
	if again := wantAsked(second); again.Digest != kept.Digest || again.Cells != 0 || !second.Unchanged {
		t.Errorf("of the same rows: digest %s, want %s; %d cells", again.Digest, kept.Digest, again.Cells)
	}
	_, err := w.intuit.Company(string(company.Realm)).AddInvoice(intuitsim.Sale{Amount: "123.45"})
	must(t, err)
	w.intuit.ResetRequests()
	third, _ := w.mustRun(e.ID)
	if other := wantAsked(third); other.Digest == kept.Digest || other.Cells != 2 {
		t.Errorf("of one more row: digest %s, %d cells", other.Digest, other.Cells)
	}

	w.intuit.ResetRequests()
	w.intuit.Fail(intuitsim.Fault{Match: "v3", Status: 503, N: 7})
	tried, _ := w.mustRun(e.ID)
	last := wantAsked(tried).Asked.Requests()
	if n := len(last); tried.Attempts < 2 || last[0].Status != 503 || last[0].Attempt != 1 ||
		last[n-1].Attempt != tried.Attempts {
		t.Errorf("after %d attempts: %+v", tried.Attempts, last)
	}
}
