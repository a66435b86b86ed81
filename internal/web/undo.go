package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/change"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// editsView is what people had done to the exported rows before a run.
type editsView struct {
	Stopped bool // the run wrote nothing because of them
	List    []editView
	More    string // how many others there are; empty for none
}

// editView is one cell that people edited, or a row that they put in or took out.
type editView struct {
	Place, Column string
	Row           rowName
	Was, Now      string
	WasUnknown    bool
}

// shownEdits limits the edits on a run's page.
const shownEdits = 40

// editsOf returns what people had done before a run. What is not kept is not shown.
func editsOf(ctx context.Context, d *control.Desk, r export.Run) editsView {
	view := editsView{Stopped: r.Status == export.RunFailed}
	if r.HandEdits == 0 {
		return view
	}
	set, err := d.Difference(ctx, r.ID)
	if err != nil {
		return view
	}
	kinds := kindsOf(d, r.Exporter)
	for n, ed := range set.Edits {
		if len(view.List) >= shownEdits {
			set.Edits = set.Edits[:n]
			break
		}
		view.List = append(view.List, editViews(ed, kinds)...)
	}
	if more := set.Edited - len(set.Edits); more > 0 {
		view.More = count(more)
	}
	return view
}

func editViews(ed change.Edit, kinds columnKinds) []editView {
	row := nameRow(ed.Name, ed.Key)
	switch ed.Kind {
	case change.Added:
		now := kinds.line(ed.Cells, func(c change.Cell) change.Value { return c.New })
		return []editView{{
			Place: ed.Place, Row: row, Column: "The row", Was: "was not there", Now: now,
		}}
	case change.Removed:
		return []editView{{Place: "–", Row: row, Column: "The row", Was: "was there", Now: "was taken out"}}
	}
	var list []editView
	for _, c := range ed.Cells {
		list = append(list, editView{
			Place: ed.Place, Row: row, Column: c.Column, Was: kinds.shown(c.Column, c.Old),
			Now: kinds.shown(c.Column, c.New), WasUnknown: !ed.Known,
		})
	}
	return list
}

// shorten cuts a long text.
func shorten(text string) string {
	const most = 120
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// undoPage says what an undo will do and asks.
func (w *Web) undoPage(c *gin.Context) error {
	ctx, d := c.Request.Context(), w.desk(c)
	u, err := d.UndoOf(ctx, export.ID(c.Param("id")))
	if problem.HasCode(err, problem.Conflict) {
		w.notifyError(c, err)
		return seeOther(c, "/runs/"+c.Param("id"))
	}
	if err != nil {
		return err
	}
	path := "/runs/" + string(u.Run.ID)
	view := confirmView{
		Title: "Undo this run of " + isolate(u.Exporter.Name) + "?",
		Post:  path + "/undo", Action: "Undo the run", Back: path,
	}
	back := "The exported area becomes what it was before this run of " + w.moment(u.Run.QueuedAt).Exact +
		": values, formulas and formats. Cells outside it stay."
	view.Effects = append(view.Effects, back)
	if u.Later > 0 {
		view.Effects = append(view.Effects, plural(u.Later, "later run is", "later runs are")+" undone with it.")
	}
	view.Effects = append(view.Effects, w.undoEffects(ctx, d, u)...)
	next := "The exporter's next run writes the present result again."
	if !u.NextAt.IsZero() {
		next = "The schedule runs this exporter again on " + w.moment(u.NextAt).Exact + " and writes the present " +
			"result again. Pause it if the old rows are to stay."
	}
	view.Effects = append(view.Effects, next,
		"QuickBooks is not asked. The undo is a run of its own, and can be undone.")
	return w.page(c, http.StatusOK, "confirm", frame{Title: view.Title, Section: "runs"}, view)
}

// undoEffects says what an undo would do to the sheet as it stands. If the sheet cannot be read, it says why.
func (w *Web) undoEffects(ctx context.Context, d *control.Desk, u control.Undo) []string {
	dry, err := d.DryUndo(ctx, u)
	if err != nil {
		return []string{"The sheet could not be looked at just now: " + isolateRuns(problem.From(err).Message)}
	}
	set := dry.Change
	effects := []string{"No row changes, only titles or looks."}
	if set.Added+set.Changed+set.Removed > 0 {
		effects[0] = plural(set.Added, "row is", "rows are") + " put back, " + count(set.Changed) + " changed, " +
			count(set.Removed) + " taken out."
	}
	if set.Edited == 0 {
		return effects
	}
	edited := editedSentence(set)
	switch u.Exporter.OnHandEdit {
	case export.StopOnHandEdit:
		edited += " The exporter is set to stop then, so the undo will write nothing and fail."
	case export.KeepCopyOfHandEdits:
		edited += " A copy of the area is kept on a hidden tab, then the edits go."
	default:
		edited += " These edits go; the undo's page lists them."
	}
	return append(effects, edited)
}

// editedSentence says how many rows people have edited since the last run, and where the first ones are.
func editedSentence(set *change.Set) string {
	var places []string
	for _, ed := range set.Edits {
		if ed.Place != "" && len(places) < 5 {
			places = append(places, ed.Place)
		}
	}
	text := "People have edited " + plural(set.Edited, "row", "rows") + " since"
	if len(places) > 0 {
		text += ": " + strings.Join(places, ", ")
	}
	return text + "."
}

func (w *Web) undoRun(c *gin.Context) error {
	r, err := w.desk(c).UndoRun(c.Request.Context(), export.ID(c.Param("id")))
	if problem.HasCode(err, problem.Conflict) {
		w.notifyError(c, err)
		return seeOther(c, "/runs/"+c.Param("id"))
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/runs/"+string(r.ID))
}
