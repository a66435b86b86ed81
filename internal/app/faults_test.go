package app_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
)

// faultWorld has one company with an exporter that runs every six hours, and one that only people start. It is fifty
// minutes before the next run.
type faultWorld struct {
	*world
	answerCase
	*visitor
	company            export.Company
	scheduled, another export.Exporter
}

// newFaultWorld keeps the real waits: it is for tests whose time is not real.
func newFaultWorld(t *testing.T, a answerCase) *faultWorld {
	t.Helper()
	w := makeWorld(t, intuitsim.Options{Companies: 1, Customers: 3, Vendors: 3, Items: 5, Invoices: 2, Bills: 2})
	w.set.RunTimeout, w.set.Retention, w.backoff = 30*time.Minute, 90*24*time.Hour, nil
	w.openToVisitors()
	f := &faultWorld{world: w, answerCase: a, visitor: w.signIn(), company: w.connect(1)[0]}
	e := w.newExporter("vendors", nil, nil, f.company)
	e.Schedule = export.Schedule{Cron: "0 */6 * * *", Timezone: "UTC", Enabled: true}
	f.scheduled = w.create(e)
	f.another = w.create(w.newExporter("customers", nil, nil, f.company))
	w.mustRun(f.scheduled.ID)
	w.mustRun(f.another.ID)
	time.Sleep(5*time.Hour + 10*time.Minute)
	return f
}

// TestFaults lets the whole program run into each answer that package intuit has a rule for: once, for good, and until
// it is over. It looks at runs, requests, the company and all pages that tell of it.
func TestFaults(t *testing.T) {
	t.Parallel()
	for i, a := range readAnswers(t) {
		t.Run(strconv.Itoa(i)+" "+strconv.Itoa(a.Status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFaultWorld(t, a)
				if a.Once == "" {
					f.pass()
				}
				run := f.last()
				f.checkCompany()
				f.checkRunPages(run)
				f.checkOtherPages(run)
				f.runBySchedule()
				f.recover()
			})
		})
	}
}

// pass gives the answer once; a 401 twice, to the old token and to its successor. Nobody notices.
func (f *faultWorld) pass() {
	f.t.Helper()
	n := 1
	if f.Status == http.StatusUnauthorized {
		n = 2
	}
	f.intuit.Fail(f.fault(n))
	if r := f.run(f.scheduled.ID); r.Status != export.RunSucceeded || r.Attempts != 1 {
		f.t.Errorf("once: the run %s after %d attempts: %v", r.Status, r.Attempts, r.Problem)
	}
	f.wantCompany(f.company.Realm, export.Connected, "")
	if text := f.see("/").part("attention"); text != "" {
		f.t.Errorf("once: the overview says %q", text)
	}
}

// last gives the answer from now on, lets the exporter run and returns the run.
func (f *faultWorld) last() export.Run {
	f.t.Helper()
	f.intuit.ResetRequests()
	f.intuit.Fail(f.fault(-1))
	waits := f.desk().Follow(f.ctx, func(r export.Run) bool { return r.Status == export.RunQueued && r.Attempts == 1 })
	ended := f.desk().Follow(f.ctx, func(r export.Run) bool { return r.Status.Over() })
	_, _, err := f.desk().RunNow(f.ctx, f.scheduled.ID)
	must(f.t, err)
	if f.Class == "request" {
		retried := (<-waits).Run
		p := f.see("/runs/" + string(retried.ID))
		if !strings.Contains(p.text, f.Message) || !strings.Contains(p.text, "It is tried again by itself in ") ||
			!strings.Contains(f.see("/exporters").text, "Retrying") {
			f.t.Errorf("while the run waits its page says %q", p.text)
		}
	}
	id := (<-ended).Run.ID
	var r struct {
		Status   export.RunStatus
		Attempts int
		Error    problem.Problem
	}
	f.call("/runs/"+string(id), &r)
	if r.Status != export.RunFailed || r.Error.Code != f.Code || r.Error.Message != f.Message ||
		r.Error.Hint != f.Hint || r.Attempts != f.Attempts || f.asked() != f.Requests*f.ways() {
		f.t.Errorf("the run %s after %d attempts and %d requests: %+v", r.Status, r.Attempts, f.asked(), r.Error)
	}
	run, err := f.desk().Run(f.ctx, id)
	must(f.t, err)
	return run
}

// ways is in how many ways a run asks before it gives up. What is refused of change data capture, for a reason that
// does not concern the company as a whole, may be answered when it is asked of the records themselves.
func (f *faultWorld) ways() int {
	if f.Code == problem.QuickBooksRejected && f.Company != refused {
		return 2
	}
	return 1
}

// checkCompany looks at the company through the API.
func (f *faultWorld) checkCompany() {
	f.t.Helper()
	var c struct {
		Status    export.ConnectionStatus
		LastError *problem.Problem `json:"last_error"`
	}
	f.call("/companies/"+string(f.company.Realm), &c)
	if c.Status != f.status() || (c.LastError != nil) != (f.lastError() != "") || c.LastError != nil &&
		(c.LastError.Code != f.Code || c.LastError.Message != f.Message || c.LastError.Hint != f.Hint) {
		f.t.Errorf("the company is %s, last error %v", c.Status, c.LastError)
	}
}

// remedies are the buttons that may help, with where they lead.
func (f *faultWorld) remedies() map[string]button {
	company, name := "/connections/quickbooks/"+string(f.company.Realm), f.company.Name
	return map[string]button{
		"Reconnect": {label: "Reconnect " + name, to: company + "/reconnect"},
		"Test":      {label: "Test " + name, to: company + "/test"},
		change:      {label: change, to: "/exporters/" + string(f.scheduled.ID) + "/edit"},
	}
}

// blocks is what pages say of the company while no exporter can use it; empty if they can.
func (f *faultWorld) blocks() string {
	switch f.Company {
	case refused:
		return "QuickBooks refuses all requests for " + f.company.Name
	case string(export.ReconnectRequired):
		return "QuickBooks access to " + f.company.Name + " has ended"
	}
	return ""
}

// checkRunPages looks at the pages of the run and of its exporter.
func (f *faultWorld) checkRunPages(run export.Run) {
	f.t.Helper()
	for _, path := range []string{"/runs/" + string(run.ID), "/exporters/" + string(f.scheduled.ID)} {
		p := f.see(path)
		trouble, title := p.part("problem"), f.Code.Title()
		if blocks := f.blocks(); blocks != "" && strings.HasPrefix(path, "/exporters") {
			title = blocks
		}
		if !strings.HasPrefix(trouble, title+" ") || strings.Count(trouble, f.Message) != 1 ||
			strings.Count(trouble, f.Hint) != 1 {
			f.t.Errorf("%s says %q", path, trouble)
		}
		for name, b := range f.remedies() {
			if p.offers(b.label, b.to) != (name == f.Button) {
				f.t.Errorf("%s offers %v, want %q of all remedies", path, p.buttons, f.Button)
			}
		}
		f.wantNoJargon(p, trouble)
	}
}

// checkOtherPages looks at the pages of everything that the run's exporter shares its company with.
func (f *faultWorld) checkOtherPages(run export.Run) {
	f.t.Helper()
	blocked := f.lastError() != ""
	pill := map[string]string{"connected": "Connected", refused: "Refused", "reconnect_required": "Expired"}[f.Company]

	another := f.see("/exporters/" + string(f.another.ID))
	trouble := another.part("problem")
	if strings.Contains(trouble, f.Message) != blocked || strings.Contains(trouble, f.Hint) != blocked ||
		strings.Contains(another.text, "Blocked") != blocked {
		f.t.Errorf("the other exporter's page says %q", another.text)
	}
	list := f.see("/exporters")
	if blocks := f.blocks(); blocked && (strings.Count(list.text, blocks+".") != 2 ||
		strings.Count(list.text, "Blocked") != 2) || strings.Contains(list.text, "Failed") == blocked {
		f.t.Errorf("the exporters' page says %q", list.text)
	}

	connections := f.see("/connections")
	card := connections.part("companies")
	if !strings.Contains(card, pill) || strings.Contains(card, f.Message) != blocked {
		f.t.Errorf("the connections say %q", card)
	}
	fix := f.remedies()["Reconnect"]
	fix.primary = true
	if contains(connections.buttons, fix) != (f.Button == "Reconnect") {
		f.t.Errorf("the connections offer %v", connections.buttons)
	}

	overview := f.see("/")
	attention := overview.part("attention")
	if strings.Count(attention, f.Message) != 1 {
		f.t.Errorf("the overview says %q, want once %q", attention, f.Message)
	}
	b, ok := f.remedies()[f.Button]
	if !ok || f.Button == change {
		b = button{label: "Open run", to: "/runs/" + string(run.ID)}
	}
	if !overview.offers(b.label, b.to) {
		f.t.Errorf("the overview offers %v, want %v", overview.buttons, b)
	}
	for _, p := range []page{another, list, overview, f.see("/runs")} {
		f.wantNoJargon(p, p.text)
	}
	f.wantNoJargon(connections, connections.part("companies")+connections.part("conn"))
}

func contains(list []button, b button) bool {
	for _, have := range list {
		if have == b {
			return true
		}
	}
	return false
}

// wantNoJargon looks for what only programs understand.
func (f *faultWorld) wantNoJargon(p page, text string) {
	f.t.Helper()
	for _, jargon := range []string{
		string(f.company.Realm), string(f.Code), `{"`, "errorCode", "statusCode=", "AUTHENTICATION", "AUTHORIZATION",
		"Fault", "<html", "<?xml", "eyJ",
	} {
		if strings.Contains(text, jargon) {
			f.t.Errorf("%s shows %q in %q", p.path, jargon, text)
		}
	}
}

// runBySchedule waits for the next scheduled run.
func (f *faultWorld) runBySchedule() {
	f.t.Helper()
	ended := f.desk().Follow(f.ctx, func(r export.Run) bool { return r.By == "" && r.Status.Over() })
	f.intuit.ResetRequests()
	must(f.t, f.app.StartSchedules(f.ctx))
	r := (<-ended).Run
	if r.Problem == nil || r.Problem.Code != f.Code || !strings.Contains(r.Problem.Message, f.Message) ||
		!strings.HasPrefix(r.Problem.Hint, f.Hint) || f.asked() != f.Again {
		f.t.Errorf("the scheduled run %s after %d requests: %v", r.Status, f.asked(), r.Problem)
	}
	if f.Company != refused {
		return
	}
	// People who try it themselves want to know.
	f.intuit.ResetRequests()
	if r := f.run(f.another.ID); r.Problem == nil || r.Problem.Message != f.Message || f.asked() != f.Requests {
		f.t.Errorf("a run by hand %s after %d requests: %v", r.Status, f.asked(), r.Problem)
	}
}

// recover ends the answer: all goes on by itself, or after a new consent.
func (f *faultWorld) recover() {
	f.t.Helper()
	f.intuit.ClearFaults()
	ended := f.desk().Follow(f.ctx, func(r export.Run) bool { return r.By == "" && r.Status == export.RunSucceeded })
	if f.Button == "Reconnect" {
		f.intuit.ConsentTo(string(f.company.Realm))
		if _, err := f.connectCompany(f.company.Realm); err != nil {
			f.t.Fatal(err)
		}
	}
	if r := (<-ended).Run; f.Button == "Reconnect" && r.Trigger != export.TriggerCatchUp {
		f.t.Errorf("after the consent the first run is by %s", r.Trigger)
	}
	f.mustRun(f.another.ID)
	f.wantCompany(f.company.Realm, export.Connected, "")
	if text := f.see("/").part("attention"); text != "" {
		f.t.Errorf("when it is over the overview says %q", text)
	}
	if text := f.see("/exporters").text; strings.Contains(text, "Blocked") {
		f.t.Errorf("when it is over the exporters' page says %q", text)
	}
}

// TestARefusedCompanyIsSpared: while QuickBooks refuses a company, its frequent scheduled runs together cost about one
// request an hour, and nothing at all after it has ended the connection.
func TestARefusedCompanyIsSpared(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		code        string
		least, most int
	}{
		{"7001", 7, 8},
		{"3100", 3, 6}, // a run tries three times, and both first runs may have begun before either has ended
	} {
		t.Run(test.code, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFaultWorld(t, answerCase{})
				for _, id := range []export.ID{f.scheduled.ID, f.another.ID} {
					e, err := f.desk().Exporter(f.ctx, id)
					must(t, err)
					e.Schedule = export.Schedule{Cron: "*/15 * * * *", Timezone: "UTC", Enabled: true}
					_, err = f.desk().UpdateExporter(f.ctx, id, e, e.Revision)
					must(t, err)
				}
				f.intuit.ResetRequests()
				f.intuit.Fail(intuitsim.Fault{Match: "v3", N: -1, Code: test.code})
				must(t, f.app.StartSchedules(f.ctx))
				time.Sleep(8 * time.Hour)
				if n := f.asked(); n < test.least || n > test.most {
					t.Errorf("%d requests in eight hours, want %d to %d", n, test.least, test.most)
				}
				runs, _, err := f.desk().Runs(f.ctx, export.RunFilter{Status: export.RunFailed, Limit: 100})
				must(t, err)
				if len(runs) < 60 {
					t.Errorf("only %d runs failed", len(runs))
				}
			})
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

// TestAFailedTestIsTakenBack: what a person's test of a connection found stays with the company until QuickBooks gives
// a good answer, whoever asks.
func TestAFailedTestIsTakenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFaultWorld(t, answerCase{})
		f.intuit.Fail(intuitsim.Fault{Match: "v3", N: 5, Status: http.StatusServiceUnavailable})
		if _, err := f.desk().TestCompany(f.ctx, f.company.Realm); err == nil {
			t.Fatal("the test succeeded")
		}
		f.wantCompany(f.company.Realm, export.Connected, "QuickBooks says")
		if p := f.see("/exporters"); strings.Contains(p.text, "Blocked") {
			t.Errorf("a passing failure blocks exporters: %q", p.text)
		}
		f.mustRun(f.another.ID)
		f.wantCompany(f.company.Realm, export.Connected, "")
	})
}
