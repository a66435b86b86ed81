package googlesim

import (
	"fmt"
	"net/http"
	"strconv"
)

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
	return fmt.Sprintf("Quota exceeded for quota metric '%s' and limit '%s' of service 'sheets.googleapis.com' for "+
		"consumer 'project_number:%s'.", metric, limit, projectNumber)
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
		code: http.StatusTooManyRequests, status: "RESOURCE_EXHAUSTED", reason: "rateLimitExceeded",
		message: quotaMessage(metric, limit),
		details: []any{
			map[string]any{
				"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED",
				"domain": "googleapis.com",
				"metadata": map[string]any{
					"quota_limit": name, "quota_unit": unit, "quota_location": "global",
					"quota_limit_value": strconv.Itoa(value),
					"quota_metric":      "sheets.googleapis.com/" + short, "service": "sheets.googleapis.com",
					"consumer": "projects/" + projectNumber,
				},
			},
			map[string]any{"@type": "type.googleapis.com/google.rpc.Help", "links": []any{map[string]any{
				"description": "Request a higher quota limit.",
				"url":         "https://cloud.google.com/docs/quota#requesting_higher_quota"}}},
		},
	}
}
