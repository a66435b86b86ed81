package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// runView is the page of one run.
type runView struct {
	ID          export.ID
	Name        string
	ExporterID  export.ID // empty if the exporter is gone
	Live        liveView
	Facts       []fact
	Headlines   []headline
	Several     bool        // the headlines are from several companies
	Kept        bool        // other rows stand in the sheet than the figures and sums are of
	Change      *changeView // nil if it changed nothing
	Differences []difference
	Sums        []controlSum
	Companies   []companyOutcome
	Warnings    []string
	Problem     *problemView
	Double      *doubleView
	Config      []fact
	Sheet       string
	File        bool // Sheet is a file
	CanCancel   bool
	CanRun      bool
	CanCapture  bool
	CanUndo     bool
	Undoes      export.ID // the run that it undoes; empty if none
	Edits       editsView
}

// liveView is the part of a run's page that changes while it runs. It is also sent as a fragment.
type liveView struct {
	ID      export.ID
	Pill    pill
	Over    bool
	Spoken  string // a line for screen readers
	Steps   []step
	Read    string
	Total   string // empty if QuickBooks has not said
	Written string
	File    bool // they stand in a file
	Stands  bool // Written counts the rows that stand in the sheet, whichever run wrote them
	Done    int  // out of Of, for the bar
	Of      int
	Took    string
	Waiting string
	Queued  moment
}

// step is a stage of the timeline.
type step struct {
	Title string
	Icon  string
	State string // "done", "now", "failed", "skipped" or "ahead"
	Word  string // State in words
}

// fact is one line in a list of facts.
type fact struct {
	Title string
	Text  string
	Mono  bool
	When  moment
	Href  string
	Items []string
}

type companyOutcome struct{ Name, Rows, Period string }

// problemView tells what went wrong, why, and what to do.
type problemView struct {
	Title, Message, Hint string
	Code, RequestID      string
	Retrying             bool
	Retry                moment
	Next                 string    // what happens by itself after the run has given up
	Fix                  attention // the button, if there is one
	Repairs              []repairView
}

// repairView is one way to end a problem.
type repairView struct {
	Post, Action string
	Name, Does   string
	First        bool
}

// repairViews returns the ways to end the problem of a run.
func repairViews(ctx context.Context, d *control.Desk, r export.Run) ([]repairView, error) {
	offered, err := d.Offer(ctx, r)
	var list []repairView
	for i, repair := range offered {
		name, does := repair.Words()
		list = append(list, repairView{
			"/exporters/" + string(r.Exporter.ID) + "/repair", string(repair), name, does, i == 0,
		})
	}
	return list, err
}

// doubleView is an empty spreadsheet that was made twice, and the way to remove it.
type doubleView struct {
	Text    string
	Repairs []repairView
}

// findDouble returns the spreadsheet that a run found to be made twice, if it can be removed now; nil otherwise.
func findDouble(ctx context.Context, d *control.Desk, r export.Run) (*doubleView, error) {
	i := slices.IndexFunc(r.Warnings, func(w export.Warning) bool { return w.Code == export.WarnDouble })
	if i < 0 {
		return nil, nil
	}
	repairs, err := repairViews(ctx, d, r)
	if err != nil || len(repairs) == 0 {
		return nil, err
	}
	return &doubleView{r.Warnings[i].Text, repairs}, nil
}

func (w *Web) runPage(c *gin.Context) error {
	ctx, d := c.Request.Context(), w.desk(c)
	r, err := d.Run(ctx, export.ID(c.Param("id")))
	if err != nil {
		return err
	}
	view, err := w.runView(ctx, d, r)
	if err != nil {
		return err
	}
	f := frame{Title: isolate(r.Exporter.Name) + ": run", Section: "runs"}
	if !r.Status.Over() {
		f.Refresh, f.Live = 5, string(r.ID)
	}
	return w.page(c, http.StatusOK, "run", f, view)
}

func (w *Web) runView(ctx context.Context, d *control.Desk, r export.Run) (runView, error) {
	k, err := know(ctx, d, needCompanies|needAccounts)
	if err != nil {
		return runView{}, err
	}
	view := runView{
		ID: r.ID, Name: r.Exporter.Name, Live: w.liveView(d, r), Config: configFacts(r.Exporter, k),
		Warnings: isolateEach(export.WarningTexts(r.Warnings), isolateRuns),
		Sheet:    r.URL, File: r.Exporter.Target.IsFile(),
		CanCancel: !r.Status.Over() && !r.Cancelling,
	}
	switch _, err := d.Exporter(ctx, r.Exporter.ID); {
	case err == nil:
		view.ExporterID, view.CanRun = r.Exporter.ID, r.Status.Over()
		view.CanCapture = r.Status.Over() && d.MayCapture(r.Exporter)
		if r.Undoable {
			_, err := d.UndoOf(ctx, r.ID)
			view.CanUndo = err == nil // otherwise the button is left out, whatever the reason
		}
	case !problem.HasCode(err, problem.NotFound):
		return runView{}, err
	}
	for _, co := range r.Companies {
		view.Companies = append(view.Companies, companyOutcome{co.Name, count(co.Rows), markDates(co.Period)})
	}
	if r.Status == export.RunSucceeded {
		view.Headlines, view.Several = headlines(r), len(r.Companies) > 1
		for i, h := range view.Headlines {
			view.Headlines[i].Period = markDates(h.Period)
		}
		view.Differences, view.Sums = differences(r), controlSums(d, r)
		if r.Added+r.Changed+r.Removed > 0 {
			view.Change = w.changeView(ctx, d, r, runRows)
		}
		read := 0
		for _, co := range r.Companies {
			read += co.Rows
		}
		view.Kept = r.Exporter.Mode != "" && r.Exporter.Mode != export.Replace && r.Rows != read
	}
	view.Undoes, view.Edits = r.Undoes, editsOf(ctx, d, r)
	view.Facts = w.runFacts(r)
	if view.Problem = w.problemView(r, k); view.Problem != nil {
		if view.Problem.Next, err = w.nextWords(ctx, d, r); err != nil {
			return view, err
		}
		if view.Problem.Repairs, err = repairViews(ctx, d, r); err != nil {
			return view, err
		}
	}
	if view.Double, err = findDouble(ctx, d, r); view.Double != nil {
		told := isolateRuns(view.Double.Text)
		view.Warnings = slices.DeleteFunc(view.Warnings, func(text string) bool { return text == told })
	}
	return view, err
}

func (w *Web) runFacts(r export.Run) []fact {
	trigger := triggerWord(r.Trigger)
	if r.By != "" {
		trigger += ", " + r.By
	}
	if r.Paced > 0 {
		trigger += ", slowed down to one run in " + duration(r.Paced) +
			", so that the calls to QuickBooks and Google suffice"
	}
	facts := []fact{{Title: "Started by", Text: trigger}, {Title: "Queued", When: w.moment(r.QueuedAt)}}
	if r.Repair() != "" {
		name, _ := r.Repair().Words()
		facts = append(facts, fact{Title: "Repairs", Text: name})
	}
	if !r.Due.IsZero() {
		facts = append(facts, fact{Title: "Due", When: w.moment(r.Due)})
	}
	if !r.StartedAt.IsZero() {
		facts = append(facts, fact{Title: "Began", When: w.moment(r.StartedAt)})
	}
	if !r.FinishedAt.IsZero() {
		facts = append(facts, fact{Title: "Ended", When: w.moment(r.FinishedAt)},
			fact{Title: "Took", Text: elapsed(r, w.o.Now())})
	}
	if r.Status == export.RunSucceeded {
		facts = append(facts, fact{Title: placeWords("Rows in the sheet", r.Exporter), Text: count(r.Rows)},
			fact{Title: "Changes", Text: changesSentence(r)})
	}
	if r.Attempts > 0 {
		facts = append(facts, fact{Title: "Attempts", Text: count(r.Attempts)})
	}
	if r.Status.Over() {
		facts = append(facts, fact{
			Title: "Evidence", Text: "What was asked, and what came of it",
			Href: "/api/v1/runs/" + string(r.ID) + "/evidence",
		}, fact{
			Title: "Evidence as a file", Text: "CSV, for a spreadsheet program",
			Href: "/api/v1/runs/" + string(r.ID) + "/evidence?format=csv",
		})
	}
	return append(facts,
		fact{Title: "QuickBooks requests", Text: count(r.QuickBooks)},
		fact{Title: "Google requests", Text: count(r.Sheets)},
		fact{Title: "Run", Text: string(r.ID), Mono: true})
}

func changesSentence(r export.Run) string {
	switch {
	case r.Unchanged:
		return "None: the sheet was right already, nothing was written"
	case r.Added+r.Changed+r.Removed == 0:
		return "No row, only titles or looks"
	}
	return count(r.Added) + " added, " + count(r.Changed) + " changed, " + count(r.Removed) + " removed"
}

// problemViewOf returns a view of the problem without a remedy; nil if there is no problem.
func problemViewOf(p *problem.Problem) *problemView {
	if p == nil {
		return nil
	}
	return &problemView{
		Title: p.Code.Title(), Message: isolateRuns(p.Message), Hint: isolateRuns(p.Hint),
		Code: string(p.Code), RequestID: p.ProviderRequestID,
	}
}

// nextWords tells what happens by itself after a run that has given up; empty if it has not.
func (w *Web) nextWords(ctx context.Context, d *control.Desk, r export.Run) (string, error) {
	step, at, err := d.Next(ctx, r)
	switch step {
	case control.NextSchedule:
		return "The run has given up. Its schedule begins another one " + w.moment(at).Exact + ".", err
	case control.NextNothing:
		return "The run has given up, and no schedule begins another one: run it again when you like.", err
	}
	return "", err
}

func (w *Web) problemView(r export.Run, k known) *problemView {
	p, view := r.Problem, problemViewOf(r.Problem)
	if p == nil {
		return nil
	}
	if !r.Status.Over() && r.NotBefore.After(w.o.Now()) {
		view.Retrying, view.Retry = true, w.moment(r.NotBefore)
	}
	if co, ok := k.refused(r.Exporter); ok && p.Code == co.LastError.Code {
		view.Fix = testCompany(co)
		return view
	}
	switch p.Code {
	case problem.CompanyReconnectRequired:
		for _, co := range k.companies {
			if slices.Contains(r.Exporter.Companies, co.Realm) && co.Status != export.Connected {
				view.Fix = reconnectCompany(co)
			}
		}
	case problem.GoogleReconnectRequired:
		a, ok := k.account(r.Exporter.Target.Account)
		if ok && a.Status != export.Connected && a.Kind == export.OAuthAccount {
			view.Fix = reconnectAccount(a)
		}
	case problem.QuickBooksRejected, problem.ReportTooLarge, problem.SpreadsheetNotFound, problem.SheetConflict,
		problem.SpreadsheetFull, problem.CompanyUnknown, problem.InvalidInput:
		view.Fix = attention{Action: "Change the exporter", Href: "/exporters/" + string(r.Exporter.ID) + "/edit"}
	}
	return view
}

// liveView returns how far a run has come.
func (w *Web) liveView(d *control.Desk, r export.Run) liveView {
	p := r.Progress
	v := liveView{
		ID: r.ID, Pill: pillOf(runState(r.Brief())), Over: r.Status.Over(), Steps: steps(r),
		Read: count(p.RowsRead), Written: count(p.RowsWritten),
		Stands: r.Status == export.RunSucceeded, File: r.Exporter.Target.IsFile(),
		Took: elapsed(r, w.o.Now()), Queued: w.moment(r.QueuedAt),
	}
	if p.RowsTotal > 0 {
		v.Total = count(p.RowsTotal)
		v.Done, v.Of = p.RowsRead+p.RowsWritten, 2*p.RowsTotal
	}
	switch {
	case r.Status == export.RunQueued:
		v.Waiting = d.Waiting(r)
		if v.Waiting == "" && r.NotBefore.After(w.o.Now()) {
			v.Waiting = "The next try is " + ago(r.NotBefore, w.o.Now()) + "."
		}
		v.Spoken = joinSentences("Queued.", v.Waiting)
	case r.Status == export.RunRunning:
		if !p.WaitsUntil.IsZero() {
			v.Waiting = d.Waiting(r)
		}
		v.Spoken = phaseWord(p.Phase) + ": " + plural(p.RowsRead, "row", "rows") + " read, " +
			count(p.RowsWritten) + " written."
	default:
		v.Waiting = endedWhere(r)
		v.Spoken = joinSentences("The run has ended: "+v.Pill.Word+".", v.Waiting)
	}
	return v
}

// endedWhere says how far a run that did not succeed had come; nothing if that is not known.
func endedWhere(r export.Run) string {
	p := r.Progress
	if r.Status == export.RunSucceeded || p.Phase == export.PhaseDone || p.Phase == "" {
		return ""
	}
	if p.Phase == export.PhaseQueued {
		return "It ended while it was queued."
	}
	text := "It ended while " + strings.ToLower(phaseWord(p.Phase)[:1]) + phaseWord(p.Phase)[1:]
	if p.RowsRead == 0 {
		return text + "."
	}
	text += ", after " + plural(p.RowsRead, "row was", "rows were") + " read"
	if p.RowsWritten > 0 {
		text += " and " + count(p.RowsWritten) + " written"
	}
	return text + "."
}

// steps returns the timeline. A failed run stopped at the phase that it had reached.
func steps(r export.Run) []step {
	phases := []export.Phase{
		export.PhaseQueued, export.PhaseReading, export.PhaseComparing,
		export.PhaseWriting, export.PhaseVerifying, export.PhaseCommitting,
	}
	titles := []string{"Queued", "Read", "Compare", "Write", "Check", "Put in place"}
	at := slices.Index(phases, r.Progress.Phase)
	if r.Status == export.RunRunning && at < 1 {
		at = 1
	}
	list := make([]step, len(phases))
	for i, title := range titles {
		s := step{title, "dot", "ahead", "ahead"}
		switch {
		case r.Status == export.RunSucceeded && r.Unchanged && i > 2:
			s = step{title, "equal", "skipped", "not needed"}
		case r.Status == export.RunSucceeded, i < at:
			s = step{title, "check", "done", "done"}
		case i == at && !r.Status.Over():
			s = step{title, "spin", "now", "now"}
		case i == at && r.Status == export.RunFailed:
			s = step{title, "cross", "failed", "failed here"}
		case i == at:
			s = step{title, "stop", "failed", "stopped here"}
		}
		list[i] = s
	}
	return list
}

func (w *Web) cancelRun(c *gin.Context) error {
	r, err := w.desk(c).CancelRun(c.Request.Context(), export.ID(c.Param("id")))
	if problem.HasCode(err, problem.Conflict) {
		w.notifyError(c, err)
		return seeOther(c, "/runs/"+c.Param("id"))
	}
	if err != nil {
		return err
	}
	kept := "The sheet keeps its previous rows."
	if r.Exporter.IsSplit() {
		kept = "Tabs that it has not written keep their previous rows."
	}
	w.notify(c, toneGood, "The run is being stopped. "+kept, "")
	return seeOther(c, "/runs/"+string(r.ID))
}
