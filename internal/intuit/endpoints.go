package intuit

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"ledgersheet/internal/problem"
)

// The environments of Intuit's keys. Keys of one cannot reach companies of the other.
const (
	Production = "production"
	Sandbox    = "sandbox"
)

// APIRoot returns the root of the accounting API, before /v3/company/…. Any environment but Sandbox means production.
// https://developer.intuit.com/app/developer/qbo/docs/develop/rest-api-features
func APIRoot(environment string) string {
	if environment == Sandbox {
		return "https://sandbox-quickbooks.api.intuit.com"
	}
	return "https://quickbooks.api.intuit.com"
}

// DiscoveryURL returns the address at which Intuit publishes its OAuth endpoints.
// https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/discovery-doc
func DiscoveryURL(environment string) string {
	if environment == Sandbox {
		return "https://developer.api.intuit.com/.well-known/openid_sandbox_configuration"
	}
	return "https://developer.api.intuit.com/.well-known/openid_configuration"
}

// Endpoints are the URLs of Intuit's OAuth service.
type Endpoints struct {
	Authorization string `json:"authorization_endpoint"`
	Token         string `json:"token_endpoint"`
	Revocation    string `json:"revocation_endpoint"`
	UserInfo      string `json:"userinfo_endpoint"` // may be empty; nothing needs it
}

const (
	// discoveryLife is how long a document counts as fresh. Intuit's changes once every few years.
	discoveryLife = 24 * time.Hour
	// discoveryPause keeps a failing document from being requested on every click.
	discoveryPause = 5 * time.Second
	discoveryTries = 3
	discoveryLimit = 1 << 20
)

// Discovery fetches Intuit's discovery document when it is first needed and keeps it for a day. It is safe for
// concurrent use. Create one with NewDiscovery.
type Discovery struct {
	url  string
	http *http.Client

	turn chan struct{} // holds one value; whoever takes it fetches

	mu      sync.Mutex
	known   *Endpoints
	fetched time.Time
	failure error
	failed  time.Time
}

// NewDiscovery returns a Discovery for the document at the URL. It makes no request. A nil client means
// http.DefaultClient.
func NewDiscovery(documentURL string, client *http.Client) *Discovery {
	if client == nil {
		client = http.DefaultClient
	}
	d := &Discovery{url: documentURL, http: client, turn: make(chan struct{}, 1)}
	d.turn <- struct{}{}
	return d
}

// Endpoints returns the endpoints. If the document cannot be fetched, it uses an older one. Without any it returns a
// QuickBooksUnavailable or QuickBooksMalformed problem.
func (d *Discovery) Endpoints(ctx context.Context) (Endpoints, error) {
	if e, done, err := d.recall(); done {
		return e, err
	}
	select {
	case <-d.turn:
		defer func() { d.turn <- struct{}{} }()
	case <-ctx.Done():
		return Endpoints{}, endProblem(ctx)
	}
	if e, done, err := d.recall(); done { // somebody else fetched it meanwhile
		return e, err
	}
	e, err := d.fetch(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case err == nil:
		d.known, d.fetched, d.failure = &e, time.Now(), nil
	case ctx.Err() != nil:
		return Endpoints{}, endProblem(ctx)
	default:
		d.failure, d.failed = err, time.Now()
		if d.known != nil {
			return *d.known, nil
		}
	}
	return e, err
}

// recall answers without a request, if it can: from a fresh document or a failure a moment ago.
func (d *Discovery) recall() (e Endpoints, done bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known != nil && time.Since(d.fetched) < discoveryLife {
		return *d.known, true, nil
	}
	if d.failure != nil && time.Since(d.failed) < discoveryPause {
		if d.known != nil {
			return *d.known, true, nil
		}
		return Endpoints{}, true, d.failure
	}
	return Endpoints{}, false, nil
}

func (d *Discovery) fetch(ctx context.Context) (Endpoints, error) {
	for try := 1; ; try++ {
		e, err := d.ask(ctx)
		if err == nil || try == discoveryTries {
			return e, err
		}
		if !sleep(ctx, backoff(try)) {
			return Endpoints{}, endProblem(ctx)
		}
	}
}

func (d *Discovery) ask(ctx context.Context) (Endpoints, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url, nil)
	if err != nil {
		return Endpoints{}, problem.Wrap(err, problem.QuickBooksUnavailable,
			"The URL of Intuit's discovery document is not usable.").
			WithHint("Check LEDGERSHEET_INTUIT_DISCOVERY_URL.")
	}
	r.Header.Set("Accept", "application/json")
	answer, err := d.http.Do(r)
	if err != nil {
		return Endpoints{}, problem.Wrap(err, problem.QuickBooksUnavailable,
			"Intuit's discovery document could not be fetched.")
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, discoveryLimit))
	if err != nil {
		return Endpoints{}, problem.Wrap(err, problem.QuickBooksUnavailable,
			"Intuit's discovery document could not be fetched whole.")
	}
	if answer.StatusCode != http.StatusOK {
		return Endpoints{}, problem.New(problem.QuickBooksUnavailable,
			"Intuit's discovery document could not be fetched: status %d.", answer.StatusCode)
	}
	return d.read(body)
}

// read decodes a document. It accepts only URLs that are at least as well protected as the document's own.
func (d *Discovery) read(body []byte) (Endpoints, error) {
	var e Endpoints
	if err := json.Unmarshal(body, &e); err != nil {
		return Endpoints{}, problem.Wrap(err, problem.QuickBooksMalformed, "Intuit's discovery document is no JSON.")
	}
	own, err := url.Parse(d.url)
	if err != nil {
		return Endpoints{}, fmt.Errorf("reading the discovery document's URL: %w", err)
	}
	for _, x := range []struct {
		name, value string
		optional    bool
	}{{"authorization_endpoint", e.Authorization, false}, {"token_endpoint", e.Token, false}, {
		"revocation_endpoint", e.Revocation, false,
	}, {"userinfo_endpoint", e.UserInfo, true}} {
		if x.value == "" && x.optional {
			continue
		}
		u, err := url.Parse(x.value)
		if err != nil || u.Host == "" ||
			(u.Scheme != "https" && !(u.Scheme == "http" && own.Scheme == "http" &&
				loopback(u.Hostname(), own.Hostname()))) {
			return Endpoints{}, problem.New(problem.QuickBooksMalformed,
				"Intuit's discovery document has no usable %s.", x.name)
		}
	}
	return e, nil
}

// loopback reports whether a host may use http if the document itself came over http: it must be this machine or the
// document's host.
func loopback(host, own string) bool {
	ip := net.ParseIP(host)
	return host == own || host == "localhost" || (ip != nil && ip.IsLoopback())
}
