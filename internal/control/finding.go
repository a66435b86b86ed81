package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/export"
)

// Sort is an order of exporters. Exporters that are equal in it are sorted by name.
type Sort string

// The orders.
const (
	SortName   Sort = "name"
	SortState  Sort = "state"  // what needs a person first
	SortOldest Sort = "oldest" // whose last success is the longest ago; those without one first
	SortNewest Sort = "newest" // whose last success is the newest
	SortNext   Sort = "next"   // who is due first; those that are not due last
)

// Search selects exporters and a page of them. Zero fields select all.
type Search struct {
	// Text selects those with all of its words in their name, their type's title, their companies' names, the place of
	// their rows and their tags together.
	Text    string
	States  []State // only those in one of these states
	Tag     string  // only those with it
	Company export.RealmID
	Account export.ID
	// Before keeps those that run by themselves and whose last success ended before it, or that have none.
	Before time.Time
	Sort   Sort // empty means SortName
	Page   int  // counted from 1; one that is not there means the first
	Size   int  // of a page; 0 means all
}

// Found is what a search finds.
type Found struct {
	Listed []Listed // of the page
	All    int      // on all pages
	Page   int      // of Pages; counted from 1
	Pages  int
	// The counts are of what each choice would find if all else stayed as it is.
	States    map[State]int
	Tags      map[string]int
	Companies map[export.RealmID]int
}

// Search finds exporters that the actor may see. It looks at what is kept of all of them for lists.
func (d *Desk) Search(ctx context.Context, s Search) (Found, error) {
	found, heads, err := d.search(ctx, s)
	if err != nil {
		return found, err
	}
	page := heads
	if s.Size > 0 {
		found.Pages = max(1, (len(heads)+s.Size-1)/s.Size)
		if found.Page = s.Page; s.Page < 1 || s.Page > found.Pages {
			found.Page = 1
		}
		page = heads[min(len(heads), (found.Page-1)*s.Size):min(len(heads), found.Page*s.Size)]
	}
	for _, h := range page {
		e, err := d.o.Store.Exporter(ctx, h.ID)
		if errors.Is(err, export.ErrNotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return found, fmt.Errorf("reading an exporter: %w", err)
		}
		standings, err := d.Standings(ctx, e)
		if err != nil {
			return found, err
		}
		found.Listed = append(found.Listed, Listed{e, standings[0]})
	}
	return found, nil
}

// SearchNames returns all exporters that a search finds, in its order.
func (d *Desk) SearchNames(ctx context.Context, s Search) ([]Named, error) {
	_, heads, err := d.search(ctx, s)
	names := make([]Named, len(heads))
	for i, h := range heads {
		names[i] = Named{h.ID, h.Name}
	}
	return names, err
}

// foundHead is a head with what sorting needs.
type foundHead struct {
	export.ExporterHead
	state  State
	lastAt time.Time
}

func (d *Desk) search(ctx context.Context, s Search) (Found, []foundHead, error) {
	found := Found{
		Page: 1, Pages: 1, States: map[State]int{}, Tags: map[string]int{}, Companies: map[export.RealmID]int{},
	}
	if !d.sees() {
		return found, nil, nil
	}
	words, err := d.newSearch(ctx, ExporterQuery{Text: s.Text})
	if err != nil {
		return found, nil, err
	}
	var list []foundHead
	for h, err := range d.heads(ctx, ExporterQuery{Account: s.Account}) {
		if err != nil {
			return found, nil, err
		}
		if !words.hasWords(h) {
			continue
		}
		f := foundHead{ExporterHead: h, lastAt: h.LastAt}
		if f.state, err = d.stateOfHead(ctx, h, words.blocks); err != nil {
			return found, nil, err
		}
		if h.Mixed && d.who.Grant.Among() != nil {
			if f.lastAt, err = d.lastSuccess(ctx, h.ID); err != nil {
				return found, nil, err
			}
		}
		if !s.Before.IsZero() && (!h.Scheduled() || !f.lastAt.Before(s.Before)) {
			continue
		}
		if found.count(s, f) {
			list = append(list, f)
		}
	}
	found.All = len(list)
	sortFound(list, s.Sort)
	return found, list, nil
}

// lastSuccess returns when the last success that the actor may see ended; zero if there is none.
func (d *Desk) lastSuccess(ctx context.Context, id export.ID) (time.Time, error) {
	h, err := d.history(ctx, id)
	if err != nil || h.Last == nil {
		return time.Time{}, err
	}
	return h.Last.FinishedAt, nil
}

// count counts an exporter under the choices that would find it, and reports whether the search itself does.
func (f *Found) count(s Search, h foundHead) bool {
	state := s.States == nil || slices.Contains(s.States, h.state)
	tag := s.Tag == "" || slices.Contains(h.Tags, s.Tag)
	company := s.Company == "" || slices.Contains(h.Companies, s.Company)
	if tag && company {
		f.States[h.state]++
	}
	if state && company {
		for _, t := range h.Tags {
			f.Tags[t]++
		}
	}
	if state && tag {
		for _, realm := range h.Companies {
			f.Companies[realm]++
		}
	}
	return state && tag && company
}

// sortFound sorts what the store has sorted by name.
func sortFound(list []foundHead, by Sort) {
	var less func(a, b foundHead) int
	switch by {
	case SortState:
		order := []State{
			StateFailing, StateBlocked, StateLate, StateDiffers, StateRunning, StateNeverRun, StateOK, StatePaused,
		}
		less = func(a, b foundHead) int {
			return cmp.Compare(slices.Index(order, a.state), slices.Index(order, b.state))
		}
	case SortOldest:
		less = func(a, b foundHead) int { return a.lastAt.Compare(b.lastAt) }
	case SortNewest:
		less = func(a, b foundHead) int { return b.lastAt.Compare(a.lastAt) }
	case SortNext:
		due := func(h foundHead) time.Time {
			if !h.Scheduled() {
				return time.Time{}
			}
			return h.NextAt
		}
		less = func(a, b foundHead) int {
			x, y := due(a), due(b)
			if x.IsZero() != y.IsZero() {
				return -x.Compare(y)
			}
			return x.Compare(y)
		}
	default:
		return
	}
	slices.SortStableFunc(list, less)
}

// Tags returns all tags of the exporters that the actor may see, sorted.
func (d *Desk) Tags(ctx context.Context) ([]string, error) {
	found, _, err := d.search(ctx, Search{})
	tags := make([]string, 0, len(found.Tags))
	for tag := range found.Tags {
		tags = append(tags, tag)
	}
	slices.SortFunc(tags, func(a, b string) int {
		return cmp.Or(strings.Compare(export.FoldName(a), export.FoldName(b)), strings.Compare(a, b))
	})
	return tags, err
}
