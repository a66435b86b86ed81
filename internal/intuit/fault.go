package intuit

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"time"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
)

// fault is what QuickBooks says about a failure, in any of its formats.
type fault struct {
	Type   string
	Errors []faultError
}

type faultError struct{ Code, Message, Detail string }

// refusal is the cause of problems that QuickBooks itself reported. It holds none of QuickBooks' text.
type refusal struct {
	status int
	code   string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("quickbooks answered with status %d and fault code %q", r.status, r.code)
}

// rule says what an answer means. The first matching rule applies.
type rule struct {
	status int    // 0 matches any
	code   string // fault code; empty matches any
	kind   string // fault type in upper case without the ending "Fault"; empty matches any
	is     problem.Code
	again  bool // the same request may be sent again
	pause  bool // all requests of the company have to wait
	slow   bool // Intuit ran out of time
	words  string
	hint   string // replaces the code's standing hint
}

// rules is the one table of QuickBooks' answers. words replace QuickBooks' own text where that is meant for programmers
// or could hold a token: the detail of a 401 echoes it.
// https://developer.intuit.com/app/developer/qbo/docs/develop/troubleshooting/error-codes
var rules = []rule{
	{code: "3001", is: problem.QuickBooksRateLimited, again: true, pause: true,
		words: "QuickBooks received too many requests for this company."},
	{status: 429, is: problem.QuickBooksRateLimited, again: true, pause: true,
		words: "QuickBooks received too many requests for this company."},
	{code: "3200", is: problem.CompanyReconnectRequired, words: "QuickBooks no longer accepts this connection."},
	{code: "120", is: problem.CompanyReconnectRequired, words: "The person who connected this company has lost " +
		"access to it in QuickBooks.", hint: "An administrator of the company has to press Reconnect on Connections; " +
		"exporters and schedules stay as they are."},
	{code: "3100", is: problem.CompanyReconnectRequired, words: "This connection is not valid for this company.",
		hint: "Press Reconnect on this company and choose the same company at Intuit. Keys for development reach " +
			"sandbox companies only, keys for production real ones only."},
	{code: "6190", is: problem.QuickBooksRejected, words: "The company's QuickBooks subscription has ended, or the " +
		"company is closed.", hint: "Renew the subscription in QuickBooks, or take the company out of the exporter."},
	{code: "5020", is: problem.QuickBooksRejected, words: "The person who connected this company may not see this " +
		"data in QuickBooks.", hint: "Have an administrator of the company press Reconnect, or give that person " +
		"access in QuickBooks."},
	{code: "610", is: problem.QuickBooksRejected},
	{code: "4000", is: problem.QuickBooksRejected},
	{code: "4001", is: problem.QuickBooksRejected},
	{code: "10000", is: problem.QuickBooksUnavailable, again: true, words: "QuickBooks had an error of its own."},
	{status: 401, is: problem.CompanyReconnectRequired, words: "QuickBooks no longer accepts this connection."},
	{kind: "AUTHENTICATION", is: problem.CompanyReconnectRequired,
		words: "QuickBooks no longer accepts this connection."},
	{kind: "AUTHORIZATION", is: problem.CompanyReconnectRequired,
		words: "QuickBooks does not let this connection see this company."},
	{status: 504, is: problem.QuickBooksUnavailable, again: true, slow: true,
		words: "QuickBooks did not answer in time."},
	{status: 408, is: problem.QuickBooksUnavailable, again: true,
		words: "QuickBooks did not receive the request in time."},
	{kind: "SYSTEM", is: problem.QuickBooksUnavailable, again: true, words: "QuickBooks had an error of its own."},
	{kind: "SERVICE", is: problem.QuickBooksUnavailable, again: true,
		words: "A service of QuickBooks was not available."},
}

// match returns the rule for an answer. A fault's code says more than its status: throttling has come as 403, and code
// 500 with status 400 means an unknown address.
func match(status int, f *fault) rule {
	code, kind := "", ""
	if f != nil {
		kind = strings.TrimSuffix(strings.ToUpper(f.Type), "FAULT")
		if len(f.Errors) > 0 {
			code = strings.TrimLeft(f.Errors[0].Code, "0")
		}
	}
	for _, r := range rules {
		if (r.status == 0 || r.status == status) && (r.code == "" || r.code == code) &&
			(r.kind == "" || r.kind == kind) {
			return r
		}
	}
	if status >= 500 {
		return rule{
			is: problem.QuickBooksUnavailable, again: true,
			words: fmt.Sprintf("QuickBooks answered with status %d.", status),
		}
	}
	return rule{is: problem.QuickBooksRejected}
}

// faultFailure turns an unsuccessful answer into a failure.
func faultFailure(r request, status int, f *fault, after time.Duration) *failure {
	m := match(status, f)
	cause := &refusal{status: status}
	if f != nil && len(f.Errors) > 0 {
		cause.code = f.Errors[0].Code
	}
	words := m.words
	if words == "" {
		words = quoteText(status, f)
	}
	p := problem.Wrap(cause, m.is, "%s", words)
	if m.hint != "" {
		p.WithHint("%s", m.hint)
	}
	p.RetryAfter = after
	out := &failure{problem: p, again: m.again, slow: m.slow && r.report}
	if out.slow {
		out.problem = tooSlowProblem()
	}
	switch {
	case m.pause && after == 0:
		out.pause = throttlePause + jitter(10*time.Second)
		p.RetryAfter = throttlePause
	case after > 0 && m.again:
		out.pause = after + jitter(time.Second)
	}
	return out
}

// tooSlowProblem is the problem of a report that got no answer within two minutes.
func tooSlowProblem() *problem.Problem {
	return problem.New(problem.ReportTooLarge, "QuickBooks did not finish the report in time.")
}

// quoteText returns QuickBooks' own text, made safe to show.
func quoteText(status int, f *fault) string {
	if f == nil || len(f.Errors) == 0 {
		return fmt.Sprintf("QuickBooks answered with status %d (%s).", status, http.StatusText(status))
	}
	e := f.Errors[0]
	text := e.Message
	if e.Detail != "" && e.Detail != e.Message {
		text += ": " + e.Detail
	}
	if e.Code != "" {
		text += " (code " + e.Code + ")"
	}
	return "QuickBooks says: " + problem.Safe(text)
}

// readFault finds a fault in a body, whatever its status: JSON in either spelling, or XML. Change data capture can have
// one among its groups, with status 200. It returns nil if there is none.
func readFault(body []byte) *fault {
	trimmed := bytes.TrimLeft(body, " \t\r\n\ufeff")
	if bytes.HasPrefix(trimmed, []byte("<")) {
		return readXMLFault(trimmed)
	}
	// Most bodies are pages of records without a fault. Only the others are worth parsing twice.
	if !bytes.Contains(body, []byte(`"Fault"`)) && !bytes.Contains(body, []byte(`"fault"`)) {
		return nil
	}
	var doc struct{ Fault *jsonFault }
	if json.Unmarshal(body, &doc) == nil && doc.Fault != nil {
		return doc.Fault.fault()
	}
	var capture struct {
		CDCResponse []struct {
			Fault         *jsonFault
			QueryResponse []struct{ Fault *jsonFault }
		}
	}
	if json.Unmarshal(body, &capture) != nil {
		return nil
	}
	for _, response := range capture.CDCResponse {
		if response.Fault != nil {
			return response.Fault.fault()
		}
		for _, group := range response.QueryResponse {
			if group.Fault != nil {
				return group.Fault.fault()
			}
		}
	}
	return nil
}

// jsonFault is a fault in JSON. encoding/json ignores the case of member names, so this reads both spellings.
type jsonFault struct {
	Error []struct {
		Message, Detail, Code record.Scalar
	}
	Type record.Scalar
}

func (j *jsonFault) fault() *fault {
	f := &fault{Type: string(j.Type)}
	for _, e := range j.Error {
		f.Errors = append(f.Errors, faultError{string(e.Code), string(e.Message), string(e.Detail)})
	}
	return f
}

func readXMLFault(body []byte) *fault {
	var doc struct {
		Fault *struct {
			Type  string `xml:"type,attr"`
			Error []struct {
				Code    string `xml:"code,attr"`
				Message string
				Detail  string
			}
		}
	}
	if xml.Unmarshal(body, &doc) != nil || doc.Fault == nil {
		return nil
	}
	f := &fault{Type: doc.Fault.Type}
	for _, e := range doc.Fault.Error {
		f.Errors = append(f.Errors, faultError(e))
	}
	return f
}
