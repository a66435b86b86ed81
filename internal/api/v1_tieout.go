package api

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/download"
	"ledgersheet/internal/export"
	"ledgersheet/internal/sheetfile"
)

// tieOutView sets a company's figures of a month beside QuickBooks' own.
type tieOutView struct {
	CompanyID   export.RealmID `json:"company_id"`
	CompanyName string         `json:"company_name"`
	Month       string         `json:"month"`
	Equal       int            `json:"equal"`
	Differ      int            `json:"differ"`
	Known       int            `json:"known"`
	Parts       []tiePartView  `json:"parts"`
	Missing     []namedView    `json:"missing"`
}

type namedView struct {
	ID   export.ID `json:"exporter_id"`
	Name string    `json:"exporter_name"`
}

type tiePartView struct {
	namedView
	Type      string       `json:"type"`
	RunID     export.ID    `json:"run_id"`
	Period    *string      `json:"period"`
	Basis     *string      `json:"basis"`
	ReadAt    *string      `json:"read_at"`
	Rows      int          `json:"rows"`
	Digest    *string      `json:"digest"`
	Headlines []figureView `json:"headlines"`
	Checks    []checkView  `json:"checks"`
	Complete  bool         `json:"checks_complete"`
}

// getTieOut answers with a company's tie-out sheet of a month, or with it as a file.
func (s *server) getTieOut(c *gin.Context, d *control.Desk) error {
	ctx, realm, month := c.Request.Context(), export.RealmID(c.Param("realm")), c.Query("month")
	if !asJSON(c) {
		return download.Answer(c.Writer, func() (*sheetfile.File, error) {
			return d.TieOutFile(ctx, realm, month, c.Query("format"))
		})
	}
	t, err := d.TieOut(ctx, realm, month)
	if err != nil {
		return err
	}
	view := tieOutView{
		CompanyID: t.Company.Realm, CompanyName: t.Company.Name, Month: t.Month,
		Equal: t.Equal, Differ: t.Differ, Known: t.Known, Parts: []tiePartView{}, Missing: []namedView{},
	}
	for _, p := range t.Parts {
		view.Parts = append(view.Parts, tiePartView{
			namedView: namedView{p.Exporter.ID, p.Exporter.Name}, Type: p.Type, RunID: p.Run,
			Period: nullable(p.Period), Basis: nullable(p.Basis), ReadAt: stamp(p.ReadAt.Truncate(time.Second)),
			Rows: p.Rows, Digest: nullable(p.Digest), Headlines: figureViews(p.Figures), Checks: checkViews(p.Checks),
			Complete: !p.Cut,
		})
	}
	for _, m := range t.Missing {
		view.Missing = append(view.Missing, namedView{m.ID, m.Name})
	}
	return send(c, http.StatusOK, view)
}
