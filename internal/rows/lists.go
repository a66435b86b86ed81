package rows

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
)

// lists are the company lists that one reading's columns look things up in. The zero value is empty.
type lists struct{ all []*list }

// list is one company list, reduced to the fields that columns need.
type list struct {
	object string
	fields []listField
	values map[string][]any // the fields by record id; nil until the list has been read
	// unread reports that a preview skipped some or all of the list.
	unread bool
	// missing has the ids that were looked up but not found.
	missing record.IDs
	lost    int // how many ids are missing
}

type listField struct {
	name  string
	paths []record.Path // the first one present wins
}

// field registers that a column needs a field of an object's records.
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

// value returns a field of the record with that id.
func (l *list) value(id string, field int) (any, bool) {
	fields, ok := l.values[id]
	if !ok && !l.unread && isNumeric(id) && l.missing.Add(id) {
		l.lost++
	}
	if !ok || fields[field] == nil {
		return nil, false
	}
	return fields[field], true
}

// keep stores the needed fields of a record.
func (l *list) keep(rec record.Record) { l.values[rec.Text("Id")] = l.fieldsOf(rec) }

func (l *list) fieldsOf(rec record.Record) []any {
	fields := make([]any, len(l.fields))
	for i, f := range l.fields {
		for _, p := range f.paths {
			if v, ok := p.Lookup(rec); ok {
				fields[i] = v
				break
			}
		}
	}
	return fields
}

// want returns the Want for the list's records. Inactive ones are included because old records refer to them.
func (l *list) want(m *Maker) supply.Want {
	return supply.Want{
		Company: m.query.Company, Object: l.object, Title: "the list " + l.object, Inactive: true,
		Members: l.members(), Day: m.query.Today, Meter: m.query.Meter,
	}
}

// members names the members of the list's records that are looked up.
func (l *list) members() []string {
	names := []string{"Id"}
	for _, f := range l.fields {
		for _, p := range f.paths {
			names = append(names, firstMember(p.String()))
		}
	}
	return names
}

// read reads the whole list, with the same proof of completeness as any other reading.
func (l *list) read(ctx context.Context, m *Maker) error {
	records, err := m.supply.Records(ctx, l.want(m))
	if err != nil {
		return err
	}
	l.values = map[string][]any{}
	for rec, err := range records.All {
		if err != nil {
			return err
		}
		l.keep(rec)
	}
	return nil
}

// readSome reads the entries with the given ids, up to as many as one request allows.
func (l *list) readSome(ctx context.Context, m *Maker, ids []string) error {
	l.values = map[string][]any{}
	if len(ids) > supply.MostLookedUp {
		ids, l.unread = ids[:supply.MostLookedUp], true
	}
	w := l.want(m)
	w.Limit = m.query.Limit
	found, err := m.supply.Lookup(ctx, w, ids)
	if err != nil {
		return err
	}
	for _, rec := range found {
		l.keep(rec)
	}
	return nil
}

// leaveOut marks the list as one that a preview does not read.
func (l *list) leaveOut() { l.values, l.unread = map[string][]any{}, true }

// warnings returns texts about ids that were not found and about columns that a preview leaves blank.
func (l *lists) warnings(columns []*column) []string {
	var said, blank []string
	for _, own := range l.all {
		if own.lost > 0 {
			said = append(said, fmt.Sprintf("QuickBooks' list %q lacks %d records that others refer to; what is "+
				"taken from them is blank.", own.object, own.lost))
		}
	}
	for _, c := range columns {
		if c.isLeftOut() && !slices.Contains(blank, c.def.Title) {
			blank = append(blank, c.def.Title)
		}
	}
	if blank != nil {
		said = append(said,
			"Filled in by a run, but blank or incomplete in a preview, which looks into one list only: "+
				strings.Join(blank, ", ")+".")
	}
	return said
}

// needs calls yield with each list that a record's rows depend on, and the ids they need from it.
func (m *Maker) needs(rec record.Record, lines []record.Record, yield func(*list, string) error) error {
	for _, c := range m.looking {
		for _, line := range lines {
			from := c.source(&export.View{Record: rec, Line: line})
			if _, own := c.path.Lookup(from); own {
				continue
			}
			for _, t := range c.refers.targets(from) {
				if !isNumeric(t.id) {
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

// prepare reads the lists that the record's rows depend on, unless they have been read already.
func (m *Maker) prepare(ctx context.Context, rec record.Record, lines []record.Record) error {
	if !slices.ContainsFunc(m.lists.all, func(l *list) bool { return l.values == nil }) {
		return nil
	}
	return m.needs(rec, lines, func(l *list, _ string) error {
		if l.values != nil {
			return nil
		}
		return l.read(ctx, m)
	})
}

// wanted holds the ids that some records need, by list, in column order.
type wanted struct {
	lists []*list
	ids   map[*list][]string
	seen  map[*list]*record.IDs
}

// wantOf returns the ids that the records need.
func (m *Maker) wantOf(records []record.Record) wanted {
	w := wanted{ids: map[*list][]string{}, seen: map[*list]*record.IDs{}}
	for _, rec := range records {
		// This never fails, because the callback never does.
		_ = m.needs(rec, m.linesOf(rec), func(l *list, id string) error {
			if w.seen[l] == nil {
				w.lists, w.seen[l] = append(w.lists, l), &record.IDs{}
			}
			if w.seen[l].Add(id) {
				w.ids[l] = append(w.ids[l], id)
			}
			return nil
		})
	}
	return w
}

// mostAhead limits how many records are held back to learn which ids they need.
const mostAhead = 1000

// lookAhead holds back the records of a small reading until the list entries they need have been read. That takes one
// request per list, however long the list is. If they need many entries, the whole list is read instead.
func (m *Maker) lookAhead(ctx context.Context, all iter.Seq2[record.Record, error]) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		held, err := collect(all)
		if err == nil {
			err = m.lookUp(ctx, m.wantOf(held))
		}
		if err != nil {
			yield(record.Record{}, err)
			return
		}
		each(held)(yield)
	}
}

func (m *Maker) lookUp(ctx context.Context, w wanted) error {
	for _, l := range w.lists {
		if ids := w.ids[l]; len(ids) <= supply.MostLookedUp {
			if err := l.readSome(ctx, m, ids); err != nil {
				return err
			}
		}
	}
	return nil
}
