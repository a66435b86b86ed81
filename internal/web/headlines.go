package web

import (
	"slices"
	"strings"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// headline is one declared figure of a run. Figures of two companies or currencies are two headlines, never a sum.
type headline struct {
	Title    string
	Company  string // empty if all are about one company
	Period   string
	Currency string
	Amount   amount
}

// headlineList is the headlines that a list has room for.
type headlineList struct {
	Title string // of all that are shown, if each is of another company
	Shown []headline
	More  string // "and 5 more"; empty if all are shown
}

const mostListed = 3

// listHeadlines returns the figures of a run for a row of a list: the first ones that cover the whole period.
func listHeadlines(r export.Run) headlineList {
	all := headlines(r)
	whole := slices.DeleteFunc(slices.Clone(all), func(h headline) bool { return !isWhole(h, r) })
	if len(whole) == 0 {
		whole = all
	}
	shown := whole
	var list headlineList
	if len(r.Companies) > 1 && len(whole) > 0 { // one figure of each company says more than all figures of the first
		list.Title = whole[0].Title
		shown = slices.DeleteFunc(slices.Clone(whole), func(h headline) bool { return h.Title != list.Title })
	}
	list.Shown = shown[:min(len(shown), mostListed)]
	if more := len(whole) - len(list.Shown); more > 0 {
		list.More = "and " + count(more) + " more"
	}
	return list
}

// isWhole reports whether a figure covers the run's whole period rather than one of its columns.
func isWhole(h headline, r export.Run) bool {
	return slices.ContainsFunc(r.Companies, func(c export.CompanyOutcome) bool {
		return strings.HasPrefix(c.Period, h.Period) && (h.Company == "" || h.Company == c.Name)
	})
}

// headlines returns the figures of a run, company by company in the order in which they were read.
func headlines(r export.Run) []headline {
	names := map[export.RealmID]string{}
	for _, c := range r.Companies {
		names[c.Realm] = c.Name
	}
	list := make([]headline, len(r.Figures))
	for i, f := range r.Figures {
		list[i] = headline{Title: f.Title, Period: f.Period, Currency: f.Currency, Amount: amountOf(f.Value)}
		if len(r.Companies) > 1 {
			list[i].Company = names[f.Company]
			if list[i].Company == "" {
				list[i].Company = string(f.Company)
			}
		}
	}
	return list
}

// controlSum is the sum of one column of amounts, whatever it means: it is for checking a sheet against.
type controlSum struct {
	Title  string
	Amount amount
}

// controlSums returns a run's control sums in the catalogue's order, under the columns' titles.
func controlSums(d *control.Desk, r export.Run) []controlSum {
	keys := make([]string, 0, len(r.Control))
	for k := range r.Control {
		keys = append(keys, k)
	}
	titles := map[string]string{}
	rank := map[string]int{}
	if def, err := d.Definition(r.Exporter.Definition); err == nil {
		catalogue := def.Catalogue()
		for i, c := range catalogue {
			titles[c.Path], rank[c.Path] = c.Title, i-len(catalogue) // unlisted columns come last
		}
	}
	slices.SortFunc(keys, func(a, b string) int {
		if n := rank[a] - rank[b]; n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	list := make([]controlSum, len(keys))
	for i, k := range keys {
		title := titles[k]
		if title == "" {
			title = k
		}
		list[i] = controlSum{title, amountOf(r.Control[k])}
	}
	return list
}

// difference is one of QuickBooks' own figures that disagrees with the figures it should follow from.
type difference struct {
	What, Place    string
	Says, AddsUpTo amount
	By             string // what QuickBooks says less what its parts add up to, exactly
	Accepted       bool
}

func differences(r export.Run) []difference {
	var list []difference
	for _, c := range r.Checks {
		if !c.Holds {
			list = append(list, difference{
				What: c.What, Place: c.Place, Says: amountOf(c.Says), AddsUpTo: amountOf(c.AddsUpTo),
				By: c.Difference(), Accepted: c.Accepted,
			})
		}
	}
	return list
}
