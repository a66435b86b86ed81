// Package api is the JSON API under /api/v1: what scripts and other programs can do with the service. A handler reads
// its input strictly, calls one method of control, and answers in the shapes that openapi.yaml describes. Those shapes
// are a contract of their own. They follow neither the domain's types nor the store's.
package api

import (
	"crypto/rand"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/problem"
)

// Base is the path of the group to pass to Register.
const Base = "/api/v1"

// requestIDHeader identifies a request in answers and in the log.
const requestIDHeader = "X-Request-Id"

// Options configure the API. All fields but Version are required.
type Options struct {
	Control *control.Control
	// Authenticate returns who sent the request: the holder of a bearer token, or a user with a browser session.
	Authenticate func(c *gin.Context) (control.Actor, bool)
	Logger       *slog.Logger
	Version      string // the program's, shown in the API's description
}

type server struct {
	control  *control.Control
	who      func(c *gin.Context) (control.Actor, bool)
	log      *slog.Logger
	origin   *http.CrossOriginProtection
	document []byte // the API's description, as JSON
}

// Register adds the API's routes to the group at Base. It panics if the embedded description cannot be read, which a
// test rules out.
func Register(r gin.IRouter, o Options) {
	s := newServer(o)
	s.document = buildDescription(o.Version)
	for _, route := range s.routes() {
		r.Handle(route.method, route.path, s.handle(route.answer))
	}
}

// Unknown answers requests below Base that match no route: 401 for strangers, 405 if another method would match,
// otherwise 404. The engine calls it from its NoRoute and NoMethod handlers.
func Unknown(o Options) gin.HandlerFunc {
	s := newServer(o)
	routes := s.routes()
	return s.handle(func(c *gin.Context, _ *control.Desk) error { return refuseUnknown(c, routes) })
}

func newServer(o Options) *server {
	return &server{
		control: o.Control, who: o.Authenticate, log: o.Logger,
		origin: http.NewCrossOriginProtection(),
	}
}

// handler answers a request on behalf of the desk's actor, or returns why it cannot.
type handler func(c *gin.Context, d *control.Desk) error

// handle wraps every route: it sets a request id and forbids caching, authenticates, and answers errors in one place.
func (s *server) handle(answer handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		h := c.Writer.Header()
		if h.Get(requestIDHeader) == "" {
			h.Set(requestIDHeader, rand.Text())
		}
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		defer s.recover(c)
		who, ok := s.who(c)
		if !ok {
			s.fail(c, problem.New(problem.Unauthorized, "The request has no valid API token."))
			return
		}
		// Browsers send a session's cookie with other sites' requests too. A token is never sent unasked.
		if err := s.origin.Check(c.Request); err != nil && !who.API {
			s.fail(c, problem.Wrap(err, problem.Forbidden, "The request came from another site."))
			return
		}
		if err := answer(c, s.control.As(who)); err != nil {
			s.fail(c, err)
		}
	}
}

// recover answers for a handler that panicked. http.ErrAbortHandler, the server's own way to abandon an answer, is
// passed on.
func (s *server) recover(c *gin.Context) {
	switch r := recover(); r {
	case nil:
	case http.ErrAbortHandler:
		panic(r)
	default:
		s.log.ErrorContext(c.Request.Context(), "api handler panicked",
			"panic", r, "stack", stack(), "request_id", requestID(c))
		s.fail(c, problem.New(problem.Internal, "Something went wrong inside ledgersheet."))
	}
}

func requestID(c *gin.Context) string { return c.Writer.Header().Get(requestIDHeader) }
