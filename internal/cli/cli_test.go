package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ledgersheet/internal/config"
	"ledgersheet/internal/problem"
)

// The tests in this file call Main as the process does. Tests of whole processes are in cmd/ledgersheet.

func call(t *testing.T, args ...string) (out, errs string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = Main(t.Context(), args, Stdio{Out: &o, Err: &e})
	return o.String(), e.String(), code
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	for _, args := range []string{
		"user invite", "user invite a@b.test --role king", "user disable", "user delete a b",
		"completion", "completion tcsh", "exporters export", "exporters apply", "exporters apply a b",
		"", "bogus", "run", "run a b", "run x --url nonsense", "serve --addr 127.0.0.1",
		"serve --addr 127.0.0.1:99999", "serve --workers 0 --run-timeout x",
		"serve --base-url https://x.example/app/", "serve --base-url https://a:b@x.example",
		"serve --base-url https://x.example#a", "serve --log-level loud",
		"demo --addr 127.0.0.1:99999", "demo --addr nonsense", "demo --companies 1", "demo --invoices 0",
		"demo --log-level loud", "demo --log-format xml", "demo --once=maybe",
		"sandbox --invoices=-5", "sandbox --bills 0", "sandbox --customers 99999999999", "sandbox --companies 0",
		"sandbox --companies 1001", "sandbox --seed x",
		"sandbox --intuit-addr nonsense", "sandbox --google-addr 127.0.0.1:70000", "healthcheck --addr nonsense",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			out, errs, code := call(t, strings.Fields(args)...)
			if code != 2 || out != "" {
				t.Errorf("code %d, printed %q", code, out)
			}
			if !strings.HasPrefix(errs, "ledgersheet: ") || strings.Contains(errs, "goroutine") {
				t.Errorf("said %q", errs)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, command := range []string{
		"", "serve", "demo", "sandbox", "run", "healthcheck", "version", "status", "exporters",
		"user", "user list", "user invite", "user disable", "user enable", "user delete",
		"token", "token list", "token make", "token revoke",
		"exporters list", "exporters export", "exporters apply", "completion",
	} {
		out, errs, code := call(t, strings.Fields(command+" --help")...)
		if code != 0 || errs != "" || !strings.Contains(out, "Usage: ledgersheet") {
			t.Errorf("%s --help: code %d\n%s%s", command, code, out, errs)
		}
	}
}

// TestTakenPorts proves that the message names the address that another program uses.
func TestTakenPorts(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().String()
	for _, args := range [][]string{
		{"sandbox", "--intuit-addr", taken, "--google-addr", "127.0.0.1:0", "--invoices", "1"},
		{"sandbox", "--intuit-addr", "127.0.0.1:0", "--google-addr", taken, "--invoices", "1"},
		{
			"demo", "--addr", taken, "--invoices", "5", "--customers", "3", "--vendors", "3", "--items", "3",
			"--bills", "3", "--log-level", "error",
		},
		{"serve", "--addr", taken, "--data-dir", t.TempDir(), "--log-level", "error"},
	} {
		out, errs, code := call(t, args...)
		if code != 1 || !strings.Contains(errs, "the address "+taken+" is taken by another program") {
			t.Errorf("%v: code %d\n%s", args, code, errs)
		}
		if strings.Contains(out, "Dashboard") || strings.Contains(out, "ready") {
			t.Errorf("%v promises what does not listen:\n%s", args, out)
		}
	}
}

// lines lets a test wait for what a command prints.
type lines struct {
	*io.PipeWriter
	r *io.PipeReader
}

// TestDemoOnAFreePort proves that the demo prints the address on which it listens, and ends on a signal without a word.
func TestDemoOnAFreePort(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, w := io.Pipe()
	var errs bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- Main(ctx, strings.Fields("demo --addr 127.0.0.1:0 --invoices 5 --customers 3 --vendors 3 --items 3 "+
			"--bills 3 --log-level error"), Stdio{Out: lines{w, r}, Err: &errs})
		_ = w.Close()
	}()
	text := make([]byte, 4096)
	n, err := r.Read(text)
	if err != nil {
		t.Fatal(err, errs.String())
	}
	_, rest, _ := strings.Cut(string(text[:n]), "Dashboard")
	address := strings.Fields(rest)[0]
	res, err := http.Get(address + "login")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("%s answered %s", address, res.Status)
	}
	cancel()
	if c := <-code; c != 0 || errs.Len() > 0 {
		t.Errorf("code %d\n%s", c, errs.String())
	}
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	fields := problem.New(problem.InvalidInput, "2 fields are not right.")
	fields.Fields = map[string]string{"name": "is missing", "columns[0]": "is there twice"}
	for name, test := range map[string]struct {
		err  error
		want int
		says string
	}{
		"nothing":  {nil, 0, ""},
		"told":     {failure{1}, 1, ""},
		"settings": {config.Faults{"A", "B"}, 2, "ledgersheet: 2 wrong settings:\n  - A\n  - B\n"},
		"fields": {
			fields, 1,
			"ledgersheet: 2 fields are not right.\n  columns[0] is there twice\n  name is missing\n" +
				"  Correct the named fields and send it again.\n",
		},
		"interrupted": {
			fmt.Errorf("waiting: %w", context.Canceled), 1,
			"ledgersheet: interrupted; a run that was not done is taken up again by the server or by the next " +
				"command on its data folder\n",
		},
		"other": {errors.New("the disk is full"), 1, "ledgersheet: the disk is full\n"},
	} {
		var errs bytes.Buffer
		if code := exitCode(test.err, Stdio{Err: &errs}); code != test.want || errs.String() != test.says {
			t.Errorf("%s: code %d, said %q", name, code, errs.String())
		}
	}
}

// TestRunOnAServer proves that run prints a line for each change and then the outcome, and that --json prints only the
// run.
func TestRunOnAServer(t *testing.T) {
	const token = "a-token-of-more-than-24-characters"
	t.Setenv("LEDGERSHEET_API_TOKEN", token)
	states := []string{
		`"status":"queued"`,
		`"status":"running","progress":{"phase":"reading","rows_read":5,"rows_total":9,"rows_written":0}`,
		`"status":"running","progress":{"phase":"reading","rows_read":5,"rows_total":9,"rows_written":0}`,
		`"status":"succeeded","rows":9,"rows_added":9,"spreadsheet_url":"https://s.example/1"`,
	}
	for _, test := range []struct {
		args      []string
		last      string
		out, errs string
		code      int
	}{
		{
			[]string{"vendors"}, "", "Vendors: 9 rows (9 added, 0 changed, 0 removed). https://s.example/1\n",
			"Vendors: queued\nVendors: reading, 5 of 9 rows read, 0 written\n", 0,
		},
		{
			[]string{"exp_1", "--json"}, "",
			"{\n  \"id\": \"run_1\",\n  \"exporter_name\": \"Vendors\",\n  \"status\": \"succeeded\",\n" +
				"  \"rows\": 9,\n  \"rows_added\": 9,\n  \"spreadsheet_url\": \"https://s.example/1\"\n}\n",
			"Vendors: queued\nVendors: reading, 5 of 9 rows read, 0 written\n", 0,
		},
		{
			[]string{"exp_1"},
			`"status":"failed","error":{"code":"sheet_conflict","message":"Cell B2 holds something.","hint":"Clear it."}`,
			"",
			"Vendors: queued\nVendors: reading, 5 of 9 rows read, 0 written\n" +
				"Vendors: Cell B2 holds something. (sheet_conflict)\n  Clear it.\n", 1,
		},
		{
			[]string{"nobody"}, "", "",
			"ledgersheet: There is no exporter with the id or the name \"nobody\".\n" +
				"  The dashboard's Exporters page shows both.\n",
			1,
		},
	} {
		asked := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer "+token {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			switch {
			case r.URL.Path == "/api/v1/exporters" && r.URL.Query().Get("cursor") == "":
				fmt.Fprint(w, `{"items":[{"id":"exp_0","name":"Bills"}],"next_cursor":"a+b/"}`)
				return
			case r.URL.Path == "/api/v1/exporters" && r.URL.Query().Get("cursor") == "a+b/":
				fmt.Fprint(w, `{"items":[{"id":"exp_1","name":"Vendors"}],"next_cursor":null}`)
				return
			}
			state := states[min(asked, len(states)-1)]
			if asked >= len(states)-1 && test.last != "" {
				state = test.last
			}
			asked++
			fmt.Fprintf(w, `{"id":"run_1","exporter_name":"Vendors",%s}`, state)
		}))
		out, errs, code := call(t, append([]string{"run", "--url", server.URL + "/"}, test.args...)...)
		server.Close()
		if out != test.out || errs != test.errs || code != test.code {
			t.Errorf("run %v: code %d\n%s--\n%s", test.args, code, out, errs)
		}
	}
}

// TestDryRunOnAServer proves that run --dry-run starts no run, and says what one would change.
func TestDryRunOnAServer(t *testing.T) {
	t.Setenv("LEDGERSHEET_API_TOKEN", "a-token-of-more-than-24-characters")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.Path {
		case "GET /api/v1/exporters":
			fmt.Fprint(w, `{"items":[{"id":"exp_1","name":"Vendors"}]}`)
		case "POST /api/v1/exporters/exp_1/dry-run":
			fmt.Fprint(w, `{"rows":9,"added":2,"changed":1,"removed":0,"hand_edits":1,`+
				`"requests":{"quickbooks":2,"sheets":3},"warnings":["A run would fail."]}`)
		default:
			t.Errorf("asked for %s %s", r.Method, r.URL.Path)
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	out, errs, code := call(t, "run", "--url", server.URL, "vendors", "--dry-run")
	want := "A run would leave 9 rows: 2 added, 1 changed, 0 removed; 2 requests to QuickBooks, 3 to Google. " +
		"Nothing was written.\n  People have edited 1 of the rows since the last run.\n  A run would fail.\n"
	if out != want || errs != "" || code != 0 {
		t.Errorf("code %d\n%s--\n%s", code, out, errs)
	}
	out, _, code = call(t, "run", "--url", server.URL, "exp_1", "--dry-run", "--json")
	if code != 0 || !strings.Contains(out, `"hand_edits": 1`) {
		t.Errorf("as JSON: code %d\n%s", code, out)
	}
}
