package api

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

func (s *server) listExporters(c *gin.Context, _ control.Actor) error {
	all, err := s.control.Exporters(c.Request.Context())
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, list(all, s.exporterView, ""))
}

func (s *server) createExporter(c *gin.Context, who control.Actor) error {
	members, err := readObject(c)
	if err != nil {
		return err
	}
	e, err := s.readExporter(members)
	if err != nil {
		return err
	}
	e, err = s.control.CreateExporter(c.Request.Context(), who, e)
	if err != nil {
		return err
	}
	c.Header("Location", Base+"/exporters/"+string(e.ID))
	return s.sendExporter(c, http.StatusCreated, e)
}

func (s *server) getExporter(c *gin.Context, _ control.Actor) error {
	e, err := s.control.Exporter(c.Request.Context(), id(c))
	if err != nil {
		return err
	}
	return s.sendExporter(c, http.StatusOK, e)
}

func (s *server) replaceExporter(c *gin.Context, who control.Actor) error {
	old, revision, err := s.present(c)
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
	return s.update(c, who, members, revision)
}

func (s *server) patchExporter(c *gin.Context, who control.Actor) error {
	old, _, err := s.present(c)
	if err != nil {
		return err
	}
	patch, err := readObject(c, "application/merge-patch+json")
	if err != nil {
		return err
	}
	before, err := s.exporterView(old).members()
	if err != nil {
		return err
	}
	if err := checkReadOnly(before, patch); err != nil {
		return err
	}
	merged, _ := mergePatch(before, patch).(map[string]any)
	// The patch was made onto this revision, hence it must still be this one when it is stored.
	return s.update(c, who, merged, old.Revision)
}

func (s *server) update(c *gin.Context, who control.Actor, members map[string]any, revision int) error {
	e, err := s.readExporter(members)
	if err != nil {
		return err
	}
	e, err = s.control.UpdateExporter(c.Request.Context(), who, id(c), e, revision)
	if err != nil {
		return err
	}
	return s.sendExporter(c, http.StatusOK, e)
}

func (s *server) deleteExporter(c *gin.Context, who control.Actor) error {
	if _, _, err := s.present(c); err != nil {
		return err
	}
	if err := s.control.DeleteExporter(c.Request.Context(), who, id(c)); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func (s *server) previewExporter(c *gin.Context, _ control.Actor) error {
	if err := readNothing(c); err != nil {
		return err
	}
	e, err := s.control.Exporter(c.Request.Context(), id(c))
	if err != nil {
		return err
	}
	return s.preview(c, e)
}

func (s *server) previewDraft(c *gin.Context, _ control.Actor) error {
	members, err := readObject(c)
	if err != nil {
		return err
	}
	e, err := s.readExporter(members)
	if err != nil {
		return err
	}
	return s.preview(c, e)
}

func (s *server) preview(c *gin.Context, e export.Exporter) error {
	p, err := s.control.Preview(c.Request.Context(), e)
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, previewViewOf(p))
}

func (s *server) startRun(c *gin.Context, who control.Actor) error {
	if err := readNothing(c); err != nil {
		return err
	}
	r, _, err := s.control.RunNow(c.Request.Context(), who, id(c))
	if err != nil {
		return err
	}
	c.Header("Location", Base+"/runs/"+string(r.ID))
	return send(c, http.StatusAccepted, s.runView(r))
}

func (s *server) sendExporter(c *gin.Context, status int, e export.Exporter) error {
	c.Header("ETag", etag(e.Revision))
	return send(c, status, s.exporterView(e))
}

func etag(revision int) string { return fmt.Sprintf("%q", strconv.Itoa(revision)) }

// present reads the exporter and holds it against If-Match. The revision is the one that must still be stored when the
// change is, 0 for any.
func (s *server) present(c *gin.Context) (e export.Exporter, revision int, err error) {
	e, err = s.control.Exporter(c.Request.Context(), id(c))
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
	return e, 0, problem.New(problem.Conflict, "Somebody else changed this exporter meanwhile: it is at revision %d now.", e.Revision).
		WithHint("Nothing was changed. Read it again and repeat the change with its new ETag.")
}
