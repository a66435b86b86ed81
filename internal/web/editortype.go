package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// typePath shows the form again for another type.
const typePath = "/exporters/type"

// popularTypes are what most people export, in the order in which they are offered.
func popularTypes() []string {
	return []string{
		"invoices", "profit_and_loss", "balance_sheet", "general_ledger", "ar_aging_summary", "bills", "customers",
		"transaction_list",
	}
}

const popularTitle = "Popular"

// typeGroup is a group of the types that the form offers.
type typeGroup struct {
	Title string
	Types []typeChoice
}

type typeChoice struct {
	catalogueType
	Chosen bool
}

// typeGroups returns all types by subject, the popular ones first, which also stand in their groups. One is chosen.
func typeGroups(all []export.Definition, chosen string) []typeGroup {
	var list []typeGroup
	done := false
	for _, g := range offeredTypes(all) {
		group := typeGroup{Title: g.Title}
		for _, t := range g.Types {
			is := t.ID == chosen && !done
			done = done || is
			group.Types = append(group.Types, typeChoice{t, is})
		}
		list = append(list, group)
	}
	return list
}

// offeredTypes returns the catalogue with the popular types in front.
func offeredTypes(all []export.Definition) []catalogueGroup {
	groups := catalogue(all)
	popular := catalogueGroup{Title: popularTitle}
	for _, id := range popularTypes() {
		for _, g := range groups {
			i := slices.IndexFunc(g.Types, func(t catalogueType) bool { return t.ID == id })
			if i >= 0 {
				popular.Types = append(popular.Types, g.Types[i])
			}
		}
	}
	return slices.Insert(groups, 0, popular)
}

// suggestName returns what a new exporter is called as long as nobody has named it.
func suggestName(d export.Definition, e export.Exporter, k known) string {
	title := d.Info().Title
	if len(e.Companies) == 1 {
		return title + ", " + k.company(e.Companies[0])
	}
	return title
}

// suggestedInput holds the name that a form has suggested.
const suggestedInput = "suggested"

// nameOf returns the name of a form's exporter. One that nobody has chosen follows the companies.
func (w *Web) nameOf(c *gin.Context, e export.Exporter) (string, error) {
	if suggested := c.PostForm(suggestedInput); suggested == "" || suggested != e.Name {
		return e.Name, nil
	}
	ctx, desk := c.Request.Context(), w.desk(c)
	d, err := desk.Definition(e.Definition)
	if err != nil {
		return "", err
	}
	k, err := know(ctx, desk, needCompanies)
	return suggestName(d, e, k), err
}

// changeType shows the form again for another type. What belongs to the old type goes; the companies, the dates, the
// place and the schedule stay.
func (w *Web) changeType(c *gin.Context) error {
	e, k, err := w.retype(c)
	if err != nil {
		return err
	}
	return w.showForm(c, http.StatusOK, e, k, nil, nil)
}

// hasNewType reports whether another type was chosen in a form than that whose fields it shows.
func hasNewType(c *gin.Context) bool {
	shown := c.PostForm("shown_type")
	return shown != "" && shown != c.PostForm("type")
}

// retype returns the exporter of a form in which another type was chosen.
func (w *Web) retype(c *gin.Context) (export.Exporter, known, error) {
	ctx, d := c.Request.Context(), w.desk(c)
	e, err := readForm(d, c.Request.PostForm)
	if err != nil {
		return e, known{}, err
	}
	k, err := know(ctx, d, needCompanies|needAccounts)
	if err != nil {
		return e, k, err
	}
	old, err := d.Definition(c.PostForm("shown_type"))
	if err != nil {
		return e, k, err
	}
	fresh, err := d.Definition(e.Definition)
	if err != nil || !hasNewType(c) {
		return e, k, err
	}
	before := e
	e.Columns, e.Filters, e.Titles = nil, nil, nil
	e.Options = keepOptions(fresh, before.Options)
	if strings.TrimSpace(e.Name) == "" || e.Name == suggestName(old, before, k) {
		e.Name = suggestName(fresh, e, k)
	}
	if e.Target.Sheet == "" || e.Target.Sheet == old.Info().Title {
		e.Target.Sheet = fresh.Info().Title
	}
	if !slices.Contains(fresh.Modes(), e.Mode) {
		e.Mode = ""
	}
	if !slices.Contains(export.Splits(fresh), e.Split) {
		e.Split = ""
	}
	e.Normalize()
	return e, k, nil
}

// keepOptions returns the options that another type knows too, with values that it takes.
func keepOptions(d export.Definition, options map[string]string) map[string]string {
	kept := map[string]string{}
	for _, o := range d.OptionList() {
		v, has := options[o.Key]
		fits := o.Kind != export.OptionChoice ||
			slices.ContainsFunc(o.Values, func(c export.Choice) bool { return c.Value == v })
		if has && fits && isMainOption(o) {
			kept[o.Key] = v
		}
	}
	return kept
}

// typesOf returns what a form offers to choose among; nothing if the exporter is there already.
func typesOf(d *control.Desk, e export.Exporter) []typeGroup {
	if e.ID != "" {
		return nil
	}
	return typeGroups(d.Definitions(), e.Definition)
}
