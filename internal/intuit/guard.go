package intuit

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// ErrReadOnly is the cause of every request that ReadOnly refuses.
var ErrReadOnly = errors.New("refused by the read-only guard")

// ReadOnly passes on GET requests without a body to the accounting API's host, and refuses everything else with
// ErrReadOnly before a byte is sent. QuickBooks has no read-only scope, so any token could also write. With an unusable
// root it refuses everything. It belongs right above the network, below whatever adds tokens; a Client adds one above
// them as well.
func ReadOnly(apiURL string, next http.RoundTripper) http.RoundTripper {
	g := guard{next: next}
	if u, err := url.Parse(apiURL); err == nil {
		g.scheme, g.host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	}
	if g.next == nil {
		g.next = http.DefaultTransport
	}
	return g
}

type guard struct {
	scheme, host string
	next         http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.check(r); err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // http.RoundTripper requires it even if the request is not sent
		}
		return nil, err
	}
	return g.next.RoundTrip(r)
}

func (g guard) check(r *http.Request) error {
	switch {
	case r.Method != http.MethodGet && r.Method != "": // the empty method means GET
		return fmt.Errorf("sending %s to QuickBooks: %w", r.Method, ErrReadOnly)
	case r.Body != nil && r.Body != http.NoBody:
		return fmt.Errorf("sending a body to QuickBooks: %w", ErrReadOnly)
	case g.host == "" || !strings.EqualFold(r.URL.Host, g.host) || !strings.EqualFold(r.URL.Scheme, g.scheme):
		return fmt.Errorf("sending a request for QuickBooks to %q: %w", r.URL.Host, ErrReadOnly)
	}
	return nil
}
