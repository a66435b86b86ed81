package mirror

import (
	"errors"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
	"ledgersheet/internal/table"
)

// mostAgain is how many records of an object are asked for again one by one. For more, all are read.
const mostAgain = 2000

// spread returns a time below most that stays the same for a text, so that not everything happens at once.
func spread(text string, most time.Duration) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // a hash takes everything
	return time.Duration(h.Sum64() % uint64(most))
}

func updatedSince(at time.Time) supply.Condition {
	const path = "MetaData.LastUpdatedTime"
	return supply.Condition{
		Filter: export.Filter{Column: path, Op: export.OpAtLeast, Value: at.UTC().Format(time.RFC3339)},
		Column: export.Column{Path: path, Title: path, Kind: table.DateTime, Queryable: true},
	}
}

// feed asks change data capture about all objects that are kept, with one request if it is not cut, and follows what
// changed into the records that it may not mention.
func (r *refresh) feed() error {
	_, kept := r.state.Objects[r.want.Object]
	current := !kept || r.keepingOf(r.want.Object) != keepFed || r.b.began[r.want.Object].suffices(r.due, r.began)
	if current && r.b.fed.suffices(r.due, r.began) {
		return nil
	}
	r.feeds = true
	for name, o := range r.state.Objects {
		switch {
		case r.keepingOf(name) != keepFed:
		case r.began.Sub(o.Cursor) >= oldest:
			r.drop(name)
		case r.began.Sub(o.Used) < keepUsed || name == r.want.Object:
			r.fed = append(r.fed, name)
		}
	}
	if slices.Sort(r.fed); len(r.fed) == 0 {
		return nil
	}
	from, latest := r.state.Objects[r.fed[0]].Cursor, time.Time{}
	for _, name := range r.fed {
		if at := r.state.Objects[name].Cursor; at.Before(from) {
			from = at
		}
		if at := r.state.Objects[name].Cursor; at.After(latest) {
			latest = at
		}
	}
	if r.b.refused && !r.b.answered.Load() {
		return errLive // QuickBooks has answered nothing since it refused the last question
	}
	q := &question{r: r, from: from.Add(-overlap), answers: map[string][]record.Record{}}
	if err := q.ask(r.questionable()); err != nil {
		return err
	}
	if err := r.learn(q); err != nil {
		return err
	}
	if r.at = q.at; r.at.Before(latest.Add(-overlap)) { // QuickBooks' clock went backwards: nothing known holds
		for _, name := range r.fed {
			r.drop(name)
		}
		r.fed = nil
		return nil
	}
	return r.apply(q)
}

// questionable lists the objects to ask about: those that are kept first, then those that show in them.
func (r *refresh) questionable() []string {
	list := slices.Clone(r.fed)
	for _, name := range watched() {
		if _, unfed := r.state.Unfed[name]; !unfed && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// question is a question to change data capture, in as many parts as it takes.
type question struct {
	r       *refresh
	from    time.Time
	at      time.Time // the earliest answer's
	answers map[string][]record.Record
	flooded []string // objects of which more changed than an answer can hold
	refused []string
	why     error
}

// ask asks about objects. An answer that may lack changes, and a refusal, are asked for again in halves.
func (q *question) ask(objects []string) error {
	r := q.r
	r.b.m.step("asking for changes")
	d, err := r.b.m.Feed.Changes(r.ctx, supply.ChangesWant{
		Company: r.want.Company, Objects: objects, Since: q.from, Meter: r.want.Meter,
	})
	switch {
	case errors.Is(err, supply.ErrCompanyRefused):
		return err
	case problem.HasCode(err, problem.QuickBooksMalformed):
		return r.sulk(err)
	case problem.HasCode(err, problem.QuickBooksRejected):
		return q.refuse(objects, err)
	case err != nil:
		return err
	case d.Cut && r.light:
		return errLive
	case d.Cut && len(objects) > 1:
		return q.halve(objects)
	case d.Cut:
		q.flooded = append(q.flooded, objects[0])
	default:
		maps.Copy(q.answers, d.Records)
	}
	if q.at.IsZero() || d.At.Before(q.at) {
		q.at = d.At
	}
	return nil
}

func (q *question) halve(objects []string) error {
	half := len(objects) / 2
	if err := q.ask(objects[:half]); err != nil {
		return err
	}
	return q.ask(objects[half:])
}

// sulk has the company read live for an hour after several answers in a row that made no sense.
func (r *refresh) sulk(why error) error {
	if r.b.malformed++; r.b.malformed >= mostMalformed {
		r.b.malformed, r.b.resting = 0, r.began.Add(time.Hour)
	}
	r.b.m.o.Logger.WarnContext(r.ctx, "quickbooks' answer about changes makes no sense, reading live",
		"realm", string(r.b.realm), "error", why.Error())
	return errLive
}

const mostMalformed = 3

// refuse deals with a refusal. If QuickBooks answers other questions meanwhile it must be one of the objects, and
// halves tell which.
func (q *question) refuse(objects []string, why error) error {
	b := q.r.b
	if !b.refused {
		b.refused = true
		b.answered.Store(false)
		return errLive
	}
	if !b.answered.Load() || q.r.light {
		return errLive
	}
	if len(objects) > 1 {
		return q.halve(objects)
	}
	q.refused, q.why = append(q.refused, objects[0]), why
	return nil
}

// learn notes which objects change data capture refuses, if it answers about others.
func (r *refresh) learn(q *question) error {
	if len(q.refused) == 0 {
		return nil
	}
	if q.at.IsZero() {
		r.b.answered.Store(false)
		return errLive
	}
	for _, name := range q.refused {
		r.state.Unfed[name] = r.began
		r.b.m.o.Logger.InfoContext(r.ctx, "change data capture refuses an object", "object", name,
			"realm", string(r.b.realm), "error", q.why.Error())
	}
	r.fed = slices.DeleteFunc(r.fed, func(name string) bool { return slices.Contains(q.refused, name) })
	return nil
}

// change is what became of one record. Either side may be missing.
type change struct {
	key
	old, now   entry
	wasThere   bool
	isThere    bool
	unkept     bool      // nothing is kept of the object, so that old is unknown
	unkeptFrom time.Time // when the record was made, if known
}

// apply puts an answer into the drafts and follows it.
func (r *refresh) apply(q *question) error {
	r.seen = map[string]uint64{}
	again := map[string][]string{}
	var changes []change
	for _, name := range slices.Sorted(maps.Keys(q.answers)) {
		found, ask, err := r.applyObject(name, q.answers[name])
		if errors.Is(err, errNoPlace) {
			if err := r.replace(name); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		changes = append(changes, found...)
		again[name] = append(again[name], ask...)
	}
	if len(q.flooded) > 0 {
		more, err := r.applyFlooded(q, again)
		if err != nil {
			return err
		}
		changes = append(changes, more...)
	}
	if err := r.follow(changes, again); err != nil {
		return err
	}
	for _, name := range r.fed {
		if d := r.drafts[name]; d != nil && !d.read {
			d.now.Cursor = r.at
		}
	}
	r.fed = slices.DeleteFunc(r.fed, func(name string) bool { return r.drafts[name] == nil })
	return nil
}

// told is what an answer says about one record.
type told struct {
	living, gone record.Record
	digest       uint64
}

// sortOut gathers what an answer says about each record, without what the last answer said already.
func (r *refresh) sortOut(name string, list []record.Record) map[string]told {
	news := map[string]told{}
	for _, rec := range list {
		id := rec.Text("Id")
		t := news[id]
		if strings.EqualFold(rec.Text("status"), "Deleted") {
			t.gone = rec
		} else {
			t.living = rec
		}
		h := fnv.New64a()
		_, _ = h.Write(rec.JSON())
		t.digest = t.digest*31 + h.Sum64()
		news[id] = t
	}
	for id, t := range news {
		at := name + "/" + id
		r.seen[at] = t.digest
		if known, same := r.b.seen[at]; same && known == t.digest {
			delete(news, id)
		}
	}
	return news
}

// applyObject puts what changed in one object into its draft. It also returns the ids of which only another question
// can tell what they are now.
func (r *refresh) applyObject(name string, list []record.Record) (changes []change, again []string, err error) {
	news := r.sortOut(name, list)
	ids := slices.Sorted(maps.Keys(news))
	d := r.drafts[name]
	if d == nil {
		for _, id := range ids {
			changes = append(changes, unkeptChange(name, id, news[id]))
		}
		return changes, nil, nil
	}
	if err := d.know(ids); err != nil {
		return nil, nil, err
	}
	for _, id := range ids {
		t := news[id]
		old, there := d.old[id]
		switch {
		case t.gone.Exists() && (t.living.Exists() || d.kind.list || there && !isOlder(old, t.gone)):
			again = append(again, id)
		case t.gone.Exists():
			d.drop(id)
			changes = append(changes, change{key: key{name, id}, old: old, wasThere: there})
		case d.now.Wants: // the answer may lack custom fields
			again = append(again, id)
			r.noteMove(d, there, old, t.living)
		default:
			e := entryOf(t.living)
			if there && (newer(old, e) || sameRecord(old.json, e.json, nil)) {
				continue
			}
			if err := d.put(e); err != nil {
				return nil, nil, err
			}
			d.now.Custom = false
			r.asked[key{name, id}] = true // it is as new as the answer to any question
			changes = append(changes, change{key: key{name, id}, old: old, wasThere: there, now: e, isThere: true})
		}
	}
	return changes, again, nil
}

// noteMove notes that a transaction changed whose new version is asked for again.
func (r *refresh) noteMove(d *draft, there bool, old entry, rec record.Record) {
	if d.kind.txn && !(there && sameRecord(old.json, rec.JSON(), []string{"CustomField"})) {
		r.move()
	}
}

func unkeptChange(name, id string, t told) change {
	c := change{key: key{name, id}, unkept: true}
	if t.living.Exists() {
		c.now, c.isThere = entryOf(t.living), !t.gone.Exists()
		c.unkeptFrom = instant(t.living, "CreateTime")
	}
	return c
}

// isOlder reports whether a record's last change is before that of a deletion.
func isOlder(e entry, gone record.Record) bool {
	rec, err := record.Parse(e.json)
	return err == nil && instant(rec, "LastUpdatedTime").Before(instant(gone, "LastUpdatedTime"))
}
