package web

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/export"
)

// helpView is the catalogue of what can be exported, and the keyboard shortcuts. Columns and options are shown of one
// type, which the address names: those of all types are hundreds.
type helpView struct {
	Text   string // that was searched for
	Groups []helpGroup
	Keys   []shortcut
}

type helpGroup struct {
	Title string
	Types []helpType
}

type helpType struct {
	ID, Title, Summary, Kind string
	Open                     bool // its columns and options are shown
	Count                    int  // of its columns
	Columns                  []helpColumn
	Options                  []export.Option
	Hits                     []string // titles of columns in which the words stand
	More                     int      // how many others there are
}

type helpColumn struct {
	Key, Title, Kind, Help string
	Default, Line          bool
}

type shortcut struct{ Keys, Does string }

// helpHits is how many columns a search shows of a type.
const helpHits = 8

func (w *Web) helpPage(c *gin.Context) error {
	view := helpView{Text: strings.TrimSpace(c.Query("q")), Keys: []shortcut{
		{"g o", "Overview"}, {"g c", "Connections"}, {"g e", "Exporters"}, {"g r", "Runs"}, {"g s", "Settings"},
		{"n", "New exporter"}, {"r", "Run now, on an exporter's page"}, {"/", "Go to the filter or search field"},
		{"j, k", "Down, up in a list"}, {"Enter", "Open the chosen row"},
		{"x", "Tick the chosen exporter; X ticks all from the one ticked before"}, {"?", "This page"},
		{"Ctrl K, ⌘ K", "Find or do anything; works while you type, too"},
	}}
	asked := strings.Fields(view.Text)
	for _, g := range catalogue(w.desk(c).Definitions()) {
		group := helpGroup{Title: g.Title}
		for _, d := range g.Definitions {
			if t, found := newHelpType(d, asked, c.Query("type")); found {
				group.Types = append(group.Types, t)
			}
		}
		if len(group.Types) > 0 {
			view.Groups = append(view.Groups, group)
		}
	}
	return w.page(c, http.StatusOK, "help", frame{Title: "Help", Section: "help"}, view)
}

// newHelpType describes a type. It is found if all words stand in what it is called, or in what a column is called.
func newHelpType(d export.Definition, asked []string, open string) (t helpType, found bool) {
	info, columns := d.Info(), d.Catalogue()
	t = helpType{
		ID: info.ID, Title: info.Title, Summary: info.Summary, Kind: string(info.Kind), Open: info.ID == open,
		Count: len(columns),
	}
	for _, col := range columns {
		if t.Open {
			t.Columns = append(t.Columns, helpColumn{
				col.Path, col.Title, col.Kind.String(), col.Help, !col.Off, col.Line(),
			})
		}
		switch {
		case len(asked) == 0 || !hasAll(col.Title+" "+col.Path, asked):
		case len(t.Hits) < helpHits:
			t.Hits = append(t.Hits, col.Title)
		default:
			t.More++
		}
	}
	if t.Open {
		t.Options = d.OptionList()
	}
	return t, len(t.Hits) > 0 || t.Open || hasAll(info.Title+" "+info.ID+" "+info.Summary, asked)
}
