package control

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// RecordName is a record of one of QuickBooks' lists, such as a customer.
type RecordName struct{ ID, Name string }

// Bounds of the lists of names that are kept.
const (
	namesLife = 20 * time.Minute
	namesMost = 60 // lists
)

// nameLists keeps lists of names a short while, so that a search does not ask QuickBooks for each letter. Each list is
// read by one search at a time, for which the others wait. It is safe for concurrent use.
type nameLists struct {
	mu      sync.Mutex
	kept    map[nameList][]RecordName
	read    map[nameList]time.Time
	reading map[nameList]chan struct{} // closed when the reading ends
}

type nameList struct {
	realm  export.RealmID
	object string
}

// RecordNames returns the records of a list of the company whose names have all words of the query, the exact matches
// and beginnings first, at most limit. It reads the list from QuickBooks unless that was done a short while ago. With
// known it never does; read is false if the list is not there.
func (d *Desk) RecordNames(
	ctx context.Context, realm export.RealmID, object, query string, limit int, known bool,
) (list []RecordName, read bool, err error) {
	all, read, err := d.allNames(ctx, realm, object, known)
	if err != nil || !read {
		return nil, read, err
	}
	words := strings.Fields(strings.ToLower(query))
	text := strings.Join(words, " ")
	for _, n := range all {
		name := strings.ToLower(n.Name)
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(name, word) }) {
			list = append(list, n)
		}
	}
	rank := func(n RecordName) int {
		switch name := strings.ToLower(n.Name); {
		case name == text:
			return 0
		case strings.HasPrefix(name, text):
			return 1
		}
		return 2
	}
	slices.SortStableFunc(list, func(a, b RecordName) int { return rank(a) - rank(b) })
	return list[:min(len(list), limit)], true, nil
}

// NamesOf returns the names of records by their ids, as far as they are known without asking QuickBooks.
func (d *Desk) NamesOf(ctx context.Context, realm export.RealmID, object string, ids []string) map[string]string {
	all, _, err := d.allNames(ctx, realm, object, true)
	if err != nil {
		return nil
	}
	names := map[string]string{}
	for _, n := range all {
		if slices.Contains(ids, n.ID) {
			names[n.ID] = n.Name
		}
	}
	return names
}

func (d *Desk) allNames(ctx context.Context, realm export.RealmID, object string, known bool) (
	all []RecordName, read bool, err error,
) {
	if err := d.allow(access.Operate, access.Thing{}, "company"); err != nil {
		return nil, false, err
	}
	company, err := d.Company(ctx, realm)
	if err != nil {
		return nil, false, err
	}
	if !d.offersRecords(object) {
		return nil, false, problem.Invalid("list", "is no list that an exporter filters by")
	}
	key := nameList{realm, object}
	l := &d.names
	if known {
		all, read = l.find(key, d.o.Now())
		return all, read, nil
	}
	if all, read, err = l.await(ctx, key, d.o.Now); err != nil || read {
		return all, read, err
	}
	defer l.release(key)
	if all, err = d.o.QuickBooks.Names(ctx, company, object); err != nil {
		return nil, false, err
	}
	slices.SortStableFunc(all, func(a, b RecordName) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	l.keep(key, all, d.o.Now())
	return all, true, nil
}

// find returns a list that is kept.
func (l *nameLists) find(key nameList, now time.Time) (all []RecordName, read bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.kept[key], now.Sub(l.read[key]) < namesLife
}

// await returns a list once nobody else is reading it. If it is not there then, the caller must read it and call
// release.
func (l *nameLists) await(ctx context.Context, key nameList, now func() time.Time) (
	all []RecordName, read bool, err error,
) {
	for {
		other := l.claim(key)
		if other == nil {
			if all, read = l.find(key, now()); read {
				l.release(key)
			}
			return all, read, nil
		}
		select {
		case <-other:
		case <-ctx.Done():
			return nil, false, fmt.Errorf("waiting for names: %w", ctx.Err())
		}
	}
}

// claim makes the caller the one who reads a list, or returns what is closed when another has read it.
func (l *nameLists) claim(key nameList) (other <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if reading := l.reading[key]; reading != nil {
		return reading
	}
	if l.reading == nil {
		l.reading = map[nameList]chan struct{}{}
	}
	l.reading[key] = make(chan struct{})
	return nil
}

func (l *nameLists) release(key nameList) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.reading[key])
	delete(l.reading, key)
}

// offersRecords reports whether any option holds ids of the object.
func (d *Desk) offersRecords(object string) bool {
	return object != "" && slices.ContainsFunc(d.o.Definitions, func(def export.Definition) bool {
		return slices.ContainsFunc(def.OptionList(), func(o export.Option) bool { return o.Records == object })
	})
}

// keep keeps a list, and forgets those that are old or too many.
func (l *nameLists) keep(key nameList, all []RecordName, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept == nil {
		l.kept, l.read = map[nameList][]RecordName{}, map[nameList]time.Time{}
	}
	oldest := key
	for k, at := range l.read {
		if now.Sub(at) >= namesLife {
			delete(l.kept, k)
			delete(l.read, k)
		} else if oldest == key || at.Before(l.read[oldest]) {
			oldest = k
		}
	}
	if len(l.kept) >= namesMost && oldest != key {
		delete(l.kept, oldest)
		delete(l.read, oldest)
	}
	l.kept[key], l.read[key] = all, now
}
