package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// statusView says what needs a person.
type statusView struct {
	OK        bool        `json:"ok"`
	Causes    []causeView `json:"causes"`
	Companies int         `json:"companies"`
	Current   int         `json:"current"`
}

type causeView struct {
	Code      control.CauseCode `json:"code"`
	Title     string            `json:"title"`
	Detail    *string           `json:"detail"`
	Since     *string           `json:"since"`
	Action    string            `json:"action"`
	Warning   bool              `json:"warning"`
	Stage     *int              `json:"stage"`
	CompanyID *string           `json:"company_id"`
	Waiting   []export.ID       `json:"waiting"`
	// WaitingNames are the names of the first of them.
	WaitingNames []string `json:"waiting_names"`
}

// mostNames is how many of the exporters that wait for a cause are named.
const mostNames = 3

func (s *server) getStatus(c *gin.Context, d *control.Desk) error {
	status, err := d.Status(c.Request.Context())
	if err != nil {
		return err
	}
	v := statusView{
		OK: status.OK(), Companies: status.Companies, Current: status.Current,
		Causes: make([]causeView, len(status.Causes)),
	}
	for i, cause := range status.Causes {
		v.Causes[i] = causeViewOf(cause)
	}
	return send(c, http.StatusOK, v)
}

func causeViewOf(cause control.Cause) causeView {
	v := causeView{
		Code: cause.Code, Title: cause.Title, Detail: nullable(cause.Detail), Since: stamp(cause.Since),
		Action: cause.Action, Warning: cause.Warning, CompanyID: nullable(string(cause.Company)),
		Waiting: make([]export.ID, len(cause.Waiting)), WaitingNames: []string{},
	}
	if cause.Stage > 0 {
		v.Stage = &cause.Stage
	}
	for i, e := range cause.Waiting {
		v.Waiting[i] = e.ID
		if i < mostNames {
			v.WaitingNames = append(v.WaitingNames, e.Name)
		}
	}
	return v
}
