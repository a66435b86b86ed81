package api

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

func (s *server) listExporters(c *gin.Context, d *control.Desk) error {
	q := control.ExporterQuery{Limit: largestPage}
	err := readQuery(c.Request.URL, []parameter{
		{"q", func(v string) string { q.Text = v; return "" }},
		{"company_id", func(v string) string { q.Company = export.RealmID(v); return "" }},
		{"google_account_id", func(v string) string { q.Account = export.ID(v); return "" }},
		{"state", func(v string) string {
			q.States = []control.State{control.State(v)}
			if !slices.Contains(control.States(), q.States[0]) {
				return "must be running, paused, blocked, late, never_run, ok, differences or failing"
			}
			return ""
		}},
		limitParameter(&q.Limit),
		{"cursor", readPosition(&q.After)},
	})
	if err != nil {
		return err
	}
	all, next, err := d.ListExporters(c.Request.Context(), q)
	if err != nil {
		return err
	}
	return send(c, http.StatusOK,
		list(all, func(l control.Listed) exporterView { return showListed(d, l) }, writePosition(next)))
}

func (s *server) createExporter(c *gin.Context, d *control.Desk) error {
	dry, err := readDryRun(c)
	if err != nil {
		return err
	}
	members, err := readObject(c)
	if err != nil {
		return err
	}
	e, err := readExporter(d, members)
	if err != nil {
		return err
	}
	if dry {
		if e, err = d.TryCreate(c.Request.Context(), e); err != nil {
			return err
		}
		return send(c, http.StatusOK, showListed(d, control.Listed{
			Exporter: e, Standing: control.Standing{State: control.StateNeverRun},
		}))
	}
	e, err = d.CreateExporter(c.Request.Context(), e)
	if err != nil {
		return err
	}
	c.Header("Location", Base+"/exporters/"+string(e.ID))
	return sendExporter(c, d, http.StatusCreated, e)
}

func (s *server) getExporter(c *gin.Context, d *control.Desk) error {
	e, err := d.Exporter(c.Request.Context(), id(c))
	if err != nil {
		return err
	}
	return sendExporter(c, d, http.StatusOK, e)
}

func (s *server) replaceExporter(c *gin.Context, d *control.Desk) error {
	dry, err := readDryRun(c)
	if err != nil {
		return err
	}
	old, revision, err := readCurrent(c, d)
	if err != nil {
		return err
	}
	members, err := readObject(c)
	if err != nil {
		return err
	}
	if named, ok := members["id"]; ok && named != nil && named != string(old.ID) {
		return problem.Invalid("id", "is another exporter's; an id never changes")
	}
	return s.update(c, d, members, revision, dry)
}

// readDryRun reads whether a call is only to say what it would store.
func readDryRun(c *gin.Context) (dry bool, err error) {
	err = readQuery(c.Request.URL, []parameter{{"dry_run", func(v string) string {
		var err error
		if dry, err = strconv.ParseBool(v); err != nil {
			return "must be true or false"
		}
		return ""
	}}})
	return dry, err
}

func (s *server) patchExporter(c *gin.Context, d *control.Desk) error {
	old, _, err := readCurrent(c, d)
	if err != nil {
		return err
	}
	patch, err := readObject(c, "application/merge-patch+json")
	if err != nil {
		return err
	}
	before, err := showExporter(d, old).members()
	if err != nil {
		return err
	}
	if err := checkReadOnly(before, patch); err != nil {
		return err
	}
	merged, _ := mergePatch(before, patch).(map[string]any)
	// The patch was applied to this revision, so this must still be the revision when the result is stored.
	return s.update(c, d, merged, old.Revision, false)
}

func (s *server) update(c *gin.Context, d *control.Desk, members map[string]any, revision int, dry bool) error {
	e, err := readExporter(d, members)
	if err != nil {
		return err
	}
	store := d.UpdateExporter
	if dry {
		store = d.TryUpdate
	}
	e, err = store(c.Request.Context(), id(c), e, revision)
	if err != nil {
		return err
	}
	return sendExporter(c, d, http.StatusOK, e)
}

func (s *server) deleteExporter(c *gin.Context, d *control.Desk) error {
	if _, _, err := readCurrent(c, d); err != nil {
		return err
	}
	if err := d.DeleteExporter(c.Request.Context(), id(c)); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func (s *server) previewExporter(c *gin.Context, d *control.Desk) error {
	if err := readNothing(c); err != nil {
		return err
	}
	e, err := d.Exporter(c.Request.Context(), id(c))
	if err != nil {
		return err
	}
	return sendPreview(c, d, e)
}

func (s *server) previewDraft(c *gin.Context, d *control.Desk) error {
	members, err := readObject(c)
	if err != nil {
		return err
	}
	e, err := readExporter(d, members)
	if err != nil {
		return err
	}
	return sendPreview(c, d, e)
}

func sendPreview(c *gin.Context, d *control.Desk, e export.Exporter) error {
	p, err := d.Preview(c.Request.Context(), e)
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, previewViewOf(p))
}

func (s *server) startRun(c *gin.Context, d *control.Desk) error {
	if err := readNothing(c); err != nil {
		return err
	}
	r, _, err := d.RunNow(c.Request.Context(), id(c))
	if err != nil {
		return err
	}
	c.Header("Location", Base+"/runs/"+string(r.ID))
	return send(c, http.StatusAccepted, showRun(d, r))
}

// repairExporter ends what stopped the latest run. The run that does so is named in Location.
func (s *server) repairExporter(c *gin.Context, d *control.Desk) error {
	members, err := readObject(c)
	if err != nil {
		return err
	}
	var bad problem.Collect
	body := newObject("", members, &bad)
	action := body.text("action")
	body.refuseUnknown()
	if err := bad.Err(); err != nil {
		return err
	}
	e, run, err := d.Repair(c.Request.Context(), id(c), export.Repair(action))
	if err != nil {
		return err
	}
	c.Header("Location", Base+"/runs/"+string(run.ID))
	return sendExporter(c, d, http.StatusOK, e)
}

func sendExporter(c *gin.Context, d *control.Desk, status int, e export.Exporter) error {
	views, err := showStandings(c.Request.Context(), d, e)
	if err != nil {
		return err
	}
	c.Header("ETag", etag(e.Revision))
	return send(c, status, views[0])
}

func etag(revision int) string { return fmt.Sprintf("%q", strconv.Itoa(revision)) }

// readCurrent reads the exporter and checks it against If-Match. It returns the revision that must still be stored when
// the change is applied, or 0 if any will do.
func readCurrent(c *gin.Context, d *control.Desk) (e export.Exporter, revision int, err error) {
	e, err = d.Exporter(c.Request.Context(), id(c))
	if err != nil {
		return e, 0, err
	}
	header := strings.TrimSpace(c.GetHeader("If-Match"))
	if header == "" || header == "*" {
		return e, 0, nil
	}
	for tag := range strings.SplitSeq(header, ",") {
		if strings.TrimSpace(tag) == etag(e.Revision) {
			return e, e.Revision, nil
		}
	}
	return e, 0, problem.New(problem.Conflict,
		"Somebody else changed this exporter meanwhile: it is at revision %d now.", e.Revision).
		WithHint("Nothing was changed. Read it again and repeat the change with its new ETag.")
}
