package download_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/download"
	"ledgersheet/internal/sheetfile"
	"ledgersheet/internal/table"
)

// open returns what opens a file of n rows of some kilobytes each.
func open(ctx context.Context, name string, format sheetfile.Format, n int) func() (*sheetfile.File, error) {
	return func() (*sheetfile.File, error) {
		rows := table.NewSpool(table.Schema{Columns: []table.Column{{ID: "x", Title: "x"}}})
		row := table.Row{Cells: []table.Cell{table.TextOf(strings.Repeat("long ", 1000))}}
		for range n {
			if err := rows.Add(row); err != nil {
				return nil, err
			}
		}
		return sheetfile.Open(ctx, name, format, sheetfile.Sheet{Title: "T", Rows: rows, Zone: time.UTC})
	}
}

func get(t *testing.T, s *httptest.Server) (*http.Response, []byte, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, body, err
}

func serve(t *testing.T, h http.HandlerFunc, change func(*http.Server)) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	change(s.Config)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func TestNames(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Open invoices 2026-03-02":  "Open invoices 2026-03-02.csv",
		"../../etc/passwd":          "-..-etc-passwd.csv",
		"a\"b\\c\r\nSet-Cookie: x":  "a-b-c--Set-Cookie- x.csv",
		"Ünïcode – 決算 100%":         "Ünïcode – 決算 100%.csv",
		"  . dots and spaces ..  ":  "dots and spaces.csv",
		"it's (1); q=1, \u202etxt.": "it's (1); q=1, -txt.csv",
	} {
		rec := httptest.NewRecorder()
		if err := download.Answer(rec, open(t.Context(), in, sheetfile.CSV, 1)); err != nil {
			t.Fatal(err)
		}
		header := rec.Header().Get("Content-Disposition")
		kind, params, err := mime.ParseMediaType(header)
		if err != nil || kind != "attachment" || params["filename"] != want && params["filename*"] != want {
			t.Errorf("%q is saved as %q, %v; want %q (%s)", in, params, err, want, header)
		}
		for _, c := range []byte(header) {
			if c < ' ' || c > '~' {
				t.Errorf("the header %q is not plain", header)
			}
		}
	}
	rec := httptest.NewRecorder()
	if err := download.Answer(rec, open(t.Context(), strings.Repeat("ü", 500), sheetfile.XLSX, 1)); err != nil {
		t.Fatal(err)
	}
	if h := rec.Header().Get("Content-Disposition"); len(h) > 800 || !strings.HasSuffix(h, "%C3%BC.xlsx") {
		t.Errorf("a long name gives %d bytes: %s", len(h), h)
	}
}

// An error before the first byte leaves the answer to others.
func TestErrorsComeFirst(t *testing.T) {
	t.Parallel()
	rec, want := httptest.NewRecorder(), errors.New("QuickBooks refused it")
	err := download.Answer(rec, func() (*sheetfile.File, error) { return nil, want })
	if !errors.Is(err, want) || len(rec.Header()) != 0 || rec.Body.Len() != 0 {
		t.Errorf("%v, %v, %d bytes", err, rec.Header(), rec.Body.Len())
	}
}

// Reading everything takes longer than the server gives to ordinary answers.
func TestSlowReading(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		err := download.Answer(w, func() (*sheetfile.File, error) {
			select {
			case <-time.After(300 * time.Millisecond):
			case <-ctx.Done():
			}
			return open(ctx, "x", sheetfile.CSV, 1)()
		})
		if err != nil {
			panic(http.ErrAbortHandler)
		}
	}, func(c *http.Server) { c.ReadTimeout, c.WriteTimeout = 50*time.Millisecond, 50*time.Millisecond })
	resp, body, err := get(t, s)
	if err != nil || !bytes.HasSuffix(body, []byte("\r\n")) {
		t.Fatalf("%v, %d bytes", err, len(body))
	}
	if got := resp.Header.Get("Content-Type"); got != "text/csv; charset=utf-8" {
		t.Errorf("the type is %q", got)
	}
}

// What cannot be sent to its end does not look complete.
func TestBrokenFileLooksBroken(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		_ = download.Answer(&cancelling{ResponseWriter: w, cancel: cancel}, open(ctx, "x", sheetfile.CSV, 5000))
	}, func(*http.Server) {})
	resp, body, err := get(t, s)
	if resp.StatusCode != http.StatusOK || err == nil {
		t.Errorf("status %d, %d bytes and then %v", resp.StatusCode, len(body), err)
	}
}

// cancelling ends the request's context with the first bytes.
type cancelling struct {
	http.ResponseWriter
	cancel func()
}

func (c *cancelling) Write(data []byte) (int, error) {
	c.cancel()
	return c.ResponseWriter.Write(data)
}

func (c *cancelling) Unwrap() http.ResponseWriter { return c.ResponseWriter }
