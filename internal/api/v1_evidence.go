package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/download"
	"ledgersheet/internal/export"
	"ledgersheet/internal/sheetfile"
)

// evidenceView is how a run came by its rows.
type evidenceView struct {
	RunID        export.ID        `json:"run_id"`
	ExporterID   export.ID        `json:"exporter_id"`
	ExporterName string           `json:"exporter_name"`
	Revision     int              `json:"revision"`
	Type         string           `json:"type"`
	Trigger      export.Trigger   `json:"trigger"`
	StartedBy    *string          `json:"started_by"`
	Status       export.RunStatus `json:"status"`
	StartedAt    *string          `json:"started_at"`
	FinishedAt   *string          `json:"finished_at"`
	Attempts     int              `json:"attempts"`

	Day        *string           `json:"day"`
	Timezone   *string           `json:"timezone"`
	Companies  []outcomeView     `json:"companies"`
	Parameters parametersView    `json:"parameters"`
	Requests   []requestView     `json:"requests"`
	Omitted    int               `json:"requests_omitted"`
	Counts     requestsView      `json:"request_counts"`
	Rows       rowCountsView     `json:"rows"`
	Cells      int               `json:"cells_written"`
	Totals     map[string]string `json:"totals"`
	Headlines  []figureView      `json:"headlines"`
	Checks     []checkView       `json:"checks"`
	// Differences counts the checks that do not hold and are not known.
	Differences    int      `json:"differences"`
	Digest         *string  `json:"digest"`
	SpreadsheetURL *string  `json:"spreadsheet_url"`
	Warnings       []string `json:"warnings"`
	Error          *failure `json:"error"`
}

type parametersView struct {
	Mode    export.Mode     `json:"mode"`
	Columns []string        `json:"columns"`
	Filters []export.Filter `json:"filters"`
	Options map[string]any  `json:"options"`
}

type requestView struct {
	At       *string `json:"at"`
	Provider string  `json:"provider"`
	What     string  `json:"what"`
	Status   *int    `json:"status"`
	ID       *string `json:"provider_request_id"`
	Shared   bool    `json:"shared"`
	Attempt  int     `json:"attempt"`
}

type requestsView struct {
	QuickBooks int `json:"quickbooks"`
	Sheets     int `json:"sheets"`
}

type rowCountsView struct {
	Total   int `json:"total"`
	Added   int `json:"added"`
	Changed int `json:"changed"`
	Removed int `json:"removed"`
}

// asJSON reports whether the request wants JSON and no file.
func asJSON(c *gin.Context) bool { return c.Query("format") == "" || c.Query("format") == "json" }

func (s *server) getEvidence(c *gin.Context, d *control.Desk) error {
	if !asJSON(c) {
		return download.Answer(c.Writer, func() (*sheetfile.File, error) {
			return d.EvidenceFile(c.Request.Context(), id(c), c.Query("format"))
		})
	}
	e, err := d.Evidence(c.Request.Context(), id(c))
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, evidenceViewOf(d, e))
}

func evidenceViewOf(d *control.Desk, e control.Evidence) evidenceView {
	r := runViewOf(e.Run)
	kinds, options := optionKinds(d, r.Type), map[string]any{}
	for key, value := range e.Options {
		options[key] = optionValue(kinds[key], value)
	}
	v := evidenceView{
		RunID: r.ID, ExporterID: r.ExporterID, ExporterName: r.ExporterName, Revision: e.Evidence.Revision,
		Type: r.Type, Trigger: r.Trigger, StartedBy: r.StartedBy, Status: r.Status,
		StartedAt: r.StartedAt, FinishedAt: r.FinishedAt,
		Attempts: r.Attempts, Day: nullable(e.Day), Timezone: nullable(e.Zone), Companies: r.Companies,
		Parameters: parametersView{
			Mode: e.Exporter.Mode, Columns: nonNil(e.Exporter.Columns), Filters: nonNil(e.Exporter.Filters),
			Options: options,
		},
		Requests: []requestView{}, Omitted: e.Asked.Omitted(), Counts: requestsView{e.QuickBooks, e.Sheets},
		Rows:  rowCountsView{r.Rows, r.RowsAdded, r.RowsChanged, r.RowsRemoved},
		Cells: e.Cells, Totals: r.Totals, Headlines: r.Headlines, Checks: r.Checks, Differences: r.Differences,
		Digest: nullable(e.Digest), SpreadsheetURL: r.SpreadsheetURL, Warnings: r.Warnings, Error: r.Error,
	}
	for _, a := range e.Asked.Requests() {
		view := requestView{
			At: stamp(a.At), Provider: a.Provider, What: a.What, ID: nullable(a.ID), Shared: a.Shared,
			Attempt: max(a.Attempt, 1),
		}
		if a.Status != 0 {
			view.Status = &a.Status
		}
		v.Requests = append(v.Requests, view)
	}
	return v
}
