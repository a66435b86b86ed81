package oauth

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ledgersheet/internal/problem"
)

// fault is the error that a refusal names (RFC 6749, section 5.2).
type fault struct {
	code        string // one of the RFC's or the provider's words; empty if there is none
	description string
	subtype     string // Google: "invalid_rapt" if an administrator's session control ended the grant
}

// readFault reads a refusal's body. It returns the zero value if the body is not a refusal.
func (r reply) readFault() fault {
	var fields struct {
		Error       json.RawMessage `json:"error"`
		Description string          `json:"error_description"`
		Subtype     string          `json:"error_subtype"`
	}
	if json.Unmarshal(r.body, &fields) != nil {
		return fault{}
	}
	var code string
	if json.Unmarshal(fields.Error, &code) != nil || !isWord(code) {
		return fault{}
	}
	return fault{code, scrub(fields.Description, r.secrets), scrub(fields.Subtype, r.secrets)}
}

// isWord reports whether s looks like a name, such as an error's or a request's, and may appear in messages.
func isWord(s string) bool {
	if s == "" || len(s) > longestWord {
		return false
	}
	return strings.IndexFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.'
	}) < 0
}

// classify returns the problem for a refusal. The named error decides, not the status: both providers answer 400 to
// ended grants, and Intuit has been seen to answer both 400 and 401 to wrong credentials. Without a named error nothing
// is proven, so the failure counts as a passing one and the connection stays.
func (p *Provider) classify(r reply) *problem.Problem {
	f := r.readFault()
	failed := p.explain(r.status, f)
	failed.ProviderRequestID = r.requestID
	failed.RetryAfter = parseRetryAfter(r.header, p.now())
	return failed
}

func (p *Provider) explain(status int, f fault) *problem.Problem {
	name := p.title()
	if status == http.StatusTooManyRequests || f.code == "slow_down" || f.code == "rate_limit_exceeded" {
		return problem.New(p.RateLimited, "%s asks for fewer requests.", name)
	}
	if status >= 500 {
		return problem.New(p.Unavailable, "%s answered with status %d.", name, status)
	}
	switch f.code {
	case "":
		return problem.New(p.Unavailable, "%s answered with status %d and no reason.", name, status)
	case "invalid_grant":
		// The provider's words mean nothing to people, and are for the log: they are the same whoever ended it.
		ended := problem.Wrap(errors.New(f.code+": "+f.description), p.Reconnect, "%s has ended this permission.", name)
		if f.subtype == "invalid_rapt" || strings.Contains(f.description, "invalid_rapt") {
			ended = ended.WithHint("An administrator limits how long a sign-in lasts. Reconnect, and ask the " +
				"administrator to exempt this app from session control.")
		}
		return ended
	case "invalid_client", "unauthorized_client", "deleted_client", "disabled_client", "org_internal",
		"invalid_client_id":
		return p.explainClient(f)
	case "redirect_uri_mismatch":
		return problem.New(problem.AppCredentials, "%s does not know this installation's redirect URI.", name).
			WithHint("Add the redirect URI that the settings page shows to the app at %s, letter by letter.", name)
	case "server_error", "temporarily_unavailable", "internal_failure":
		return problem.New(p.Unavailable, "%s cannot answer at present%s.", name, quoteReason(f))
	}
	return problem.New(p.Rejected, "%s refused the request%s.", name, quoteReason(f))
}

// explainClient returns the problem for a refusal of the app itself, which is its operator's to mend.
func (p *Provider) explainClient(f fault) *problem.Problem {
	says := "does not accept the app's client id and secret"
	switch text := strings.ToLower(f.description); {
	case f.code == "deleted_client", strings.Contains(text, "was not found"):
		says = "does not know the app's client id"
	case f.code == "invalid_client" && text == "unauthorized": // Google's word for a wrong secret
		says = "does not accept the app's client secret"
	case f.code == "disabled_client":
		says = "has disabled the app"
	case f.code == "org_internal":
		return problem.New(problem.AppCredentials, "%s lets only people of the app's own organisation in%s.", p.title(),
			quoteReason(f)).WithHint("Use an account of that organisation, or make the app external in the Google " +
			"Cloud console: Google Auth Platform, Audience.")
	}
	refused := problem.New(problem.AppCredentials, "%s %s%s.", p.title(), says, quoteReason(f))
	if p.Credentials != "" {
		refused = refused.WithHint("%s", p.Credentials)
	}
	return refused
}

// quoteReason returns the provider's own reason in brackets.
func quoteReason(f fault) string {
	if f.description == "" {
		return " (" + f.code + ")"
	}
	return " (" + f.code + ": " + strings.TrimRight(f.description, ".") + ")"
}

// parseRetryAfter reads the Retry-After header, which is seconds or a date (RFC 9110, section 10.2.3).
func parseRetryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if n, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
