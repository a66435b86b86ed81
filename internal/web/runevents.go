package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

const (
	eventsLife  = 30 * time.Minute // browsers reconnect on their own
	heartbeat   = 15 * time.Second // keeps proxies from closing a quiet connection
	eventsLeast = 250 * time.Millisecond
)

// runEvents sends the live part of a run's page whenever the run changes, as server-sent events: progress while it
// runs, then done. It ends soon after the session does.
func (w *Web) runEvents(c *gin.Context) error {
	ctx, cancel := context.WithTimeout(c.Request.Context(), eventsLife)
	defer cancel()
	d, id := w.desk(c), export.ID(c.Param("id"))
	// Subscribe before reading the state: what happens in between is then seen twice rather than not at all.
	events := d.Follow(ctx, func(r export.Run) bool { return r.ID == id })
	run, err := d.Run(ctx, id)
	if err != nil {
		return err
	}
	err = http.NewResponseController(c.Writer).SetWriteDeadline(time.Time{})
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return problem.Wrap(err, problem.Internal, "The connection cannot be kept open.")
	}
	c.Header("Content-Type", "text/event-stream")
	c.Header("X-Accel-Buffering", "no")
	c.Status(http.StatusOK)
	s := &stream{w: w, desk: d, out: c.Writer}
	if done, err := s.send(run); done || err != nil {
		return nil // an error means that the browser has left
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	// Between two ticks, only the newest state is kept.
	pace := time.NewTicker(eventsLeast)
	defer pace.Stop()
	var newest *export.Run
	for {
		var err error
		done := false
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			if !w.o.Sessions.Still(ctx) {
				return nil
			}
			err = s.comment()
		case <-pace.C:
			if newest != nil {
				done, err = s.send(*newest)
				newest = nil
			}
		case e, ok := <-events:
			if !ok {
				return nil
			}
			newest = &e.Run
			if e.Run.Status.Over() {
				done, err = s.send(e.Run)
			}
		}
		if done || err != nil {
			return nil
		}
	}
}

// stream writes server-sent events.
type stream struct {
	w    *Web
	desk *control.Desk
	out  gin.ResponseWriter
}

// send sends a run's state and reports whether it was the last.
func (s *stream) send(r export.Run) (done bool, err error) {
	body, err := s.w.pages.fragment("live", s.w.liveView(s.desk, r))
	if err != nil {
		return false, err
	}
	name := "progress"
	if r.Status.Over() {
		name = "done"
	}
	if _, err := fmt.Fprintf(s.out, "event: %s\n", name); err != nil {
		return false, err
	}
	for line := range bytes.Lines(body) {
		if _, err := fmt.Fprintf(s.out, "data: %s\n", bytes.TrimRight(line, "\r\n")); err != nil {
			return false, err
		}
	}
	if _, err := fmt.Fprint(s.out, "\n"); err != nil {
		return false, err
	}
	s.out.Flush()
	return r.Status.Over(), nil
}

func (s *stream) comment() error {
	_, err := fmt.Fprint(s.out, ": still here\n\n")
	s.out.Flush()
	return err
}
