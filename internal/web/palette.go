package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

const palettePath = "/search"

// How many of each kind the palette shows.
const (
	paletteExporters = 7
	paletteCompanies = 5
	paletteRuns      = 4
	palettePlaces    = 7
	paletteTypes     = 3
	longestSearch    = 200 // bytes of what is looked for
)

// paletteView is what the palette finds: all that one can go to or do, by name.
type paletteView struct {
	Text   string
	Groups []paletteGroup
	Count  string // "7 results"
}

type paletteGroup struct {
	Title string
	Items []paletteItem
}

// paletteItem is something to go to, or to do.
type paletteItem struct {
	ID    string // of the element
	Icon  string
	Title string
	Note  string
	Href  string
	Post  string // address of the form that does it, instead of Href
}

// paletteVerb is something that one can do to an exporter whose name follows.
type paletteVerb struct {
	word, icon string
	item       func(e control.Listed, at string) paletteItem
}

func paletteVerbs() []paletteVerb {
	post := func(verb, icon string) paletteVerb {
		return paletteVerb{strings.ToLower(verb), icon, func(e control.Listed, at string) paletteItem {
			return paletteItem{Title: verb + " " + isolate(e.Name), Post: at + "/" + strings.ToLower(verb)}
		}}
	}
	get := func(verb, icon, path string) paletteVerb {
		return paletteVerb{strings.ToLower(verb), icon, func(e control.Listed, at string) paletteItem {
			return paletteItem{Title: verb + " " + isolate(e.Name), Href: at + path}
		}}
	}
	return []paletteVerb{
		post("Run", "play"), post("Pause", "pause"), post("Resume", "play"), get("Edit", "edit", "/edit"),
		{"copy", "plus", func(e control.Listed, at string) paletteItem {
			return paletteItem{
				Title: "Copy " + isolate(e.Name), Href: "/exporters/new?copy=" + url.QueryEscape(string(e.ID)),
			}
		}},
		get("Delete", "cross", "/delete"),
	}
}

// palettePlace is a page that one can go to.
type palettePlace struct {
	paletteItem
	also string // what else people look for it by
}

func palettePlaceList() []palettePlace {
	page := func(icon, title, href, also string) palettePlace {
		return palettePlace{paletteItem{Icon: icon, Title: title, Href: href}, also}
	}
	return []palettePlace{
		page("plus", "New exporter", "/exporters/new", "make add create catalogue"),
		page("plus", "New set of exporters: packs", "/packs", "make add month-end"),
		page("home", "Overview", "/", "home companies"),
		page("sheet", "Exporters", "/exporters", "list"),
		page("warn", "Exporters that need you", "/exporters?state="+stateAttention, "failing blocked late broken"),
		page("clock", "Exporters without a success today", "/exporters?idle="+idleToday, "stale old not run today"),
		page("pause", "Paused exporters", "/exporters?state="+string(control.StatePaused), ""),
		page("history", "Runs", "/runs", "history"),
		page("cross", "Failed runs", "/runs?status="+string(export.RunFailed), "errors problems"),
		page("history", "Calendar of runs", "/calendar", "days"),
		page("link", "Connections", "/connections", "companies quickbooks google accounts reconnect connect"),
		page("link", "Links for administrators", linksPath, "invite connect"),
		page("check", "Going live", productionPath, "checklist intuit keys production"),
		page("gear", "Settings", "/settings", "password theme time zone language notices"),
		page("gear", "Notices", "/settings#notices", "mail slack teams webhook tell"),
		page("help", "Help", "/help", "keyboard shortcuts columns"),
	}
}

func (w *Web) palettePage(c *gin.Context) error {
	text := c.Query("q")
	text = strings.ToValidUTF8(text[:min(len(text), longestSearch)], "")
	view, err := w.paletteView(c.Request.Context(), w.desk(c), text)
	if err != nil {
		return err
	}
	if wantsFragment(c) {
		c.Header("Cache-Control", "no-store")
		return w.answerFragment(c, http.StatusOK, "palette", view)
	}
	return w.page(c, http.StatusOK, "search", frame{Title: "Search"}, view)
}

func (w *Web) paletteView(ctx context.Context, d *control.Desk, text string) (paletteView, error) {
	view := paletteView{Text: strings.TrimSpace(text)}
	k, err := know(ctx, d, needCompanies|needAccounts)
	if err != nil {
		return view, err
	}
	survey, err := d.Survey(ctx)
	if err != nil {
		return view, err
	}
	asked := strings.Fields(view.Text)
	if verb, rest, ok := splitVerb(asked); ok {
		list, err := w.verbItems(ctx, survey, k, verb, rest)
		if err != nil {
			return view, err
		}
		view.add("Do", list)
	}
	if len(asked) > 0 {
		list, err := w.exporterItems(ctx, survey, k, view.Text)
		if err != nil {
			return view, err
		}
		view.add("Exporters", list)
		view.add("Companies", companyItems(k.companies, asked))
	}
	view.add("Go to", pageItems(d, asked))
	if view.Text != "" {
		view.add("New exporter", typeItems(d, asked))
	}
	runs, err := w.runItems(ctx, d, asked)
	if err != nil {
		return view, err
	}
	view.add("Latest runs", runs)
	if view.Text != "" {
		view.add("Search", []paletteItem{{
			Icon: "sheet", Title: "All exporters with “" + isolate(view.Text) + "”",
			Href: "/exporters?q=" + url.QueryEscape(view.Text),
		}})
	}
	view.number()
	return view, nil
}

func (v *paletteView) add(title string, items []paletteItem) {
	if len(items) > 0 {
		v.Groups = append(v.Groups, paletteGroup{title, items})
	}
}

// number gives each item the id by which the combobox points to it.
func (v *paletteView) number() {
	n := 0
	for g := range v.Groups {
		for i := range v.Groups[g].Items {
			v.Groups[g].Items[i].ID = fmt.Sprintf("palette-%d", n)
			n++
		}
	}
	v.Count = plural(n, "result", "results")
}

// splitVerb returns the verb that a text begins with, if something follows it.
func splitVerb(asked []string) (paletteVerb, string, bool) {
	if len(asked) < 2 {
		return paletteVerb{}, "", false
	}
	for _, v := range paletteVerbs() {
		if strings.EqualFold(asked[0], v.word) {
			return v, strings.Join(asked[1:], " "), true
		}
	}
	return paletteVerb{}, "", false
}

func (w *Web) verbItems(
	ctx context.Context, s *control.Survey, k known, verb paletteVerb, text string,
) ([]paletteItem, error) {
	listed, err := findNamed(ctx, s, text)
	var list []paletteItem
	for _, e := range listed {
		if verb.word == "pause" && e.Paused() || verb.word == "resume" && !e.Paused() {
			continue
		}
		item := verb.item(e, "/exporters/"+string(e.ID))
		item.Icon, item.Note = verb.icon, companyNames(e.Exporter, k)
		list = append(list, item)
	}
	return list, err
}

// findNamed returns the first exporters that a text finds, those whose names begin with it first.
func findNamed(ctx context.Context, s *control.Survey, text string) ([]control.Listed, error) {
	found, err := s.Find(ctx, control.Search{Text: text, Size: paletteExporters, Sort: control.SortMatch})
	return found.Listed, err
}

func (w *Web) exporterItems(ctx context.Context, s *control.Survey, k known, text string) ([]paletteItem, error) {
	listed, err := findNamed(ctx, s, text)
	list := make([]paletteItem, len(listed))
	for i, e := range listed {
		row := w.exporterRow(e.Exporter, e.History, k)
		list[i] = paletteItem{
			Icon: row.Pill.Icon, Title: e.Name, Note: joinNonEmpty(row.Pill.Word, row.Companies),
			Href: "/exporters/" + string(e.ID),
		}
	}
	if len(listed) == 1 { // it is the one that is meant, so offer what can be done
		at := "/exporters/" + string(listed[0].ID)
		for _, verb := range paletteVerbs()[:4] {
			if verb.word == "pause" && listed[0].Paused() || verb.word == "resume" && !listed[0].Paused() {
				continue
			}
			item := verb.item(listed[0], at)
			item.Icon = verb.icon
			list = append(list, item)
		}
	}
	return list, err
}

// hasAll reports whether a text has all words, whatever their case.
func hasAll(text string, asked []string) bool {
	text = export.FoldName(text)
	return !slices.ContainsFunc(asked, func(word string) bool { return !strings.Contains(text, export.FoldName(word)) })
}

func companyItems(all []export.Company, asked []string) []paletteItem {
	var list []paletteItem
	for _, c := range all {
		if hasAll(c.Name+" "+c.LegalName+" "+c.Client+" "+string(c.Realm), asked) {
			list = append(list, paletteItem{
				Icon: "home", Title: c.Name, Note: joinNonEmpty(c.Client, c.HomeCurrency), Href: companyHref(c.Realm),
			})
		}
	}
	return firstItems(list, asked, paletteCompanies)
}

// firstItems returns the first items, of which those whose titles begin with what was asked for come first.
func firstItems(list []paletteItem, asked []string, most int) []paletteItem {
	begins := func(i paletteItem) int {
		if len(asked) > 0 && strings.HasPrefix(export.FoldName(i.Title), export.FoldName(asked[0])) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(list, func(a, b paletteItem) int { return cmp.Compare(begins(a), begins(b)) })
	return list[:min(len(list), most)]
}

func pageItems(d *control.Desk, asked []string) []paletteItem {
	var list []paletteItem
	for _, p := range palettePlaceList() {
		if p.Href == linksPath && !d.MayConnect() {
			continue
		}
		if hasAll(p.Title+" "+p.also, asked) {
			list = append(list, p.paletteItem)
		}
	}
	return firstItems(list, asked, palettePlaces)
}

// typeItems offers to make an exporter of the types whose titles have all words.
func typeItems(d *control.Desk, asked []string) []paletteItem {
	var list []paletteItem
	for _, def := range d.Definitions() {
		info := def.Info()
		if hasAll("new "+info.Title, asked) && len(list) < paletteTypes {
			list = append(list, paletteItem{
				Icon: "plus", Title: info.Title, Note: info.Summary,
				Href: "/exporters/new?type=" + url.QueryEscape(info.ID),
			})
		}
	}
	return list
}

// runItems are the latest runs, of the exporters whose names have all words.
func (w *Web) runItems(ctx context.Context, d *control.Desk, asked []string) ([]paletteItem, error) {
	runs, _, err := d.Runs(ctx, export.RunFilter{Limit: 30})
	var list []paletteItem
	for _, r := range runs {
		if hasAll(r.Exporter.Name, asked) && len(list) < paletteRuns {
			look := pillOf(runState(r.Brief()))
			list = append(list, paletteItem{
				Icon: look.Icon, Title: r.Exporter.Name, Note: look.Word + ", " + ago(r.QueuedAt, w.o.Now()),
				Href: "/runs/" + string(r.ID),
			})
		}
	}
	return list, err
}
