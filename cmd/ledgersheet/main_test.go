package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	email    = "owner@example.com"
	password = "correct horse battery staple"
	apiToken = "token-of-the-process-tests-0123456789"
	wait     = 2 * time.Minute
)

var exe string

// TestMain builds the program once: these tests start it as people do.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "ledgersheet-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	exe = filepath.Join(dir, "ledgersheet")
	if out, err := exec.Command("go", "build", "-tags", "nomsgpack", "-o", exe, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// world is a sandbox and a server, each a process of its own, and a browser.
type world struct {
	t       *testing.T
	dir     string
	env     []string
	given   map[string]string // what the sandbox printed
	base    string
	serve   *exec.Cmd
	browser *http.Client
}

func newWorld(t *testing.T, sandboxArgs ...string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), given: map[string]string{}}
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "LEDGERSHEET_") {
			w.env = append(w.env, pair)
		}
	}
	args := append([]string{"sandbox", "--intuit-addr", "127.0.0.1:0", "--google-addr", "127.0.0.1:0",
		"--auto-consent"}, sandboxArgs...)
	sandbox := exec.Command(exe, args...)
	sandbox.Env, sandbox.Stderr = w.env, os.Stderr
	out, err := sandbox.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := sandbox.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sandbox.Process.Kill(); _ = sandbox.Wait() })
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "ready" {
		name, value, _ := strings.Cut(lines.Text(), "=")
		w.given[name] = value
		w.env = append(w.env, lines.Text())
	}
	// The tests look at the sheet as the user that the server writes as, more often than Google's quota allows.
	many := 1 << 20
	w.sandbox(w.google(), "POST", "/sandbox/quota", map[string]int{
		"reads_per_user": many, "writes_per_user": many, "reads_per_project": many, "writes_per_project": many}, nil)
	addr := freeAddr(t)
	w.base = "http://" + addr
	w.env = append(w.env, "LEDGERSHEET_ADDR="+addr, "LEDGERSHEET_DATA_DIR="+filepath.Join(w.dir, "data"),
		"LEDGERSHEET_ADMIN_EMAIL="+email,
		"LEDGERSHEET_ADMIN_PASSWORD="+password, "LEDGERSHEET_API_TOKEN="+apiToken, "LEDGERSHEET_LOG_FORMAT=text")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	w.browser = &http.Client{Jar: jar, Timeout: time.Minute}
	t.Cleanup(w.kill)
	return w
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start runs the server and waits until it is ready.
func (w *world) start() {
	w.t.Helper()
	log, err := os.OpenFile(filepath.Join(w.dir, "serve.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		w.t.Fatal(err)
	}
	defer log.Close()
	w.serve = exec.Command(exe, "serve")
	w.serve.Env, w.serve.Stdout, w.serve.Stderr = w.env, log, log
	if err := w.serve.Start(); err != nil {
		w.t.Fatal(err)
	}
	for end := time.Now().Add(wait); ; {
		res, err := http.Get(w.base + "/readyz")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(end) {
			w.t.Fatalf("the server does not get ready:\n%s", w.log())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// kill ends the server as kill -9 does.
func (w *world) kill() {
	if w.serve != nil {
		_ = w.serve.Process.Kill()
		_ = w.serve.Wait()
		w.serve = nil
	}
}

func (w *world) log() string {
	data, _ := os.ReadFile(filepath.Join(w.dir, "serve.log"))
	return string(data)
}

// post sends a form as a browser does, follows redirects through the consent pages, and returns the page it ends on.
func (w *world) post(path string, form url.Values) string {
	w.t.Helper()
	res, err := w.browser.PostForm(w.base+path, form)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 400 {
		w.t.Fatalf("POST %s: %s, %v\n%.2000s", path, res.Status, err, page)
	}
	return string(page)
}

// connect signs in and connects companies and a Google account.
func (w *world) connect(companies int) {
	w.t.Helper()
	w.post("/login", url.Values{"email": {email}, "password": {password}})
	for range companies {
		w.post("/connections/quickbooks", nil)
	}
	w.post("/connections/google", nil)
}

// api calls the API; it fails the test on another status than the wanted one.
func (w *world) api(method, path string, body any, want int, into any) {
	w.t.Helper()
	status, data := w.ask(method, path, body)
	if status != want {
		w.t.Fatalf("%s %s: %d, want %d\n%s", method, path, status, want, data)
	}
	if into != nil {
		if err := json.Unmarshal(data, into); err != nil {
			w.t.Fatalf("%s %s: %v\n%s", method, path, err, data)
		}
	}
}

func (w *world) ask(method, path string, body any) (int, []byte) {
	w.t.Helper()
	var in io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			w.t.Fatal(err)
		}
		in = bytes.NewReader(data)
	}
	req, err := http.NewRequest(method, w.base+"/api/v1"+path, in)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+apiToken)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, data
}

type run struct {
	ID        string
	Status    string
	Rows      int
	Unchanged bool
	Attempts  int
	Trigger   string
	Error     *struct{ Code, Message, Hint string }
	Progress  struct {
		Phase    string
		RowsRead int `json:"rows_read"`
	}
}

// finish waits until a run is over.
func (w *world) finish(id string) run {
	w.t.Helper()
	for end := time.Now().Add(wait); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var r run
		w.api("GET", "/runs/"+id, nil, 200, &r)
		if r.Status != "queued" && r.Status != "running" {
			return r
		}
	}
	w.t.Fatalf("run %s does not end\n%s", id, w.log())
	return run{}
}

type exporter struct {
	ID          string
	Destination struct {
		SpreadsheetID string `json:"spreadsheet_id"`
	}
}

// newExporter makes an exporter of the first company's records.
func (w *world) newExporter(change func(body map[string]any)) exporter {
	w.t.Helper()
	var companies, accounts struct{ Items []struct{ ID string } }
	w.api("GET", "/companies", nil, 200, &companies)
	w.api("GET", "/google-accounts", nil, 200, &accounts)
	body := map[string]any{
		"name": "Invoices", "type": "invoices", "company_ids": []string{companies.Items[0].ID}, "mode": "replace",
		"columns": []string{"Id", "DocNumber", "TxnDate", "CustomerRef.name", "TotalAmt", "Balance"},
		"options": map[string]any{"date_range": "all"},
		"destination": map[string]any{
			"google_account_id": accounts.Items[0].ID, "spreadsheet_id": "", "sheet": "Invoices", "start_cell": "A1",
		},
	}
	if change != nil {
		change(body)
	}
	var e exporter
	w.api("POST", "/exporters", body, 201, &e)
	return e
}

// run runs an exporter and waits.
func (w *world) run(id string) run {
	w.t.Helper()
	var r run
	w.api("POST", "/exporters/"+id+"/runs", map[string]any{}, 202, &r)
	return w.finish(r.ID)
}

// sandbox turns a knob of a simulator, or reads from it.
func (w *world) sandbox(root, method, path string, body, into any) {
	w.t.Helper()
	var in io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			w.t.Fatal(err)
		}
		in = bytes.NewReader(data)
	}
	req, err := http.NewRequest(method, root+path, in)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		w.t.Fatalf("%s %s: %s %v\n%s", method, path, res.Status, err, data)
	}
	if into != nil {
		if err := json.Unmarshal(data, into); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) intuit() string { return w.given["LEDGERSHEET_INTUIT_API_URL"] }
func (w *world) google() string {
	return strings.TrimRight(w.given["LEDGERSHEET_GOOGLE_SHEETS_URL"], "/")
}

// reader is a reader of the sheet: a Google client of its own, with a consent of its own.
func (w *world) reader() func(spreadsheet, a1 string) [][]any {
	w.t.Helper()
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	back := "http://reader.test/oauth/google/callback"
	res, err := stay.Get(w.given["LEDGERSHEET_GOOGLE_AUTH_URL"] + "?" +
		url.Values{"client_id": {w.given["LEDGERSHEET_GOOGLE_CLIENT_ID"]}, "redirect_uri": {back},
			"response_type": {"code"}, "state": {"x"},
			"scope": {"https://www.googleapis.com/auth/spreadsheets"}}.Encode())
	if err != nil {
		w.t.Fatal(err)
	}
	_ = res.Body.Close()
	at, err := res.Location()
	if err != nil {
		w.t.Fatal(res.Status, err)
	}
	res, err = http.PostForm(w.given["LEDGERSHEET_GOOGLE_TOKEN_URL"], url.Values{"grant_type": {"authorization_code"},
		"code": {at.Query().Get("code")}, "redirect_uri": {back},
		"client_id":     {w.given["LEDGERSHEET_GOOGLE_CLIENT_ID"]},
		"client_secret": {w.given["LEDGERSHEET_GOOGLE_CLIENT_SECRET"]}})
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	var token struct {
		Access string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&token); err != nil || token.Access == "" {
		w.t.Fatal(res.Status, err)
	}
	return func(spreadsheet, a1 string) [][]any {
		req, err := http.NewRequest(http.MethodGet, w.google()+"/v4/spreadsheets/"+spreadsheet+"/values/"+
			url.PathEscape(a1)+"?valueRenderOption=UNFORMATTED_VALUE", nil)
		if err != nil {
			w.t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token.Access)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			w.t.Fatal(err)
		}
		defer res.Body.Close()
		var answer struct{ Values [][]any }
		if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || res.StatusCode != http.StatusOK {
			w.t.Fatalf("reading %s: %s, %v", a1, res.Status, err)
		}
		return answer.Values
	}
}
