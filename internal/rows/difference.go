package rows

import (
	"context"
	"slices"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
	"ledgersheet/internal/table"
)

// Difference returns the rows that Read returns otherwise than at an earlier version, which Version has returned, or
// nil if that is not known. Rows of records that did not change are the same on the same day, as long as the lists
// that columns look into are the same too.
func Difference(ctx context.Context, from supply.Supply, e export.Entity, q export.Query, since string) (
	*export.Difference, error) {
	known, ok := from.(supply.Differences)
	versions := strings.Split(since, " ")
	if !ok || q.Limit > 0 {
		return nil, nil
	}
	m, err := New(from, e, q)
	if err != nil {
		return nil, err
	}
	if m.learnsFrom() || m.options.Lines || len(m.Schema().Keys()) != 1 || len(versions) != 1+len(m.lists.all) {
		return nil, nil
	}
	for i, l := range m.lists.all {
		if versions[i+1], err = m.sameList(ctx, known, l, versions[i+1]); err != nil || versions[i+1] == "" {
			return nil, err
		}
	}
	records, err := known.Difference(ctx, m.Want(), versions[0])
	if err != nil || records == nil {
		return nil, err
	}
	versions[0] = records.Version
	out, err := m.differ(ctx, records)
	if out != nil {
		out.Version = strings.Join(versions, " ")
	}
	return out, err
}

// sameList returns the version of a list that columns look into, or nothing if rows of records that did not change may
// show something else of it than at an earlier version. Records that are new are in no such row.
func (m *Maker) sameList(ctx context.Context, from supply.Differences, l *list, since string) (string, error) {
	now, err := m.supply.(supply.Versions).Version(ctx, l.want(m), true)
	if err != nil || now == since {
		return now, err
	}
	if now == "" || now == supply.Unread || since == supply.Unread {
		return "", nil
	}
	d, err := from.Difference(ctx, l.want(m), since)
	if err != nil || d == nil || d.Version != now {
		return "", err
	}
	for _, r := range d.Records {
		if r.Had && (!r.Has || !slices.Equal(l.texts(r.Old), l.texts(r.New))) {
			return "", nil
		}
	}
	return now, nil
}

// texts returns the needed fields of a record.
func (l *list) texts(rec record.Record) []string {
	texts := make([]string, len(l.fields))
	for i, v := range l.fieldsOf(rec) {
		if v != nil {
			texts[i] = "=" + record.Convert(v, table.Text).String()
		}
	}
	return texts
}

// differ makes the rows of records before and after.
func (m *Maker) differ(ctx context.Context, records *supply.Difference) (*export.Difference, error) {
	var all []record.Record
	for _, d := range records.Records {
		if d.Had {
			all = append(all, d.Old)
		}
		if d.Has {
			all = append(all, d.New)
		}
	}
	if err := m.lookUp(ctx, m.wantOf(all)); err != nil {
		return nil, err
	}
	out := &export.Difference{Schema: m.Schema(), AtEnd: records.AtEnd, Steady: true}
	if m.span != nil {
		out.Period = m.span.text()
	}
	olds, news := export.NewTally(m.entity.Figures), export.NewTally(m.entity.Figures)
	for _, d := range records.Records {
		var row export.DifferingRow
		was, is := export.NewTally(m.entity.Figures), export.NewTally(m.entity.Figures)
		for _, side := range []struct {
			there bool
			rec   record.Record
			into  **table.Row
			own   *export.Tally
			all   *export.Tally
		}{{d.Had, d.Old, &row.Old, was, olds}, {d.Has, d.New, &row.New, is, news}} {
			if !side.there {
				continue
			}
			for _, m.tally = range []*export.Tally{side.own, side.all} {
				var err error
				if *side.into, err = m.oneRow(ctx, side.rec); err != nil {
					return nil, err
				}
			}
		}
		out.Steady = out.Steady && was.Tallied().SameShape(is.Tallied())
		if row.New != nil && row.Old == nil && d.Had {
			out.AtEnd = false // the record has its place among the others
		}
		if row.New != nil || row.Old != nil {
			out.Rows = append(out.Rows, row)
		}
	}
	out.Out, out.In = olds.Tallied(), news.Tallied()
	if slices.ContainsFunc(m.lists.all, func(l *list) bool { return l.lost > 0 || l.unread }) {
		return nil, nil // a warning counts what all records lack
	}
	return out, nil
}

// oneRow returns the row of a record, or nil if it has none.
func (m *Maker) oneRow(ctx context.Context, rec record.Record) (*table.Row, error) {
	var row *table.Row
	_, err := m.makeRows(ctx, rec, func(r table.Row) bool { row = &r; return true })
	return row, err
}
