package mirror

import (
	"maps"
	"slices"

	"ledgersheet/internal/supply"
)

// follow asks again for records that changed although change data capture need not have said so, until nothing more
// follows. No source tells what it says of these; either way the result is right.
//   - A record that refers to a renamed or merged one shows another name.
//   - A transaction that another one settles, or settled, has another balance and other links.
//   - A record whose name contains that of its parent is renamed with it.
func (r *refresh) follow(changes []change, again map[string][]string) error {
	for {
		for _, c := range changes {
			if objectOf(c.object).txn {
				r.move()
			}
		}
		if err := r.followLinks(changes, again); err != nil {
			return err
		}
		if err := r.followNames(changes, again); err != nil {
			return err
		}
		next, err := r.askAgain(again)
		if err != nil {
			return err
		}
		if len(next) == 0 {
			return nil
		}
		changes, again = next, map[string][]string{}
	}
}

// askAgain looks records up that have not been looked up in this refresh, and returns what changed.
func (r *refresh) askAgain(again map[string][]string) ([]change, error) {
	var changes []change
	for _, name := range slices.Sorted(maps.Keys(again)) {
		var ids []string
		for _, id := range again[name] {
			if at := (key{name, id}); !r.asked[at] {
				r.asked[at] = true
				ids = append(ids, id)
			}
		}
		d := r.drafts[name]
		if d == nil || d.read || len(ids) == 0 {
			continue
		}
		if r.light && len(ids) > supply.MostLookedUp {
			return nil, errLive
		}
		if len(ids) > mostAgain {
			if err := r.replace(name); err != nil {
				return nil, err
			}
			continue
		}
		found, err := r.lookUpAgain(d, ids)
		if err != nil {
			if err := r.orReadWhole(name, err); err != nil {
				return nil, err
			}
			continue
		}
		changes = append(changes, found...)
	}
	return changes, nil
}

func (r *refresh) lookUpAgain(d *draft, ids []string) ([]change, error) {
	var changes []change
	if err := d.know(ids); err != nil {
		return nil, err
	}
	for some := range slices.Chunk(ids, supply.MostLookedUp) {
		r.b.m.step("asking again")
		found, err := r.b.m.live.Lookup(r.ctx, r.wantAll(d.name), some)
		if err != nil {
			return nil, aside(err)
		}
		for _, id := range some {
			c := change{key: key{d.name, id}}
			if c.old, c.wasThere = d.changed[id]; !c.wasThere && !d.gone[id] {
				c.old, c.wasThere = d.old[id]
			}
			rec, there := found[id]
			switch {
			case there:
				c.now, c.isThere = entryOf(rec), true
				if c.wasThere && sameRecord(c.old.json, c.now.json, nil) {
					continue
				}
				if err := d.put(c.now); err != nil {
					return nil, err
				}
			case c.wasThere:
				d.drop(id)
			default:
				continue
			}
			changes = append(changes, c)
		}
	}
	return changes, nil
}

// followLinks adds the transactions that are linked to changed ones.
func (r *refresh) followLinks(changes []change, again map[string][]string) error {
	linked, reverse := map[string]bool{}, map[string]bool{}
	fresh := map[string]bool{}
	for _, c := range changes {
		if !objectOf(c.object).txn {
			continue
		}
		if c.isThere {
			fresh[c.id] = true
		}
		if c.unkept && (!c.isThere || !c.unkeptFrom.After(r.since())) {
			reverse[c.id] = true
		}
		old, now := settlements(c.old.json), settlements(c.now.json)
		if c.wasThere && c.isThere && maps.Equal(old, now) {
			continue // it settles what it did
		}
		for id := range old {
			linked[id] = true
		}
		for id := range now {
			linked[id] = true
		}
	}
	delete(linked, totalKey)
	if err := r.findLinked(linked, fresh, again); err != nil {
		return err
	}
	return r.findReverse(reverse, again)
}

// findLinked adds those of the ids that are kept and did not come just now. Transactions of all kinds share their ids.
func (r *refresh) findLinked(linked, fresh map[string]bool, again map[string][]string) error {
	var ids []string
	for id := range linked {
		if !fresh[id] {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	for name, d := range r.drafts {
		if !d.kind.txn || d.read {
			continue
		}
		found, err := d.find(ids)
		if err != nil {
			return err
		}
		again[name] = append(again[name], slices.Sorted(maps.Keys(found))...)
	}
	return nil
}

// findReverse adds the records that are linked to transactions of which nothing is kept, so that what those were linked
// to before they changed is not known from themselves.
func (r *refresh) findReverse(ids map[string]bool, again map[string][]string) error {
	if len(ids) == 0 {
		return nil
	}
	for name, d := range r.drafts {
		if !d.kind.txn || d.read {
			continue
		}
		err := d.each(func(e entry) error {
			for id := range linkedIDs(e.json) {
				if ids[id] {
					again[name] = append(again[name], e.id)
					break
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
