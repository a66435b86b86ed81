package web

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

func TestProbesAndFilesTakeGetOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/static/x", "/static/"} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, "BREW"} {
			a := s.do(s.request(method, path, nil))
			if a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: status %d, Allow %q", method, path, a.status, a.header.Get("Allow"))
			}
		}
	}
}

// TestFormsAreBounded sends what a stranger may send to the pages that take forms without a session, and to others.
func TestFormsAreBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	const formType = "application/x-www-form-urlencoded"
	before := temporaryFiles(t)
	for _, test := range []struct {
		name, kind, body string
		want             int
		says             string
	}{
		{"too large", formType, "email=" + strings.Repeat("x", 3<<20), 413, "larger than 1 MB"},
		{"just too large", formType, "e=" + strings.Repeat("x", bodyLimit-1), 413, "1 MB"},
		{"a file", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"f\"; " +
			"filename=\"f\"\r\n\r\n" + strings.Repeat("x", 40<<20) + "\r\n--b--", 400, "No form here sends files"},
		{"no form", formType, "email=%zz", 400, "could not be read"},
	} {
		for _, path := range []string{"/login", "/setup", "/exporters", "/nowhere"} {
			r := s.request(http.MethodPost, path, nil)
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(test.body)), int64(len(test.body))
			r.Header.Set("Content-Type", test.kind)
			a := s.do(r)
			if a.status != test.want || !strings.Contains(a.body, test.says) {
				t.Errorf("%s to %s: status %d: %.300s", test.name, path, a.status, a.body)
			}
			checkPage(t, test.name, a.body)
		}
	}
	if after := temporaryFiles(t); after > before {
		t.Errorf("%d temporary files are left", after-before)
	}
}

// temporaryFiles counts what the parser of multipart forms leaves behind.
func temporaryFiles(t *testing.T) (n int) {
	entries, err := os.ReadDir(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "multipart-") {
			n++
		}
	}
	return n
}

// TestBoundedBody: what is left of a large body is dropped only to a limit, and a body of exactly the limit is whole.
func TestBoundedBody(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]bool{0: true, bodyLimit - 1: true, bodyLimit: true, bodyLimit + 1: false} {
		body := io.NopCloser(bytes.NewReader(make([]byte, size)))
		got, err := io.ReadAll(&boundedBody{ReadCloser: body, left: bodyLimit})
		if whole := err == nil; whole != want || want && len(got) != size || len(got) > bodyLimit {
			t.Errorf("of %d bytes %d came, %v", size, len(got), err)
		}
	}
	endless := &endlessBody{}
	_, err := io.ReadAll(&boundedBody{ReadCloser: endless, left: bodyLimit})
	if err == nil || endless.read > bodyLimit+drainLimit+1<<20 {
		t.Errorf("%d bytes of an endless body were read: %v", endless.read, err)
	}
}

type endlessBody struct{ read int }

func (e *endlessBody) Read(p []byte) (int, error) { e.read += len(p); return len(p), nil }

func (e *endlessBody) Close() error { return nil }

// TestALargeBodyGetsItsAnswer: over a real connection, the sender of a body that is too large reads the answer.
func TestALargeBodyGetsItsAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	server := httptest.NewServer(s.web)
	defer server.Close()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, server.URL+"/login",
		strings.NewReader("email="+strings.Repeat("x", 12<<20)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", answer.StatusCode)
	}
}
