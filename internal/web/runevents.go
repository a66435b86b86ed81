package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

const (
	eventsLife  = 30 * time.Minute // browsers reconnect on their own
	heartbeat   = 15 * time.Second // keeps proxies from closing a quiet connection
	eventsLeast = 250 * time.Millisecond
	eventsPath  = "/events"
)

// runNews is what a browser is told of a run. Pages that show the run fetch themselves again.
type runNews struct {
	Run      export.ID `json:"run"`
	Exporter export.ID `json:"exporter"`
	Over     bool      `json:"over"`
}

// events tells a browser of every change of the runs that its user may see, as server-sent events. One stream serves
// all tabs: browsers open only six connections to a host. It begins with an event "open", at which pages fetch what
// they have missed, and ends with its session.
func (w *Web) events(c *gin.Context) error {
	who := actor(c)
	ctx, cancel := context.WithTimeout(c.Request.Context(), eventsLife)
	defer cancel()
	defer w.streams.add(who.Session, cancel)()
	events := w.desk(c).Follow(ctx, nil)
	err := http.NewResponseController(c.Writer).SetWriteDeadline(time.Time{})
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return problem.Wrap(err, problem.Internal, "The connection cannot be kept open.")
	}
	c.Header("Content-Type", "text/event-stream")
	c.Header("X-Accel-Buffering", "no")
	c.Status(http.StatusOK)
	s := &stream{out: c.Writer}
	if s.send("open", struct{}{}) != nil {
		return nil // the browser has left, here and below
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	pace := time.NewTicker(eventsLeast)
	defer pace.Stop()
	for {
		err = nil
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			if !w.o.Sessions.Still(ctx) {
				return nil
			}
			err = s.comment()
		case <-pace.C:
			err = s.flush()
		case e, ok := <-events:
			if !ok {
				return nil
			}
			s.note(e.Run)
			if e.Run.Status.Over() {
				err = s.flush()
			}
		}
		if err != nil {
			return nil
		}
	}
}

// stream writes server-sent events. Between two ticks, it keeps only the newest state of each run.
type stream struct {
	out   gin.ResponseWriter
	order []export.ID
	news  map[export.ID]runNews
}

func (s *stream) note(r export.Run) {
	if _, waits := s.news[r.ID]; !waits {
		s.order = append(s.order, r.ID)
	}
	if s.news == nil {
		s.news = map[export.ID]runNews{}
	}
	s.news[r.ID] = runNews{r.ID, r.Exporter.ID, r.Status.Over()}
}

func (s *stream) flush() error {
	for _, id := range s.order {
		if err := s.send("run", s.news[id]); err != nil {
			return err
		}
	}
	s.order = s.order[:0]
	clear(s.news)
	return nil
}

func (s *stream) send(name string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.out, "event: %s\ndata: %s\n\n", name, text); err != nil {
		return err
	}
	s.out.Flush()
	return nil
}

func (s *stream) comment() error {
	_, err := fmt.Fprint(s.out, ": still here\n\n")
	s.out.Flush()
	return err
}

// wantsEvents reports whether a request is a script's for events. Scripts cannot follow a redirect to the sign-in page.
func wantsEvents(c *gin.Context) bool {
	return strings.HasPrefix(c.GetHeader("Accept"), "text/event-stream")
}

// streams knows the open event streams of each session, so that they end with it. It is safe for concurrent use; its
// zero value is ready.
type streams struct {
	mu   sync.Mutex
	last int
	open map[string]map[int]context.CancelFunc // by session
}

// add notes a stream until remove is called.
func (s *streams) add(session string, end context.CancelFunc) (remove func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	n := s.last
	if s.open == nil {
		s.open = map[string]map[int]context.CancelFunc{}
	}
	if s.open[session] == nil {
		s.open[session] = map[int]context.CancelFunc{}
	}
	s.open[session][n] = end
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open[session], n)
		if len(s.open[session]) == 0 {
			delete(s.open, session)
		}
	}
}

// end ends a session's streams.
func (s *streams) end(session string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, end := range s.open[session] {
		end()
	}
}
