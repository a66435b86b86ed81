package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// packRunView is what became of a run of a whole pack.
type packRunView struct {
	Pack      string            `json:"pack"`
	Title     string            `json:"title"`
	CompanyID export.RealmID    `json:"company_id"`
	State     control.PackState `json:"state"`
	StartedAt *string           `json:"started_at"`
	StartedBy string            `json:"started_by"`
	EndedAt   *string           `json:"finished_at"`
	Total     int               `json:"total"`
	Succeeded int               `json:"succeeded"`
	Missing   []packPartView    `json:"missing"`
	Running   []packPartView    `json:"running"`
}

// packPartView is one exporter of a pack run.
type packPartView struct {
	ExporterID export.ID `json:"exporter_id"`
	Name       string    `json:"name"`
	RunID      *string   `json:"run_id"`
	Reason     *string   `json:"reason"`
}

func (s *server) runPack(c *gin.Context, d *control.Desk) error {
	members, err := readObject(c)
	if err != nil {
		return err
	}
	var bad problem.Collect
	body := newObject("", members, &bad)
	realm := body.text("company_id")
	body.refuseUnknown()
	if realm == "" && !bad.Has("company_id") {
		bad.Add("company_id", "is missing")
	}
	if err := bad.Err(); err != nil {
		return err
	}
	o, err := d.RunPack(c.Request.Context(), c.Param("pack"), export.RealmID(realm))
	if err != nil {
		return err
	}
	return send(c, http.StatusAccepted, packRunViewOf(o))
}

func (s *server) lastPackRun(c *gin.Context, d *control.Desk) error {
	realm := export.RealmID(c.Query("company_id"))
	o, err := d.LastPackRun(c.Request.Context(), c.Param("pack"), realm)
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, packRunViewOf(o))
}

func packRunViewOf(o control.PackOutcome) packRunView {
	v := packRunView{
		Pack: o.Pack.ID, Title: o.Pack.Title, CompanyID: o.Company, State: o.State, StartedAt: stamp(o.At),
		StartedBy: o.By, EndedAt: stamp(o.EndedAt), Total: len(o.Parts),
		Missing: []packPartView{}, Running: []packPartView{},
	}
	for _, p := range o.Parts {
		part := packPartView{p.Exporter, p.Name, nullable(string(p.Run)), nullable(p.Why)}
		switch {
		case p.Done:
			v.Succeeded++
		case p.Running:
			v.Running = append(v.Running, part)
		default:
			v.Missing = append(v.Missing, part)
		}
	}
	return v
}
