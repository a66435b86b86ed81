package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
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
	SortMatch  Sort = "match"  // whose name begins with the text, then whose name has its first word
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

// Survey is what is kept for lists of all exporters that an actor may see, as it was at one moment. Looking at it again
// costs little.
type Survey struct {
	desk  *Desk
	words search // without words
	heads []foundHead
}

// foundHead is a head with what searching and sorting need.
type foundHead struct {
	export.ExporterHead
	state  State
	lastAt time.Time
}

// Survey looks at all exporters that the actor may see.
func (d *Desk) Survey(ctx context.Context) (*Survey, error) {
	s := &Survey{desk: d}
	if !d.sees() {
		return s, nil
	}
	var err error
	if s.words, err = d.newSearch(ctx, ExporterQuery{}); err != nil {
		return nil, err
	}
	if err := s.words.learnNames(ctx, d); err != nil {
		return nil, err
	}
	for h, err := range d.heads(ctx, ExporterQuery{}) {
		if err != nil {
			return nil, err
		}
		f := foundHead{ExporterHead: h, lastAt: h.LastAt}
		if f.state, err = d.stateOfHead(ctx, h, s.words.blocks); err != nil {
			return nil, err
		}
		if h.Mixed && d.who.Grant.Among() != nil {
			if f.lastAt, err = d.lastSuccess(ctx, h.ID); err != nil {
				return nil, err
			}
		}
		s.heads = append(s.heads, f)
	}
	return s, nil
}

// Find returns a page of what a search finds. Exporters that are gone since are left out.
func (s *Survey) Find(ctx context.Context, q Search) (Found, error) {
	found, list := s.find(q)
	found.Page, found.Pages = 1, 1
	if q.Size > 0 {
		found.Pages = max(1, (len(list)+q.Size-1)/q.Size)
		if q.Page > 1 && q.Page <= found.Pages {
			found.Page = q.Page
		}
		list = list[min(len(list), (found.Page-1)*q.Size):min(len(list), found.Page*q.Size)]
	}
	for _, h := range list {
		e, err := s.desk.o.Store.Exporter(ctx, h.ID)
		if errors.Is(err, export.ErrNotFound) {
			continue
		}
		if err != nil {
			return found, fmt.Errorf("reading an exporter: %w", err)
		}
		standings, err := s.desk.Standings(ctx, e)
		if err != nil {
			return found, err
		}
		found.Listed = append(found.Listed, Listed{e, standings[0]})
	}
	return found, nil
}

// Names returns all exporters that a search finds, in its order.
func (s *Survey) Names(q Search) []Named {
	_, list := s.find(q)
	names := make([]Named, len(list))
	for i, h := range list {
		names[i] = Named{h.ID, h.Name}
	}
	return names
}

// Count returns how many exporters a search finds.
func (s *Survey) Count(q Search) int {
	found, _ := s.find(q)
	return found.All
}

// Tags returns all tags, sorted.
func (s *Survey) Tags() []string {
	found, _ := s.find(Search{})
	return slices.SortedFunc(maps.Keys(found.Tags), func(a, b string) int {
		return cmp.Or(strings.Compare(export.FoldName(a), export.FoldName(b)), strings.Compare(a, b))
	})
}

func (s *Survey) find(q Search) (Found, []foundHead) {
	found := Found{States: map[State]int{}, Tags: map[string]int{}, Companies: map[export.RealmID]int{}}
	words := s.words
	words.words = foldWords(q.Text)
	var list []foundHead
	for _, h := range s.heads {
		switch {
		case q.Account != "" && h.Account != q.Account, !words.hasWords(h.ExporterHead):
		case !q.Before.IsZero() && (!h.Scheduled() || !h.lastAt.Before(q.Before)):
		case found.count(q, h):
			list = append(list, h)
		}
	}
	found.All = len(list)
	if q.Sort == SortMatch && len(words.words) > 0 {
		sortMatches(list, words.words)
	} else {
		sortFound(list, q.Sort)
	}
	return found, list
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

// sortMatches puts what is most likely meant by words first.
func sortMatches(list []foundHead, words []string) {
	rank := func(h foundHead) int {
		name := export.FoldName(h.Name)
		switch {
		case strings.HasPrefix(name, strings.Join(words, " ")):
			return 0
		case strings.HasPrefix(name, words[0]):
			return 1
		case strings.Contains(name, words[0]):
			return 2
		}
		return 3
	}
	slices.SortStableFunc(list, func(a, b foundHead) int { return cmp.Compare(rank(a), rank(b)) })
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
