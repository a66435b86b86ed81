package intuitsim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Kinds of calls, as Fault.Match and Request.Kind spell them.
const (
	kindDiscovery = "discovery"
	kindAuthorize = "authorize"
	kindToken     = "token"
	kindRevoke    = "revoke"
	kindUserinfo  = "userinfo"
	kindQuery     = "query"
	kindRead      = "read"
	kindCDC       = "cdc"
	kindReport    = "report"
	kindAPI       = "api"
	kindOther     = "other"
)

// maxRequests bounds the record of requests of a long-lived sandbox; the oldest go first.
const maxRequests = 20_000

// Request is what the simulator noted of one request. It holds no credentials.
type Request struct {
	// Time is when it arrived, by the simulator's clock.
	Time time.Time `json:"time"`
	// Kind is discovery, authorize, token, revoke, userinfo, query, read, cdc, report, api (any other path below
	// /v3/company) or other.
	Kind string `json:"kind"`
	// Name is the entity or the report asked for, or the grant type of a token request.
	Name string `json:"name,omitempty"`
	// Realm is the company in the path, if any.
	Realm  string `json:"realm,omitempty"`
	Method string `json:"method"`
	Path   string `json:"path"`
	// Query is the raw query string, without authorization codes.
	Query string `json:"query,omitempty"`
	// Status is the status that was answered; 0 means that the connection was cut before.
	Status int `json:"status"`
	// Tid is the intuit_tid of the answer.
	Tid string `json:"tid"`
}

// call is one request under way.
type call struct {
	kind, name, realm string
	statement         string // of a query
	tid               string
	fault             *Fault
	latency           time.Duration
	admitted          bool // counted in the company's meter, to be taken out by finish
	throttled         bool
}

// Requests returns what was asked since the start or the last ResetRequests, in order of arrival.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Writes returns the requests on the accounting API that used any method but GET.
func (s *Server) Writes() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Request
	for _, r := range s.requests {
		if r.Method != http.MethodGet && strings.HasPrefix(r.Path, "/v3/") {
			out = append(out, r)
		}
	}
	return out
}

// ResetRequests forgets the recorded requests and the counters of Count.
func (s *Server) ResetRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
	clear(s.served)
}

// Count returns how many requests of a kind arrived, for instance "query" or "query:Invoice".
func (s *Server) Count(kind string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.served[kind]
}

// Asked returns how many requests about companies arrived since the start.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// SetLatency makes every answer wait; requests whose context ends first get none.
func (s *Server) SetLatency(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latency = d
}

func (s *Server) begin(r *http.Request) *call {
	c := classify(r)
	c.tid = fmt.Sprintf("1-%s-%s", randomHex(4), randomHex(12))
	raw := r.URL.RawQuery
	if c.kind == kindAuthorize || c.kind == kindOther {
		raw = ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) >= maxRequests {
		s.requests = slices.Delete(s.requests, 0, maxRequests/10)
	}
	s.requests = append(s.requests, Request{
		Time: s.opts.Now(), Kind: c.kind, Name: c.name, Realm: c.realm,
		Method: r.Method, Path: r.URL.Path, Query: raw, Tid: c.tid,
	})
	s.served[c.kind]++
	if c.name != "" {
		s.served[c.kind+":"+c.name]++
	}
	if s.byRealm[c.realm] != nil {
		s.asked++
		c.admitted = s.enter(c.realm)
		if !c.admitted {
			c.throttled = true
			return c
		}
	}
	c.latency = s.latency
	c.fault = s.takeFault(c, r.URL.Path)
	if c.fault != nil {
		c.latency += c.fault.Delay
	}
	return c
}

// wait holds a call back and reports whether the client is still there.
func wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return r.Context().Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func (s *Server) finish(c *call, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.admitted {
		s.leave(c.realm)
	}
	for i := len(s.requests) - 1; i >= 0; i-- {
		if s.requests[i].Tid == c.tid {
			s.requests[i].Status = status
			return
		}
	}
}

func classify(r *http.Request) *call {
	path := r.URL.Path
	switch path {
	case "/.well-known/openid_configuration", "/.well-known/openid_sandbox_configuration", jwksPath:
		return &call{kind: kindDiscovery}
	case authorizePath:
		return &call{kind: kindAuthorize}
	case tokenPath:
		return &call{kind: kindToken}
	case revokePath:
		return &call{kind: kindRevoke}
	case userinfoPath:
		return &call{kind: kindUserinfo}
	}
	rest, ok := strings.CutPrefix(path, "/v3/company/")
	if !ok {
		if strings.HasPrefix(path, "/v3/") {
			return &call{kind: kindAPI}
		}
		return &call{kind: kindOther}
	}
	parts := strings.Split(rest, "/")
	c := &call{kind: kindAPI, realm: parts[0]}
	switch {
	case len(parts) == 2 && parts[1] == "query":
		c.kind, c.statement = kindQuery, r.URL.Query().Get("query")
		if q, err := parseQuery(c.statement); err == nil {
			c.name = q.entity
		}
	case len(parts) == 2 && parts[1] == "cdc":
		c.kind = kindCDC
	case len(parts) == 3 && parts[1] == "reports":
		c.kind, c.name = kindReport, parts[2]
	case len(parts) == 3, len(parts) == 2 && parts[1] == "preferences":
		c.kind, c.name = kindRead, parts[1]
	}
	return c
}
