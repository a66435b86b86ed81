package app_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/notice"
	"ledgersheet/internal/problem"
)

// codeWorld is one company with one exporter that has succeeded.
type codeWorld struct {
	*world
	company export.Company
	e       export.Exporter
	doc     *googlesim.Spreadsheet
	pit     *tarpit
}

// books is the simulated company.
func (w *codeWorld) books() *intuitsim.Company { return w.intuit.Company(string(w.company.Realm)) }

// refuse has Google refuse everything of a kind.
func (w *codeWorld) refuse(kind string, status int, state, message string) {
	w.google.Fail(googlesim.Fault{Kind: kind, Times: -1, Status: status, State: state, Message: message})
}

// failBooks has QuickBooks answer so to everything that matches.
func (w *codeWorld) failBooks(f intuitsim.Fault) {
	f.N = -1
	w.intuit.Fail(f)
}

// toForeign has the exporter write to a spreadsheet of somebody else, who gives the account a role; empty for none.
func (w *codeWorld) toForeign(role string) {
	id := w.google.CreateSpreadsheet("other@example.com", "Theirs", "Data")
	if role != "" {
		must(w.t, w.google.Share(id, "owner@example.com", role))
	}
	e, err := w.desk().Exporter(w.ctx, w.e.ID)
	must(w.t, err)
	e.Target.Spreadsheet, e.Target.Sheet = id, "Data"
	e, err = w.desk().UpdateExporter(w.ctx, w.e.ID, e, e.Revision)
	must(w.t, err)
	w.e, w.doc = e, w.google.Spreadsheet(id)
}

// change changes the exporter as nobody could through this version of the program.
func (w *codeWorld) change(apply func(*export.Exporter)) {
	_, err := w.app.Store().UpdateExporter(w.ctx, w.e.ID, func(e *export.Exporter) error { apply(e); return nil })
	must(w.t, err)
}

// hang lets the next run hang at QuickBooks, and returns it.
func (w *codeWorld) hang() export.ID {
	w.pit.hangs = func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/v3/company/") }
	r, _, err := w.desk().RunNow(w.ctx, w.e.ID)
	must(w.t, err)
	<-w.pit.held
	return r.ID
}

// codeCase says how a run comes to a code, and what people and programs are told then.
type codeCase struct {
	code    problem.Code
	kind    string            // of the exporter; vendors if empty
	options map[string]string // of it
	quirks  intuitsim.Quirks
	limit   time.Duration // of a run; half an hour if zero
	spoil   func(w *codeWorld)
	finish  func(w *codeWorld) export.ID // does the run instead of just running the exporter
	status  export.RunStatus             // failed if empty
	message string                       // a part of it
	hint    string                       // likewise
	class   problem.Class                // of the code
	// attempts of the run. Those that are retried have three here, unless trying again is known to be of no use.
	attempts int
	cause    string // of the status; the code if empty, "none" if there is none
}

// codeCases has one case for each code with which runs end.
func codeCases() []codeCase {
	report := map[string]string{"date_range": "this_year", "accounting_method": "Accrual"}
	return []codeCase{
		{
			code: problem.CompanyReconnectRequired, attempts: 1,
			spoil: func(w *codeWorld) {
				w.intuit.RevokeGrant(string(w.company.Realm))
				w.intuit.ExpireAccessTokens(string(w.company.Realm))
			},
			message: "QuickBooks has ended this permission", hint: "press Reconnect on this company",
		},
		{
			code: problem.GoogleReconnectRequired, attempts: 1,
			spoil: func(w *codeWorld) {
				w.google.RevokeGrant("owner@example.com")
				w.google.ExpireAccessTokens("owner@example.com")
				w.add()
			},
			message: "Google has ended this permission", hint: "press Reconnect on this Google account",
		},
		{
			code: problem.AppCredentials, attempts: 1,
			spoil: func(w *codeWorld) {
				w.intuit.ExpireAccessTokens(string(w.company.Realm))
				w.failBooks(intuitsim.Fault{
					Match: "token", Status: 401, Body: intuitsim.BodyOAuth, Code: "invalid_client",
				})
			},
			message: "does not accept the app's client id and secret", hint: "reconnecting cannot help",
		},
		{
			code: problem.CompanyUnknown, attempts: 1,
			spoil: func(w *codeWorld) {
				w.change(func(e *export.Exporter) { e.Companies = []export.RealmID{"4444"} })
			},
			message: "The company 4444 is not connected", hint: "Connect this company",
		},
		{
			code: problem.QuickBooksRateLimited, class: problem.RetryRequest, attempts: 3,
			spoil:   func(w *codeWorld) { w.failBooks(intuitsim.Fault{Match: "v3", Code: "3001"}) },
			message: "too many requests for this company", hint: "spread the schedules",
		},
		{
			code: problem.QuickBooksUnavailable, class: problem.RetryRequest, attempts: 3,
			spoil:   func(w *codeWorld) { w.failBooks(intuitsim.Fault{Match: "v3", Status: 503}) },
			message: "QuickBooks", hint: "Intuit's status page",
		},
		{
			code: problem.QuickBooksRejected, attempts: 1,
			spoil: func(w *codeWorld) {
				w.failBooks(intuitsim.Fault{
					Match: "query", Status: 400, Code: "4000", Type: "ValidationFault", Message: "Error parsing query",
					Detail: "QueryParserError: Invalid content.",
				})
			},
			message: "Error parsing query", hint: "change the exporter",
		},
		{
			code: problem.QuickBooksMalformed, class: problem.RetryAttempt, attempts: 3,
			spoil:   func(w *codeWorld) { w.failBooks(intuitsim.Fault{Match: "v3", Body: intuitsim.BodyBadJSON}) },
			message: "QuickBooks' answer", hint: "report it with the request id",
		},
		{
			code: problem.IncompleteRead, class: problem.RetryAttempt, attempts: 1, // it stays so: no use in more
			spoil: func(w *codeWorld) {
				w.failBooks(intuitsim.Fault{
					Match: "query", Contains: "COUNT", Body: intuitsim.BodyRaw, Status: 200,
					Raw: `{"QueryResponse":{"totalCount":9999},"time":"2026-01-31T10:00:00-08:00"}`,
				})
			},
			message: "counts 9999 of vendors and gives 8", hint: "press Reconnect",
		},
		{
			code: problem.ReportTooLarge, kind: "profit_and_loss_detail", options: report, attempts: 1,
			spoil:   func(w *codeWorld) { w.failBooks(intuitsim.Fault{Match: "report", Status: 504}) },
			message: "did not finish the report in time", hint: "fewer columns or a filter",
		},
		{
			code: problem.GoogleRateLimited, class: problem.RetryRequest, attempts: 3,
			spoil:   func(w *codeWorld) { w.refuse("", 429, "RESOURCE_EXHAUSTED", "Quota exceeded"); w.add() },
			message: "Google", hint: "spread the schedules",
		},
		{
			code: problem.GoogleUnavailable, class: problem.RetryRequest, attempts: 3,
			spoil:   func(w *codeWorld) { w.refuse("", 503, "UNAVAILABLE", "Try again"); w.add() },
			message: "Google", hint: "run it again later",
		},
		{
			code: problem.GoogleRejected, attempts: 1,
			spoil: func(w *codeWorld) {
				w.refuse("batchUpdate", 400, "INVALID_ARGUMENT", "Invalid requests[0].")
				w.add()
			},
			message: "Invalid requests[0]", hint: "change the exporter's destination",
		},
		{
			code: problem.SpreadsheetNotFound, attempts: 1,
			spoil: func(w *codeWorld) {
				w.change(func(e *export.Exporter) { e.Target.Spreadsheet = strings.Repeat("x", 44) })
			},
			message: "spreadsheet", hint: "Choose another one",
		},
		{
			code: problem.SpreadsheetForbidden, attempts: 1,
			spoil:   func(w *codeWorld) { w.toForeign("reader") },
			message: "owner@example.com", hint: "Share",
		},
		{
			code: problem.SheetProtected, attempts: 1,
			spoil: func(w *codeWorld) {
				w.toForeign("writer")
				w.must()
				must(w.t, w.doc.Protect("Data!A1:B5", "other@example.com"))
				w.add()
			},
			message: "A1:B5", hint: "protected",
		},
		{
			code: problem.SheetConflict, attempts: 1,
			spoil: func(w *codeWorld) {
				id := w.google.CreateSpreadsheet("owner@example.com", "Mine", "Data")
				must(w.t, w.google.Spreadsheet(id).SetCell("Data!A1", "my own"))
				w.change(func(e *export.Exporter) {
					e.Target.Spreadsheet, e.Target.Tab, e.WhenBlocked = id, nil, export.StopWhenBlocked
				})
			},
			message: "Data", hint: "",
		},
		{
			code: problem.HeaderDrift, attempts: 1,
			spoil:   func(w *codeWorld) { must(w.t, w.doc.SetCell("Data!B1", "Who")); w.add() },
			message: "Who", hint: "Choose how to go on",
		},
		{
			code: problem.SpreadsheetFull, attempts: 1,
			spoil: func(w *codeWorld) {
				full := &sheets.SheetProperties{
					Title: "Mine", GridProperties: &sheets.GridProperties{RowCount: 383_000, ColumnCount: 26},
				}
				must(w.t, w.doc.Batch(&sheets.Request{AddSheet: &sheets.AddSheetRequest{Properties: full}}))
				for i := range 2000 {
					_, err := w.books().AddParty("Vendor", fmt.Sprint("Vendor of many ", i))
					must(w.t, err)
				}
			},
			message: "There is no room for the rows", hint: "10 million cells",
		},
		{
			code: problem.TotalsMismatch, kind: "profit_and_loss", options: report,
			quirks: intuitsim.Quirks{OneCentOff: true}, class: problem.RetryAttempt, attempts: 1,
			spoil: func(w *codeWorld) {
				w.change(func(e *export.Exporter) { e.OnDifference = export.FailOnDifference })
				w.add()
			},
			message: "add up to", hint: "Correct it in QuickBooks",
		},
		{
			code: problem.Deadline, class: problem.RetryAttempt, attempts: 3, limit: time.Minute,
			spoil: func(w *codeWorld) {
				w.pit.hangs = func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/v3/company/") }
			},
			message: "not done within 1m0s", hint: "LEDGERSHEET_RUN_TIMEOUT",
		},
		{
			code: problem.Interrupted, class: problem.RetryAttempt, status: export.RunQueued, cause: "none",
			finish: func(w *codeWorld) export.ID {
				id := w.hang()
				must(w.t, w.app.Stop(context.Background()))
				close(w.pit.released)
				synctest.Wait()
				w.openIdle()
				return id
			},
			message: "The service was stopped during the run", hint: "taken up again by itself",
		},
		{
			code: problem.Cancelled, attempts: 1, status: export.RunCancelled, cause: "none",
			finish: func(w *codeWorld) export.ID {
				id := w.hang()
				_, err := w.desk().CancelRun(w.ctx, id)
				must(w.t, err)
				return id
			},
			message: "The run was cancelled", hint: "The sheet keeps its previous rows",
		},
		{
			code: problem.Internal, attempts: 1,
			spoil:   func(w *codeWorld) { w.change(func(e *export.Exporter) { e.Definition = "of_a_newer_version" }) },
			message: "knows no exporter type", hint: "The log has the details",
		},
	}
}

// add adds a vendor, so that the next run has something to write.
func (w *codeWorld) add() {
	if _, err := w.books().AddParty("Vendor", "One more "+time.Now().String()); err != nil {
		w.t.Fatal(err)
	}
}

// must runs the exporter, which succeeds.
func (w *codeWorld) must() { _, w.doc = w.mustRun(w.e.ID) }

// TestEveryCodeOfARun brings runs of the whole program to each code, and looks at message, hint and class, at how
// often it is tried, at the API, the pages and the status.
func TestEveryCodeOfARun(t *testing.T) {
	t.Parallel()
	asked := []problem.Code{ // these answer requests to us, see TestEveryCodeOfARequest
		problem.InvalidInput, problem.BadRequest, problem.TooLarge, problem.Unauthorized, problem.Forbidden,
		problem.NotFound, problem.Conflict, problem.TooManyRequests, problem.Unavailable,
	}
	cases := codeCases()
	for _, code := range problem.All() {
		n := 0
		for _, c := range cases {
			if c.code == code {
				n++
			}
		}
		if of := slices.Contains(asked, code); n != 1 && !of || n != 0 && of {
			t.Errorf("%s has %d cases", code, n)
		}
	}
	for _, c := range cases {
		t.Run(string(c.code), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { c.test(t) })
		})
	}
}

func (c codeCase) test(t *testing.T) {
	time.Sleep(12 * time.Hour) // virtual time begins at midnight, when it is still yesterday in the company's zone
	w := &codeWorld{world: makeWorld(t, intuitsim.Options{
		Companies: 1, Customers: 5, Vendors: 8, Items: 5, Invoices: 20, Bills: 10, Quirks: []intuitsim.Quirks{c.quirks},
	})}
	w.pit = &tarpit{next: w.network, held: make(chan struct{}, 1000), released: make(chan struct{}),
		hangs: func(*http.Request) bool { return false }}
	w.network, w.backoff = w.pit, []time.Duration{time.Minute, time.Minute}
	w.set.Mirror, w.set.RunTimeout = false, cmp.Or(c.limit, 30*time.Minute)
	w.openToVisitors()
	v := w.signIn()
	w.company = w.connect(1)[0]
	w.e = w.create(w.newExporter(cmp.Or(c.kind, "vendors"), c.options, nil, w.company))
	w.must()
	if c.spoil != nil {
		c.spoil(w)
	}
	run := c.finish
	if run == nil {
		run = func(w *codeWorld) export.ID {
			r, _, err := w.desk().RunNow(w.ctx, w.e.ID)
			must(t, err)
			return r.ID
		}
	}
	id := run(w)
	time.Sleep(2 * time.Hour)
	synctest.Wait()
	c.checkRun(t, v, id)
	c.checkStatus(t, v)
	c.checkNotice(t, w)
	for _, request := range w.intuit.Writes() {
		t.Errorf("%s %s was sent to QuickBooks", request.Method, request.Path)
	}
}

// checkRun looks at the run, by API and on its page.
func (c codeCase) checkRun(t *testing.T, v *visitor, id export.ID) {
	t.Helper()
	var r struct {
		Status   export.RunStatus
		Attempts int
		Error    struct {
			Code          problem.Code
			Message, Hint string
		}
	}
	v.call("/runs/"+string(id), &r)
	said, want := r.Error, cmp.Or(c.status, export.RunFailed)
	if said.Code != c.code || r.Status != want || r.Attempts != c.attempts {
		t.Fatalf("the run %s with %q after %d attempts, want %s, %q and %d: %s", r.Status, said.Code, r.Attempts, want,
			c.code, c.attempts, said.Message)
	}
	if !strings.Contains(said.Message, c.message) || !strings.Contains(said.Hint, c.hint) || said.Hint == "" {
		t.Errorf("it says %q, %q; want %q, %q", said.Message, said.Hint, c.message, c.hint)
	}
	if c.code.Class() != c.class {
		t.Errorf("its class is %d, want %d", c.code.Class(), c.class)
	}
	page := v.see("/runs/" + string(id))
	if !strings.Contains(page.text, said.Message) || !strings.Contains(page.text, said.Hint) && len(page.buttons) == 0 {
		t.Errorf("the run's page does not say %q, %q: %s", said.Message, said.Hint, page.text)
	}
}

// checkNotice looks at what would be told: a code about which only a person can do something needs one, and each lands
// on a page.
func (c codeCase) checkNotice(t *testing.T, w *codeWorld) {
	t.Helper()
	causes, err := w.app.Control().CausesAmong(w.ctx, nil)
	must(t, err)
	if c.cause == "none" {
		if len(causes) > 0 {
			t.Errorf("it is told as %+v", causes)
		}
		return
	}
	if len(causes) != 1 {
		t.Fatalf("it is told as %+v", causes)
	}
	told := causes[0]
	if told.Title == "" || told.Action == "" || told.Path == "" || told.Button == "" {
		t.Errorf("the notice says too little: %+v", told)
	}
	person := slices.Contains(told.On, notice.NeedsYou)
	if !slices.Contains(told.On, notice.Failure) || c.code.Class() == problem.Stop && !person {
		t.Errorf("its events are %v", told.On)
	}
}

// checkStatus looks at what needs a person.
func (c codeCase) checkStatus(t *testing.T, v *visitor) {
	t.Helper()
	var stands struct {
		Causes []struct{ Code, Action string }
	}
	v.call("/status", &stands)
	want := cmp.Or(c.cause, string(c.code))
	if want == "none" && len(stands.Causes) == 0 {
		return
	}
	if len(stands.Causes) != 1 || stands.Causes[0].Code != want || stands.Causes[0].Action == "" {
		t.Errorf("the status has %+v, want %s", stands.Causes, want)
	}
}
