package intuit

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"regexp"
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

// repeatPause is the least time between two tries of which a rule counts how they repeat.
const repeatPause = time.Second

// faultFailure turns an unsuccessful answer into a failure.
func faultFailure(r request, status int, f *fault, after time.Duration) *failure {
	m, number := match(status, f)
	out := m.failure(r, status, f, after)
	out.rule, out.repeats = number, m.repeats
	if m.then != nil {
		out.then = m.then.failure(r, status, f, after)
		out.least = repeatPause
	}
	return out
}

// failure is the failure of a request that got an answer of this meaning.
func (m meaning) failure(r request, status int, f *fault, after time.Duration) *failure {
	cause := &refusal{status: status}
	if f != nil && len(f.Errors) > 0 {
		cause.code = f.Errors[0].Code
	}
	p := problem.Wrap(cause, m.is, "%s", m.say(status, f))
	if m.hint != "" {
		p.WithHint("%s", m.hint)
	}
	p.RetryAfter = after
	out := &failure{problem: p, again: m.do == retry, do: m.do, slow: m.slow && r.report}
	if out.slow {
		out.problem = tooSlowProblem()
	}
	switch {
	case m.pause && after == 0:
		out.pause = throttlePause + jitter(10*time.Second)
		p.RetryAfter = throttlePause
	case after > 0 && out.again:
		out.pause = after + jitter(time.Second)
	}
	return out
}

// tooSlowProblem is the problem of a report that got no answer within two minutes.
func tooSlowProblem() *problem.Problem {
	return problem.New(problem.ReportTooLarge, "QuickBooks did not finish the report in time.")
}

// say returns the sentence for people.
func (m meaning) say(status int, f *fault) string {
	if m.words == "" {
		return quoteText(status, f)
	}
	if f == nil || len(f.Errors) == 0 {
		return m.words
	}
	e, text := f.Errors[0], ""
	switch m.quote {
	case quoteWhole:
		text = e.whole()
	case quoteDetail:
		text = e.Detail
	case quoteBrief:
		text, _, _ = strings.Cut(e.Detail, ":")
	}
	if text = problem.Safe(text); text == "" {
		return m.words
	}
	return m.words + " QuickBooks says: " + withCode(text, e.Code)
}

// quoteText returns QuickBooks' own text, made safe to show. If it has none, it says what else is known.
func quoteText(status int, f *fault) string {
	var known []string
	if name := http.StatusText(status); name != "" && status != http.StatusOK {
		known = append(known, name)
	}
	if f != nil && len(f.Errors) > 0 {
		e := f.Errors[0]
		if text := problem.Safe(e.whole()); text != "" {
			return "QuickBooks says: " + withCode(text, e.Code)
		}
		if e.Code != "" {
			known = append(known, "code "+problem.Safe(e.Code))
		}
	}
	text := fmt.Sprintf("QuickBooks answered with status %d", status)
	if status == http.StatusOK {
		text = "QuickBooks answered with a fault that it does not explain"
	}
	if len(known) > 0 {
		text += " (" + strings.Join(known, ", ") + ")"
	}
	return text + "."
}

// gatewayMessage is what Intuit's gateway says in place of a message. It repeats code and status for programs.
var gatewayMessage = regexp.MustCompile(`^message=\w*; *errorCode=\w*; *statusCode=\w*$`)

// whole is the message with the detail.
func (e faultError) whole() string {
	message := strings.TrimSpace(e.Message)
	switch {
	case gatewayMessage.MatchString(message):
		return e.Detail
	case strings.HasPrefix(e.Detail, message): // as it does with code 5020
		return e.Detail
	case e.Detail == "":
		return message
	}
	return message + ": " + e.Detail
}

// withCode ends a quote as a sentence.
func withCode(text, code string) string {
	text = strings.TrimRight(text, ". ")
	if code == "" {
		return text + "."
	}
	return text + " (code " + problem.Safe(code) + ")."
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
