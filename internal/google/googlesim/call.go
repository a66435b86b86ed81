package googlesim

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Request is one recorded OAuth or API request.
type Request struct {
	Time   time.Time
	Method string
	Path   string // as escaped in the URL, without the query
	Query  string
	Kind   string // see Fault.Kind
	User   string // e-mail of the caller, empty if unknown
	Bytes  int    // size of the body as sent
	Status int    // 0 if the connection was cut before an answer
	Late   bool   // performed after it was answered, see Fault.Late
}

// maxRecords bounds the memory of a long-running sandbox: beyond it the older half is forgotten.
const maxRecords = 20_000

// call is a request on its way through the server.
type call struct {
	kind     string
	id       string // spreadsheet or Drive file
	arg      string // range, metadata id or tab id
	read     bool
	body     []byte
	user     string
	path     string
	method   string
	rawQuery string
	late     bool // it was answered before
}

// Requests lists the OAuth and API requests so far, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// ResetRequests forgets the recorded requests.
func (s *Server) ResetRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

// route finds out what a request asks for; an empty kind is a path no API serves.
func route(r *http.Request) *call {
	c := &call{path: r.URL.EscapedPath(), method: r.Method, rawQuery: r.URL.RawQuery}
	switch {
	case r.URL.Path == "/o/oauth2/v2/auth" || r.URL.Path == "/o/oauth2/auth":
		c.kind = "authorize"
	case r.URL.Path == "/token" && r.Method == http.MethodPost:
		c.kind = "token"
	case r.URL.Path == "/revoke" && r.Method == http.MethodPost:
		c.kind = "revoke"
	case r.URL.Path == "/userinfo" || r.URL.Path == "/oauth2/v2/userinfo" || r.URL.Path == "/oauth2/v3/userinfo":
		c.kind = "userinfo"
	case strings.HasPrefix(c.path, "/v4/spreadsheets"):
		c.routeSheets(strings.TrimPrefix(c.path, "/v4/spreadsheets"))
	case strings.HasPrefix(c.path, "/drive/v3/"):
		c.routeDrive(strings.TrimPrefix(r.URL.Path, "/drive/v3/"))
	}
	return c
}

// routeSheets reads the escaped rest of a Sheets path; ranges may hold slashes and colons.
func (c *call) routeSheets(rest string) {
	if rest == "" {
		c.is("create", http.MethodPost, false)
		return
	}
	if rest[0] != '/' {
		return
	}
	id, tail, nested := strings.Cut(rest[1:], "/")
	if !nested {
		id, verb, _ := strings.Cut(id, ":")
		c.id = unescape(id)
		switch verb {
		case "":
			c.is("get", http.MethodGet, true)
		case "batchUpdate":
			c.is("batchUpdate", http.MethodPost, false)
		case "getByDataFilter":
			c.is("getByDataFilter", http.MethodPost, true)
		}
		return
	}
	c.id = unescape(id)
	switch {
	case strings.HasPrefix(tail, "values:"):
		c.routeBatch(strings.TrimPrefix(tail, "values:"))
	case strings.HasPrefix(tail, "values/"):
		c.routeRange(unescape(strings.TrimPrefix(tail, "values/")))
	case tail == "developerMetadata:search":
		c.is("developerMetadata.search", http.MethodPost, true)
	case strings.HasPrefix(tail, "developerMetadata/"):
		c.arg = unescape(strings.TrimPrefix(tail, "developerMetadata/"))
		c.is("developerMetadata.get", http.MethodGet, true)
	case strings.HasPrefix(tail, "sheets/") && strings.HasSuffix(tail, ":copyTo"):
		c.arg = strings.TrimSuffix(strings.TrimPrefix(tail, "sheets/"), ":copyTo")
		c.is("sheets.copyTo", http.MethodPost, false)
	}
}

func (c *call) routeBatch(verb string) {
	switch verb {
	case "batchGet":
		c.is("values.batchGet", http.MethodGet, true)
	case "batchUpdate", "batchClear", "batchUpdateByDataFilter", "batchClearByDataFilter":
		c.is("values."+verb, http.MethodPost, false)
	case "batchGetByDataFilter":
		c.is("values.batchGetByDataFilter", http.MethodPost, true)
	}
}

func (c *call) routeRange(text string) {
	for _, verb := range []string{"append", "clear"} {
		if name, ok := strings.CutSuffix(text, ":"+verb); ok && c.method == http.MethodPost {
			c.arg = name
			c.is("values."+verb, http.MethodPost, false)
			return
		}
	}
	c.arg = text
	if c.method == http.MethodPut {
		c.is("values.update", http.MethodPut, false)
		return
	}
	c.is("values.get", http.MethodGet, true)
}

func (c *call) routeDrive(rest string) {
	id, tail, _ := strings.Cut(strings.TrimPrefix(rest, "files"), "/")
	switch {
	case rest == "about":
		c.is("drive.about", http.MethodGet, true)
	case rest == "files" && c.method == http.MethodGet:
		c.is("drive.list", http.MethodGet, true)
	case rest == "files":
		c.is("drive.create", http.MethodPost, false)
	case strings.HasPrefix(rest, "files/") && id == "":
		c.id, tail, _ = strings.Cut(tail, "/")
		switch {
		case tail == "" && c.method == http.MethodGet:
			c.is("drive.get", http.MethodGet, true)
		case tail == "" && c.method == http.MethodPatch:
			c.is("drive.update", http.MethodPatch, false)
		case tail == "":
			c.is("drive.delete", http.MethodDelete, false)
		case tail == "copy":
			c.is("drive.copy", http.MethodPost, true)
		case tail == "permissions" && c.method == http.MethodGet:
			c.is("drive.permissions.list", http.MethodGet, true)
		case tail == "permissions":
			c.is("drive.permissions.create", http.MethodPost, false)
		}
	}
}

// is names the call if the method fits.
func (c *call) is(kind, method string, read bool) {
	if c.method == method {
		c.kind, c.read = kind, read
	}
}

func (c *call) drive() bool { return strings.HasPrefix(c.kind, "drive.") }

func (c *call) api() bool {
	return c.kind != "authorize" && c.kind != "token" && c.kind != "revoke" && c.kind != "userinfo"
}

func unescape(s string) string {
	if out, err := url.PathUnescape(s); err == nil {
		return out
	}
	return s
}

// answer collects what a handler says, so that faults can spoil it on the way out.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}
func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// serveRecorded answers an OAuth or API request: it reads the body, waits, applies faults, and
// records what happened.
func (s *Server) serveRecorded(w http.ResponseWriter, r *http.Request) {
	c := route(r)
	body, err := readBody(r)
	sent := len(body)
	if err == nil && r.Header.Get("Content-Encoding") == "gzip" {
		body, err = gunzip(body)
	}
	if err != nil {
		badRequest("Request body could not be read.").write(w, c.drive())
		return
	}
	c.body = body
	record := Request{Time: s.now(), Method: r.Method, Path: c.path, Query: r.URL.RawQuery, Kind: c.kind, Bytes: sent}
	record.User = s.emailOf(r)
	defer func() { s.keep(record) }()
	s.begin()
	fault := s.fault(c)
	if !s.wait(r.Context(), c, fault) {
		return
	}
	if fault != nil && fault.Before != nil {
		fault.Before()
	}
	if fault != nil && fault.late() {
		s.postpone(r, c, fault)
	}
	if fault != nil && fault.DropBefore {
		panic(http.ErrAbortHandler)
	}
	out := &answer{header: http.Header{}}
	switch {
	case fault != nil && fault.Status != 0 && fault.Apply && !fault.late():
		s.dispatch(&answer{header: http.Header{}}, r, c)
		fault.write(out, c)
	case fault != nil && fault.Status != 0 && !fault.DropAfterApply:
		fault.write(out, c)
	case c.kind == "":
		errUnknownMethod().write(out, false)
	default:
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.dispatch(out, r, c)
	}
	if record.User == "" {
		record.User = c.user
	}
	if fault != nil && fault.DropAfterApply {
		panic(http.ErrAbortHandler)
	}
	record.Status = out.status
	out.header.Set("Date", s.now().UTC().Format(http.TimeFormat))
	send(w, out, fault != nil && fault.CutBody)
}

// begin counts a request and performs the late ones that are due before it.
func (s *Server) begin() {
	s.mu.Lock()
	s.begun++
	s.mu.Unlock()
	s.settle(false)
}

// send copies an answer to the connection; a cut one announces its whole length and stops half way.
func send(w http.ResponseWriter, out *answer, cut bool) {
	for name, values := range out.header {
		w.Header()[name] = values
	}
	if !cut {
		w.WriteHeader(out.status)
		_, _ = w.Write(out.body.Bytes())
		return
	}
	w.Header().Set("Content-Length", itoa(out.body.Len()))
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body.Bytes()[:out.body.Len()/2])
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	panic(http.ErrAbortHandler)
}

// Totals count the Sheets and Drive requests since the start.
type Totals struct {
	Requests int   `json:"requests"`
	Writes   int   `json:"writes"` // requests that can change a spreadsheet or a file
	Bytes    int64 `json:"bytes"`  // of bodies, as sent
}

// Totals returns the totals.
func (s *Server) Totals() Totals {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.totals
}

// countCells returns how many cells a request's body holds: the elements of arrays called "values" that are no arrays
// themselves. A body that is no JSON holds none.
func countCells(body []byte) int {
	var doc any
	if json.Unmarshal(body, &doc) != nil {
		return 0
	}
	return cellsIn(doc, false)
}

func cellsIn(v any, inValues bool) int {
	n := 0
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			n += cellsIn(member, name == "values")
		}
		if inValues {
			return 1
		}
	case []any:
		for _, item := range v {
			n += cellsIn(item, inValues)
		}
	default:
		if inValues {
			return 1
		}
	}
	return n
}

func (s *Server) keep(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.Kind {
	case "authorize", "token", "revoke", "userinfo":
	default:
		s.totals.Requests++
		if r.Method != http.MethodGet && !strings.HasSuffix(r.Path, ":getByDataFilter") {
			s.totals.Writes++
		}
		s.totals.Bytes += int64(r.Bytes)
	}
	if len(s.requests) >= maxRecords {
		s.requests = append(s.requests[:0:0], s.requests[len(s.requests)/2:]...)
	}
	s.requests = append(s.requests, r)
}

// wait sleeps the latency and the fault's delay; false means the caller went away.
func (s *Server) wait(ctx context.Context, c *call, f *Fault) bool {
	s.mu.Lock()
	d, perCell := s.latency, s.perCell
	s.mu.Unlock()
	if perCell > 0 {
		d += time.Duration(countCells(c.body)) * perCell
	}
	if f != nil {
		d += f.Delay
	}
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func gunzip(body []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, maxBody))
}
