package web

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

func TestRunsFilterAndPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	a := s.exporter(func(e *export.Exporter) { e.Name = "Alpha" })
	b := s.exporter(func(e *export.Exporter) { e.Name, e.Companies = "Beta", []export.RealmID{realmB} })
	for range 55 {
		s.run(a, succeeded)
	}
	s.run(b, failed(problem.GoogleUnavailable))
	body := s.wantGet("/runs")
	if n := strings.Count(body, `class="row-link"`); n != 50 || !strings.Contains(body, ">Older</a>") {
		t.Errorf("the first page has %d runs", n)
	}
	_, next, _ := strings.Cut(body, `rel="next" href="`)
	next, _, _ = strings.Cut(next, `"`)
	if second := s.wantGet(strings.ReplaceAll(next, "&amp;", "&")); strings.Count(second, `class="row-link"`) != 6 ||
		!strings.Contains(second, ">Newest</a>") {
		t.Errorf("the second page is wrong")
	}
	for query, want := range map[string]int{
		"status=failed": 1, "status=succeeded&exporter=" + string(b.ID): 0, "company=" + string(realmB): 1,
		"exporter=" + string(b.ID): 1, "trigger=schedule": 0, "trigger=manual&status=failed": 1,
		"period=1&status=failed": 1, "status=queued": 0, "status=%22%3E": 0,
	} {
		body := s.wantGet("/runs?" + query)
		if got := strings.Count(body, `class="row-link"`); got != want {
			t.Errorf("%s: %d runs, want %d", query, got, want)
		}
		checkPage(t, query, body)
		if want == 0 && !strings.Contains(body, "No run matches the filter.") {
			t.Errorf("%s: the empty list says nothing", query)
		}
	}
}

// TestRunsNameTheirCompanies in lists over all exporters, unless the exporter's name says them.
func TestRunsNameTheirCompanies(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	s.run(s.exporter(func(e *export.Exporter) { e.Name = "Unpaid" }), failed(problem.GoogleUnavailable))
	for _, page := range []string{"/", "/runs"} {
		if !strings.Contains(s.wantGet(page), `<span class="sub"><bdi>Alder &amp; Sons Ltd</bdi></span>`) {
			t.Errorf("%s does not say whose run it is", page)
		}
	}
	k := known{companies: []export.Company{{Realm: realmA, Name: "Alder"}, {Realm: realmB, Name: "Birch"}}}
	for name, want := range map[string]string{
		"Bills of Alder": "Alder, Birch", "Alder and Birch": "", "Bills": "Alder, Birch",
	} {
		e := export.Exporter{Name: name, Companies: []export.RealmID{realmA, realmB}}
		if got := unnamedCompanies(e, k); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestRunPageSaysWhatToDo(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(nil)
	s.control.CompanyEnded(t.Context(), realmA, problem.New(problem.CompanyReconnectRequired, "Ended."))
	r := s.run(e, failed(problem.CompanyReconnectRequired))
	body := s.wantGet("/runs/" + string(r.ID))
	for _, want := range []string{
		"QuickBooks access ended", "It did not work for Alder &amp; Sons.", "What to do:",
		`action="` + companyPath(realmA, "reconnect") + `"`,
		"company_reconnect_required", "1-abc-tid", "Run again", "failed here",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(body, "Check sums") || strings.Contains(body, `id="figures"`) ||
		strings.Contains(body, "http-equiv") {
		t.Error("a failed run shows totals or loads itself again")
	}
}

func TestSaveAnswers(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(nil)
	action := "/exporters/" + string(e.ID) + "/capture"
	if body := s.wantGet("/runs/" + string(s.run(e, succeeded).ID)); !strings.Contains(body, `action="`+action+`"`) {
		t.Error("the page of a run does not offer it")
	}
	a := s.post(action, nil)
	name := a.header.Get("Content-Disposition")
	if a.status != http.StatusOK || !strings.HasPrefix(a.body, `{"version":1`) ||
		!strings.HasPrefix(name, "attachment; filename=capture-"+string(e.ID)+"-") {
		t.Errorf("status %d, %q\n%s", a.status, name, a.body)
	}
	x := &estate{site: s}
	x.as("admin")
	if body := s.wantGet("/runs/" + string(s.run(e, succeeded).ID)); strings.Contains(body, action) {
		t.Error("the page offers it to somebody who may not")
	}
	if a := s.post(action, nil); a.status != http.StatusForbidden {
		t.Errorf("as admin: status %d", a.status)
	}
}

func TestRunningPageWorksWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	r := s.run(s.exporter(nil), running)
	body := s.wantGet("/runs/" + string(r.ID))
	for _, want := range []string{
		`<noscript><meta http-equiv="refresh" content="5"></noscript>`,
		`data-live="` + string(r.ID) + `" data-events="/events"`, `data-region="run"`, "12,000", "4,000", `max="24000"`, "Cancel run",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	s.wantSent("/runs/"+string(r.ID)+"/cancel", nil, "/runs/"+string(r.ID))
	if body := s.wantGet("/runs/" + string(r.ID)); !strings.Contains(body, "Cancelled") ||
		strings.Contains(body, "data-live") {
		t.Error("the cancelled run is not shown so")
	}
	s.wantSent("/runs/"+string(r.ID)+"/cancel", nil, "/runs/"+string(r.ID))
	if body := s.wantGet("/runs/" + string(r.ID)); !strings.Contains(body, "The run is over already") {
		t.Error("cancelling what is over is not told")
	}
	if a := s.get("/runs/run_none"); a.status != http.StatusNotFound {
		t.Errorf("a run that is not there: status %d", a.status)
	}
}

// TestEventsArriveOneByOne proves, through the whole chain of writers, that an event reaches the browser before the
// next one is sent, that at least eventsLeast passes between two events of a run, and that its end does not wait.
func TestEventsArriveOneByOne(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	r := s.run(s.exporter(nil), running)
	synctest.Test(t, func(t *testing.T) {
		events, stop := s.follow(t)
		defer stop()
		if name, _ := nextEvent(t, events); name != "open" {
			t.Fatalf("the first event is %s", name)
		}
		begin := time.Now()
		for round := range 3 {
			for i := range 20 {
				r.Progress.RowsWritten = 5000 + 100*round + i
				s.broker.Publish(r)
			}
			want := fmt.Sprintf(`{"run":"%s","exporter":"%s","over":false}`+"\n", r.ID, r.Exporter.ID)
			if name, data := nextEvent(t, events); name != "run" || data != want {
				t.Fatalf("the event is %s: %s, want %s", name, data, want)
			}
			if got, want := time.Since(begin), time.Duration(round+1)*eventsLeast; got != want {
				t.Errorf("event %d came after %s, want %s", round, got, want)
			}
		}
		succeeded(&r)
		s.broker.Publish(r)
		if name, data := nextEvent(t, events); name != "run" || !strings.Contains(data, `"over":true`) {
			t.Fatalf("the last event is %s: %s", name, data)
		}
		if got, want := time.Since(begin), 3*eventsLeast; got != want {
			t.Errorf("the end came after %s, want %s: it does not wait for the pace", got, want)
		}
	})
}

// TestEventsEndWithTheSession: a logout ends the streams of its session at once, and those of no other. A new password
// ends those that were opened with the old one.
func TestEventsEndWithTheSession(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	stayed := s.client
	s.client = newClient(t)
	s.signIn()
	synctest.Test(t, func(t *testing.T) {
		own, stopOwn := s.follow(t)
		defer stopOwn()
		s.client, stayed = stayed, s.client
		other, stopOther := s.follow(t)
		defer stopOther()
		s.client, stayed = stayed, s.client
		nextEvent(t, own)
		nextEvent(t, other)
		post := func(path string, form url.Values) {
			client, stop := s.pipe(t)
			defer stop()
			client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			req := s.request(http.MethodPost, path, form).WithContext(t.Context())
			resp, err := client.Do(req)
			must(t, err)
			must(t, resp.Body.Close())
			if resp.StatusCode != http.StatusSeeOther {
				t.Fatalf("%s: status %d", path, resp.StatusCode)
			}
		}
		begin := time.Now()
		post("/logout", url.Values{})
		if own.Scan() || time.Since(begin) != 0 {
			t.Errorf("after %s, the stream goes on: %q", time.Since(begin), own.Text())
		}
		if name, ok := oneEvent(other, func() { s.broker.Publish(export.Run{ID: "run_x"}) }); !ok || name != "run" {
			t.Error("the stream of another session has ended")
		}
		u, err := s.store.UserByEmail(t.Context(), email)
		must(t, err)
		change := func(u *export.User) error { u.PasswordHash = "another"; return nil }
		_, err = s.store.UpdateUser(t.Context(), u.ID, change)
		must(t, err)
		if _, ok := oneEvent(other, func() {}); ok || time.Since(begin) > 2*heartbeat {
			t.Errorf("after %s, the stream of an old password goes on", time.Since(begin))
		}
	})
	if a := s.do(withAccept(s.request(http.MethodGet, eventsPath, nil), "text/event-stream")); a.status != 401 {
		t.Errorf("without a session: status %d", a.status)
	}
}

func withAccept(r *http.Request, kind string) *http.Request {
	r.Header.Set("Accept", kind)
	return r
}

// oneEvent returns the name of the next event after something has happened; ok is false if the stream ends before.
func oneEvent(lines *bufio.Scanner, happen func()) (name string, ok bool) {
	happen()
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			return name, true
		}
	}
	return "", false
}

// TestEventsTellNothingOfOtherCompanies: whoever may not see a company is told nothing of its runs.
func TestEventsTellNothingOfOtherCompanies(t *testing.T) {
	t.Parallel()
	x := newEstate(t)
	x.as("viewer", realmB)
	synctest.Test(t, func(t *testing.T) {
		events, stop := x.follow(t)
		defer stop()
		nextEvent(t, events)
		for id, realm := range map[export.ID]export.RealmID{"run_hidden": realmA, "run_open": realmB} {
			x.broker.Publish(export.Run{ID: id, Exporter: export.Exporter{Companies: []export.RealmID{realm}}})
		}
		if _, data := nextEvent(t, events); !strings.Contains(data, "run_open") {
			t.Errorf("the event is %s", data)
		}
	})
}

// follow opens the stream of events in a bubble.
func (s *site) follow(t *testing.T) (events *bufio.Scanner, stop func()) {
	t.Helper()
	client, stopServer := s.pipe(t)
	req := s.request(http.MethodGet, eventsPath, nil).WithContext(t.Context())
	resp, err := client.Do(withAccept(req, "text/event-stream"))
	must(t, err)
	ct := resp.Header.Get("Content-Type")
	if ct != "text/event-stream" || resp.Header.Get("X-Accel-Buffering") != "no" {
		t.Fatalf("status %d, Content-Type %q", resp.StatusCode, ct)
	}
	return bufio.NewScanner(resp.Body), func() {
		must(t, resp.Body.Close())
		stopServer()
	}
}

// pipe serves the site over one pipe, on which a synctest bubble counts reads as waiting. The client has the site's
// cookies. stop ends the server.
func (s *site) pipe(t *testing.T) (client *http.Client, stop func()) {
	t.Helper()
	near, far := net.Pipe()
	listener := &oneConn{conn: far, closed: make(chan struct{})}
	server := &http.Server{Handler: s.web}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	client = &http.Client{Jar: s.client.Jar, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return near, nil },
	}}
	return client, func() {
		must(t, server.Close())
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}
}

// oneConn is a listener that accepts one connection.
type oneConn struct {
	conn   net.Conn // nil once it is taken
	closed chan struct{}
	once   sync.Once
}

func (l *oneConn) Accept() (net.Conn, error) {
	if c := l.conn; c != nil {
		l.conn = nil
		return c, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *oneConn) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

func nextEvent(t *testing.T, lines *bufio.Scanner) (name, data string) {
	t.Helper()
	for lines.Scan() {
		line := lines.Text()
		switch {
		case line == "" && name != "":
			return name, data
		case strings.HasPrefix(line, "event: "):
			name = strings.TrimPrefix(line, "event: ")
		case strings.HasPrefix(line, "data: "):
			data += strings.TrimPrefix(line, "data: ") + "\n"
		}
	}
	t.Fatalf("the events ended: %v", lines.Err())
	return "", ""
}

func TestStepsTellWhereARunStands(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		run  export.Run
		want string
	}{
		{
			"queued", export.Run{Status: export.RunQueued, Progress: export.Progress{Phase: export.PhaseQueued}},
			"now ahead ahead ahead ahead ahead",
		},
		{"just begun", export.Run{Status: export.RunRunning}, "done now ahead ahead ahead ahead"},
		{
			"writing", export.Run{Status: export.RunRunning, Progress: export.Progress{Phase: export.PhaseWriting}},
			"done done done now ahead ahead",
		},
		{
			"succeeded", export.Run{Status: export.RunSucceeded, Progress: export.Progress{Phase: export.PhaseDone}},
			"done done done done done done",
		},
		{
			"unchanged", export.Run{Status: export.RunSucceeded, Result: export.Result{Unchanged: true}},
			"done done done skipped skipped skipped",
		},
		{
			"failed while checking",
			export.Run{Status: export.RunFailed, Progress: export.Progress{Phase: export.PhaseVerifying}},
			"done done done done failed ahead",
		},
	} {
		var got []string
		for _, s := range steps(test.run) {
			got = append(got, s.State)
		}
		if g := strings.Join(got, " "); g != test.want {
			t.Errorf("%s: %s, want %s", test.name, g, test.want)
		}
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]export.Result{
		"+1,200 −3": {Added: 1200, Removed: 3}, "~2": {Changed: 2}, "none": {Unchanged: true},
	} {
		if got := plain(changes(r)); got != want {
			t.Errorf("%+v: %q, want %q", r, got, want)
		}
	}
}
