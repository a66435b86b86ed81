package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// exportersView is a page of the list of exporters.
type exportersView struct {
	Exporters []exporterRow
	Head      listHead
	Pages     pager
	Range     string // "41 to 80 of 214"
	All       int    // on all pages
	Text      string
	Selects   []runFilter
	Filtered  bool
	Views     []viewLink // those that everybody has
	Own       []viewLink
	Query     string       // of this list, without its page
	Hidden    []hiddenText // the same, for forms
	Tags      []string     // of all exporters
	Save      bool         // this list can be kept as a view
}

// viewLink leads to a view of the list.
type viewLink struct {
	Title, Href string
	Count       string
	Current     bool
}

// hiddenText is a value that a form sends along.
type hiddenText struct{ Name, Value string }

// listHead is the head of the table of exporters. Without columns to sort by it is one that cannot be sorted.
type listHead struct {
	Pick bool // rows can be chosen
	Sort map[string]sortLink
}

// sortLink sorts a list by a column. Order is as for aria-sort; empty if the list is sorted by something else.
type sortLink struct{ Href, Order string }

// searchKeys are the names of what selects exporters, in addresses and forms.
func searchKeys() []string {
	return []string{"q", "state", "tag", "company", "account", "idle", "sort"}
}

// idleToday selects exporters whose last success was not today.
const idleToday = "today"

// readSearch returns the search that an address or a form describes. Today is the viewer's.
func (w *Web) readSearch(q url.Values, v viewer) control.Search {
	s := control.Search{
		Text: q.Get("q"), States: chosenStates(q.Get("state")), Tag: q.Get("tag"),
		Company: export.RealmID(q.Get("company")), Account: export.ID(q.Get("account")),
		Sort: control.Sort(q.Get("sort")),
	}
	if q.Get("idle") == idleToday {
		year, month, day := w.o.Now().In(v.zone).Date()
		s.Before = time.Date(year, month, day, 0, 0, 0, 0, v.zone)
	}
	return s
}

// keepSearch returns of an address what selects and sorts exporters.
func keepSearch(q url.Values) url.Values {
	kept := url.Values{}
	for _, key := range searchKeys() {
		if v := q.Get(key); v != "" {
			kept.Set(key, v)
		}
	}
	return kept
}

func listAddress(q url.Values) string {
	if len(q) == 0 {
		return "/exporters"
	}
	return "/exporters?" + q.Encode()
}

func (w *Web) exportersPage(c *gin.Context) error {
	ctx, d, q := c.Request.Context(), w.desk(c), c.Request.URL.Query()
	k, err := know(ctx, d, needCompanies|needAccounts)
	if err != nil {
		return err
	}
	search := w.readSearch(q, viewerOf(c))
	search.Size = exportersOnPage
	search.Page, _ = strconv.Atoi(q.Get("page")) // anything else is the first page
	survey, err := d.Survey(ctx)
	if err != nil {
		return err
	}
	found, err := survey.Find(ctx, search)
	if err != nil {
		return err
	}
	kept := keepSearch(q)
	view := exportersView{
		Exporters: w.exporterRows(found.Listed, k), All: found.All, Text: q.Get("q"), Query: kept.Encode(),
		Head: newListHead(kept), Range: rangeWords(
			found.Page, exportersOnPage, len(found.Listed), found.All, "exporter", "exporters"),
		Pages: newNumberPager("/exporters", q, found.Page, found.Pages),
	}
	for _, key := range searchKeys() {
		if v := kept.Get(key); v != "" {
			view.Hidden = append(view.Hidden, hiddenText{key, v})
			view.Filtered = view.Filtered || key != "sort"
		}
	}
	view.Selects = []runFilter{
		{"state", "State", countedStates(found.States, q.Get("state"))},
		{"company", "Company", countedCompanies(k.companies, found.Companies, q.Get("company"))},
	}
	if tags := countedTags(found.Tags, q.Get("tag")); len(tags) > 1 {
		view.Selects = append(view.Selects, runFilter{"tag", "Tag", tags})
	}
	view.Selects = append(view.Selects, runFilter{"sort", "Sort by", sortChoices(q.Get("sort"))})
	view.Tags = survey.Tags()
	if err := w.addViews(c, survey, kept, &view); err != nil {
		return err
	}
	return w.page(c, http.StatusOK, "exporters", frame{Title: "Exporters", Section: "exporters", Live: liveAll}, view)
}

// addViews adds the views: those that everybody has, with how many exporters each finds, and the person's own.
func (w *Web) addViews(c *gin.Context, s *control.Survey, kept url.Values, view *exportersView) error {
	for _, v := range []struct{ title, key, value string }{
		{"All", "", ""}, {"Needs you", "state", stateAttention}, {"No success today", "idle", idleToday},
		{"Running", "state", string(control.StateRunning)}, {"Paused", "state", string(control.StatePaused)},
	} {
		q := url.Values{}
		if v.key != "" {
			q.Set(v.key, v.value)
		}
		n := s.Count(w.readSearch(q, viewerOf(c)))
		view.Views = append(view.Views, viewLink{v.title, listAddress(q), count(n), q.Encode() == view.Query})
	}
	own, err := w.desk(c).Views(c.Request.Context())
	if err != nil {
		return err
	}
	for _, v := range own {
		view.Own = append(view.Own, viewLink{v.Name, "/exporters?" + v.Query, "", v.Query == view.Query})
	}
	is := func(v viewLink) bool { return v.Current }
	view.Save = len(kept) > 0 && !slices.ContainsFunc(view.Views, is) && !slices.ContainsFunc(view.Own, is)
	return nil
}

// newListHead returns the head of a list that can be sorted.
func newListHead(kept url.Values) listHead {
	h := listHead{Pick: true, Sort: map[string]sortLink{}}
	now := cmp.Or(control.Sort(kept.Get("sort")), control.SortName)
	for _, column := range []struct {
		name  string
		sorts []control.Sort
		order []string
	}{
		{"name", []control.Sort{control.SortName}, []string{"ascending"}},
		{"state", []control.Sort{control.SortState}, []string{"descending"}},
		{"last", []control.Sort{control.SortOldest, control.SortNewest}, []string{"ascending", "descending"}},
		{"next", []control.Sort{control.SortNext}, []string{"ascending"}},
	} {
		at := slices.Index(column.sorts, now)
		next := url.Values{}
		for k, v := range kept {
			next[k] = v
		}
		next.Set("sort", string(column.sorts[(at+1)%len(column.sorts)]))
		link := sortLink{Href: listAddress(next)}
		if at >= 0 {
			link.Order = column.order[at]
		}
		h.Sort[column.name] = link
	}
	return h
}

func sortChoices(chosen string) []choice {
	return choose(chosen, []choice{
		{Value: "", Title: "Name"},
		{Value: string(control.SortState), Title: "State, worst first"},
		{Value: string(control.SortOldest), Title: "Last success, oldest first"},
		{Value: string(control.SortNewest), Title: "Last success, newest first"},
		{Value: string(control.SortNext), Title: "Next run"},
	}...)
}

// counted puts how many there are behind a choice.
func counted(title string, n int) string { return fmt.Sprintf("%s (%s)", title, count(n)) }

// countedStates offers the states in which there are exporters, and the chosen one.
func countedStates(by map[control.State]int, chosen string) []choice {
	all := stateChoices(chosen)
	list := all[:1:1]
	for _, c := range all[1:] {
		n := 0
		for _, s := range chosenStates(c.Value) {
			n += by[s]
		}
		if n > 0 || c.Chosen {
			c.Title = counted(c.Title, n)
			list = append(list, c)
		}
	}
	return list
}

// countedCompanies offers the companies that have exporters, and the chosen one; only that if there are too many for a
// select.
func countedCompanies(all []export.Company, by map[export.RealmID]int, chosen string) []choice {
	list := []choice{{Title: "Any company"}}
	for _, c := range companyChoices(all, chosen)[1:] {
		if n := by[export.RealmID(c.Value)]; n > 0 || c.Chosen {
			c.Title = counted(c.Title, n)
			list = append(list, c)
		}
	}
	return list
}

// countedTags offers the tags.
func countedTags(by map[string]int, chosen string) []choice {
	list := []choice{{Title: "Any tag"}}
	if _, known := by[chosen]; !known && chosen != "" {
		list = append(list, choice{Value: chosen, Title: counted(chosen, 0)})
	}
	for _, tag := range sortedKeys(by) {
		if len(list) <= mostChoices || tag == chosen {
			list = append(list, choice{Value: tag, Title: counted(tag, by[tag])})
		}
	}
	return choose(chosen, list...)
}

// saveView keeps the list that a form describes as a view of the person's.
func (w *Web) saveView(c *gin.Context) error {
	kept := keepSearch(c.Request.PostForm)
	v := control.View{Name: c.PostForm("name"), Query: kept.Encode()}
	err := w.desk(c).SaveView(c.Request.Context(), v)
	switch {
	case problem.HasCode(err, problem.InvalidInput):
		w.notify(c, toneBad, "The view was not kept: its name "+fieldText(problem.From(err).Fields, "name")+".", "")
	case err != nil:
		return err
	default:
		w.notify(c, toneGood, "The view "+isolate(v.Name)+" is kept. Only you see it.", "")
	}
	return seeOther(c, listAddress(kept))
}

func (w *Web) deleteView(c *gin.Context) error {
	if err := w.desk(c).DeleteView(c.Request.Context(), c.PostForm("name")); err != nil {
		return err
	}
	w.notify(c, toneGood, "The view was deleted. The exporters stay as they are.", "")
	return seeOther(c, listAddress(keepSearch(c.Request.PostForm)))
}
