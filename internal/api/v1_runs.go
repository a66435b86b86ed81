package api

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// The default and the maximum size of a page of the history.
const (
	standardPage = 50
	largestPage  = 200
)

var (
	statuses = [...]export.RunStatus{
		export.RunQueued, export.RunRunning, export.RunSucceeded, export.RunFailed, export.RunCancelled,
	}
	cursorText = regexp.MustCompile(`^run_[0-9a-z]{26}$`)
)

func (s *server) listRuns(c *gin.Context, d *control.Desk) error {
	f, err := readRunFilter(c.Request.URL)
	if err != nil {
		return err
	}
	runs, next, err := d.Runs(c.Request.Context(), f)
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, list(runs, func(r export.Run) runView { return showRun(d, r) }, string(next)))
}

// readRunFilter parses the query of the history.
func readRunFilter(u *url.URL) (export.RunFilter, error) {
	f := export.RunFilter{Limit: standardPage}
	err := readQuery(u, []parameter{
		{"exporter_id", func(v string) string { f.Exporter = export.ID(v); return "" }},
		{"company_id", func(v string) string { f.Company = export.RealmID(v); return "" }},
		{"status", func(v string) string {
			f.Status = export.RunStatus(v)
			if !slices.Contains(statuses[:], f.Status) {
				return "must be queued, running, succeeded, failed or cancelled"
			}
			return ""
		}},
		limitParameter(&f.Limit),
		{"cursor", func(v string) string {
			f.Before = export.ID(v)
			if !cursorText.MatchString(v) {
				return notACursor
			}
			return ""
		}},
	})
	return f, err
}

func (s *server) getRun(c *gin.Context, d *control.Desk) error {
	r, err := d.Run(c.Request.Context(), id(c))
	if err != nil {
		return err
	}
	view := showRun(d, r)
	step, at, err := d.Next(c.Request.Context(), r)
	if err != nil {
		return err
	}
	if step != "" {
		view.Next = &nextView{step, stamp(at)}
	}
	return send(c, http.StatusOK, view)
}

// undoRun starts a run that puts back what stood before another one.
func (s *server) undoRun(c *gin.Context, d *control.Desk) error {
	if err := readNothing(c); err != nil {
		return err
	}
	r, err := d.UndoRun(c.Request.Context(), id(c))
	if err != nil {
		return err
	}
	c.Header("Location", Base+"/runs/"+string(r.ID))
	return send(c, http.StatusAccepted, showRun(d, r))
}

func (s *server) cancelRun(c *gin.Context, d *control.Desk) error {
	if err := readNothing(c); err != nil {
		return err
	}
	r, err := d.CancelRun(c.Request.Context(), id(c))
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, showRun(d, r))
}
