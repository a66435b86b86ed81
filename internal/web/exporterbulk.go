package web

import (
	"fmt"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// doToMany does something to the chosen exporters of a list, or to all that its search finds.
func (w *Web) doToMany(c *gin.Context) error {
	ctx, d, form := c.Request.Context(), w.desk(c), c.Request.PostForm
	back := listAddress(keepSearch(form))
	var ids []export.ID
	if form.Get("all") != "" {
		survey, err := d.Survey(ctx)
		if err != nil {
			return err
		}
		for _, n := range survey.Names(w.readSearch(form, viewerOf(c))) {
			ids = append(ids, n.ID)
		}
	} else {
		for _, id := range form["id"] {
			ids = append(ids, export.ID(id))
		}
	}
	if len(ids) == 0 {
		w.notify(c, toneWarn, "No exporter was ticked, so nothing was done.", "")
		return seeOther(c, back)
	}
	order := control.Bulk{
		Action: control.BulkAction(form.Get("do")), Tags: control.SplitTags(form.Get("tags")),
		Spreadsheet: form.Get("spreadsheet"),
	}
	result, err := d.BulkDo(ctx, order, ids)
	if problem.HasCode(err, problem.InvalidInput) {
		w.notify(c, toneBad, "Nothing was done: "+bulkFault(problem.From(err)), "")
		return seeOther(c, back)
	}
	if err != nil {
		return err
	}
	said := describeBulk(order.Action, result)
	w.notify(c, said.Tone, said.Text, said.Hint)
	return seeOther(c, back)
}

// bulkFault says what is wrong with an order.
func bulkFault(p *problem.Problem) string {
	for field, label := range map[string]string{
		"tags": "the tag", "spreadsheet": "the address of the spreadsheet", "do": "what was asked for",
	} {
		if text := p.Fields[field]; text != "" {
			return label + " " + text + "."
		}
	}
	return p.Message
}

// describeBulk says how many exporters something was done to, and why not to the others.
func describeBulk(action control.BulkAction, r control.BulkResult) notice {
	words := map[control.BulkAction][3]string{ // done, already so, what comes of it
		control.BulkRun:    {"queued", "under way already", ""},
		control.BulkPause:  {"paused", "paused already", "Schedules are kept; Run still works."},
		control.BulkResume: {"resumed", "not paused", ""},
		control.BulkTag:    {"tagged", "tagged so already", ""},
		control.BulkUntag:  {"without the tag now", "without it before", ""},
		control.BulkMove: {"moved", "there already",
			"What stands in the spreadsheet of before stays; the next run of each writes to the new one."},
	}[action]
	var parts, hints []string
	refused := 0
	for _, why := range r.Refused {
		refused += len(why.Exporters)
	}
	for _, part := range []struct {
		n     int
		words string
	}{{r.Done, words[0]}, {r.Already, words[1]}, {refused, "refused"}} {
		if part.n > 0 {
			parts = append(parts, count(part.n)+" "+part.words)
		}
	}
	const mostReasons = 4
	for i, why := range r.Refused {
		if i == mostReasons {
			hints = append(hints, fmt.Sprintf("There are %s more reasons.", count(len(r.Refused)-i)))
			break
		}
		hints = append(hints, refusedSentence(why))
	}
	if r.Done > 0 && words[2] != "" {
		hints = append(hints, words[2])
	}
	n := notice{toneGood, strings.Join(parts, ", ") + ".", strings.Join(hints, " ")}
	switch {
	case refused > 0 && r.Done == 0:
		n.Tone = toneBad
	case refused > 0:
		n.Tone = toneWarn
	}
	return n
}

// refusedSentence names the first exporters to which something was not done, and says why.
func refusedSentence(r control.Refusal) string {
	const most = 3
	var names []string
	for _, e := range r.Exporters[:min(len(r.Exporters), most)] {
		if e.Name != "" { // of one that the person may not see, or that is gone, nothing is known
			names = append(names, isolate(e.Name))
		}
	}
	who := strings.Join(names, ", ")
	if more := len(r.Exporters) - len(names); more > 0 && len(names) > 0 {
		who += " and " + count(more) + " more"
	}
	why := isolateRuns(strings.TrimSuffix(r.Why, "."))
	if who == "" {
		return why + "."
	}
	return who + ": " + why + "."
}
