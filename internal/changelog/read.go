// Package changelog finds what was added, changed, voided or deleted in a company's records between two readings: from
// QuickBooks' change feed, or by comparing all records with the fingerprints kept of them.
package changelog

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
	"ledgersheet/internal/table"
)

// Sources is what a change log is read from.
type Sources interface {
	supply.Supply
	supply.Feed
}

// reader is one reading of a change log.
type reader struct {
	from     Sources
	log      export.ChangeLog
	query    export.Query
	options  export.LogOptions
	watchers []watcher // for the objects that the exporter watches

	state    changeState
	books    supply.Books
	fresh    []logEntry
	warnings []string
}

// overlap is how far before the last answer each feed request starts, because the feed's index may lag. Fingerprints
// reveal what is already known.
const overlap = 10 * time.Minute

// Read does all the work of a reading at once: the result is small, and QuickBooks does not answer in the order of the
// log. It logs to logger if a stored state cannot be used.
func Read(
	ctx context.Context, from Sources, l export.ChangeLog, q export.Query, logger *slog.Logger,
) (*export.Reading, error) {
	options, err := l.Parse(q.Options)
	if err != nil {
		return nil, err
	}
	r := &reader{from: from, log: l, query: q, options: options}
	if err := r.prepare(ctx, logger); err != nil {
		return nil, err
	}
	read := r.run
	if q.Limit > 0 {
		read = r.preview
	}
	if err := read(ctx); err != nil {
		return nil, err
	}
	rows, schema, err := r.table()
	if err != nil {
		return nil, err
	}
	reading := &export.Reading{Schema: schema, Total: len(rows), End: r.end,
		Rows: func(yield func(table.Row, error) bool) {
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
		}}
	return reading, nil
}

// end returns the state from which the next reading starts. A preview has none.
func (r *reader) end() (export.Outcome, error) {
	out := export.Outcome{Warnings: export.Warnings(export.WarnRead, r.query.Company.Realm, r.warnings...)}
	if r.query.Limit > 0 {
		return out, nil
	}
	var err error
	out.State, err = r.state.encode()
	return out, err
}

func (r *reader) prepare(ctx context.Context, logger *slog.Logger) error {
	for _, w := range r.log.Watched {
		if len(r.options.Objects) > 0 && !slices.Contains(r.options.Objects, w.Object) {
			continue
		}
		made, err := newWatcher(w)
		if err != nil {
			return err
		}
		r.watchers = append(r.watchers, made)
	}
	state, err := decodeChangeState(r.query.State)
	if err != nil {
		logger.WarnContext(ctx, "the state of a change log is of no use", "realm", string(r.query.Company.Realm),
			"error", err.Error())
		r.warnings = append(r.warnings, "What was known of the records could not be read, perhaps as another version "+
			"wrote it. The log begins anew.")
	}
	r.state = state
	for _, w := range r.watchers {
		if o := r.state.Objects[w.Object]; o != nil {
			o.align(w.Watched)
		}
	}
	return nil
}

// splitKnown separates the watched objects whose records are known already from the others.
func (r *reader) splitKnown() (known, unknown []watcher) {
	for _, w := range r.watchers {
		if r.state.Objects[w.Object] == nil {
			unknown = append(unknown, w)
		} else {
			known = append(known, w)
		}
	}
	return known, unknown
}

// run brings the log up to date.
func (r *reader) run(ctx context.Context) error {
	for object := range r.state.Objects {
		// The state of an object no longer watched would be stale if somebody watched it again.
		if !slices.ContainsFunc(r.watchers, func(w watcher) bool { return w.Object == object }) {
			delete(r.state.Objects, object)
		}
	}
	var err error
	if r.books, err = r.from.Books(ctx, r.query.Company, r.query.Meter); err != nil {
		return err
	}
	known, unknown := r.splitKnown()
	// The cursor must be earlier than everything read from here on.
	cursor := r.books.Now
	if len(known) > 0 {
		at, why, err := r.catchUp(ctx, known)
		if err != nil {
			return err
		}
		if why != "" {
			r.warnings = append(r.warnings,
				why+" All records were compared instead; deletions bear the time of this run.")
			for _, w := range known {
				if err := r.compare(ctx, w); err != nil {
					return err
				}
			}
		} else {
			cursor = at
		}
	}
	if err := r.watch(ctx, unknown); err != nil {
		return err
	}
	r.merge()
	r.state.forget(r.books.Now.AddDate(0, 0, -r.options.KeepDays))
	r.state.Cursor = cursor
	return nil
}

// preview shows the log and what change data capture adds to it. It costs two requests.
func (r *reader) preview(ctx context.Context) error {
	known, _ := r.splitKnown()
	if len(known) == 0 {
		r.warnings = append(r.warnings, "The first run takes note of all records; changes show from the second run on.")
		return nil
	}
	var err error
	if r.books, err = r.from.Books(ctx, r.query.Company, r.query.Meter); err != nil {
		return err
	}
	_, why, err := r.catchUp(ctx, known)
	if err != nil {
		return err
	}
	if why != "" {
		r.warnings = append(r.warnings, why+" Only a run compares all records; this is the log so far.")
	}
	r.merge()
	return nil
}

// catchUp applies the answer of change data capture. If that cannot be complete, it changes nothing and returns the
// reason.
func (r *reader) catchUp(ctx context.Context, known []watcher) (at time.Time, why string, err error) {
	switch since := r.state.Cursor; {
	case r.books.Now.Sub(since) > supply.FeedDays*24*time.Hour-overlap:
		return at, fmt.Sprintf("The last run is more than %d days ago, and QuickBooks keeps no list of changes for "+
			"longer.", supply.FeedDays), nil
	case r.query.Company.ConnectedAt.After(since):
		return at, "The company was connected again since the last run.", nil
	}
	objects := make([]string, len(known))
	for i, w := range known {
		objects[i] = w.Object
	}
	got, err := r.from.Changes(ctx, supply.ChangesWant{
		Company: r.query.Company, Objects: objects, Since: r.state.Cursor.Add(-overlap), Meter: r.query.Meter,
	})
	if err != nil {
		return at, "", err
	}
	if got.Cut {
		return at, fmt.Sprintf("More changed since the last run than the %d records of which QuickBooks tells.",
			supply.FeedMost), nil
	}
	for _, w := range known {
		for _, rec := range got.Records[w.Object] {
			if strings.EqualFold(rec.Text("status"), "Deleted") {
				r.addDeletion(w, rec.Text("Id"), updatedAt(rec))
			} else {
				r.compareRecord(w, rec)
			}
		}
	}
	return got.At, "", nil
}

// updatedAt returns when a record last changed, or zero if it does not say.
func updatedAt(rec record.Record) time.Time {
	at, err := time.Parse(time.RFC3339, rec.Object("MetaData").Text("LastUpdatedTime"))
	if err != nil {
		return time.Time{}
	}
	return at
}

// compareRecord compares a record with what is known of it.
func (r *reader) compareRecord(w watcher, rec record.Record) {
	id, p := rec.Text("Id"), w.fingerprint(rec)
	records := r.state.Objects[w.Object].Records
	old, known := records[id]
	records[id] = p
	entry := r.entry(w, id, updatedAt(rec), old, p)
	switch {
	case !known:
		entry.Kind = changeAdded
		if i := w.Field(w.Total); i >= 0 {
			entry.Field, entry.New = w.Fields[i].Title, shownText(p.Texts[i])
		}
		r.fresh = append(r.fresh, entry)
	case w.isVoided(p) && !w.isVoided(old):
		entry.Kind = changeVoided
		if i := w.Field(w.Total); i >= 0 {
			entry.Field, entry.Old, entry.New = w.Fields[i].Title, shownText(old.Texts[i]), shownText(p.Texts[i])
		}
		r.fresh = append(r.fresh, entry)
	default:
		r.addChanges(w, entry, old, p)
	}
}

// addChanges adds an entry for each watched field that changed, or a single one if only other fields changed.
func (r *reader) addChanges(w watcher, entry logEntry, old, p fingerprint) {
	entry.Kind = changeChanged
	told := false
	for i, f := range w.Fields {
		if sameText(old.Texts[i], p.Texts[i]) {
			continue
		}
		told = true
		entry.Field, entry.Old, entry.New = f.Title, shownText(old.Texts[i]), shownText(p.Texts[i])
		if entry.Old == entry.New { // a different record with the same name
			entry.Old, entry.New = withID(old.Texts[i]), withID(p.Texts[i])
		}
		r.fresh = append(r.fresh, entry)
	}
	if !told && old.Hash != p.Hash {
		entry.Field, entry.Old, entry.New = otherField, "", ""
		r.fresh = append(r.fresh, entry)
	}
}

// otherField stands for a change that shows in none of the watched fields.
const otherField = "(other)"

func withID(kept string) string {
	id, name, _ := strings.Cut(kept, refSeparator)
	return fmt.Sprintf("%s (ID %s)", name, id)
}

// addDeletion adds the entry for a record that is gone. when is zero if the time is unknown.
func (r *reader) addDeletion(w watcher, id string, when time.Time) {
	records := r.state.Objects[w.Object].Records
	old, known := records[id]
	if !known {
		// It came and went between two runs. Earlier ones are in the log already, or were gone before the first run.
		if !when.After(r.state.Cursor) || r.state.hasDeletion(w.Object, id) {
			return
		}
		old.Texts = make([]string, len(w.Fields))
	}
	delete(records, id)
	entry := r.entry(w, id, when, old, old)
	entry.Kind = changeDeleted
	if i := w.Field(w.Total); i >= 0 {
		entry.Field, entry.Old = w.Fields[i].Title, shownText(old.Texts[i])
	}
	r.fresh = append(r.fresh, entry)
}

// entry returns what all entries about a record have in common.
func (r *reader) entry(w watcher, id string, when time.Time, old, p fingerprint) logEntry {
	if when.IsZero() {
		when = r.books.Now
	}
	e := logEntry{
		Seen: r.books.Now.UTC(), When: when.UTC(), Object: w.Object, ID: id, Label: w.text(p, w.Label),
		Date: w.text(p, w.Date),
	}
	days := []string{e.Date}
	if len(old.Texts) > 0 {
		days = append(days, w.text(old, w.Date))
	}
	for _, day := range days {
		e.Closed = e.Closed || (day != "" && r.books.Closed != "" && day <= r.books.Closed)
	}
	return e
}

// merge puts the new entries before those of earlier runs, newest first.
func (r *reader) merge() {
	slices.SortStableFunc(r.fresh, func(a, b logEntry) int { return b.When.Compare(a.When) })
	r.state.Log = append(r.fresh, r.state.Log...)
	r.fresh = nil
}
