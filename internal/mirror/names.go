package mirror

import (
	"ledgersheet/internal/record"
	"slices"
)

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

// compareList reads a list of which nothing is kept, if anything may refer to it, and adds the records that refer to
// its records by other names than these have.
func (r *refresh) compareList(list string, again map[string][]string) error {
	for name := range r.drafts {
		index, err := r.indexOf(name)
		if err != nil {
			return err
		}
		for ref := range index.refs {
			if !refersTo(ref, list) {
				continue
			}
			stale := newStale()
			if err := r.readList(list, stale); err != nil {
				return err
			}
			return r.findStale(stale, again)
		}
	}
	return nil
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
