package control

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"ledgersheet/internal/export"
)

// ExporterQuery selects a page of exporters. Zero fields select all.
type ExporterQuery struct {
	Company export.RealmID // only those that export it
	Account export.ID      // only those that write with this account
	// Text selects those with all of its words in their name, their type's title, their companies' names, the place of
	// their rows and their tags together.
	Text   string
	States []State // only those in one of these states
	After  string  // the cursor of the page
	Limit  int     // 0 means 50; at most 200
}

// Listed is an exporter in a list.
type Listed struct {
	export.Exporter
	Standing
}

// ListExporters returns a page of the exporters that the actor may see and the query selects, by name. next is the
// cursor of the next page; empty at the end.
func (d *Desk) ListExporters(ctx context.Context, q ExporterQuery) (page []Listed, next string, err error) {
	if !d.sees() {
		return nil, "", nil
	}
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, maxPage)
	search, err := d.newSearch(ctx, q)
	if err != nil {
		return nil, "", err
	}
	last := ""
	for h, err := range d.find(ctx, q, search) {
		if err != nil {
			return nil, "", err
		}
		if len(page) == q.Limit {
			return page, last, nil
		}
		e, err := d.o.Store.Exporter(ctx, h.ID)
		if errors.Is(err, export.ErrNotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, "", fmt.Errorf("reading an exporter: %w", err)
		}
		standings, err := d.Standings(ctx, e)
		if err != nil {
			return nil, "", err
		}
		page, last = append(page, Listed{e, standings[0]}), h.Position()
	}
	return page, "", nil
}

// Census counts exporters.
type Census struct {
	All       int
	Scheduled int // they have a next due time
	// Next is the first of those to be due; nil if there is none.
	Next      *export.ExporterHead
	By        map[State]int
	Companies map[export.RealmID]int // those that export it
	Accounts  map[export.ID]int      // those that write with it
}

// CountExporters counts the exporters that the actor may see and the query selects.
func (d *Desk) CountExporters(ctx context.Context, q ExporterQuery) (Census, error) {
	c := Census{By: map[State]int{}, Companies: map[export.RealmID]int{}, Accounts: map[export.ID]int{}}
	if !d.sees() {
		return c, nil
	}
	search, err := d.newSearch(ctx, q)
	if err != nil {
		return c, err
	}
	for h, err := range d.find(ctx, q, search) {
		if err != nil {
			return c, err
		}
		state, err := d.stateOfHead(ctx, h, search.blocks)
		if err != nil {
			return c, err
		}
		c.All++
		c.By[state]++
		c.Accounts[h.Account]++
		for _, realm := range h.Companies {
			c.Companies[realm]++
		}
		if h.Scheduled() && !h.NextAt.IsZero() {
			c.Scheduled++
			if c.Next == nil || h.NextAt.Before(c.Next.NextAt) {
				c.Next = &h
			}
		}
	}
	return c, nil
}

// Named is the name of an exporter.
type Named struct {
	ID   export.ID
	Name string
}

// NameExporters returns the names of the first exporters that the actor may see and the query selects, by name. A limit
// of 0 means all.
func (d *Desk) NameExporters(ctx context.Context, q ExporterQuery) (names []Named, err error) {
	if !d.sees() {
		return nil, nil
	}
	search, err := d.newSearch(ctx, q)
	if err != nil {
		return nil, err
	}
	for h, err := range d.find(ctx, q, search) {
		if err != nil {
			return nil, err
		}
		if names = append(names, Named{h.ID, h.Name}); len(names) == q.Limit {
			break
		}
	}
	return names, nil
}

// heads yields the heads of exporters that the actor may see, from the query's cursor on.
func (d *Desk) heads(ctx context.Context, q ExporterQuery) iter.Seq2[export.ExporterHead, error] {
	f := export.ExporterFilter{Company: q.Company, Account: q.Account, Among: d.who.Grant.Among()}
	return d.o.Store.ExporterHeads(ctx, f, q.After)
}

// find yields the heads that a search finds, from the query's cursor on.
func (d *Desk) find(ctx context.Context, q ExporterQuery, s search) iter.Seq2[export.ExporterHead, error] {
	return func(yield func(export.ExporterHead, error) bool) {
		for h, err := range d.heads(ctx, q) {
			found := err == nil && s.hasWords(h)
			if found && s.states != nil {
				var state State
				state, err = d.stateOfHead(ctx, h, s.blocks)
				found = slices.Contains(s.states, state)
			}
			if (found || err != nil) && !yield(h, err) || err != nil {
				return
			}
		}
	}
}

// stateOfHead returns the state of an exporter as the actor may see it.
func (d *Desk) stateOfHead(ctx context.Context, h export.ExporterHead, b blocks) (State, error) {
	if h.Mixed && d.who.Grant.Among() != nil {
		e, err := d.o.Store.Exporter(ctx, h.ID)
		if errors.Is(err, export.ErrNotFound) {
			return "", nil // deleted meanwhile
		}
		if err != nil {
			return "", fmt.Errorf("reading an exporter: %w", err)
		}
		standings, err := d.Standings(ctx, e)
		if err != nil {
			return "", err
		}
		return standings[0].State, nil
	}
	blocked, err := b.of(ctx, h)
	return stateOf(h, blocked, d.o.Now()), err
}

// search is what a query looks for.
type search struct {
	words  []string
	states []State
	titles map[string]string         // of exporter types, folded
	names  map[export.RealmID]string // of companies, folded
	blocks blocks
}

func (d *Desk) newSearch(ctx context.Context, q ExporterQuery) (search, error) {
	s := search{words: foldWords(q.Text), states: q.States, blocks: d.newBlocks()}
	if len(s.words) == 0 {
		return s, nil
	}
	return s, s.learnNames(ctx, d)
}

// foldWords returns the words of a text as they are compared. People also paste addresses of spreadsheets.
func foldWords(text string) []string {
	words := strings.Fields(text)
	for i, word := range words {
		words[i] = export.FoldName(export.SpreadsheetID(word))
	}
	return words
}

// learnNames finds out the names in which words are looked for.
func (s *search) learnNames(ctx context.Context, d *Desk) error {
	s.titles, s.names = map[string]string{}, map[export.RealmID]string{}
	for _, def := range d.o.Definitions {
		s.titles[def.Info().ID] = export.FoldName(def.Info().Title)
	}
	companies, err := d.Companies(ctx)
	s.blocks.learn(companies, nil)
	for _, c := range companies {
		s.names[c.Realm] = export.FoldName(c.Name)
	}
	return err
}

// hasWords reports whether all words are in what people see of an exporter in a list.
func (s search) hasWords(h export.ExporterHead) bool {
	if len(s.words) == 0 {
		return true
	}
	texts := []string{export.FoldName(h.Name), s.titles[h.Definition], export.FoldName(h.Place)}
	for _, tag := range h.Tags {
		texts = append(texts, export.FoldName(tag))
	}
	if h.Spreadsheet != "" {
		texts = append(texts, export.FoldName(h.Spreadsheet))
	}
	for _, realm := range h.Companies {
		texts = append(texts, s.names[realm])
	}
	return !slices.ContainsFunc(s.words, func(word string) bool {
		return !slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, word) })
	})
}
