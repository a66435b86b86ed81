package mirror

import (
	"maps"
	"slices"

	"ledgersheet/internal/record"
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

// followNames adds the records that refer to renamed, merged or deleted ones by another name than these now have.
func (r *refresh) followNames(changes []change, again map[string][]string) error {
	targets := map[string]map[string]bool{} // by list and id
	stale := newStale()
	for _, c := range changes {
		if !objectOf(c.object).list {
			continue
		}
		now := namesOf(c.now.json)
		if c.wasThere && c.isThere && slices.Equal(namesOf(c.old.json), now) && c.old.inactive == c.now.inactive {
			continue
		}
		switch rec := c.now; {
		case !c.isThere:
			now = nil
		case !rec.inactive:
			now = append(now, "") // a reference without a name is right, unless this was merged into another
		}
		renamed := c.wasThere
		unknown, err := r.markStale(c.object, c.id, now, stale, &renamed)
		if err != nil {
			return err
		}
		if c.unkept && (unknown || renamed) {
			if whole, err := r.needsList(c.object); err != nil {
				return err
			} else if whole {
				if err := r.readList(c.object, stale); err != nil {
					return err
				}
				continue
			}
		}
		if renamed && r.drafts[c.object] != nil {
			if targets[c.object] == nil {
				targets[c.object] = map[string]bool{}
			}
			targets[c.object][c.id] = true
		}
	}
	if err := r.findChildren(targets, again); err != nil {
		return err
	}
	return r.findStale(stale, again)
}

// markStale marks the references to a record that show none of its names, and then sets renamed. unknown says that
// nothing refers to the record.
func (r *refresh) markStale(list, id string, names []string, stale *staleRefs, renamed *bool,
) (unknown bool, err error) {
	unknown = true
	for name := range r.drafts {
		index, err := r.indexOf(name)
		if err != nil {
			return false, err
		}
		for ref, shown := range index.refs {
			if !refersTo(ref, list) {
				continue
			}
			for _, text := range shown[id] {
				unknown = false
				if !slices.Contains(names, text) {
					stale.add(name, refKey{ref, id}, names)
					*renamed = true
				}
			}
		}
	}
	return unknown, nil
}

// needsList reports whether names contain those of parents, so that only the whole list tells whom a renaming concerns.
func (r *refresh) needsList(list string) (bool, error) {
	for name := range r.drafts {
		index, err := r.indexOf(name)
		if err != nil {
			return false, err
		}
		for ref := range index.refs {
			if refersTo(ref, list) && index.nested[ref] {
				return true, nil
			}
		}
	}
	return false, nil
}

// readList begins to keep a list, and marks all references to it that show other names.
func (r *refresh) readList(list string, stale *staleRefs) error {
	if r.drafts[list] != nil {
		return nil
	}
	if err := r.readWhole(list, false); err != nil {
		return err
	}
	d := r.drafts[list]
	d.now.Used = r.began
	r.fed = append(r.fed, list)
	return r.compareNames(d, stale)
}

// compareNames marks all references to a list that show other names than its records have.
func (r *refresh) compareNames(d *draft, stale *staleRefs) error {
	names := map[string][]string{}
	if err := d.each(func(e entry) error {
		names[e.id] = append(namesOf(e.json), "")
		return nil
	}); err != nil {
		return err
	}
	for name := range r.drafts {
		index, err := r.indexOf(name)
		if err != nil {
			return err
		}
		for ref, shown := range index.refs {
			if !mustReferTo(ref, d.name) {
				continue
			}
			for id, texts := range shown {
				if !isNumber(id) {
					continue // TAX, NON: there is no record of that id
				}
				for _, text := range texts {
					seen := name + "/" + ref + "/" + id + "/" + text
					if !slices.Contains(names[id], text) && !r.b.vain[seen] {
						r.b.vain[seen] = true
						stale.add(name, refKey{ref, id}, names[id])
					}
				}
			}
		}
	}
	return nil
}

// followWhole follows a list that was read anew into the records that refer to it.
func (r *refresh) followWhole(name string) error {
	d := r.drafts[name]
	if !d.kind.list || len(r.drafts) == 1 {
		return nil
	}
	stale := newStale()
	if err := r.compareNames(d, stale); err != nil {
		return err
	}
	again := map[string][]string{}
	if err := r.findStale(stale, again); err != nil {
		return err
	}
	changes, err := r.askAgain(again)
	if err != nil {
		return err
	}
	return r.follow(changes, map[string][]string{})
}

// findChildren adds the records of lists whose parents were renamed.
func (r *refresh) findChildren(targets map[string]map[string]bool, again map[string][]string) error {
	for list, parents := range targets {
		d := r.drafts[list]
		if d == nil || d.read {
			continue
		}
		err := d.each(func(e entry) error {
			for ref := range references(e.json) {
				if ref.name == parentRef && parents[ref.id] {
					again[list] = append(again[list], e.id)
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

// findStale adds the records with marked references.
func (r *refresh) findStale(stale *staleRefs, again map[string][]string) error {
	for name, marked := range stale.in {
		d := r.drafts[name]
		if d == nil || d.read {
			continue
		}
		err := d.each(func(e entry) error {
			for ref := range references(e.json) {
				if isStale(marked, ref) {
					again[name] = append(again[name], e.id)
					break
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		r.b.names[name] = nil // built anew when it is needed
	}
	return nil
}

// namesOf returns the names under which others may refer to a record.
func namesOf(json []byte) []string {
	if json == nil {
		return nil
	}
	rec, err := record.Parse(json)
	if err != nil {
		return nil
	}
	var names []string
	for _, member := range []string{"DisplayName", "FullyQualifiedName", "Name"} {
		if text := rec.Text(member); text != "" {
			names = append(names, text)
		}
	}
	return names
}
