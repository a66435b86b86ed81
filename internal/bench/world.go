package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	email    = "owner@example.com"
	password = "a long password of the benchmark"
	token    = "benchmark-token-0123456789abcdef0123456789"
)

// size is what the simulated companies hold.
type size struct{ companies, invoices, customers int }

// world is the program against both simulators, each a process of its own.
type world struct {
	sandbox, server *process
	base            string            // of the server
	given           map[string]string // the sandbox's environment
	http            *http.Client      // with the owner's session
	data            string            // the server's folder
	exe             string
	env             []string
	logs            int
	account         string
	companies       []string
}

// build compiles the program into the folder.
func build(ctx context.Context, folder string) (string, error) {
	exe := filepath.Join(folder, "ledgersheet")
	out, err := run(ctx, "go", "build", "-trimpath", "-tags", "nomsgpack", "-o", exe, "./cmd/ledgersheet")
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return exe, nil
}

// open starts the sandboxes and the server in the folder, and connects all companies and a Google account. Extra
// settings are NAME=value.
func open(ctx context.Context, exe, folder string, s size, extra ...string) (_ *world, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	w := &world{exe: exe, data: filepath.Join(folder, "data"), given: map[string]string{},
		http: &http.Client{Jar: jar, Timeout: 10 * time.Minute}}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	args := []string{"sandbox", "--intuit-addr=127.0.0.1:0", "--google-addr=127.0.0.1:0", "--auto-consent",
		fmt.Sprint("--companies=", s.companies), fmt.Sprint("--invoices=", s.invoices),
		fmt.Sprint("--customers=", s.customers)}
	log := filepath.Join(folder, "sandbox.log")
	// The simulators hold all that they have been told, and share the cores with what is measured.
	env := append(os.Environ(), "GOGC=300")
	if w.sandbox, err = start(ctx, log, env, exe, args, w.readGiven); err != nil {
		return nil, err
	}
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	w.base = "http://" + addr
	w.env = append(settingless(os.Environ()), "LEDGERSHEET_ADDR="+addr, "LEDGERSHEET_DATA_DIR="+w.data,
		"LEDGERSHEET_ADMIN_EMAIL="+email, "LEDGERSHEET_ADMIN_PASSWORD="+password, "LEDGERSHEET_API_TOKEN="+token,
		"LEDGERSHEET_LOG_LEVEL=warn")
	for name, value := range w.given {
		w.env = append(w.env, name+"="+value)
	}
	w.env = append(w.env, extra...)
	if _, err := w.serve(ctx); err != nil {
		return nil, err
	}
	return w, w.connect(ctx, s.companies)
}

// settingless leaves out settings of the program, so that those of the caller's shell do not count.
func settingless(env []string) []string {
	var kept []string
	for _, pair := range env {
		if !strings.HasPrefix(pair, "LEDGERSHEET_") {
			kept = append(kept, pair)
		}
	}
	return kept
}

// readGiven reads the environment that the sandbox prints.
func (w *world) readGiven(out io.Reader) error {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() == "ready" {
			return nil
		}
		if name, value, ok := strings.Cut(lines.Text(), "="); ok {
			w.given[name] = value
		}
	}
	return errors.Join(lines.Err(), errors.New("it ended before it was ready"))
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// serve starts the server, and returns how long it took to be ready.
func (w *world) serve(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	w.logs++
	log := filepath.Join(filepath.Dir(w.data), fmt.Sprintf("server%d.log", w.logs))
	var err error
	w.server, err = start(ctx, log, w.env, w.exe, []string{"serve"}, func(io.Reader) error {
		return w.untilReady(ctx, began)
	})
	return time.Since(began), err
}

func (w *world) untilReady(ctx context.Context, began time.Time) error {
	for time.Since(began) < time.Minute {
		status, _, err := w.ask(ctx, http.MethodGet, w.base+"/readyz", nil, "")
		if err == nil && status == http.StatusOK {
			return nil
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
	return errors.New("it was not ready within a minute")
}

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close ends all processes.
func (w *world) close() {
	for _, p := range []*process{w.server, w.sandbox} {
		if p != nil {
			p.stop()
		}
	}
}

// connect signs in and connects everything in the way of a person with a browser.
func (w *world) connect(ctx context.Context, companies int) error {
	login := url.Values{"email": {email}, "password": {password}}.Encode()
	if err := w.post(ctx, "/login", login); err != nil {
		return err
	}
	for range companies {
		if err := w.post(ctx, "/connections/quickbooks", ""); err != nil {
			return err
		}
	}
	if err := w.post(ctx, "/connections/google", ""); err != nil {
		return err
	}
	var list struct {
		Items      []struct{ ID string }
		NextCursor string `json:"next_cursor"`
	}
	if err := w.api(ctx, http.MethodGet, "/google-accounts", nil, &list); err != nil {
		return err
	}
	if len(list.Items) != 1 {
		return fmt.Errorf("there are %d Google accounts", len(list.Items))
	}
	w.account = list.Items[0].ID
	for path := "/companies"; path != ""; {
		list.Items, list.NextCursor = nil, ""
		if err := w.api(ctx, http.MethodGet, path, nil, &list); err != nil {
			return err
		}
		for _, company := range list.Items {
			w.companies = append(w.companies, company.ID)
		}
		if path = ""; list.NextCursor != "" {
			path = "/companies?cursor=" + url.QueryEscape(list.NextCursor)
		}
	}
	if len(w.companies) != companies {
		return fmt.Errorf("%d of %d companies are connected", len(w.companies), companies)
	}
	return nil
}

// post sends a form and follows redirects, to the end of a consent.
func (w *world) post(ctx context.Context, path, form string) error {
	status, body, err := w.ask(ctx, http.MethodPost, w.base+path, []byte(form), "application/x-www-form-urlencoded")
	if err == nil && status >= http.StatusBadRequest {
		err = fmt.Errorf("status %d: %.300s", status, body)
	}
	if err != nil {
		return fmt.Errorf("POST %s: %w", path, err)
	}
	return nil
}

// api calls the server's API; in and out may be nil.
func (w *world) api(ctx context.Context, method, path string, in, out any) error {
	return w.call(ctx, method, w.base+"/api/v1"+path, in, out)
}

// knob turns a knob of a simulator: its root is one of the two names in the sandbox's environment.
func (w *world) knob(ctx context.Context, root, name string, in any) error {
	return w.call(ctx, http.MethodPost, w.root(root)+"/sandbox/"+name, in, nil)
}

const (
	intuitRoot = "LEDGERSHEET_INTUIT_API_URL"
	googleRoot = "LEDGERSHEET_GOOGLE_TOKEN_URL"
)

func (w *world) root(variable string) string {
	u, err := url.Parse(w.given[variable])
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func (w *world) call(ctx context.Context, method, address string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	status, answer, err := w.ask(ctx, method, address, body, "application/json")
	if err == nil && status >= http.StatusBadRequest {
		err = fmt.Errorf("status %d: %.500s", status, answer)
	}
	if err == nil && out != nil {
		err = json.Unmarshal(answer, out)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, address, err)
	}
	return nil
}

func (w *world) ask(ctx context.Context, method, address string, body []byte, kind string) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if strings.HasPrefix(address, w.base+"/api/") {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := w.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	got, err := io.ReadAll(answer.Body)
	return answer.StatusCode, got, err
}
