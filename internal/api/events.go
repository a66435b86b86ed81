package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

const (
	// heartbeat keeps proxies from closing an idle stream.
	heartbeat = 15 * time.Second
	// streamLife limits the life of a stream. Browsers reconnect on their own.
	streamLife = 30 * time.Minute
	// retryAfter is how long a browser waits before it reconnects.
	retryAfter = 2 * time.Second
)

// followRun streams a run's states as server-sent events: progress while it runs, then done, once. Each event has the
// whole run, so missing one does no harm.
func (s *server) followRun(c *gin.Context, d *control.Desk) error {
	ctx := c.Request.Context()
	// Subscribing first leaves no gap between the state read here and the events that follow.
	events := d.Follow(ctx, func(r export.Run) bool { return r.ID == id(c) })
	run, err := d.Run(ctx, id(c))
	if err != nil {
		return err
	}
	out, err := s.openStream(c, d)
	if err != nil {
		return err
	}
	if done, err := out.show(0, run); done || err != nil {
		return err
	}
	beat, end := time.NewTicker(heartbeat), time.NewTimer(streamLife)
	defer beat.Stop()
	defer end.Stop()
	for {
		select {
		case e, open := <-events:
			if !open {
				return nil
			}
			if done, err := out.show(e.Seq, e.Run); done || err != nil {
				return err
			}
		case <-beat.C:
			if _, still := s.who(c); !still {
				return nil // the session has ended, or the right to sign in
			}
			// A run can also end without an event, for instance if its process died.
			if run, err = d.Run(ctx, id(c)); err != nil {
				return err
			}
			if run.Status.Over() {
				_, err := out.show(0, run)
				return err
			}
			if err := out.write(": still here\n\n"); err != nil {
				return err
			}
		case <-end.C:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// stream writes server-sent events.
type stream struct {
	desk    *control.Desk
	writer  http.ResponseWriter
	control *http.ResponseController
}

// openStream sends the head of an event stream. It lifts the server's time limits, which are meant for ordinary
// answers.
func (s *server) openStream(c *gin.Context, d *control.Desk) (*stream, error) {
	h := c.Writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	out := &stream{desk: d, writer: c.Writer, control: http.NewResponseController(unwrapWriter(c.Writer))}
	for _, lift := range []func(time.Time) error{out.control.SetWriteDeadline, out.control.SetReadDeadline} {
		if err := lift(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return nil, fmt.Errorf("lifting the deadline of an event stream: %w", err)
		}
	}
	return out, out.write(fmt.Sprintf("retry: %d\n\n", retryAfter.Milliseconds()))
}

// unwrapWriter returns the writer under gin's own. Flush on gin's writer cannot report that a middleware hides the real
// one.
func unwrapWriter(w gin.ResponseWriter) http.ResponseWriter {
	if u, ok := w.(interface{ Unwrap() http.ResponseWriter }); ok {
		return u.Unwrap()
	}
	return w
}

// show sends a run's state and reports whether it was the last. A seq of 0 leaves the event without an id.
func (o *stream) show(seq int64, r export.Run) (done bool, err error) {
	data, err := json.Marshal(showRun(o.desk, r))
	if err != nil {
		return false, fmt.Errorf("encoding event: %w", err)
	}
	var b strings.Builder
	name := "progress"
	if r.Status.Over() {
		name = "done"
	}
	fmt.Fprintf(&b, "event: %s\n", name)
	if seq > 0 {
		fmt.Fprintf(&b, "id: %d\n", seq)
	}
	fmt.Fprintf(&b, "data: %s\n\n", data)
	return r.Status.Over(), o.write(b.String())
}

func (o *stream) write(text string) error {
	if _, err := o.writer.Write([]byte(text)); err != nil {
		return fmt.Errorf("writing event: %w", err)
	}
	if err := o.control.Flush(); err != nil {
		return fmt.Errorf("flushing event: %w", err)
	}
	return nil
}
