package api

import (
	"encoding/json"
	"time"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

type runView struct {
	ID           export.ID        `json:"id"`
	ExporterID   export.ID        `json:"exporter_id"`
	ExporterName string           `json:"exporter_name"`
	Type         string           `json:"type"`
	CompanyIDs   []export.RealmID `json:"company_ids"`
	Trigger      export.Trigger   `json:"trigger"`
	Status       export.RunStatus `json:"status"`
	Due          *string          `json:"due"`
	SlowedTo     *int             `json:"slowed_to_seconds"`
	StartedBy    *string          `json:"started_by"`
	Undoes       *string          `json:"undoes"`
	Waiting      *string          `json:"waiting"`
	Cancelling   bool             `json:"cancelling"`

	QueuedAt   *string `json:"queued_at"`
	NotBefore  *string `json:"not_before"`
	StartedAt  *string `json:"started_at"`
	FinishedAt *string `json:"finished_at"`
	Attempts   int     `json:"attempts"`

	Rows               int               `json:"rows"`
	RowsAdded          int               `json:"rows_added"`
	RowsChanged        int               `json:"rows_changed"`
	RowsRemoved        int               `json:"rows_removed"`
	Unchanged          bool              `json:"unchanged"`
	Undoable           bool              `json:"undoable"`
	HandEdits          int               `json:"hand_edits"`
	Totals             map[string]string `json:"totals"`
	Headlines          []figureView      `json:"headlines"`
	Differences        int               `json:"differences"`
	Checks             []checkView       `json:"checks"`
	Progress           progressView      `json:"progress"`
	Companies          []outcomeView     `json:"companies"`
	QuickBooksRequests int               `json:"quickbooks_requests"`
	SheetsRequests     int               `json:"sheets_requests"`
	SpreadsheetURL     *string           `json:"spreadsheet_url"`
	Warnings           []string          `json:"warnings"`
	Remedies           []export.Repair   `json:"remedies"`
	Error              *failure          `json:"error"`
	Next               *nextView         `json:"next"`
}

// nextView is what happens by itself after something went wrong.
type nextView struct {
	What control.NextStep `json:"what"`
	At   *string          `json:"at"`
}

// figureView is a headline figure. Figures of several companies or currencies are listed side by side, never added up.
type figureView struct {
	Key       string         `json:"key"`
	Title     string         `json:"title"`
	CompanyID export.RealmID `json:"company_id"`
	Period    *string        `json:"period"`
	Currency  *string        `json:"currency"`
	Value     string         `json:"value"`
}

type checkView struct {
	What     string  `json:"what"`
	Place    *string `json:"place"`
	Says     string  `json:"says"`
	AddsUpTo string  `json:"adds_up_to"`
	Holds    bool    `json:"holds"`
	Accepted bool    `json:"accepted"`
}

type progressView struct {
	Phase       export.Phase `json:"phase"`
	RowsRead    int          `json:"rows_read"`
	RowsTotal   int          `json:"rows_total"`
	RowsWritten int          `json:"rows_written"`
	WaitsUntil  *string      `json:"waits_until"`
}

func progressViewOf(p export.Progress) progressView {
	return progressView{p.Phase, p.RowsRead, p.RowsTotal, p.RowsWritten, stamp(p.WaitsUntil)}
}

type outcomeView struct {
	CompanyID export.RealmID `json:"company_id"`
	Name      string         `json:"name"`
	Rows      int            `json:"rows"`
	Period    *string        `json:"period"`
}

// showRun returns the view of a run, including why it is waiting right now.
func showRun(d *control.Desk, r export.Run) runView {
	v := runViewOf(r)
	if r.Status == export.RunQueued || !r.Progress.WaitsUntil.IsZero() {
		v.Waiting = nullable(d.Waiting(r))
	}
	return v
}

// RunJSON returns a run as the API shows it, for when the command line executes a run itself.
func RunJSON(r export.Run) ([]byte, error) { return json.Marshal(runViewOf(r)) }

func runViewOf(r export.Run) runView {
	v := runView{
		ID: r.ID, ExporterID: r.Exporter.ID, ExporterName: r.Exporter.Name, Type: r.Exporter.Definition,
		CompanyIDs: nonNil(r.Exporter.Companies), Trigger: r.Trigger, Status: r.Status, Due: stamp(r.Due),
		StartedBy: nullable(r.By), Undoes: nullable(string(r.Undoes)), Cancelling: r.Cancelling,

		QueuedAt: stamp(r.QueuedAt), NotBefore: stamp(r.NotBefore), StartedAt: stamp(r.StartedAt),
		FinishedAt: stamp(r.FinishedAt), Attempts: r.Attempts,

		Rows: r.Rows, RowsAdded: r.Added, RowsChanged: r.Changed, RowsRemoved: r.Removed, Unchanged: r.Unchanged,
		Undoable: r.Undoable, HandEdits: r.HandEdits,
		Totals: r.Control, Headlines: figureViews(r.Figures),
		Differences: r.Differences(), Checks: checkViews(r.Checks),
		Progress: progressViewOf(r.Progress), Companies: make([]outcomeView, len(r.Companies)),
		QuickBooksRequests: r.QuickBooks, SheetsRequests: r.Sheets, SpreadsheetURL: nullable(r.URL),
		Warnings: export.WarningTexts(r.Warnings), Remedies: nonNil(r.OpenRepairs()), Error: failureOf(r.Problem),
	}
	if r.Paced > 0 {
		seconds := int(r.Paced / time.Second)
		v.SlowedTo = &seconds
	}
	if v.Totals == nil {
		v.Totals = map[string]string{}
	}
	if v.Progress.Phase == "" {
		v.Progress.Phase = export.PhaseQueued
	}
	for i, o := range r.Companies {
		v.Companies[i] = outcomeView{CompanyID: o.Realm, Name: o.Name, Rows: o.Rows, Period: nullable(o.Period)}
	}
	return v
}

func figureViews(figures []export.FigureValue) []figureView {
	views := make([]figureView, len(figures))
	for i, f := range figures {
		views[i] = figureView{
			Key: f.ID, Title: f.Title, CompanyID: f.Company, Period: nullable(f.Period), Currency: nullable(f.Currency),
			Value: f.Value,
		}
	}
	return views
}

func checkViews(checks []export.Check) []checkView {
	views := make([]checkView, len(checks))
	for i, c := range checks {
		views[i] = checkView{
			What: c.What, Place: nullable(c.Place), Says: c.Says, AddsUpTo: c.AddsUpTo, Holds: c.Holds,
			Accepted: c.Accepted,
		}
	}
	return views
}
