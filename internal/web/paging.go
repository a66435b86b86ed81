package web

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// How much pages show of what there may be thousands of.
const (
	exportersOnPage = 40
	companiesOnPage = 24
	mostAttention   = 10
	mostLinks       = 10  // to the exporters of a connection
	mostNames       = 50  // of exporters that an action affects
	mostChoices     = 300 // in a select; beyond that, people come from elsewhere
)

// pager has the addresses of the pages beside this one; empty if there is none.
type pager struct {
	First, Previous, Next string
	FirstTitle            string
	NextTitle             string
}

// newNumberPager returns the pager of a list whose pages are numbered.
func newNumberPager(path string, q url.Values, page, pages int) pager {
	p := pager{FirstTitle: "First", NextTitle: "Next"}
	at := func(n int) string { return pageAddress(path, q, "page", strconv.Itoa(n)) }
	if page < pages {
		p.Next = at(page + 1)
	}
	if page > 1 {
		p.First, p.Previous = pageAddress(path, q, "page", ""), at(page-1)
	}
	if page == 2 {
		p.Previous = p.First
	}
	if page < 3 {
		p.First = ""
	}
	return p
}

// newPager returns the pager of a list. next is the cursor of the next page, key the parameter that takes it.
func newPager(path string, q url.Values, key, next string) pager {
	p := pager{FirstTitle: "First", NextTitle: "Next"}
	if next != "" {
		p.Next = pageAddress(path, q, key, next)
	}
	if q.Get(key) != "" {
		p.First = pageAddress(path, q, key, "")
	}
	return p
}

// pageAddress returns the address of a page of a list with the same filters.
func pageAddress(path string, q url.Values, key, cursor string) string {
	next := url.Values{}
	for k, v := range q {
		if k != key && len(v) > 0 && v[0] != "" {
			next.Set(k, v[0])
		}
	}
	if cursor != "" {
		next.Set(key, cursor)
	}
	if len(next) == 0 {
		return path
	}
	return path + "?" + next.Encode()
}

// writePosition and readPosition put a place in a list into an address.
func writePosition(position string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(position))
}

// readPosition returns the beginning of the list for anything that writePosition did not write.
func readPosition(text string) string {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return ""
	}
	return string(raw)
}

// stateAttention selects all exporters that want a look.
const stateAttention = "attention"

// chosenStates returns the states that a filter means; nil for all.
func chosenStates(text string) []control.State {
	switch {
	case text == stateAttention:
		return []control.State{control.StateFailing, control.StateBlocked, control.StateLate, control.StateDiffers}
	case slices.Contains(control.States(), control.State(text)):
		return []control.State{control.State(text)}
	}
	return nil
}

func stateChoices(chosen string) []choice {
	return choose(chosen, []choice{
		{Value: "", Title: "Any state"},
		{Value: stateAttention, Title: "Needs a look"},
		{Value: string(control.StateOK), Title: "Up to date"},
		{Value: string(control.StateRunning), Title: "Queued or running"},
		{Value: string(control.StateFailing), Title: "Failing"},
		{Value: string(control.StateDiffers), Title: "Figures disagree"},
		{Value: string(control.StateLate), Title: "Overdue"},
		{Value: string(control.StateBlocked), Title: "Connection lost"},
		{Value: string(control.StatePaused), Title: "Paused"},
		{Value: string(control.StateNeverRun), Title: "Never run"},
	}...)
}

// companyChoices offers all companies, or only the chosen one if there are too many for a select.
func companyChoices(all []export.Company, chosen string) []choice {
	list := []choice{{Title: "Any company"}}
	for _, c := range all {
		if len(all) <= mostChoices || string(c.Realm) == chosen {
			list = append(list, choice{Value: string(c.Realm), Title: c.Name})
		}
	}
	return choose(chosen, list...)
}

// rangeWords says which part of a list a page shows.
func rangeWords(page, size, shown, all int, one, many string) string {
	if shown == 0 || all <= size {
		return plural(all, one, many)
	}
	first := (page - 1) * size
	return fmt.Sprintf("%s to %s of %s %s", count(first+1), count(first+shown), count(all), many)
}
