package changelog

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
	"ledgersheet/internal/table"
)

// readAll reads all records of an object, including inactive ones.
func (r *reader) readAll(ctx context.Context, w watcher, take func(record.Record)) error {
	records, err := r.from.Records(ctx, supply.Want{
		Company: r.query.Company, Object: w.Object, Title: strings.ToLower(w.Title + " records"), Inactive: w.HasActive,
		AsTold: true, Day: r.query.Today, Meter: r.query.Meter,
	})
	if err != nil {
		return err
	}
	for rec, err := range records.All {
		if err != nil {
			return err
		}
		take(rec)
	}
	return nil
}

// watch fingerprints all records of the objects that were not watched before.
func (r *reader) watch(ctx context.Context, unknown []watcher) error {
	if len(unknown) == 0 {
		return nil
	}
	count := 0
	for _, w := range unknown {
		known := &watchedState{Records: map[string]fingerprint{}}
		known.align(w.Watched)
		remember := func(rec record.Record) { known.Records[rec.Text("Id")] = w.fingerprint(rec) }
		if err := r.readAll(ctx, w, remember); err != nil {
			return err
		}
		r.state.Objects[w.Object] = known
		count += len(known.Records)
	}
	more := ""
	if len(unknown) < len(r.watchers) {
		more = " more"
	}
	r.warnings = append(r.warnings,
		fmt.Sprintf("Watching %d%s records of %s from now on; changes show from the next run.", count, more,
			r.query.Company.Name))
	return nil
}

// compare reads all records of an object and adds entries for what changed. Records that are gone were deleted.
func (r *reader) compare(ctx context.Context, w watcher) error {
	found := map[string]bool{}
	err := r.readAll(ctx, w, func(rec record.Record) {
		found[rec.Text("Id")] = true
		r.compareRecord(w, rec)
	})
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(r.state.Objects[w.Object].Records)) {
		if !found[id] {
			r.addDeletion(w, id, time.Time{})
		}
	}
	return nil
}

// table returns the log as rows, newest change first.
func (r *reader) table() ([]table.Row, table.Schema, error) {
	var schema table.Schema
	for _, key := range r.query.Columns {
		def, err := export.FindColumn(r.log, key)
		if err != nil {
			return nil, schema, fmt.Errorf("finding column %s: %w", key, err)
		}
		schema.Columns = append(schema.Columns, table.Column{ID: key, Title: def.Title, Kind: def.Kind, Key: def.Key})
	}
	linked := slices.IndexFunc(schema.Columns, func(c table.Column) bool { return c.ID == export.ChangeLink })
	if linked < 0 {
		linked = slices.IndexFunc(schema.Columns, func(c table.Column) bool { return c.ID == export.ChangeID })
	}
	if linked >= 0 {
		schema.Columns[linked].Linked = true
	}
	watched := map[string]export.Watched{}
	for _, w := range r.watchers {
		watched[w.Object] = w.Watched
	}
	var list []logEntry
	for _, c := range r.state.Log {
		if _, wanted := watched[c.Object]; wanted && r.keeps(c, watched[c.Object]) {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b logEntry) int { return b.When.Compare(a.When) })
	rows := make([]table.Row, len(list))
	for i, c := range list {
		rows[i].Link = r.cell(c, watched[c.Object], export.ChangeLink).String()
		for _, key := range r.query.Columns {
			rows[i].Cells = append(rows[i].Cells, r.cell(c, watched[c.Object], key))
		}
	}
	return rows, schema, nil
}

func (r *reader) keeps(c logEntry, w export.Watched) bool {
	for _, f := range r.query.Filters {
		if !f.Match(r.cell(c, w, f.Column)) {
			return false
		}
	}
	return true
}

func (r *reader) cell(c logEntry, w export.Watched, key string) table.Cell {
	switch key {
	case export.ChangeWhen:
		return table.DateTimeOf(c.When)
	case export.ChangeRecord:
		return table.TextOf(w.Title)
	case export.ChangeID:
		return table.TextOf(c.ID)
	case export.ChangeNumber:
		return table.TextOf(c.Label)
	case export.ChangeDate:
		return record.Convert(c.Date, table.Date)
	case export.ChangeKind:
		return table.TextOf(string(c.Kind))
	case export.ChangeField:
		return table.TextOf(c.Field)
	case export.ChangeOld:
		return table.TextOf(c.Old)
	case export.ChangeNew:
		return table.TextOf(c.New)
	case export.ChangeClosed:
		if c.Date != "" {
			return table.BoolOf(c.Closed)
		}
	case export.ChangeLink:
		if w.AppPath != "" && c.Kind != changeDeleted {
			return table.TextOf(r.query.Company.AppLink(w.AppPath + c.ID))
		}
	case export.CompanyColumn:
		return table.TextOf(r.query.Company.Name)
	}
	return table.Cell{}
}
