package googlesim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Fault spoils requests. What it matches is asked for all of Kind, Method and Path that are set.
type Fault struct {
	// Kind is authorize, token, revoke, userinfo, create, get, batchUpdate, getByDataFilter,
	// values.get, values.update, values.append, values.clear, values.batchGet, values.batchUpdate,
	// values.batchClear, values.batchGetByDataFilter, developerMetadata.get,
	// developerMetadata.search, sheets.copyTo, drive.get, drive.list, drive.create, drive.update,
	// drive.delete, drive.about, drive.permissions.list or drive.permissions.create.
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

	DropBefore     bool          `json:"drop_before"`      // cut the connection, nothing done
	DropAfterApply bool          `json:"drop_after_apply"` // do it, then cut the connection
	CutBody        bool          `json:"cut_body"`         // do it, send half of the answer
	Delay          time.Duration `json:"delay"`            // wait first (nanoseconds in JSON)
}

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
		e := &apiError{code: f.Status, status: f.State, message: f.Message, reason: f.Reason}
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
	}
	return http.StatusText(status)
}

func usualState(status int) string {
	states := map[int]string{
		400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ABORTED",
		429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 502: "UNAVAILABLE", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
	}
	return states[status]
}

func itoa(n int) string { return strconv.Itoa(n) }

// Quota is how many requests a minute Google lets through. 0 means no limit.
type Quota struct {
	ReadsPerUser     int `json:"reads_per_user"`
	WritesPerUser    int `json:"writes_per_user"`
	ReadsPerProject  int `json:"reads_per_project"`
	WritesPerProject int `json:"writes_per_project"`
}

func googleQuota() Quota {
	return Quota{ReadsPerUser: 60, WritesPerUser: 60, ReadsPerProject: 300, WritesPerProject: 300}
}

// bucket counts the requests of one minute; user is empty for the project's.
type bucket struct {
	minute int64
	user   string
	read   bool
}

// SetQuota replaces Google's quota of 60 per user and 300 per project, reads and writes apart.
func (s *Server) SetQuota(q Quota) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quota = q
}

// QuotaStorm answers the next n Sheets requests with 429, whatever the quota.
func (s *Server) QuotaStorm(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.storm = n
}

// spend takes one request from the buckets of this minute. The caller holds the lock.
func (s *Server) spend(user string, read bool) *apiError {
	if s.storm > 0 {
		s.storm--
		return errQuota(read, true, s.limitOf(read, true))
	}
	minute := s.now().Unix() / 60
	for b := range s.used {
		if b.minute != minute {
			delete(s.used, b)
		}
	}
	mine, all := bucket{minute, user, read}, bucket{minute, "", read}
	if limit := s.limitOf(read, true); limit > 0 && s.used[mine] >= limit {
		return errQuota(read, true, limit)
	}
	if limit := s.limitOf(read, false); limit > 0 && s.used[all] >= limit {
		return errQuota(read, false, limit)
	}
	s.used[mine]++
	s.used[all]++
	return nil
}

func (s *Server) limitOf(read, user bool) int {
	switch {
	case read && user:
		return s.quota.ReadsPerUser
	case read:
		return s.quota.ReadsPerProject
	case user:
		return s.quota.WritesPerUser
	}
	return s.quota.WritesPerProject
}

// projectNumber is the Google Cloud project the simulated OAuth client belongs to.
const projectNumber = "123"

func quotaMessage(metric, limit string) string {
	return fmt.Sprintf("Quota exceeded for quota metric '%s' and limit '%s' of service 'sheets.googleapis.com' for consumer 'project_number:%s'.", metric, limit, projectNumber)
}

func errQuota(read, user bool, value int) *apiError {
	metric, name, short := "Write requests", "WriteRequestsPerMinutePer", "write_requests"
	if read {
		metric, name, short = "Read requests", "ReadRequestsPerMinutePer", "read_requests"
	}
	limit, unit := metric+" per minute", "1/min/{project}"
	if user {
		limit, unit, name = limit+" per user", "1/min/{project}/{user}", name+"User"
	} else {
		name += "Project"
	}
	return &apiError{
		code: http.StatusTooManyRequests, status: "RESOURCE_EXHAUSTED", reason: "rateLimitExceeded", message: quotaMessage(metric, limit),
		details: []any{
			map[string]any{
				"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com",
				"metadata": map[string]any{
					"quota_limit": name, "quota_unit": unit, "quota_location": "global", "quota_limit_value": strconv.Itoa(value),
					"quota_metric": "sheets.googleapis.com/" + short, "service": "sheets.googleapis.com", "consumer": "projects/" + projectNumber,
				},
			},
			map[string]any{"@type": "type.googleapis.com/google.rpc.Help", "links": []any{map[string]any{
				"description": "Request a higher quota limit.", "url": "https://cloud.google.com/docs/quota#requesting_higher_quota"}}},
		},
	}
}

// serveKnob turns the knobs for people who test with a running process.
func (s *Server) serveKnob(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/sandbox/")
	if name == "requests" && r.Method == http.MethodGet {
		writeJSON(w, http.StatusOK, s.Requests())
		return
	}
	if r.Method != http.MethodPost {
		http.Error(w, "post JSON here", http.StatusMethodNotAllowed)
		return
	}
	body, err := readBody(r)
	if err != nil {
		http.Error(w, "reading body: "+err.Error(), http.StatusBadRequest)
		return
	}
	answer, err := s.turn(name, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// turn performs one knob's request.
func (s *Server) turn(name string, body []byte) (any, error) {
	var in struct {
		Milliseconds, Requests                 int
		Email, Role, Spreadsheet, Owner, Title string
		Tabs                                   []string
	}
	fill := func(to any) error {
		if len(body) == 0 {
			return nil
		}
		if err := json.Unmarshal(body, to); err != nil {
			return fmt.Errorf("reading knob %s: %w", name, err)
		}
		return nil
	}
	done := map[string]any{"ok": true}
	switch name {
	case "fail":
		var f Fault
		if err := fill(&f); err != nil {
			return nil, err
		}
		s.Fail(f)
		return done, nil
	case "quota":
		q := googleQuota()
		if err := fill(&q); err != nil {
			return nil, err
		}
		s.SetQuota(q)
		return done, nil
	}
	if err := fill(&in); err != nil {
		return nil, err
	}
	switch name {
	case "latency":
		s.SetLatency(time.Duration(in.Milliseconds) * time.Millisecond)
	case "storm":
		s.QuotaStorm(in.Requests)
	case "expire":
		s.ExpireAccessTokens(in.Email)
	case "revoke":
		s.RevokeGrant(in.Email)
	case "share":
		return done, s.Share(in.Spreadsheet, in.Email, in.Role)
	case "pick":
		return done, s.Pick(in.Spreadsheet, in.Email)
	case "spreadsheets":
		owner := in.Owner
		if owner == "" {
			owner = s.emails[0]
		}
		return map[string]any{"id": s.CreateSpreadsheet(owner, in.Title, in.Tabs...)}, nil
	case "reset":
		s.ClearFaults()
		s.SetLatency(0)
		s.SetQuota(googleQuota())
		s.QuotaStorm(0)
		s.ResetRequests()
	default:
		return nil, fmt.Errorf("there is no knob called %q", name)
	}
	return done, nil
}
