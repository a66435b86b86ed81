package mirror

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
)

const (
	// overlap is how far before the last answer each question starts, because QuickBooks' index may lag.
	overlap = 2 * time.Minute
	// oldest is how old the last answer may be. QuickBooks remembers changes for 30 days.
	oldest = (supply.FeedDays - 1) * 24 * time.Hour
	// keepUsed is for how long an object is kept current that nobody wants.
	keepUsed = 7 * 24 * time.Hour
)

// refresh brings one company's copy up to date for a reading. It changes nothing before commit.
type refresh struct {
	ctx   context.Context
	b     *book
	want  supply.Want
	due   *supply.Occasion
	began time.Time // our clock
	light bool      // a preview: worth a request or two and no more
	few   bool      // few records are wanted, for which a long list is not read

	state   state
	drafts  map[string]*draft
	dropped map[string]bool
	drifts  int
	at      time.Time         // QuickBooks' clock at the answer of change data capture
	feeds   bool              // it was asked, or there was nothing to ask about
	fed     []string          // the objects it brings up to date
	moved   bool              // a transaction was seen to have changed
	seen    map[string]uint64 // see book.seen
	asked   map[key]bool      // records asked for again in this refresh
}

// key is a record's object and id.
type key struct{ object, id string }

func newRefresh(ctx context.Context, b *book, w supply.Want, due *supply.Occasion, now time.Time) *refresh {
	return &refresh{
		ctx: ctx, b: b, want: w, due: due, began: now, light: w.Limit > 0, state: b.state.clone(),
		drafts: map[string]*draft{}, dropped: map[string]bool{}, asked: map[key]bool{},
	}
}

// run does what is needed for the reading. Its errors are errLive, problems of QuickBooks, or of the file.
func (r *refresh) run() error {
	r.b.m.step("beginning")
	if !r.state.Connected.Equal(r.want.Company.ConnectedAt) {
		// The consent may be another person's, who may see other records.
		for name := range r.state.Objects {
			r.drop(name)
		}
		r.state.Connected = r.want.Company.ConnectedAt
	}
	r.openDrafts()
	if err := r.feed(); err != nil {
		return err
	}
	if err := r.meet(r.want.Object); err != nil {
		return err
	}
	if err := r.settleOrders(); err != nil {
		return err
	}
	return r.commit()
}

// settleOrders has objects read anew whose new records show that their order is not known well enough.
func (r *refresh) settleOrders() error {
	for _, name := range slices.Sorted(maps.Keys(r.drafts)) {
		if r.drafts[name].isAmbiguous() {
			if err := r.replace(name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *refresh) newDraft(name string) *draft {
	return &draft{
		name: name, kind: objectOf(name), file: r.b.file, now: r.state.Objects[name],
		base: directory{}, changed: map[string]entry{}, gone: map[string]bool{}, old: map[string]entry{},
	}
}

// openDrafts makes a draft for each object that is kept.
func (r *refresh) openDrafts() {
	for name := range r.state.Objects {
		d := r.newDraft(name)
		d.base = r.b.dirs[name]
		r.drafts[name] = d
	}
}

// move notes that a transaction changed.
func (r *refresh) move() {
	if !r.moved {
		r.moved = true
		r.state.Moves++
	}
}

// drop forgets what is kept of an object. It is read anew when somebody wants it.
func (r *refresh) drop(name string) {
	if d := r.drafts[name]; d != nil {
		delete(r.drafts, name)
	}
	delete(r.state.Objects, name)
	r.dropped[name] = true
}

// keepingOf returns how an object is kept in this company.
func (r *refresh) keepingOf(name string) keeping {
	k := objectOf(name).keep
	if _, unfed := r.state.Unfed[name]; unfed && k == keepFed {
		return keepQueried
	}
	return k
}

// replace has an object's records read anew: now if they are wanted, otherwise when they are.
func (r *refresh) replace(name string) error {
	if name == r.want.Object {
		return r.readWhole(name, false)
	}
	r.drop(name)
	return nil
}

// meet brings the wanted object up to date as far as change data capture has not.
func (r *refresh) meet(name string) error {
	d := r.drafts[name]
	if d == nil {
		if err := r.readWhole(name, false); err != nil {
			return err
		}
		d = r.drafts[name]
	}
	d.now.Wants = d.now.Wants || r.want.CustomFields
	d.now.Used = r.began
	if d.read {
		return nil
	}
	switch kind := r.keepingOf(name); {
	case kind == keepWhole, r.want.CustomFields && !d.now.Custom, r.isDueForReading(d):
		return r.reread(name)
	case looksAt(r.want, d.kind.derived) && !r.derivedHolds(d):
		return r.reread(name)
	case kind == keepQueried && !r.b.began[name].suffices(r.due, r.began):
		return r.query(d)
	}
	if !r.light && r.began.Sub(d.now.Proved) >= r.b.m.o.CountEvery {
		return r.prove(d)
	}
	return nil
}

// reread reads all records of a kept object and follows what it finds.
func (r *refresh) reread(name string) error {
	if err := r.readWhole(name, true); err != nil {
		return err
	}
	return r.followWhole(name)
}

func (r *refresh) derivedHolds(d *draft) bool {
	return d.now.Moves == r.state.Moves && r.began.Sub(d.now.ReadAt) < derivedEvery
}

// query brings an object up to date that change data capture does not know: by the time of the last change, and by the
// count, which shows deletions.
func (r *refresh) query(d *draft) error {
	records, err := r.changedSince(d.name, d.now.Cursor.Add(-overlap))
	if err != nil {
		return aside(err)
	}
	if records.At.IsZero() || records.Total > mostAgain {
		return r.readWhole(d.name, false)
	}
	list, err := collect(records)
	if err != nil {
		return err
	}
	if err := r.replaceAll(d, list); err != nil {
		return r.orReadWhole(d.name, err)
	}
	n, err := r.b.m.live.Count(r.ctx, r.wantAll(d.name))
	if err != nil {
		return aside(err)
	}
	if n != d.count() {
		return r.readWhole(d.name, false)
	}
	d.now.Cursor, d.now.Proved = records.At, r.began
	return nil
}

// orReadWhole reads an object anew if one of its records has no place.
func (r *refresh) orReadWhole(name string, err error) error {
	if errors.Is(err, errNoPlace) {
		return r.replace(name)
	}
	return err
}

// changedSince reads the records that changed since a time on QuickBooks' clock.
func (r *refresh) changedSince(name string, at time.Time) (*supply.Records, error) {
	w := r.wantAll(name)
	w.Narrow = []supply.Condition{updatedSince(at)}
	return r.b.m.live.Records(r.ctx, w)
}

// replaceAll puts records into a draft, as they were given by queries.
func (r *refresh) replaceAll(d *draft, list []record.Record) error {
	ids := make([]string, len(list))
	for i, rec := range list {
		ids[i] = rec.Text("Id")
	}
	if err := d.know(ids); err != nil {
		return err
	}
	for _, rec := range list {
		e := entryOf(rec)
		if old, there := d.old[e.id]; there && d.changed[e.id].json == nil && sameRecord(old.json, e.json, nil) {
			continue
		}
		if err := d.put(e); err != nil {
			return err
		}
	}
	return nil
}

// aside turns a refusal of a question that only the mirror asks into errLive: what the reading itself asks may be
// answered.
func aside(err error) error {
	if problem.HasCode(err, problem.QuickBooksRejected, problem.IncompleteRead) {
		return errors.Join(errLive, errors.New(err.Error()))
	}
	return err
}

func collect(records *supply.Records) ([]record.Record, error) {
	var list []record.Record
	for rec, err := range records.All {
		if err != nil {
			return nil, err
		}
		list = append(list, rec)
	}
	return list, nil
}

// commit makes everything count, at once.
func (r *refresh) commit() error {
	r.b.m.step("writing")
	dirs := map[string]directory{}
	lives := map[uint64]bool{}
	for _, name := range slices.Sorted(maps.Keys(r.drafts)) {
		d := r.drafts[name]
		next, err := d.build()
		if err != nil {
			return err
		}
		if d.isChanged() {
			dirs[name] = next
		}
		for _, ref := range next {
			lives[ref.number] = true
		}
		r.state.Objects[name] = d.now
	}
	var died []uint64
	for name, d := range r.b.dirs {
		if r.drafts[name] == nil {
			dirs[name] = nil
		}
		for _, ref := range d {
			if !lives[ref.number] {
				died = append(died, ref.number)
			}
		}
	}
	r.state.Reads = readsVersion
	garbage := r.b.expired(r.began)
	r.b.m.step("committing")
	journals, err := r.journals(dirs)
	if err != nil {
		return err
	}
	if err := r.b.file.commit(r.state, dirs, journals, garbage); err != nil {
		return err
	}
	r.b.m.step("committed")
	r.b.install(r.state, dirs, garbage, died, r.began)
	r.remember()
	return nil
}

// remember notes what later refreshes of this process need not find out again.
func (r *refresh) remember() {
	if r.b.began == nil {
		r.b.began = map[string]look{}
	}
	for name := range r.dropped {
		delete(r.b.began, name)
	}
	for _, name := range r.fed {
		r.b.began[name] = look{r.began, r.due}
	}
	r.b.began[r.want.Object] = look{r.began, r.due}
	if r.feeds {
		r.b.fed = look{r.began, r.due}
	}
	if !r.at.IsZero() {
		r.b.seen, r.b.malformed, r.b.refused = r.seen, 0, false
	}
	if r.drifts > 0 && r.b.m.o.Drifted != nil {
		r.b.m.o.Drifted(r.b.realm, r.drifts)
	}
	for name, d := range r.drafts {
		r.b.renewNames(name, d)
	}
}

// since returns the time, on QuickBooks' clock, from which changes are told.
func (r *refresh) since() time.Time {
	var from time.Time
	for _, name := range r.fed {
		at := r.b.state.Objects[name].Cursor // zero for what this refresh begins to keep
		if !at.IsZero() && (from.IsZero() || at.Before(from)) {
			from = at
		}
	}
	return from.Add(-overlap)
}

// isDueForReading reports whether all of an object's records should be read and compared again: after the usual time in
// quiet hours of the company, and whenever that has not happened for a day longer.
func (r *refresh) isDueForReading(d *draft) bool {
	if r.light {
		return false
	}
	age := r.began.Sub(d.now.ReadAt)
	if age >= r.b.m.o.ReadEvery+24*time.Hour {
		return true
	}
	local := r.at
	if local.IsZero() {
		local = r.began.UTC()
	}
	quiet := local.Hour() >= 1 && local.Hour() < 5
	return quiet && age >= r.b.m.o.ReadEvery-spread(string(r.b.realm)+d.name, 24*time.Hour)
}
