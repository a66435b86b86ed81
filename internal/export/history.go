package export

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/problem"
)

// MostRecent is how many runs an exporter's History holds.
const MostRecent = 20

// Brief is what lists show of a run.
type Brief struct {
	ID         ID        `json:"id"`
	Companies  []RealmID `json:"companies"`
	Trigger    Trigger   `json:"trigger"`
	Status     RunStatus `json:"status"`
	Attempts   int       `json:"attempts,omitempty"`
	Cancelling bool      `json:"cancelling,omitempty"`
	// What the run found is zero until it is over.
	Rows        int       `json:"rows,omitempty"`
	Differences int       `json:"differences,omitempty"`
	Unchanged   bool      `json:"unchanged,omitempty"`
	FinishedAt  time.Time `json:"finished_at,omitzero"`
}

// Brief returns what lists show of the run.
func (r Run) Brief() Brief {
	b := Brief{
		ID: r.ID, Companies: r.Exporter.Companies, Trigger: r.Trigger, Status: r.Status, Attempts: r.Attempts,
		Cancelling: r.Cancelling,
	}
	if r.Status.Over() {
		b.Rows, b.Differences, b.Unchanged, b.FinishedAt = r.Rows, r.Result.Differences(), r.Unchanged, r.FinishedAt
	}
	return b
}

// Verdict reports whether the run says how its exporter fares: it has ended, nobody stopped it, and it read QuickBooks.
func (b Brief) Verdict() bool {
	return b.Trigger != TriggerUndo && (b.Status == RunFailed || b.Status == RunSucceeded)
}

// Success reports whether the run put QuickBooks' present rows into the sheet.
func (b Brief) Success() bool { return b.Verdict() && b.Status == RunSucceeded }

// History sums up an exporter's runs. Stores keep it as the runs change, so that lists need not read the runs.
type History struct {
	Runs   int     `json:"runs"`             // in the history, active ones included
	Recent []Brief `json:"recent,omitempty"` // newest first, at most MostRecent
	// Problem is the newest run's.
	Problem *problem.Problem `json:"problem,omitempty"`
	// Last is the newest run that was a success; nil if the history has none.
	Last *Success `json:"last,omitempty"`
	// Days count the runs of the last weeks. The store keeps them, not Note.
	Days Days `json:"days,omitempty"`
}

// Success is a run that was one, with what lists show of it.
type Success struct {
	Brief
	Figures  []FigureValue    `json:"figures,omitempty"`
	Outcomes []CompanyOutcome `json:"outcomes,omitempty"`
	URL      string           `json:"url,omitempty"`
	// Checks counts QuickBooks' own figures that were compared with their parts, differences included. It is at most
	// MostChecks.
	Checks int    `json:"checks,omitempty"`
	Asks   string `json:"asks,omitempty"` // the exporter's, see Exporter.Asks
}

// Success returns the run as a success.
func (r Run) Success() *Success {
	return &Success{
		Brief: r.Brief(), Figures: r.Figures, Outcomes: r.Result.Companies, URL: r.URL, Checks: len(r.Checks),
		Asks: r.Exporter.Asks(),
	}
}

// Note brings the history up to date with a run, new or changed. It returns false if only the runs themselves can tell,
// as when the last success is one no more.
func (h *History) Note(r Run) bool {
	b := r.Brief()
	i, known := slices.BinarySearchFunc(h.Recent, b, func(a, b Brief) int { return cmp.Compare(b.ID, a.ID) })
	switch {
	case known:
		h.Recent[i] = b
	case len(h.Recent) < MostRecent || i < len(h.Recent):
		h.Recent = slices.Insert(h.Recent, i, b)
		h.Recent = h.Recent[:min(len(h.Recent), MostRecent)]
	}
	if i == 0 {
		h.Problem = r.Problem
	}
	switch {
	case b.Success():
		if h.Last == nil || h.Last.ID <= b.ID {
			h.Last = r.Success()
		}
	case h.Last != nil && h.Last.ID == b.ID:
		return false
	}
	return true
}

// Names reports whether the history says anything about the run but that it is there.
func (h History) Names(run ID) bool {
	return h.Last != nil && h.Last.ID == run || slices.ContainsFunc(h.Recent, func(b Brief) bool { return b.ID == run })
}

// Among reports whether all runs that the history tells of are of these companies only.
func (h History) Among(companies []RealmID) bool {
	return (h.Last == nil || AllAmong(h.Last.Companies, companies)) &&
		!slices.ContainsFunc(h.Recent, func(b Brief) bool { return !AllAmong(b.Companies, companies) })
}

// Active reports whether the newest run is queued or running.
func (h History) Active() bool { return len(h.Recent) > 0 && !h.Recent[0].Status.Over() }

// Verdict returns the newest of the recent runs that says how the exporter fares; the zero Brief if none does.
func (h History) Verdict() Brief {
	if i := slices.IndexFunc(h.Recent, Brief.Verdict); i >= 0 {
		return h.Recent[i]
	}
	return Brief{}
}

// ExporterHead is the small part of an exporter by which lists are searched, sorted and counted.
type ExporterHead struct {
	ID          ID
	Name        string
	Definition  string
	Companies   []RealmID
	Account     ID
	Spreadsheet string
	Place       string // what people call where its rows go: see Target.Names
	Tags        []string
	Schedule    Schedule
	Chained     bool
	Paused      bool
	NextAt      time.Time
	// How its runs went, from its History.
	Active  bool      // its newest run is queued or running
	Verdict RunStatus // of the History's Verdict; empty if there is none
	Differs bool      // that run succeeded, and figures of QuickBooks' own disagree
	LastAt  time.Time // when the last success ended; zero if there is none
	// Mixed says that some of those runs were of companies that the exporter no longer has. Who may see the exporter
	// may then not see all of them.
	Mixed bool
}

// Head returns the exporter's head, given its history.
func (e Exporter) Head(h History) ExporterHead {
	verdict, last := h.Verdict(), time.Time{}
	if h.Last != nil {
		last = h.Last.FinishedAt
	}
	return ExporterHead{
		ID: e.ID, Name: e.Name, Definition: e.Definition, Companies: e.Companies, Account: e.Target.Account,
		Spreadsheet: e.Target.Spreadsheet, Schedule: e.Schedule, Chained: e.Chained(), Paused: e.Paused(),
		NextAt: e.NextAt,
		Active: h.Active(), Verdict: verdict.Status, Differs: verdict.Success() && verdict.Differences > 0,
		LastAt: last, Mixed: !h.Among(e.Companies), Place: e.Target.Names(), Tags: e.Tags,
	}
}

// Scheduled reports whether the exporter runs by itself: its schedule is on and says when, or it runs after others; and
// it is not paused.
func (h ExporterHead) Scheduled() bool {
	return (h.Schedule.Enabled && h.Schedule.Cron != "" || h.Chained) && !h.Paused
}

// Matches reports whether the filter selects the exporter.
func (h ExporterHead) Matches(f ExporterFilter) bool {
	return (f.Company == "" || slices.Contains(h.Companies, f.Company)) &&
		(f.Account == "" || h.Account == f.Account) &&
		(f.Spreadsheet == "" || h.Spreadsheet == f.Spreadsheet) &&
		(f.Among == nil || AllAmong(h.Companies, f.Among))
}

// Position is the head's place in lists, which are sorted by it: by name, without regard to case, then by id. Lists go
// on after a position even if its exporter is gone.
func (h ExporterHead) Position() string { return FoldName(h.Name) + "\x00" + string(h.ID) }

// longestFold limits what counts of a name when names are compared. Only an older version can have stored a longer one.
const longestFold = 1000

// FoldName returns a name as lists compare it.
func FoldName(name string) string {
	name = strings.ReplaceAll(strings.ToLower(name), "\x00", " ")
	return name[:min(len(name), longestFold)]
}

// ActiveRun is what decides when a queued run may begin.
type ActiveRun struct {
	ID          ID
	Exporter    ID
	Companies   []RealmID
	Spreadsheet string // or the SharedKey of the copy that the run may make
	Status      RunStatus
	Owner       ID
	Attempts    int
	QueuedAt    time.Time
	NotBefore   time.Time
	File        bool // it writes no spreadsheet
	Undo        bool // it reads nothing from QuickBooks
}

// Activity returns what decides when the run may begin.
func (r Run) Activity() ActiveRun {
	return ActiveRun{
		ID: r.ID, Exporter: r.Exporter.ID, Companies: r.Exporter.Companies,
		Spreadsheet: cmp.Or(r.Exporter.Target.Spreadsheet, r.Exporter.SharedKey()),
		Status:      r.Status, Owner: r.Owner, Attempts: r.Attempts,
		QueuedAt: r.QueuedAt, NotBefore: r.NotBefore,
		File: r.Exporter.Target.IsFile(), Undo: r.Trigger == TriggerUndo,
	}
}

// Ready returns since when the run could begin if everything that it needs were free.
func (a ActiveRun) Ready() time.Time {
	if a.NotBefore.After(a.QueuedAt) {
		return a.NotBefore
	}
	return a.QueuedAt
}
