package mirror

import (
	"errors"
	"iter"
	"time"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
)

// wantAll is the Want for all records of an object, with everything that may be in them.
func (r *refresh) wantAll(name string) supply.Want {
	title := "the records of " + name
	if name == r.want.Object && r.want.Title != "" {
		title = r.want.Title
	}
	return supply.Want{
		Company: r.want.Company, Object: name, Title: title, Inactive: true, CustomFields: true, Day: r.want.Day,
		Meter: r.want.Meter,
	}
}

// readWhole reads all records of an object into its draft, with the same proof as any live reading. With judge it
// counts those that are not what the draft held; otherwise some are known to differ.
func (r *refresh) readWhole(name string, judge bool) error {
	if r.light {
		return errLive
	}
	r.b.m.step("reading " + name)
	records, err := r.b.m.live.Records(r.ctx, r.wantAll(name))
	if err != nil {
		return err
	}
	kind := objectOf(name)
	if records.Total < 0 || records.At.IsZero() && kind.keep != keepWhole {
		return r.giveUp(name, errNoClock) // without QuickBooks' clock nothing can be asked about it later
	}
	d := r.drafts[name]
	if d == nil && r.few && name == r.want.Object && records.Total > mostForFew {
		if r.b.long == nil {
			r.b.long = map[string]time.Time{}
		}
		r.b.long[name] = r.began
		return errLive
	}
	var comparing *comparison
	if judge = judge && d != nil && d.kind.keep != keepWhole; judge {
		comparing = newComparison(d, records.At.Add(-overlap))
	} else {
		comparing = &comparison{stop: func() {}}
	}
	defer comparing.stop()
	fresh, err := r.store(name, records, comparing)
	switch {
	case problem.HasCode(err, problem.IncompleteRead) && problem.From(err).Class() == problem.Stop:
		if name == r.want.Object && len(r.want.Narrow) == 0 && (r.want.Inactive || kind.txn) {
			_ = r.giveUp(name, err)
			return err // a live reading would end the same way
		}
		return r.giveUp(name, err) // a part of the records, which is all that is wanted, may be complete
	case problem.HasCode(err, problem.IncompleteRead):
		return aside(err)
	case err != nil:
		return err
	}
	if fresh == nil {
		return r.giveUp(name, errNoOrder)
	}
	if d != nil {
		if kind.txn {
			r.move() // which ones changed is not known
		}
		fresh.now.Wants, fresh.now.Used = d.now.Wants, d.now.Used
		if judge {
			r.drifted(name, comparing.end())
		}
	}
	fresh.now.Cursor, fresh.now.Read = records.At, records.At
	fresh.now.Moves = r.state.Moves
	fresh.now.ReadAt, fresh.now.Proved, fresh.now.Custom = r.began, r.began, true
	r.drafts[name] = fresh
	delete(r.dropped, name)
	return nil
}

var (
	errNoClock = errors.New("quickbooks does not say its time")
	errNoOrder = errors.New("the records come in no order that is known")
)

// giveUp has an object read live for a day.
func (r *refresh) giveUp(name string, why error) error {
	if r.b.unfit == nil {
		r.b.unfit = map[string]time.Time{}
	}
	r.b.unfit[name] = r.began
	r.b.m.o.Logger.InfoContext(r.ctx, "records cannot be kept and are read live", "object", name,
		"realm", string(r.b.realm), "error", why.Error())
	return errLive
}

// store writes records into new blocks as they come. It returns nil if their order is none of the known ones.
func (r *refresh) store(name string, records *supply.Records, comparing *comparison) (*draft, error) {
	d := r.newDraft(name)
	sorted := newSorter()
	var list []entry
	flush := func() error {
		refs, err := d.file.addBlocks(name, splitBlocks(list))
		d.base = append(d.base, refs...)
		r.b.m.step("wrote records of " + name)
		clear(list) // so that the answers can go
		list = list[:0]
		return err
	}
	size := 0
	for rec, err := range records.All {
		if err != nil {
			return nil, err
		}
		e := entryOf(rec)
		if sorted.see(e.place); sorted.found() == "" {
			return nil, nil
		}
		comparing.next(e)
		list = append(list, e)
		if size += len(e.json); size >= batch*usualBytes {
			if err := flush(); err != nil {
				return nil, err
			}
			size = 0
		}
	}
	if err := flush(); err != nil {
		return nil, err
	}
	d.now.Order, d.now.Or, d.read = sorted.found(), sorted.left[1:], true
	return d, nil
}

// comparison counts the records of a full reading that are not what was kept, although nothing had said so.
type comparison struct {
	d       *draft
	since   time.Time // what changed later cannot be known yet
	pull    func() (entry, error, bool)
	stop    func()
	kept    *entry
	differ  int
	ordered bool
}

// newComparison compares with a draft.
func newComparison(d *draft, since time.Time) *comparison {
	c := &comparison{d: d, since: since, ordered: true}
	c.pull, c.stop = iter.Pull2(d.sorted())
	c.advance()
	return c
}

func (c *comparison) advance() {
	e, err, ok := c.pull()
	if c.kept = &e; !ok || err != nil {
		c.kept = nil
	}
}

// next takes the next record of the reading.
func (c *comparison) next(e entry) {
	if !c.ordered {
		return
	}
	for c.kept != nil && c.d.now.Order.compare(c.kept.place, e.place) < 0 {
		c.differ++ // deleted
		c.advance()
	}
	if c.kept == nil || c.kept.id != e.id {
		if c.old(e) {
			c.differ++
		}
		return
	}
	if !sameRecord(c.kept.json, e.json, append(Volatile(c.d.name), c.custom()...)) && c.old(e) {
		c.differ++
	}
	c.advance()
}

// custom names the member that is not compared where custom fields may be missing.
func (c *comparison) custom() []string {
	if c.d.now.Custom {
		return nil
	}
	return []string{"CustomField"}
}

// old reports whether a record last changed so long ago that this should have been known.
func (c *comparison) old(e entry) bool {
	rec, err := record.Parse(e.json)
	return err == nil && !instant(rec, "LastUpdatedTime").After(c.since)
}

// end returns how many records differed.
func (c *comparison) end() int {
	for c.ordered && c.kept != nil {
		c.differ++
		c.advance()
	}
	return c.differ
}

// sorted yields the records in order.
func (d *draft) sorted() iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		ops := d.operations()
		for i, ref := range d.base {
			list, err := d.file.block(d.name, ref)
			if err != nil {
				yield(entry{}, err)
				return
			}
			n := len(ops)
			if i < len(d.base)-1 {
				for n = 0; n < len(ops) && d.now.Order.compare(ops[n].place, ref.last) <= 0; n++ {
				}
			}
			for _, part := range d.merge(list, ops[:n]) {
				for _, e := range part {
					if !yield(e, nil) {
						return
					}
				}
			}
			ops = ops[n:]
		}
		for _, part := range d.merge(nil, ops) {
			for _, e := range part {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

// drifted takes note of records that differed.
func (r *refresh) drifted(name string, n int) {
	if n == 0 {
		return
	}
	r.state.Drifted += n
	r.drifts += n
	r.b.m.o.Logger.WarnContext(r.ctx, "records of the local copy differed from QuickBooks and were replaced",
		"object", name, "realm", string(r.b.realm), "records", n)
}

// prove asks QuickBooks how many records there are, and reads all of them if the draft has another number.
func (r *refresh) prove(d *draft) error {
	n, err := r.b.m.live.Count(r.ctx, r.wantAll(d.name))
	if err != nil {
		return aside(err)
	}
	if n != d.count() {
		return r.reread(d.name)
	}
	d.now.Proved = r.began
	return nil
}
