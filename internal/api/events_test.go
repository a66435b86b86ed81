package api

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
)

// event is one server-sent event as a client sees it.
type event struct {
	name, id string
	run      map[string]any
}

// next reads the next event, skipping comments and retry times. ok is false at the end of the stream.
func next(t *testing.T, r *bufio.Reader) (e event, ok bool) {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return e, false
		}
		line = strings.TrimSuffix(line, "\n")
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "event":
			e.name = value
		case "id":
			e.id = value
		case "data":
			must(t, json.Unmarshal([]byte(value), &e.run))
		case "":
			if e.name != "" {
				return e, true
			}
		}
	}
}

func want(t *testing.T, e event, ok bool, name, id, status string) {
	t.Helper()
	if !ok || e.name != name || e.id != id || e.run["status"] != status {
		t.Fatalf("got %v %q id %q of a run that is %v; want %q id %q, %s", ok, e.name, e.id, e.run["status"], name,
			id, status)
	}
}

// follow opens the stream of a run over a real connection, through the whole server.
func (h *harness) follow(server *httptest.Server, run string) (*http.Response, *bufio.Reader) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, server.URL+Base+"/runs/"+run+"/events", nil)
	must(h.t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := server.Client().Do(r)
	must(h.t, err)
	h.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp, bufio.NewReader(resp.Body)
}

func (h *harness) queueRun() export.Run {
	h.t.Helper()
	a := h.want(http.StatusAccepted, http.MethodPost, "/exporters/"+h.create(nil)+"/runs", nil)
	r, err := h.store.Run(h.t.Context(), export.ID(fmt.Sprint(a.body["id"])))
	must(h.t, err)
	return r
}

func TestEventsComeOneByOne(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	run := h.queueRun()
	server := httptest.NewUnstartedServer(h.engine)
	server.Config.WriteTimeout = time.Nanosecond // expires before the first event, unless the stream lifts it
	server.Start()
	t.Cleanup(server.Close)
	resp, body := h.follow(server, string(run.ID))
	for key, want := range map[string]string{
		"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no",
	} {
		if got := resp.Header.Get(key); got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
	e, ok := next(t, body) // the current state; the subscription exists by now
	want(t, e, ok, "progress", "", "queued")

	h.broker.Publish(export.Run{ID: "run_other", Status: export.RunRunning})
	run.Status, run.Progress = export.RunRunning, export.Progress{Phase: export.PhaseReading, RowsRead: 100}
	h.broker.Publish(run)
	e, ok = next(t, body) // arrives although nothing else is sent
	want(t, e, ok, "progress", "2", "running")
	if got := at(t, e.run, "progress", "rows_read"); got != 100.0 {
		t.Errorf("got %v rows", got)
	}

	run.Status = export.RunSucceeded
	h.broker.Publish(run)
	e, ok = next(t, body)
	want(t, e, ok, "done", "3", "succeeded")
	if e, ok = next(t, body); ok {
		t.Errorf("after done came %q", e.name)
	}
}

func TestEventsOfARunThatIsOver(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	run := h.history("exp_a", 1, export.RunFailed)[0]
	a := h.want(http.StatusOK, http.MethodGet, "/runs/"+run+"/events", nil)
	body := bufio.NewReader(strings.NewReader(string(a.raw)))
	e, ok := next(t, body)
	want(t, e, ok, "done", "", "failed")
	if _, ok := next(t, body); ok {
		t.Errorf("more than one event: %s", a.raw)
	}
	a = h.want(http.StatusNotFound, http.MethodGet, "/runs/run_none/events", nil)
	if at(t, a.body, "error", "code") != "not_found" {
		t.Errorf("got %s", a.raw)
	}
}

func TestEventsEndWithTheClient(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	run := h.queueRun()
	synctest.Test(t, func(t *testing.T) {
		ended := false
		near, far := net.Pipe()
		listener := &oneConn{conn: far, closed: make(chan struct{})}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.engine.ServeHTTP(w, r)
			ended = true
		})}
		served := make(chan error, 1)
		go func() { served <- server.Serve(listener) }()
		client := &http.Client{Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext:       func(context.Context, string, string) (net.Conn, error) { return near, nil },
		}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
			"http://test"+Base+"/runs/"+string(run.ID)+"/events", nil)
		must(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		resp, err := client.Do(r)
		must(t, err)
		_, _ = next(t, bufio.NewReader(resp.Body))
		synctest.Wait()
		if ended {
			t.Fatal("the stream ended while its client was there")
		}
		must(t, resp.Body.Close())
		synctest.Wait() // no time passes: the stream must notice without its heartbeat
		if !ended {
			t.Error("the stream outlives its client")
		}
		must(t, server.Close())
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	if strings.Contains(h.log.String(), "level=ERROR") {
		t.Errorf("a client that left is logged as an error:\n%s", h.log)
	}
}

// oneConn is a listener that accepts one connection. In a synctest bubble that is a pipe.
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

// pipeWriter is a ResponseWriter that hands its reader what was flushed, as it is flushed.
type pipeWriter struct {
	header      http.Header
	held        []byte
	to          *io.PipeWriter
	read, write time.Time // deadlines
}

func (w *pipeWriter) Header() http.Header { return w.header }
func (w *pipeWriter) WriteHeader(int)     {}
func (w *pipeWriter) Write(p []byte) (int, error) {
	w.held = append(w.held, p...)
	return len(p), nil
}

func (w *pipeWriter) SetReadDeadline(at time.Time) error {
	w.read = at
	return nil
}

func (w *pipeWriter) SetWriteDeadline(at time.Time) error {
	w.write = at
	return nil
}

func (w *pipeWriter) FlushError() error {
	_, err := w.to.Write(w.held)
	w.held = nil
	return err
}

func TestEventsHeartbeatAndLife(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	run := h.queueRun()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, Base+"/runs/"+string(run.ID)+"/events", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		from, to := io.Pipe()
		start := time.Now()
		w := &pipeWriter{header: http.Header{}, to: to, read: start, write: start}
		go func() {
			h.engine.ServeHTTP(w, r)
			_ = to.Close()
		}()
		all, err := io.ReadAll(from)
		must(t, err)
		if took := time.Since(start); took != streamLife {
			t.Errorf("the stream lived %s, want %s", took, streamLife)
		}
		if !w.read.IsZero() || !w.write.IsZero() {
			t.Errorf("the server's deadlines still hold: %s, %s", w.read, w.write)
		}
		beats := strings.Count(string(all), ": still here\n\n")
		if n := int(streamLife / heartbeat); beats != n && beats != n-1 { // the last heartbeat and the end coincide
			t.Errorf("got %d heartbeats, want %d", beats, n)
		}
		cancel()
		synctest.Wait()
	})
}

func TestEventsNoticeARunThatEndedSilently(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	run := h.queueRun()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, Base+"/runs/"+string(run.ID)+"/events", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		from, to := io.Pipe()
		go func() {
			h.engine.ServeHTTP(&pipeWriter{header: http.Header{}, to: to}, r)
			_ = to.Close()
		}()
		body := bufio.NewReader(from)
		e, ok := next(t, body)
		want(t, e, ok, "progress", "", "queued")
		_, err := h.store.UpdateRun(ctx, run.ID,
			func(r *export.Run) error { r.Status = export.RunCancelled; return nil })
		must(t, err)
		e, ok = next(t, body)
		want(t, e, ok, "done", "", "cancelled")
		if _, ok := next(t, body); ok {
			t.Error("more came after done")
		}
		cancel()
		synctest.Wait()
	})
}

// deaf hides that the underlying writer can flush.
type deaf struct{ http.ResponseWriter }

func TestEventsFailLoudlyWithoutFlush(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	run := h.queueRun()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, Base+"/runs/"+string(run.ID)+"/events", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	h.engine.ServeHTTP(deaf{httptest.NewRecorder()}, r)
	if !strings.Contains(h.log.String(), "flushing event") {
		t.Errorf("a stream that cannot be flushed is not logged:\n%s", h.log)
	}
}
