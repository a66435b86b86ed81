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

// namesPath answers with records of a company's list by their names.
const namesPath = "/exporters/names"

// namesShown is how many names are suggested at once.
const namesShown = 30

// namesView are suggestions, or why there are none.
type namesView struct {
	List  []control.RecordName
	Error string
}

// searchNames answers with the records whose names have the words that were typed.
func (w *Web) searchNames(c *gin.Context) error {
	list, _, err := w.desk(c).RecordNames(c.Request.Context(), export.RealmID(c.Query("company")), c.Query("list"),
		c.Query("q"), namesShown, false)
	view := namesView{List: list}
	if err != nil {
		p := problem.From(err)
		if p.Code == problem.Internal || p.Code == problem.Cancelled {
			return err
		}
		view.Error = isolateRuns(p.Message)
	}
	return w.answerFragment(c, http.StatusOK, "names", view)
}

// listIDs returns the ids of a text with commas between them.
func listIDs(text string) []string {
	var ids []string
	for id := range strings.SplitSeq(text, ",") {
		if id = strings.TrimSpace(id); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// knownChoices returns the records or values that an option's text names, with their titles. A record whose name is not
// known without asking QuickBooks goes by its number.
func knownChoices(ctx context.Context, d *control.Desk, e export.Exporter, o export.Option, text string) []choice {
	var names map[string]string
	ids := listIDs(text)
	if len(ids) > 0 && o.Records != "" && len(e.Companies) == 1 {
		names = d.NamesOf(ctx, e.Companies[0], o.Records, ids)
	}
	var list []choice
	for _, id := range ids {
		title := names[id]
		for _, v := range o.Values {
			if v.Value == id {
				title = v.Title
			}
		}
		if title == "" && o.Records != "" {
			title = "No. " + id
		}
		if title == "" {
			title = id
		}
		list = append(list, choice{id, title, true})
	}
	return list
}
