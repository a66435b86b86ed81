package api

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
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

// readRunFilter parses the query of the history. Empty parameters select everything; invalid and unknown ones are
// reported by name.
func readRunFilter(u *url.URL) (export.RunFilter, error) {
	f := export.RunFilter{Limit: standardPage}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return f, problem.Wrap(err, problem.BadRequest, "The query string cannot be read.")
	}
	var bad problem.Collect
	for key, values := range query {
		if len(values) > 1 {
			bad.Add(key, "is there more than once")
			continue
		}
		value := values[0]
		if value == "" {
			continue
		}
		switch key {
		case "exporter_id":
			f.Exporter = export.ID(value)
		case "company_id":
			f.Company = export.RealmID(value)
		case "status":
			f.Status = export.RunStatus(value)
			if !slices.Contains(statuses[:], f.Status) {
				bad.Add(key, "must be queued, running, succeeded, failed or cancelled")
			}
		case "limit":
			f.Limit, err = strconv.Atoi(value)
			if err != nil || f.Limit < 1 || f.Limit > largestPage {
				bad.Add(key, "must be a whole number from 1 to %d", largestPage)
			}
		case "cursor":
			f.Before = export.ID(value)
			if !cursorText.MatchString(value) {
				bad.Add(key, "is not the next_cursor of a page")
			}
		default:
			bad.Add(key, "is not known here; there are exporter_id, company_id, status, limit and cursor")
		}
	}
	return f, bad.Err()
}

func (s *server) getRun(c *gin.Context, d *control.Desk) error {
	r, err := d.Run(c.Request.Context(), id(c))
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, showRun(d, r))
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
