package googlesim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// serveKnob turns the knobs for people who test with a running process.
func (s *Server) serveKnob(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/sandbox/")
	if name == "requests" && r.Method == http.MethodGet {
		writeJSON(w, http.StatusOK, s.Requests())
		return
	}
	if name == "totals" && r.Method == http.MethodGet {
		writeJSON(w, http.StatusOK, s.Totals())
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
		PerCell                                int `json:"microseconds_a_cell"`
		Email, Role, Spreadsheet, Owner, Title string
		Tabs                                   []string
		Full                                   bool
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
	case "behaviour":
		var b Behaviour
		if err := fill(&b); err != nil {
			return nil, err
		}
		s.SetBehaviour(b)
		return done, nil
	}
	if err := fill(&in); err != nil {
		return nil, err
	}
	switch name {
	case "latency":
		s.SetLatency(time.Duration(in.Milliseconds) * time.Millisecond)
		s.SetCellLatency(time.Duration(in.PerCell) * time.Microsecond)
	case "storm":
		s.QuotaStorm(in.Requests)
	case "expire":
		s.ExpireAccessTokens(in.Email)
	case "revoke":
		s.RevokeGrant(in.Email)
	case "storage":
		s.SetStorageFull(in.Email, in.Full)
	case "late":
		s.ApplyLate()
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
		s.SetCellLatency(0)
		s.SetQuota(googleQuota())
		s.QuotaStorm(0)
		s.SetBehaviour(Behaviour{})
		s.ResetRequests()
	default:
		return nil, fmt.Errorf("there is no knob called %q", name)
	}
	return done, nil
}
