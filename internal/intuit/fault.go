package intuit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

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
// one among its groups, with status 200. It returns nil if there is none. Records are not read: a fault is a member of
// the answer itself, or of a group.
func readFault(body []byte) *fault {
	trimmed := bytes.TrimLeft(body, " \t\r\n\ufeff")
	if bytes.HasPrefix(trimmed, []byte("<")) {
		return readXMLFault(trimmed)
	}
	// Most bodies are pages of records without a fault. Only the others are worth a look at their members.
	if !namesFault(body) {
		return nil
	}
	var found faults
	dec := record.NewDecoder(body)
	if found.readAnswer(dec) != nil || atEnd(dec) != nil {
		return nil
	}
	return cmp.Or(found.own, found.grouped)
}

// namesFault reports whether "Fault" or "fault" stands anywhere in a body, in quotes.
func namesFault(body []byte) bool {
	for end := []byte(`ault"`); ; {
		i := bytes.Index(body, end)
		if i < 0 {
			return false
		}
		if i >= 2 && body[i-2] == '"' && (body[i-1] == 'F' || body[i-1] == 'f') {
			return true
		}
		body = body[i+len(end):]
	}
}

// faults are those in an answer. A nil one is none.
type faults struct {
	own     *fault // the answer's own, the last one if it has several
	grouped *fault // the first one among the groups of change data capture
}

func (f *faults) readAnswer(dec *jsontext.Decoder) error {
	return eachMember(dec, func(name string) error {
		switch {
		case strings.EqualFold(name, "Fault"):
			own, err := decodeFault(dec)
			f.own = cmp.Or(own, f.own)
			return err
		case strings.EqualFold(name, "CDCResponse"):
			return eachObject(dec, func() error { return f.readResponse(dec) })
		}
		return skip(dec)
	})
}

// readResponse reads one element of CDCResponse.
func (f *faults) readResponse(dec *jsontext.Decoder) error {
	return eachMember(dec, func(name string) error {
		switch {
		case strings.EqualFold(name, "Fault"):
			return f.readGrouped(dec)
		case strings.EqualFold(name, "QueryResponse"):
			return eachObject(dec, func() error {
				return eachMember(dec, func(name string) error {
					if strings.EqualFold(name, "Fault") {
						return f.readGrouped(dec)
					}
					return skip(dec)
				})
			})
		}
		return skip(dec)
	})
}

func (f *faults) readGrouped(dec *jsontext.Decoder) error {
	grouped, err := decodeFault(dec)
	f.grouped = cmp.Or(f.grouped, grouped)
	return err
}

// eachObject calls read at each object of an array, and skips everything else.
func eachObject(dec *jsontext.Decoder, read func() error) error {
	if dec.PeekKind() != '[' {
		return skip(dec)
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != ']' {
		step := func() error { return skip(dec) }
		if dec.PeekKind() == '{' {
			step = read
		}
		if err := step(); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// decodeFault reads a fault, nil if there is null.
func decodeFault(dec *jsontext.Decoder) (*fault, error) {
	text, err := dec.ReadValue()
	if err != nil {
		return nil, err
	}
	var f *jsonFault
	if err := json.Unmarshal(text, &f); err != nil || f == nil {
		return nil, err
	}
	return f.fault(), nil
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
