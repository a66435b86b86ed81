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

// methodError is a problem with HTTP status 405, the one status that no code stands for.
type methodError struct{ *problem.Problem }

// Unwrap lets errors.As find the problem.
func (e *methodError) Unwrap() error { return e.Problem }

type errorBody struct {
	Error errorView `json:"error"`
}

// errorView is an API error in the shape of the contract.
type errorView struct {
	Code      problem.Code      `json:"code"`
	Message   string            `json:"message"`
	Hint      string            `json:"hint"`
	Fields    map[string]string `json:"fields"`
	RequestID string            `json:"request_id"`
}

// fail is the only place that turns an error into the API's answer. Errors that are not problems are the fault of the
// program or its surroundings; their text goes to the log only.
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
		s.log.ErrorContext(ctx, "api request failed", "method", c.Request.Method, "route", c.FullPath(),
			"code", string(p.Code), "error", err.Error(), "request_id", requestID(c))
	}
	if c.Writer.Written() {
		c.Abort()
		return
	}
	c.Writer.Header().Del("Content-Type") // left by an answer that was never sent; gin would keep it
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

// send answers with a value as JSON.
func send(c *gin.Context, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding answer: %w", err)
	}
	c.Data(status, "application/json; charset=utf-8", append(body, '\n'))
	return nil
}

func stack() string { return string(debug.Stack()) }
