package googlesim

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestQuotaIsPerMinuteAndUser(t *testing.T) {
	t.Parallel()
	at := &clock{fixedClock()}
	sim := New(Options{Now: at.now})
	id := sim.CreateSpreadsheet(owner, "Books")
	const friend = "friend@example.com"
	must(t, sim.Share(id, friend, ""))
	get := func(email string) (int, string) {
		return ask(t, sim.Client(email, "spreadsheets"), "GET", "/v4/spreadsheets/"+id+"?fields=spreadsheetId", "")
	}
	for i := range 60 {
		if status, body := get(owner); status != 200 {
			t.Fatalf("read %d: %d %s", i+1, status, body)
		}
	}
	status, body := get(owner)
	e := readError(t, body)
	const want = "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per user' of " +
		"service 'sheets.googleapis.com' for consumer 'project_number:123'."
	if status != 429 || e.Error.Status != "RESOURCE_EXHAUSTED" || e.Error.Message != want ||
		e.Error.Details[0].Reason != "RATE_LIMIT_EXCEEDED" {
		t.Errorf("61st read: %d %s", status, body)
	}
	if status, _ := ask(t, sim.Client(owner, "spreadsheets"), "POST", "/v4/spreadsheets/"+id+":batchUpdate",
		`{"requests":[{"addSheet":{}}]}`); status != 200 {
		t.Errorf("a write must not count as a read: %d", status)
	}
	if status, _ := get(friend); status != 200 {
		t.Errorf("another user: %d", status)
	}
	at.at = at.at.Add(time.Minute)
	if status, _ := get(owner); status != 200 {
		t.Errorf("a minute later: %d", status)
	}
	sim.SetQuota(Quota{ReadsPerProject: 1})
	if status, body := get(friend); status != 429 || !strings.Contains(body, "ReadRequestsPerMinutePerProject") {
		t.Errorf("project quota: %d %s", status, body)
	}
	sim.SetQuota(Quota{})
	sim.QuotaStorm(2)
	for i, want := range []int{429, 429, 200} {
		if status, _ := get(owner); status != want {
			t.Errorf("request %d of the storm: %d, want %d", i+1, status, want)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	const add = `{"requests":[{"addSheet":{"properties":{"title":"New"}}}]}`
	for _, test := range []struct {
		name    string
		fault   Fault
		status  int // 0: the connection is cut
		body    string
		applied bool
	}{
		{"status", Fault{Status: 503}, 503, `"The service is currently unavailable."`, false},
		{"page", Fault{Status: 502, HTML: true}, 502, "<!DOCTYPE html>", false},
		{"empty", Fault{Status: 500, Empty: true}, 500, "", false},
		{"cut before", Fault{DropBefore: true}, 0, "", false},
		{"cut after", Fault{DropAfterApply: true}, 0, "", true},
		{"half a body", Fault{CutBody: true}, 0, "", true},
		{"other kind", Fault{Kind: "values.update", Status: 500}, 200, "New", true},
		{"other body", Fault{Body: "deleteSheet", Status: 500}, 200, "New", true},
		{"later", Fault{Skip: 1, Status: 500}, 200, "New", true},
	} {
		for _, network := range []bool{false, true} {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				sim, web := start(t, Options{})
				id := sim.CreateSpreadsheet(owner, "Books")
				sim.Fail(test.fault)
				next := sim.Transport()
				if network {
					next = http.DefaultTransport
				}
				client := &http.Client{Transport: &authorized{
					next: next, token: func() string { return sim.AccessToken(owner, "spreadsheets") },
				}}
				r, err := http.NewRequestWithContext(t.Context(), "POST", web.URL+"/v4/spreadsheets/"+id+":batchUpdate",
					strings.NewReader(add))
				if err != nil {
					t.Fatal(err)
				}
				var status int
				var body []byte
				answer, err := client.Do(r)
				if err == nil {
					status = answer.StatusCode
					body, err = io.ReadAll(answer.Body)
					_ = answer.Body.Close()
				}
				switch {
				case test.status == 0 && err == nil:
					t.Errorf("no error, but %d %s", status, body)
				case test.status != 0 && (err != nil || status != test.status ||
					!strings.Contains(string(body), test.body)):
					t.Errorf("%d %s, %v", status, body, err)
				}
				if _, applied := sim.Spreadsheet(id).Tab("New"); applied != test.applied {
					t.Errorf("applied: %v", applied)
				}
			})
		}
	}
}

func TestDelayEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := New(Options{})
		id := sim.CreateSpreadsheet(owner, "Books")
		sim.Fail(Fault{Kind: "get", Delay: time.Hour})
		sim.SetLatency(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		client := sim.Client(owner, "spreadsheets")
		get := func(ctx context.Context) error {
			r, err := http.NewRequestWithContext(ctx, "GET", "http://sheets.test/v4/spreadsheets/"+id, nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := client.Do(r)
			if err == nil {
				_ = answer.Body.Close()
			}
			return err
		}
		if err := get(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a delayed request: %v", err)
		}
		began := time.Now()
		if err := get(t.Context()); err != nil || time.Since(began) != time.Minute {
			t.Errorf("latency %v, %v", time.Since(began), err)
		}
	})
}

func TestCellLatency(t *testing.T) {
	t.Parallel()
	for body, cells := range map[string]int{
		`{"values":[[1,"two",null],["values"]]}`: 4,
		`{"requests":[{"updateCells":{"rows":[{"values":[{"userEnteredValue":{"numberValue":1}},{}]}],"fields":"*"}}]}`: 2,
		`{"title":"values"}`: 0, "": 0, "[": 0,
	} {
		if got := countCells([]byte(body)); got != cells {
			t.Errorf("%s holds %d cells, not %d", body, got, cells)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		sim := New(Options{})
		id := sim.CreateSpreadsheet(owner, "Books")
		ask(t, sim.Client(owner, "spreadsheets"), "POST", "/sandbox/latency",
			`{"milliseconds":600,"microseconds_a_cell":8}`)
		began := time.Now()
		ask(t, sim.Client(owner, "spreadsheets"), "PUT", "/v4/spreadsheets/"+id+"/values/A1?valueInputOption=RAW",
			`{"values":[[1,2]]}`)
		if took := time.Since(began); took != 600*time.Millisecond+16*time.Microsecond {
			t.Errorf("two cells took %v", took)
		}
	})
}

func TestRequestsAreRecorded(t *testing.T) {
	t.Parallel()
	sim := New(Options{})
	id := sim.CreateSpreadsheet(owner, "Books")
	client := sim.Client(owner, "spreadsheets")
	ask(t, client, "PUT", "/v4/spreadsheets/"+id+"/values/A1?valueInputOption=RAW", `{"values":[[1]]}`)
	ask(t, client, "GET", "/v4/nothing", "")
	got := sim.Requests()
	if len(got) != 2 || got[0].Kind != "values.update" || got[0].Bytes != 16 || got[0].Status != 200 ||
		got[0].User != owner || got[1].Status != 404 || got[1].Kind != "" {
		t.Errorf("recorded %+v", got)
	}
	sim.ResetRequests()
	if len(sim.Requests()) != 0 {
		t.Error("requests survive a reset")
	}
	if _, body := ask(t, client, "GET", "/sandbox/totals", ""); body != `{"requests":2,"writes":1,"bytes":16}`+"\n" {
		t.Errorf("totals after a reset: %s", body)
	}
}

func TestKnobs(t *testing.T) {
	t.Parallel()
	sim := New(Options{})
	client := &http.Client{Transport: sim.Transport()}
	status, body := ask(t, client, "POST", "/sandbox/spreadsheets", `{"title":"Mine","tabs":["One","Two"]}`)
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(body), &made); err != nil || status != 200 || sim.Spreadsheet(made.ID) == nil {
		t.Fatalf("spreadsheets: %d %s", status, body)
	}
	theirs := sim.Client("friend@example.com", "drive.file")
	ask(t, client, "POST", "/sandbox/share", `{"spreadsheet":"`+made.ID+
		`","email":"friend@example.com","role":"reader"}`)
	ask(t, client, "POST", "/sandbox/pick", `{"spreadsheet":"`+made.ID+`","email":"friend@example.com"}`)
	if status, body := ask(t, theirs, "GET", "/v4/spreadsheets/"+made.ID, ""); status != 200 {
		t.Errorf("after share and pick: %d %s", status, body)
	}
	ask(t, client, "POST", "/sandbox/fail", `{"kind":"get","status":503}`)
	ask(t, client, "POST", "/sandbox/storm", `{"requests":1}`)
	for i, want := range []int{503, 429, 200} {
		if status, _ := ask(t, theirs, "GET", "/v4/spreadsheets/"+made.ID, ""); status != want {
			t.Errorf("request %d: %d, want %d", i+1, status, want)
		}
	}
	if status, body := ask(t, client, "GET", "/sandbox/requests", ""); status != 200 ||
		strings.Count(body, `"Kind":"get"`) != 4 {
		t.Errorf("requests: %d %s", status, body)
	}
	ask(t, client, "POST", "/sandbox/behaviour", `{"sort_moves_hidden_rows":true}`)
	ask(t, client, "POST", "/sandbox/storage", `{"email":"friend@example.com","full":true}`)
	ask(t, client, "POST", "/sandbox/fail", `{"kind":"batchUpdate","status":503,"late_steps":9}`)
	mine := sim.Client("friend@example.com", "spreadsheets")
	must(t, sim.Share(made.ID, "friend@example.com", "writer"))
	ask(t, mine, "POST", "/v4/spreadsheets/"+made.ID+":batchUpdate", addNew)
	ask(t, client, "POST", "/sandbox/late", `{}`)
	_, applied := sim.Spreadsheet(made.ID).Tab("New")
	if status, _ := ask(t, mine, "POST", "/v4/spreadsheets", `{}`); status != 403 || !applied ||
		!sim.how.SortMovesHiddenRows {
		t.Errorf("with full storage %d, applied late: %v, behaviour %+v", status, applied, sim.how)
	}
	for _, bad := range []string{"/sandbox/nothing", "/sandbox/share", "/sandbox/pick"} {
		if status, _ := ask(t, client, "POST", bad, `{}`); status != 400 {
			t.Errorf("%s: %d", bad, status)
		}
	}
	if status, _ := ask(t, client, "GET", "/sandbox/fail", ""); status != 405 {
		t.Errorf("GET of a knob: %d", status)
	}
}
