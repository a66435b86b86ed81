package web

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/table"
)

// Bounds of what is kept of rows that were read for editors.
const (
	rowsLife = 15 * time.Minute
	rowsMost = 100 // readings
)

// draftRows keeps the rows that were read for editors a short while, so that only what changes them is read again. It
// is safe for concurrent use.
type draftRows struct {
	now func() time.Time

	mu   sync.Mutex
	kept map[rowsKey]keptRows
	last map[formKey]rowsKey // the newest reading of a form
}

// rowsKey says for whom rows were read, and with what.
type rowsKey struct {
	who  string
	what [sha256.Size]byte
}

// formKey says which form of a person's rows were read for.
type formKey struct {
	who        string
	id         export.ID
	definition string
}

// keptRows is a reading. Its cells are shared and never changed.
type keptRows struct {
	pipeline.Preview

	columns []table.Column
	rows    []table.Row
	realms  []export.RealmID
	filters bool
	form    formKey
	at      time.Time
}

func newDraftRows(now func() time.Time) *draftRows {
	return &draftRows{now: now, kept: map[rowsKey]keptRows{}, last: map[formKey]rowsKey{}}
}

// keyOf returns the key of what a form would read.
func keyOf(who string, d export.Definition, e export.Exporter) rowsKey {
	what := struct {
		Definition string
		ID         export.ID
		Companies  []export.RealmID
		Options    map[string]string
		Filters    []export.Filter
		Columns    []string
		Titles     map[string]string
		Zone       string
		Split      bool
	}{
		Definition: e.Definition, ID: e.ID, Companies: e.Companies, Options: e.Options, Filters: e.Filters,
		Zone: e.Schedule.Timezone, Split: e.Split == export.SplitCompany,
	}
	if _, isEntity := d.(export.Entity); !isEntity {
		what.Columns, what.Titles = e.Columns, e.Titles
	}
	text, err := json.Marshal(what)
	if err != nil {
		return rowsKey{who: who} // cannot happen: texts always encode
	}
	return rowsKey{who, sha256.Sum256(text)}
}

// keep keeps what was read for a form.
func (r *draftRows) keep(who string, d export.Definition, e export.Exporter, got pipeline.Preview) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	for key, old := range r.kept {
		if now.Sub(old.at) >= rowsLife {
			r.remove(key)
		}
	}
	for len(r.kept) >= rowsMost {
		oldest, first := rowsKey{}, true
		for key, old := range r.kept {
			if first || old.at.Before(r.kept[oldest].at) {
				oldest, first = key, false
			}
		}
		r.remove(oldest)
	}
	key, form := keyOf(who, d, e), formKey{who, e.ID, e.Definition}
	r.kept[key] = keptRows{
		Preview: got, columns: got.Columns, rows: got.Rows, realms: e.Companies, filters: len(e.Filters) > 0,
		form: form, at: now,
	}
	r.last[form] = key
}

// remove forgets a reading. The caller holds mu.
func (r *draftRows) remove(key rowsKey) {
	if form := r.kept[key].form; r.last[form] == key {
		delete(r.last, form)
	}
	delete(r.kept, key)
}

// find returns the rows that were read for a form, in its columns. If what was read is not what it says now, the rows
// are those of before, and stale says so. It returns nil if nothing was read for the form, or if the person does not
// see all of its companies any more.
func (r *draftRows) find(who string, d export.Definition, e export.Exporter, seen []export.Company) (
	rows *previewView, stale string,
) {
	e.Normalize()
	r.mu.Lock()
	defer r.mu.Unlock()
	key := keyOf(who, d, e)
	got, ok := r.kept[key]
	if !ok {
		key = r.last[formKey{who, e.ID, e.Definition}]
		got, ok = r.kept[key]
		stale = "These rows are from before your last change. Show the rows again to see what it does."
	}
	if !ok || r.now().Sub(got.at) >= rowsLife || !seesAll(seen, got.realms) {
		return nil, ""
	}
	arranged := arrange(d, e, got)
	if arranged == nil {
		arranged = &got
		stale = "A column that you chose was not read yet. Show the rows again to see it."
	}
	preview := arranged.Preview
	preview.Columns, preview.Rows = arranged.columns, arranged.rows
	view := newPreviewView(preview, got.filters)
	return &view, stale
}

func seesAll(seen []export.Company, realms []export.RealmID) bool {
	return !slices.ContainsFunc(realms, func(realm export.RealmID) bool {
		return !slices.ContainsFunc(seen, func(co export.Company) bool { return co.Realm == realm })
	})
}
