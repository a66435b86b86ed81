package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/problem"
)

// serveEnds serves the calendar of connections' ends to programs, which cannot sign in: its address has a secret.
func (w *Web) serveEnds(c *gin.Context) error {
	text, err := w.desk(c).Calendar(c.Request.Context(), c.Query("key"))
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `inline; filename="ledgersheet.ics"`)
	c.Data(http.StatusOK, "text/calendar; charset=utf-8", text)
	return nil
}

// endsView is the part of the page of connections about the calendar of their ends.
type endsView struct {
	Offered bool   // the person may see its address
	Address string // empty if there is none
}

func (w *Web) endsView(c *gin.Context) (endsView, error) {
	address, err := w.desk(c).CalendarURL(c.Request.Context())
	if problem.HasCode(err, problem.Forbidden) {
		return endsView{}, nil
	}
	return endsView{Offered: err == nil, Address: address}, err
}

func (w *Web) renewCalendar(c *gin.Context) error {
	if _, err := w.desk(c).RenewCalendar(c.Request.Context()); err != nil {
		return err
	}
	w.notify(c, toneGood, "The calendar has a new address.", "Earlier addresses do not work any more.")
	return seeOther(c, "/connections#calendar")
}

func (w *Web) endCalendar(c *gin.Context) error {
	if err := w.desk(c).EndCalendar(c.Request.Context()); err != nil {
		return err
	}
	w.notify(c, toneGood, "The calendar's address does not work any more.", "")
	return seeOther(c, "/connections#calendar")
}
