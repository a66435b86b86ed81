package googlesim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Fault spoils requests. A request matches if it agrees with all of Kind, Method and Path that are set.
type Fault struct {
	// Kind is authorize, token, revoke, userinfo, create, get, batchUpdate, getByDataFilter,
	// values.get, values.update, values.append, values.clear, values.batchGet, values.batchUpdate,
	// values.batchClear, values.batchGetByDataFilter, developerMetadata.get,
	// developerMetadata.search, sheets.copyTo, drive.get, drive.list, drive.create, drive.update,
	// drive.delete, drive.copy, drive.about, drive.permissions.list or drive.permissions.create.
	Kind   string `json:"kind"`
	Method string `json:"method"`
	Path   string `json:"path"` // a part of the path
	Body   string `json:"body"` // a part of the request body

	Skip  int `json:"skip"`  // matching requests let through first
	Times int `json:"times"` // requests spoiled; 0 means one, -1 all

	// Status other than 0 answers so instead of doing anything. Message, State ("UNAVAILABLE") and
	// Reason fill Google's error body; HTML answers a page and Empty nothing instead of it.
	Status     int    `json:"status"`
	Message    string `json:"message"`
	State      string `json:"state"`
	Reason     string `json:"reason"`
	HTML       bool   `json:"html"`
	Empty      bool   `json:"empty"`
	RetryAfter string `json:"retry_after"`
	Domain     string `json:"domain"`  // of Reason: usageLimits or global
	Details    []any  `json:"details"` // of the error body
	// Apply does what was asked before Status is answered.
	Apply bool `json:"apply"`

	// Late and LateSteps answer Status, or cut the connection with DropBefore, and do what was asked
	// later: once Late has passed (nanoseconds in JSON), or before the first request after LateSteps more
	// were answered. It is then done as if it came now, and may be refused; nobody is told.
	Late      time.Duration `json:"late"`
	LateSteps int           `json:"late_steps"`

	DropBefore     bool          `json:"drop_before"`      // cut the connection, nothing done
	DropAfterApply bool          `json:"drop_after_apply"` // do it, then cut the connection
	CutBody        bool          `json:"cut_body"`         // do it, send half of the answer
	Delay          time.Duration `json:"delay"`            // wait first (nanoseconds in JSON)

	// Before is called before the request is done or spoiled: what a person does at that moment. It may
	// use every method of the server.
	Before func() `json:"-"`
}

func (f *Fault) late() bool { return f.Late > 0 || f.LateSteps > 0 }

// Fail arms a fault. Of several that match a request the oldest acts.
func (s *Server) Fail(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ClearFaults disarms all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// SetLatency makes every OAuth and API request take this long; 0 is none.
func (s *Server) SetLatency(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latency = d
}

// SetCellLatency makes API requests take this much longer for each cell that they write; 0 is none.
func (s *Server) SetCellLatency(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.perCell = d
}

// fault takes the fault that spoils a call, if any.
func (s *Server) fault(c *call) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Times == 0 || !f.matches(c) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times > 0 {
			f.Times--
		}
		taken := *f
		return &taken
	}
	return nil
}

func (f *Fault) matches(c *call) bool {
	return (f.Kind == "" || f.Kind == c.kind) && (f.Method == "" || f.Method == c.method) &&
		(f.Path == "" || strings.Contains(c.path, f.Path)) && (f.Body == "" || strings.Contains(string(c.body), f.Body))
}

func (f *Fault) write(w http.ResponseWriter, c *call) {
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	switch {
	case f.Empty:
		w.WriteHeader(f.Status)
	case f.HTML:
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(f.Status)
		fmt.Fprintf(w, "<!DOCTYPE html><title>Error %d</title><p>%s", f.Status, http.StatusText(f.Status))
	case !c.api():
		reason := f.Reason
		if reason == "" {
			reason = "internal_failure"
		}
		writeJSON(w, f.Status, map[string]any{"error": reason, "error_description": f.Message})
	default:
		e := &apiError{
			code: f.Status, status: f.State, message: f.Message, reason: f.Reason, domain: f.Domain, details: f.Details,
		}
		if e.message == "" {
			e.message = usualMessage(f.Status)
		}
		if e.status == "" {
			e.status = usualState(f.Status)
		}
		if e.reason == "" {
			e.reason = "backendError"
		}
		e.write(w, c.drive())
	}
}

// statusCancelled is what Google's front end says when it thinks the caller went away.
const statusCancelled = 499

func usualMessage(status int) string {
	switch status {
	case http.StatusServiceUnavailable:
		return "The service is currently unavailable."
	case http.StatusInternalServerError:
		return "Internal error encountered."
	case http.StatusTooManyRequests:
		return quotaMessage("Write requests", "Write requests per minute per user")
	case http.StatusGatewayTimeout:
		return "Deadline expired before operation could complete."
	case http.StatusConflict:
		return "The operation was aborted."
	case http.StatusRequestEntityTooLarge:
		return "Request payload size exceeds the limit."
	case statusCancelled:
		return "The operation was cancelled."
	}
	return http.StatusText(status)
}

func usualState(status int) string {
	states := map[int]string{
		400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ABORTED",
		413: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED", statusCancelled: "CANCELLED",
		500: "INTERNAL", 502: "UNAVAILABLE", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
	}
	return states[status]
}

func itoa(n int) string { return strconv.Itoa(n) }
