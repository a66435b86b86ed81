package intuit_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/problem"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answered is a response of a transport without a network.
func answered(r *http.Request, status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

func TestReadOnlyLetsNothingButGetsPass(t *testing.T) {
	t.Parallel()
	const root = "https://quickbooks.api.intuit.com"
	passed := 0
	next := roundTrip(func(r *http.Request) (*http.Response, error) { passed++; return answered(r, 200, ""), nil })
	guard := intuit.ReadOnly(root+"/", next)
	body := func() io.Reader { return &closing{Reader: strings.NewReader("x")} }
	for name, test := range map[string]struct {
		method, url string
		body        io.Reader
		ok          bool
	}{
		"get":             {"GET", root + "/v3/company/1/query?query=x", nil, true},
		"no method":       {"", root + "/v3/company/1/query", nil, true},
		"upper-case host": {"GET", "https://QUICKBOOKS.api.intuit.com/v3/x", nil, true},
		"post":            {"POST", root + "/v3/company/1/query", body(), false},
		"post empty":      {"POST", root + "/v3/company/1/invoice?operation=delete", nil, false},
		"put":             {"PUT", root + "/", nil, false},
		"patch":           {"PATCH", root + "/", nil, false},
		"delete":          {"DELETE", root + "/", nil, false},
		"head":            {"HEAD", root + "/", nil, false},
		"options":         {"OPTIONS", root + "/", nil, false},
		"lower case":      {"post", root + "/", nil, false},
		"get with a body": {"GET", root + "/v3/company/1/batch", body(), false},
		"other host":      {"GET", "https://quickbooks.api.intuit.com.example.org/", nil, false},
		"other port":      {"GET", root + ":8443/", nil, false},
		"no encryption":   {"GET", "http://quickbooks.api.intuit.com/", nil, false},
	} {
		passed = 0
		r, err := http.NewRequestWithContext(t.Context(), "GET", test.url, test.body)
		if err != nil {
			t.Fatal(err)
		}
		r.Method = test.method
		_, err = guard.RoundTrip(r)
		if got := err == nil; got != test.ok || (passed == 1) != test.ok {
			t.Errorf("%s: passed %d, %v", name, passed, err)
		}
		if !test.ok && !errors.Is(err, intuit.ErrReadOnly) {
			t.Errorf("%s: %v is not ErrReadOnly", name, err)
		}
		if c, ok := test.body.(*closing); ok && !c.closed {
			t.Errorf("%s: the body was left open", name)
		}
	}
}

func TestReadOnlyWithoutRootRefusesAll(t *testing.T) {
	t.Parallel()
	for _, root := range []string{"", "quickbooks", "://"} {
		guard := intuit.ReadOnly(root, roundTrip(func(*http.Request) (*http.Response, error) { panic("sent") }))
		r, err := http.NewRequestWithContext(t.Context(), "GET", "https://quickbooks.api.intuit.com/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := guard.RoundTrip(r); !errors.Is(err, intuit.ErrReadOnly) {
			t.Errorf("root %q: %v", root, err)
		}
	}
}

func TestClientFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	var hosts []string
	c := intuit.New(intuit.Options{APIURL: "https://api.test", HTTP: func(export.RealmID) *http.Client {
		return &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			hosts = append(hosts, r.URL.Host)
			return answered(r, http.StatusFound, "", "Location", "https://elsewhere.test/"), nil
		})}
	}})
	_, err := c.CompanyName(t.Context(), "1")
	if !problem.HasCode(err, problem.QuickBooksRejected) || len(hosts) != 1 || hosts[0] != "api.test" {
		t.Errorf("asked %v, %v", hosts, err)
	}
}
