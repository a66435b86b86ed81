package api

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// dueTimeView is what became of a due time, or of several in a row.
type dueTimeView struct {
	DueAt   *string       `json:"due_at"`
	Until   *string       `json:"until"`
	Outcome export.DueEnd `json:"outcome"`
	Reason  *string       `json:"reason"`
	Message *string       `json:"message"`
	RunID   *string       `json:"run_id"`
	EndedAt *string       `json:"ended_at"`
}

func (s *server) listDueTimes(c *gin.Context, d *control.Desk) error {
	all, err := d.DueTimes(c.Request.Context(), id(c))
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, list(all, dueTimeViewOf, ""))
}

func dueTimeViewOf(t export.DueTime) dueTimeView {
	return dueTimeView{
		stamp(t.At), stamp(t.Until), t.End, nullable(string(t.Why)), nullable(t.WhyWords()), nullable(string(t.Run)),
		stamp(t.Ended),
	}
}

func (s *server) pauseExporter(c *gin.Context, d *control.Desk) error {
	members, err := readObject(c)
	if err != nil {
		return err
	}
	var bad problem.Collect
	body := newObject("", members, &bad)
	text := body.text("until")
	body.refuseUnknown()
	var until time.Time
	if text != "" {
		if until, err = time.Parse(time.RFC3339, text); err != nil {
			bad.Add("until", "is not a time such as 2026-02-01T00:00:00Z")
		}
	}
	if err := bad.Err(); err != nil {
		return err
	}
	e, err := d.PauseExporter(c.Request.Context(), id(c), until)
	if err != nil {
		return err
	}
	return sendExporter(c, d, http.StatusOK, e)
}

func (s *server) resumeExporter(c *gin.Context, d *control.Desk) error {
	if err := readNothing(c); err != nil {
		return err
	}
	e, err := d.ResumeExporter(c.Request.Context(), id(c))
	if err != nil {
		return err
	}
	return sendExporter(c, d, http.StatusOK, e)
}
