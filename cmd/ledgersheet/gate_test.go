package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// gate stands between the server and the sandboxes. It counts the requests and can end the server at one of them.
type gate struct {
	t      *testing.T
	server *httptest.Server
	kill   func()

	mu    sync.Mutex
	seen  []string // method and path of each request
	at    step
	ended chan string              // what the server was killed at
	asked chan struct{}            // closed when the armed step may end the server
	stall func(*http.Request) bool // which requests are never answered; nil for none
	stuck chan struct{}            // gets one for each of them
}

// step is a moment of a run: at its request number n, before the provider sees it or after it has done it.
type step struct {
	n     int // from 1; 0 is none
	after bool
}

func (s step) String() string {
	if s.after {
		return fmt.Sprintf("after request %d", s.n)
	}
	return fmt.Sprintf("before request %d", s.n)
}

var errKilled = errors.New("the server was killed")

// gated leads what the server asks of QuickBooks, Sheets and Drive through a gate.
func (w *world) gated() *gate {
	g := &gate{t: w.t, kill: w.kill, ended: make(chan string, 1), stuck: make(chan struct{}, 100)}
	mux := http.NewServeMux()
	for path, variable := range map[string]string{
		"/quickbooks/": "LEDGERSHEET_INTUIT_API_URL", "/sheets/": "LEDGERSHEET_GOOGLE_SHEETS_URL",
		"/drive/": "LEDGERSHEET_GOOGLE_DRIVE_URL",
	} {
		target, err := url.Parse(w.given[variable])
		if err != nil || target.Host == "" {
			w.t.Fatalf("%s is %q: %v", variable, w.given[variable], err)
		}
		mux.Handle(path, http.StripPrefix(strings.TrimRight(path, "/"), g.proxy(target)))
	}
	g.server = httptest.NewServer(mux)
	w.t.Cleanup(g.server.Close)
	for path, variable := range map[string]string{
		"/quickbooks": "LEDGERSHEET_INTUIT_API_URL", "/sheets/": "LEDGERSHEET_GOOGLE_SHEETS_URL",
		"/drive/": "LEDGERSHEET_GOOGLE_DRIVE_URL",
	} {
		w.env = append(w.env, variable+"="+g.server.URL+path)
	}
	return g
}

func (g *gate) proxy(target *url.URL) http.Handler {
	p := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(r *http.Response) error {
			if step := g.step(r.Request); step.after {
				g.end(r.Request, step)
				return errKilled
			}
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		g.seen = append(g.seen, r.Method+" "+r.URL.Path)
		if g.at.n == len(g.seen) {
			r.Header.Set(markHeader, "here")
		}
		stuck := g.stall != nil && g.stall(r)
		g.mu.Unlock()
		if stuck {
			_, _ = io.Copy(io.Discard, r.Body) // or the server would not notice that the caller has left
			g.stuck <- struct{}{}
			<-r.Context().Done()
			panic(http.ErrAbortHandler)
		}
		if step := g.step(r); step.n != 0 && !step.after {
			g.end(r, step)
			panic(http.ErrAbortHandler)
		}
		p.ServeHTTP(rw, r)
	})
}

// markHeader marks the request at which the server is to end.
const markHeader = "X-Kill"

func (g *gate) step(r *http.Request) step {
	if r.Header.Get(markHeader) == "" {
		return step{}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.at
}

func (g *gate) end(r *http.Request, at step) {
	g.mu.Lock()
	asked := g.asked
	g.mu.Unlock()
	<-asked
	g.kill()
	g.ended <- fmt.Sprintf("%s, %s %.120s", at, r.Method, r.URL.Path)
}

// count begins to count anew and arms a step; it returns the requests that there were before.
func (g *gate) count(at step) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	seen := g.seen
	g.seen, g.at, g.asked = nil, at, make(chan struct{})
	return seen
}

// letEnd lets the armed step end the server, once whoever asked for the run has an answer.
func (g *gate) letEnd() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.asked)
}
