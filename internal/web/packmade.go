package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// madeView is the page of what an order of a pack has made.
type madeView struct {
	ID        string
	Title     string
	Sentence  string
	Tone      string
	Next      string      // "Next run tomorrow at 06:00 CET"; empty if nothing runs by itself
	Sheets    []madeSheet // that have been written, in order
	MoreText  string      // how many other spreadsheets there are
	Rows      []exporterRow
	MoreRows  string // how many other exporters there are
	Counts    []figure
	Attention []attention // what stands in the way of those that failed, one for each cause
	Again     int         // how many can be run again
}

// madeSheet is one spreadsheet.
type madeSheet struct {
	Title, Href string
	Tabs        int // that have rows
}

// Bounds of the page.
const (
	madeSheets = 24
	madeRows   = 100
)

func (w *Web) madePage(c *gin.Context) error {
	ctx, d, id := c.Request.Context(), w.desk(c), c.Param("id")
	set, err := d.Set(ctx, id)
	if err != nil {
		return err
	}
	k, err := know(ctx, d, needCompanies|needAccounts)
	if err != nil {
		return err
	}
	standings, err := d.Standings(ctx, set...)
	if err != nil {
		return err
	}
	view := madeView{ID: id, Title: packTitle(d, set)}
	rows := make([]exporterRow, len(set))
	for i, e := range set {
		rows[i] = w.exporterRow(e, standings[i].History, k)
	}
	view.addSheets(set, standings)
	view.sum(set, standings)
	view.Next = viewerOf(c).next(firstDue(set, standings), w.o.Now())
	if view.Next == "" && view.Tone == toneGood {
		view.Next = "They run only when you start them."
	}
	view.addAttention(rows)
	// What needs a look comes first, then what is under way.
	slices.SortStableFunc(rows, func(a, b exporterRow) int { return madeRank(a) - madeRank(b) })
	if len(rows) > madeRows {
		view.MoreRows = plural(len(rows)-madeRows, "more exporter", "more exporters")
		rows = rows[:madeRows]
	}
	view.Rows = rows
	f := frame{Title: view.Title, Section: "exporters", Live: liveAll}
	if view.Tone == toneInfo {
		f.Refresh = 5
	}
	return w.page(c, http.StatusOK, "made", f, view)
}

func madeRank(r exporterRow) int {
	switch r.Pill.Tone {
	case toneBad:
		return 0
	case toneWarn:
		return 1
	case toneInfo:
		return 2
	}
	return 3
}

// packTitle names the pack that a set was made of: the spreadsheets are called by it.
func packTitle(d *control.Desk, set []export.Exporter) string {
	title := set[0].Target.Title
	for _, p := range d.Packs() {
		if title == p.Title || strings.HasPrefix(title, p.Title+", ") {
			return p.Title
		}
	}
	return title
}

// addSheets adds the spreadsheets that have been written.
func (v *madeView) addSheets(set []export.Exporter, standings []control.Standing) {
	at := map[string]int{}
	for i, e := range set {
		last := standings[i].History.Last
		if last == nil || last.URL == "" {
			continue
		}
		n, known := at[e.Target.Spreadsheet]
		if !known {
			n = len(v.Sheets)
			at[e.Target.Spreadsheet] = n
			v.Sheets = append(v.Sheets, madeSheet{Title: e.Target.Title, Href: last.URL})
		}
		v.Sheets[n].Tabs++
	}
	if len(v.Sheets) > madeSheets {
		v.MoreText = plural(len(v.Sheets)-madeSheets, "more spreadsheet", "more spreadsheets")
		v.Sheets = v.Sheets[:madeSheets]
	}
}

// sum says in a sentence how the set stands.
func (v *madeView) sum(set []export.Exporter, standings []control.Standing) {
	by := map[control.State]int{}
	good := 0
	for _, s := range standings {
		by[s.State]++
		if s.State != control.StateRunning && s.History.Last != nil && s.History.Verdict().Success() {
			good++
		}
	}
	all, running := len(set), by[control.StateRunning]
	v.Again = all - running
	switch bad := all - good - running - by[control.StateNeverRun]; {
	case running > 0:
		v.Tone = toneInfo
		v.Sentence = fmt.Sprintf("%s of %s are filled; %s queued or running.", count(good),
			plural(all, "tab", "tabs"), plural(running, "run is", "runs are"))
	case bad > 0:
		v.Tone = toneBad
		v.Sentence = fmt.Sprintf("%s of %s are filled. %s you.", count(good), plural(all, "tab", "tabs"),
			plural(bad, "needs", "need"))
	case good < all:
		v.Tone = toneWarn
		v.Sentence = fmt.Sprintf("%s of %s are filled. The others have not run yet.", count(good),
			plural(all, "tab", "tabs"))
	case all == 1:
		v.Tone, v.Sentence = toneGood, "Done. The tab is filled."
	default:
		v.Tone, v.Sentence = toneGood, "Done. All "+count(all)+" tabs are filled."
	}
}

// next says when an exporter runs by itself. nil stands for none.
func (v viewer) next(h *export.ExporterHead, now time.Time) string {
	if h == nil {
		return ""
	}
	return "Next run " + v.upcoming(h.NextAt, now, h.Schedule.Location()) + "."
}

// firstDue returns the first exporter of a set to run by itself; nil if none does.
func firstDue(set []export.Exporter, standings []control.Standing) *export.ExporterHead {
	var first *export.ExporterHead
	for i, e := range set {
		h := e.Head(standings[i].History)
		if h.Scheduled() && !h.NextAt.IsZero() && (first == nil || h.NextAt.Before(first.NextAt)) {
			first = &h
		}
	}
	return first
}

// upcoming says when something will be: "tomorrow at 06:00 CET", in the viewer's zone and, where that differs, in the
// one that it is about.
func (v viewer) upcoming(t, now time.Time, about *time.Location) string {
	here, today := t.In(v.zone), now.In(v.zone)
	days := func(n int) bool {
		d := today.AddDate(0, 0, n)
		return here.Year() == d.Year() && here.YearDay() == d.YearDay()
	}
	day := here.Format("on Monday, " + v.dates.day)
	switch {
	case days(0):
		day = "today"
	case days(1):
		day = "tomorrow"
	}
	text := day + " at " + here.Format(v.dates.minute) + " " + zoneWord(here)
	if there := t.In(about); offsetOf(there) != offsetOf(here) {
		text += " (" + there.Format(v.dates.minute) + " in " + about.String() + ")"
	}
	return text
}

// addAttention adds what helps those that need a look, once for each cause.
func (v *madeView) addAttention(rows []exporterRow) {
	at := map[string]int{}
	for _, r := range rows {
		if r.Pill.Tone != toneBad {
			continue
		}
		a := attention{
			Pill: r.Pill, Text: r.Problem, Hint: r.ProblemHint, Action: "Open run", Href: "/runs/" + string(r.LastRun),
		}
		if r.Block != nil {
			a.Text, a.Hint = r.Block.Title+".", r.Block.Hint
			a.Action, a.Post, a.Href = r.Block.Fix.Action, r.Block.Fix.Post, r.Block.Fix.Href
		}
		if _, known := at[a.Text]; !known {
			at[a.Text] = len(v.Attention)
			v.Attention = append(v.Attention, a)
		}
	}
}

// runSet runs all exporters of a set again that are not running.
func (w *Web) runSet(c *gin.Context) error {
	id := c.Param("id")
	begun, why, err := w.desk(c).RunSet(c.Request.Context(), id)
	if err != nil {
		return err
	}
	w.notifyBegun(c, begun, why)
	return seeOther(c, madePath+"/"+id)
}

// notifyBegun says how many runs of a set have begun, and why others could not.
func (w *Web) notifyBegun(c *gin.Context, begun int, why string) {
	words := plural(begun, "run has", "runs have") + " begun."
	if why == "" {
		w.notify(c, toneGood, words, "")
		return
	}
	w.notify(c, toneWarn, words, "Others could not: "+why)
}
