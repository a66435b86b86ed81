// Package problem is the one error type that people see: a stable code, a message and a hint that are safe to show,
// a retry class, and the cause for the log. Adapters translate each provider's answers into it; the web and the API
// only ever render it. An error that is no Problem is shown as "internal" without its text.
package problem

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// Class says who may retry, and when.
type Class uint8

const (
	// Stop means that a person has to act, or nothing can help. Nothing is retried automatically.
	Stop Class = iota
	// RetryRequest means that the same request may work in seconds. If it does not, the run's next attempt may.
	RetryRequest
	// RetryAttempt means that the run may work in minutes, but retrying the request at once would not help.
	RetryAttempt
)

// Problem is an error with a stable code. The zero value is not useful; create one with New.
type Problem struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`        // what happened, a sentence without secrets or row values
	Hint    string `json:"hint,omitempty"` // what to do next
	// Fields maps the JSON paths of wrong input to reasons. Only validation problems have it.
	Fields map[string]string `json:"fields,omitempty"`
	// ProviderRequestID is Intuit's intuit_tid or Google's request id, for their support.
	ProviderRequestID string `json:"provider_request_id,omitempty"`
	// Columns are the columns of the exported area that people have changed.
	Columns []Column `json:"columns,omitempty"`
	// Remedies name the repairs that would end the problem, the mildest first.
	Remedies []string `json:"remedies,omitempty"`
	// Owners are the ids of other exporters that have marked the cells in question as theirs.
	Owners []string `json:"owners,omitempty"`
	// RetryAfter is how long the provider asked us to wait; zero if it did not say.
	RetryAfter time.Duration `json:"-"`

	lasting bool
	cause   error
}

// Column is a column of the exported area that people have changed: its title was written and is now Found, or the
// column is gone.
type Column struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Found string `json:"found,omitempty"`
	Gone  bool   `json:"gone,omitempty"`
}

// New returns a Problem with its code's standing hint.
func New(code Code, format string, args ...any) *Problem {
	return &Problem{Code: code, Message: fmt.Sprintf(format, args...), Hint: code.info().hint}
}

// Wrap is New with a cause, which errors.Is and errors.As see but people do not.
func Wrap(cause error, code Code, format string, args ...any) *Problem {
	p := New(code, format, args...)
	p.cause = cause
	return p
}

// Invalid returns a validation problem about one field of the caller's input.
func Invalid(field, format string, args ...any) *Problem {
	why := fmt.Sprintf(format, args...)
	p := New(InvalidInput, "%s: %s", field, why)
	p.Fields = map[string]string{field: why}
	return p
}

// WithHint replaces the standing hint.
func (p *Problem) WithHint(format string, args ...any) *Problem {
	p.Hint = fmt.Sprintf(format, args...)
	return p
}

// WithRequestID sets the provider's id of the failed request.
func (p *Problem) WithRequestID(id string) *Problem {
	p.ProviderRequestID = id
	return p
}

// WithRemedies sets the repairs that would end the problem.
func (p *Problem) WithRemedies(names ...string) *Problem {
	p.Remedies = names
	return p
}

// Lasting marks a problem that trying again cannot solve, although its code says that it may.
func (p *Problem) Lasting() *Problem {
	p.lasting = true
	return p
}

// Error implements error. It has the cause's text and is meant for logs.
func (p *Problem) Error() string {
	if p.cause != nil {
		return fmt.Sprintf("%s: %s: %v", p.Code, p.Message, p.cause)
	}
	return fmt.Sprintf("%s: %s", p.Code, p.Message)
}

// Unwrap returns the cause, or nil.
func (p *Problem) Unwrap() error { return p.cause }

// Class returns the code's retry class, or Stop for a lasting problem.
func (p *Problem) Class() Class {
	if p.lasting {
		return Stop
	}
	return p.Code.info().class
}

// Is makes errors.Is(err, problem.New(code, "")) compare codes.
func (p *Problem) Is(target error) bool {
	t, ok := errors.AsType[*Problem](target)
	return ok && t.Code == p.Code
}

// From turns any error into a Problem: the one in its chain, or else one chosen by the standard library's errors. It
// returns nil for nil.
func From(err error) *Problem {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	switch {
	case errors.Is(err, context.Canceled):
		return Wrap(err, Cancelled, "The run was cancelled.")
	case errors.Is(err, context.DeadlineExceeded):
		return Wrap(err, Deadline, "The time limit was reached before the work was done.")
	}
	return Wrap(err, Internal, "Something went wrong inside ledgersheet.")
}

// Recover makes a panic the error that err points to. It is deferred by whatever runs in a goroutine of its own, where
// a panic would end the process.
func Recover(err *error) {
	if p := recover(); p != nil {
		*err = Wrap(fmt.Errorf("panic: %v\n%s", p, debug.Stack()), Internal, "Something went wrong inside ledgersheet.")
	}
}

// HasCode reports whether err's chain has a Problem with one of the codes.
func HasCode(err error, codes ...Code) bool {
	p, ok := errors.AsType[*Problem](err)
	if !ok {
		return false
	}
	for _, c := range codes {
		if p.Code == c {
			return true
		}
	}
	return false
}

// Collect gathers validation problems about several fields into one. The zero value is ready to use.
type Collect struct{ fields map[string]string }

// Add records what is wrong with a field. Only the first reason for a field is kept.
func (c *Collect) Add(field, format string, args ...any) {
	if c.fields == nil {
		c.fields = map[string]string{}
	}
	if _, have := c.fields[field]; !have {
		c.fields[field] = fmt.Sprintf(format, args...)
	}
}

// Has reports whether Add was called for the field.
func (c *Collect) Has(field string) bool { _, ok := c.fields[field]; return ok }

// Err returns one validation Problem, or nil if nothing was added.
func (c *Collect) Err() error {
	if len(c.fields) == 0 {
		return nil
	}
	what := "fields are"
	if len(c.fields) == 1 {
		what = "field is"
	}
	p := New(InvalidInput, "%d %s not right.", len(c.fields), what)
	p.Fields = c.fields
	return p
}
