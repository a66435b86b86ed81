package app_test

import (
	"net/http"
	"strings"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
)

// TestFaultsReachTheConnection lets QuickBooks refuse a run in each way that matters and looks at the run, at the
// company, and at what the next run costs.
func TestFaultsReachTheConnection(t *testing.T) {
	t.Parallel()
	refused := intuitsim.Fault{Match: "v3", Code: "3100"}
	for name, test := range map[string]struct {
		fault    intuitsim.Fault
		n        int          // -1 for good
		code     problem.Code // of the run; empty if it succeeds
		sent     int          // requests to the API of a run that fails
		status   export.ConnectionStatus
		says     string // in the company's last error; empty for none
		again    int    // requests to the API of the next run
		attempts int
	}{
		"refused once": {fault: refused, n: 1, status: export.Connected, attempts: 1},
		"refused for good": {
			fault: refused, n: -1, code: problem.CompanyReconnectRequired, sent: 3, attempts: 1,
			status: export.ReconnectRequired, says: "not valid for this company",
		},
		"token refused once": {
			fault: intuitsim.Fault{Match: "v3", Status: http.StatusUnauthorized, Body: intuitsim.BodyGateway}, n: 1,
			status: export.Connected, attempts: 1,
		},
		"token refused for good": {
			fault: intuitsim.Fault{
				Match: "v3", Status: http.StatusUnauthorized, Body: intuitsim.BodyGateway, Detail: "Token revoked",
			},
			n: -1, code: problem.CompanyReconnectRequired, sent: 2, attempts: 1,
			status: export.ReconnectRequired, says: "Token revoked",
		},
		"person lost access": {
			fault: intuitsim.Fault{Match: "v3", Code: "120"},
			n:     -1, code: problem.CompanyReconnectRequired, sent: 2, attempts: 1,
			status: export.ReconnectRequired, says: "lost access",
		},
		"authentication down once": {
			fault: intuitsim.Fault{
				Match: "v3", Status: http.StatusInternalServerError, Code: "120", Type: "AuthorizatonFault",
				Message: "Unknown Error during Authentication, statusCode: 500",
			},
			n: 1, status: export.Connected, attempts: 1,
		},
		"lapsed": {
			fault: intuitsim.Fault{Match: "v3", Code: "7001"},
			n:     -1, code: problem.QuickBooksRejected, sent: 1, attempts: 1, again: 1,
			status: export.Connected, says: "Subscription for company has lapsed",
		},
		"subscription ended": {
			fault: intuitsim.Fault{Match: "v3", Code: "6190"},
			n:     -1, code: problem.QuickBooksRejected, sent: 1, attempts: 1, again: 1,
			status: export.Connected, says: "Subscription period has ended",
		},
		"not for this person": {
			fault: intuitsim.Fault{Match: "query", Code: "5020"},
			n:     -1, code: problem.QuickBooksRejected, sent: 1, attempts: 1, again: 1, status: export.Connected,
		},
		"something inactive": {
			fault: intuitsim.Fault{
				Match: "v3", Status: http.StatusBadRequest, Code: "10000", Type: "SystemFault",
				Detail: "Something you're trying to use has been made inactive.",
			},
			n: -1, code: problem.QuickBooksRejected, sent: 3, attempts: 1, again: 3, status: export.Connected,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, intuitsim.Options{Companies: 1, Customers: 3, Vendors: 3, Items: 5, Invoices: 2, Bills: 2})
			company := w.connect(1)[0]
			e := w.newExporter("vendors", nil, nil, company)
			e.Schedule = export.Schedule{Cron: "0 6 * * *", Timezone: "UTC", Enabled: true}
			e = w.create(e)
			w.mustRun(e.ID)
			w.intuit.ResetRequests()
			test.fault.N = test.n
			w.intuit.Fail(test.fault)

			r := w.run(e.ID)
			if test.code == "" && r.Status != export.RunSucceeded ||
				test.code != "" && (r.Problem == nil || r.Problem.Code != test.code || w.asked() != test.sent) ||
				r.Attempts != test.attempts {
				t.Errorf("the run %s after %d attempts: %v", r.Status, r.Attempts, r.Problem)
			}
			w.wantCompany(company.Realm, test.status, test.says)
			if test.code == "" {
				return
			}
			w.intuit.ResetRequests()
			if r := w.run(e.ID); r.Problem == nil || r.Problem.Code != test.code || w.asked() != test.again ||
				r.QuickBooks != test.again {
				t.Errorf("the next run: %v, %d requests", r.Problem, w.asked())
			}

			// When it is over, all goes on: by itself, or after a new consent.
			w.intuit.ClearFaults()
			if test.status == export.ReconnectRequired {
				w.intuit.ConsentTo(string(company.Realm))
				ended := w.desk().Follow(w.ctx,
					func(r export.Run) bool { return r.Trigger == export.TriggerCatchUp && r.Status.Over() })
				if _, err := w.connectCompany(company.Realm); err != nil {
					t.Fatal(err)
				}
				if event := <-ended; event.Run.Status != export.RunSucceeded {
					t.Errorf("the catch-up run %s: %v", event.Run.Status, event.Run.Problem)
				}
			}
			w.mustRun(e.ID)
			w.wantCompany(company.Realm, export.Connected, "")
		})
	}
}

// asked counts the requests to the accounting API.
func (w *world) asked() int {
	n := 0
	for _, r := range w.intuit.Requests() {
		if strings.HasPrefix(r.Path, "/v3/") {
			n++
		}
	}
	return n
}

// wantCompany looks at a company's status and at its last error, of which says is a part.
func (w *world) wantCompany(realm export.RealmID, status export.ConnectionStatus, says string) {
	w.t.Helper()
	c, err := w.desk().Company(w.ctx, realm)
	if err != nil {
		w.t.Fatal(err)
	}
	if c.Status != status || (c.LastError != nil) != (says != "") ||
		says != "" && !strings.Contains(c.LastError.Message, says) {
		w.t.Errorf("the company is %s, last error %v; want %s, %q", c.Status, c.LastError, status, says)
	}
}
