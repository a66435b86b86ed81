package intuit

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
)

// lists are the company's lists that the columns of one reading look into. The zero value is empty.
type lists struct{ all []*list }

// list is one of the company's lists, as far as columns look into it.
type list struct {
	object string
	fields []listField
	values map[string][]any // the fields by record id; nil until the list was read
	// unread says that a preview has left the list out, wholly or in part.
	unread bool
	// missing are the ids that were looked for in vain.
	missing idSet
	lost    int // how many they are
}

type listField struct {
	name  string
	paths []record.Path // the first that there is counts
}

// field notes that a column needs a field of an object's records.
func (l *lists) field(object, name string) (listedField, error) {
	at := slices.IndexFunc(l.all, func(known *list) bool { return known.object == object })
	if at < 0 {
		at = len(l.all)
		l.all = append(l.all, &list{object: object})
	}
	own := l.all[at]
	if i := slices.IndexFunc(own.fields, func(f listField) bool { return f.name == name }); i >= 0 {
		return listedField{own, i}, nil
	}
	f := listField{name: name}
	alternatives := []string{name}
	if name == "name" {
		alternatives = []string{"FullyQualifiedName", "DisplayName", "Name"} // as references show it
	}
	for _, text := range alternatives {
		p, err := record.ParsePath(text)
		if err != nil {
			return listedField{}, fmt.Errorf("finding %s of a %s: %w", name, object, err)
		}
		f.paths = append(f.paths, p)
	}
	own.fields = append(own.fields, f)
	return listedField{own, len(own.fields) - 1}, nil
}

// value is a field of the record with that id.
func (l *list) value(id string, field int) (any, bool) {
	fields, ok := l.values[id]
	if !ok && !l.unread && numeric(id) && l.missing.add(id) {
		l.lost++
	}
	if !ok || fields[field] == nil {
		return nil, false
	}
	return fields[field], true
}

// take keeps the wanted fields of a page's records and returns the number of records.
func (l *list) take(page json.RawMessage) (int, error) {
	n := 0
	for rec, err := range records(page) {
		if err != nil {
			return n, malformed(err)
		}
		n++
		fields := make([]any, len(l.fields))
		for i, f := range l.fields {
			for _, p := range f.paths {
				if v, ok := p.Lookup(rec); ok {
					fields[i] = v
					break
				}
			}
		}
		l.values[rec.Text("Id")] = fields
	}
	return n, nil
}

// statement selects the list's records, inactive ones too: old records refer to them.
func (l *list) statement(where ...string) statement {
	s := statement{object: l.object, ordered: true, where: where}
	if l.object != "TaxAgency" {
		s.where = append(s.where, "Active IN (true, false)")
	}
	return s
}

// read reads the whole list. Its entries are never deleted and new ones come last, so paging by offset misses none.
func (l *list) read(ctx context.Context, from lister) error {
	from.object = l.object
	l.values = map[string][]any{}
	for start := 1; ; start += pageSize {
		page, err := from.fetch(ctx, l.statement().page(start, pageSize))
		if err != nil {
			return err
		}
		if n, err := l.take(page); err != nil || n < pageSize {
			return err
		}
	}
}

// maxLookedUp bounds the ids that are asked for one by one, so that the URL stays short.
const maxLookedUp = 200

// readSome reads the entries with those ids.
func (l *list) readSome(ctx context.Context, from lister, ids []string) error {
	from.object = l.object
	l.values = map[string][]any{}
	if len(ids) > maxLookedUp {
		ids, l.unread = ids[:maxLookedUp], true
	}
	quoted := make([]string, len(ids))
	for i, id := range ids {
		quoted[i] = quote(id)
	}
	page, err := from.fetch(ctx, l.statement("Id IN ("+strings.Join(quoted, ", ")+")").page(1, len(ids)))
	if err != nil {
		return err
	}
	_, err = l.take(page)
	return err
}

// leaveOut makes the list one that a preview does not read.
func (l *list) leaveOut() { l.values, l.unread = map[string][]any{}, true }

// warnings say what was looked for in vain and which columns a preview leaves blank.
func (l *lists) warnings(columns []*column) []string {
	var said, blank []string
	for _, own := range l.all {
		if own.lost > 0 {
			said = append(said, fmt.Sprintf("QuickBooks' list %q lacks %d records that others refer to; what is taken from them is blank.", own.object, own.lost))
		}
	}
	for _, c := range columns {
		if c.leftOut() && !slices.Contains(blank, c.def.Path) {
			blank = append(blank, c.def.Path)
		}
	}
	if blank != nil {
		said = append(said, "Filled in by a run, but blank or incomplete in a preview, which looks into one list only: "+strings.Join(blank, ", ")+".")
	}
	return said
}

// needs yields the lists that a record's rows look into and the ids they look for there.
func (r *entityRead) needs(rec record.Record, lines []record.Record, yield func(*list, string) error) error {
	for _, c := range r.looking {
		for _, line := range lines {
			from := c.source(export.View{Record: rec, Line: line})
			if _, own := c.path.Lookup(from); own {
				continue
			}
			for _, t := range c.refers.targets(from) {
				if !numeric(t.id) {
					continue
				}
				if err := yield(t.list, t.id); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// prepare reads the lists that the record's rows look into and that were not read before.
func (r *entityRead) prepare(ctx context.Context, rec record.Record, lines []record.Record) error {
	if !slices.ContainsFunc(r.lists.all, func(l *list) bool { return l.values == nil }) {
		return nil
	}
	return r.needs(rec, lines, func(l *list, _ string) error {
		if l.values != nil {
			return nil
		}
		return l.read(ctx, r.lister)
	})
}

// wanted are the ids that some records look for, by list in the order of the columns.
type wanted struct {
	lists []*list
	ids   map[*list][]string
	seen  map[*list]*idSet
}

// want adds what a record looks for.
func (r *entityRead) want(w *wanted, rec record.Record) error {
	if w.ids == nil {
		w.ids, w.seen = map[*list][]string{}, map[*list]*idSet{}
	}
	return r.needs(rec, r.linesOf(rec), func(l *list, id string) error {
		if w.seen[l] == nil {
			w.lists, w.seen[l] = append(w.lists, l), &idSet{}
		}
		if w.seen[l].add(id) {
			w.ids[l] = append(w.ids[l], id)
		}
		return nil
	})
}

// lookAhead reads just those entries of lists that the records of the only page look for, where they are few: one
// request a list then does, however long the list is.
func (r *entityRead) lookAhead(ctx context.Context, page json.RawMessage) error {
	var w wanted
	for rec, err := range records(page) {
		if err != nil {
			return malformed(err)
		}
		if err := r.want(&w, unwrapped(r.object, rec)); err != nil {
			return err
		}
	}
	for _, l := range w.lists {
		if ids := w.ids[l]; len(ids) <= maxLookedUp {
			if err := l.readSome(ctx, r.lister, ids); err != nil {
				return err
			}
		}
	}
	return nil
}
