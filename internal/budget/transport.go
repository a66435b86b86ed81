package budget

import (
	"net/http"
	"strings"

	"ledgersheet/internal/export"
)

// Transport counts what is sent to the accounting API. All reads of it are metered, queries, single reads, change data
// capture and reports alike; Intuit's OAuth is not.
// https://developer.intuit.com/app/developer/qbo/docs/learn/limits-and-throttles
func (b *Budget) Transport(next http.RoundTripper) http.RoundTripper { return transport{b, next} }

type transport struct {
	budget *Budget
	next   http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if realm := realmOf(r.URL.Path); realm != "" {
		if err := t.budget.Take(r.Context(), realm); err != nil {
			if r.Body != nil {
				_ = r.Body.Close()
			}
			return nil, err
		}
	}
	return t.next.RoundTrip(r)
}

// realmOf returns the company that a path of the accounting API is about; empty for other paths.
func realmOf(path string) export.RealmID {
	_, rest, ok := strings.Cut(path, "/v3/company/")
	if !ok {
		return ""
	}
	realm, _, _ := strings.Cut(rest, "/")
	return export.RealmID(realm)
}
