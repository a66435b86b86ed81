package export

import (
	"maps"
	"slices"
	"time"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// Trigger is what started a run.
type Trigger string

// The triggers.
const (
	TriggerManual   Trigger = "manual"
	TriggerSchedule Trigger = "schedule"
	TriggerCatchUp  Trigger = "catch_up" // a due time missed while the service or the connection was down
	TriggerAPI      Trigger = "api"
	TriggerChange   Trigger = "change"
	TriggerUndo     Trigger = "undo" // puts back what stood before another run
)

// MostUndos is how many of an exporter's last runs that changed something can be undone.
const MostUndos = 3

// RunStatus is a run's state.
type RunStatus string

// The states of runs: queued → running → succeeded, failed or cancelled.
const (
	// RunQueued: entered by Enqueue, by a retry that waits for its time, or by the rescue after a crash. Left when a
	// worker claims it, once all its concurrency keys are free and NotBefore has come.
	RunQueued RunStatus = "queued"
	// RunRunning: its Owner is working on it. If that worker is gone, the run is rescued.
	RunRunning RunStatus = "running"
	// RunSucceeded: the sheet agrees with QuickBooks.
	RunSucceeded RunStatus = "succeeded"
	// RunFailed: it gave up. The sheet has its previous rows.
	RunFailed RunStatus = "failed"
	// RunCancelled: a person stopped it. The sheet has its previous rows.
	RunCancelled RunStatus = "cancelled"
)

// Over reports whether the run has ended.
func (s RunStatus) Over() bool { return s == RunSucceeded || s == RunFailed || s == RunCancelled }

// Phase is what a running run is currently doing.
type Phase string

// The phases, in order.
const (
	PhaseQueued     Phase = "queued"
	PhaseReading    Phase = "reading"
	PhaseComparing  Phase = "comparing"
	PhaseWriting    Phase = "writing"
	PhaseVerifying  Phase = "verifying"
	PhaseCommitting Phase = "committing"
	PhaseDone       Phase = "done"
)

// Progress is how far a run has come. Of a run that failed or was cancelled, its phase is the one in which it ended.
type Progress struct {
	Phase       Phase `json:"phase"`
	RowsRead    int   `json:"rows_read"`
	RowsTotal   int   `json:"rows_total"` // if known
	RowsWritten int   `json:"rows_written"`
	// WaitsUntil is until when the run waits for a provider that asked for it; zero if it does not.
	WaitsUntil time.Time `json:"waits_until,omitzero"`
}

// Run is one execution of an exporter.
type Run struct {
	ID       ID        `json:"id"`
	Exporter Exporter  `json:"exporter"` // as it was when the run began; while queued, as stored
	Trigger  Trigger   `json:"trigger"`
	Due      time.Time `json:"due"` // the schedule's time; zero if a person asked
	Status   RunStatus `json:"status"`
	// Paced is the least time between scheduled runs to which its schedule was slowed down when it was queued; 0 if it
	// was not.
	Paced  time.Duration `json:"paced,omitempty"`
	By     string        `json:"by,omitempty"`     // who asked: a user's e-mail, "api", or empty for the schedule
	Undoes ID            `json:"undoes,omitempty"` // of TriggerUndo: the run before which the rows stood that it puts back
	// Repairs are what a person allows this run, and no other, to do to the sheet; the latest word is the last. There
	// are several if a run that was to repair has stopped for something else.
	Repairs []Repair `json:"repairs,omitempty"`

	QueuedAt   time.Time `json:"queued_at"`
	NotBefore  time.Time `json:"not_before"` // when a retry may start
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`
	Attempts   int       `json:"attempts"`
	Owner      ID        `json:"owner,omitempty"` // the worker that executes it; empty unless running

	Progress   Progress         `json:"progress"`
	Requests                    // over all attempts
	Result                      // of the current attempt, or of the last one
	Problem    *problem.Problem `json:"problem,omitempty"`
	Cancelling bool             `json:"cancelling,omitempty"` // requested while it was running
}

// Repair returns what the run was started for to repair; empty for most runs.
func (r Run) Repair() Repair {
	if len(r.Repairs) == 0 {
		return ""
	}
	return r.Repairs[len(r.Repairs)-1]
}

// Clone returns a copy that shares nothing with r that its worker may change in place.
func (r Run) Clone() Run {
	r.Result = r.Result.Clone()
	r.Exporter.Companies = slices.Clone(r.Exporter.Companies)
	r.Exporter.Columns = slices.Clone(r.Exporter.Columns)
	r.Exporter.Filters = slices.Clone(r.Exporter.Filters)
	r.Exporter.Options = maps.Clone(r.Exporter.Options)
	r.Exporter.Tags = slices.Clone(r.Exporter.Tags)
	r.Exporter.Titles = maps.Clone(r.Exporter.Titles)
	return r
}

// Requests counts the requests that a run made to the services.
type Requests struct {
	QuickBooks int `json:"quickbooks_requests"`
	Sheets     int `json:"sheets_requests"`
}

// Result is what one attempt of a run found out. It is copied and reset as a whole, so that a new field is kept,
// published and forgotten with the others. The zero value is the result of an attempt that has found nothing yet.
type Result struct {
	Rows      int  `json:"rows"` // data rows in the managed range afterwards
	Added     int  `json:"rows_added"`
	Changed   int  `json:"rows_changed"`
	Removed   int  `json:"rows_removed"`
	Columns   int  `json:"columns,omitempty"`  // of the managed range afterwards; 0 if that is not known
	Cells     int  `json:"cells,omitempty"`    // that differ from what stood before
	Unchanged bool `json:"unchanged"`          // the sheet was right already, so nothing was written
	Undoable  bool `json:"undoable,omitempty"` // what stood before was kept
	// HandEdits counts rows that people had changed since the last run, and that this run changed back or stopped for.
	HandEdits int `json:"hand_edits,omitempty"`
	// Control has a control sum per money column. It is technical: it adds up whatever the column holds.
	Control   map[string]string `json:"totals,omitempty"`
	Figures   []FigureValue     `json:"figures,omitempty"`
	Checks    []Check           `json:"checks,omitempty"`
	Companies []CompanyOutcome  `json:"companies,omitempty"`
	URL       string            `json:"spreadsheet_url"`
	Warnings  []Warning         `json:"warnings,omitempty"`
	// Digest is the same for the same rows in the same order in the managed range afterwards; empty if that is unknown.
	Digest string `json:"digest,omitempty"`
}

// Clone returns a copy that shares nothing that an attempt may change in place.
func (r Result) Clone() Result {
	r.Control = maps.Clone(r.Control)
	r.Figures = slices.Clone(r.Figures)
	r.Checks = slices.Clone(r.Checks)
	r.Companies = slices.Clone(r.Companies)
	r.Warnings = slices.Clone(r.Warnings)
	return r
}

// Differences counts the checks where QuickBooks' own figures disagree with each other, without those that people have
// accepted.
func (r Result) Differences() int {
	n := 0
	for _, c := range r.Checks {
		if c.Open() {
			n++
		}
	}
	return n
}

// CompanyOutcome is what one company contributed to a run.
type CompanyOutcome struct {
	Realm  RealmID `json:"company_id"`
	Name   string  `json:"name"`
	Rows   int     `json:"rows"`
	Period string  `json:"period,omitempty"`
}

// TotalTexts formats control sums for a run's record.
func TotalTexts(t table.Totals) map[string]string {
	if len(t.Sums) == 0 {
		return nil
	}
	texts := make(map[string]string, len(t.Sums))
	for id, sum := range t.Sums {
		texts[id] = table.DecimalText(sum)
	}
	return texts
}

// RunFilter selects runs from the history. Zero fields select all.
type RunFilter struct {
	Exporter ID
	Company  RealmID
	Status   RunStatus
	Trigger  Trigger
	Since    time.Time
	Limit    int // 0 means 50
	Before   ID  // only runs older than this one: the cursor
	// Among, unless nil, keeps only runs all of whose companies are in it. It expresses what somebody may see.
	Among []RealmID
}

// Matches reports whether the filter selects the run. It ignores paging, that is, Limit and Before.
func (f RunFilter) Matches(r Run) bool {
	return (f.Exporter == "" || r.Exporter.ID == f.Exporter) &&
		(f.Company == "" || slices.Contains(r.Exporter.Companies, f.Company)) &&
		(f.Status == "" || r.Status == f.Status) &&
		(f.Trigger == "" || r.Trigger == f.Trigger) &&
		(f.Since.IsZero() || !r.QueuedAt.Before(f.Since)) &&
		(f.Among == nil || AllAmong(r.Exporter.Companies, f.Among))
}

// AllAmong reports whether every one of realms is in among.
func AllAmong(realms, among []RealmID) bool {
	return !slices.ContainsFunc(realms, func(realm RealmID) bool { return !slices.Contains(among, realm) })
}

// Held returns the run as its worker currently holds it.
func (r Run) Held() Held { return Held{Run: r.ID, Worker: r.Owner, Attempt: r.Attempts} }

// Holds reports whether r is still held this way.
func (h Held) Holds(r Run) bool {
	return r.Status == RunRunning && r.ID == h.Run && r.Owner == h.Worker && r.Attempts == h.Attempt
}
