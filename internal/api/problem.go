package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/problem"
)

// methodError is a problem with the one HTTP status that no code stands for: 405.
type methodError struct{ *problem.Problem }

// Unwrap lets errors.As find the problem.
func (e *methodError) Unwrap() error { return e.Problem }

type errorBody struct {
	Error errorView `json:"error"`
}

// errorView is the contract's shape of an error of the API.
type errorView struct {
	Code      problem.Code      `json:"code"`
	Message   string            `json:"message"`
	Hint      string            `json:"hint"`
	Fields    map[string]string `json:"fields"`
	RequestID string            `json:"request_id"`
}

// fail turns an error into the API's answer: the one place that does. Errors that are no problems are the program's own
// fault or its surroundings'; their text goes to the log only.
func (s *server) fail(c *gin.Context, err error) {
	p, known := errors.AsType[*problem.Problem](err)
	if !known {
		p = problem.From(err)
	}
	status := p.Code.Status()
	if _, ok := errors.AsType[*methodError](err); ok {
		status = http.StatusMethodNotAllowed
	}
	ctx := c.Request.Context()
	switch {
	case !known && ctx.Err() != nil:
		// The client has gone: nobody reads the answer, and nothing is wrong here.
		s.log.DebugContext(ctx, "client left before the answer", "request_id", requestID(c))
	case status >= http.StatusInternalServerError:
		s.log.ErrorContext(ctx, "api request failed", "method", c.Request.Method, "route", c.FullPath(), "code",
			string(p.Code), "error", err.Error(), "request_id", requestID(c))
	}
	if c.Writer.Written() {
		c.Abort()
		return
	}
	c.Writer.Header().Del("Content-Type") // of an answer that came to nothing; gin would keep it
	if status == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", `Bearer realm="ledgersheet"`)
	}
	if p.RetryAfter > 0 {
		c.Header("Retry-After", fmt.Sprint(int(p.RetryAfter.Seconds()+1)))
	}
	view := errorView{Code: p.Code, Message: p.Message, Hint: p.Hint, Fields: p.Fields, RequestID: requestID(c)}
	if view.Fields == nil {
		view.Fields = map[string]string{}
	}
	c.Abort()
	if err := send(c, status, errorBody{view}); err != nil {
		s.log.ErrorContext(ctx, "error answer could not be made", "error", err.Error(), "request_id", requestID(c))
	}
}

// send writes a value as the JSON answer.
func send(c *gin.Context, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding answer: %w", err)
	}
	c.Data(status, "application/json; charset=utf-8", append(body, '\n'))
	return nil
}

func stack() string { return string(debug.Stack()) }
