package mirror

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"

	"ledgersheet/internal/record"
)

// draft is what an object's records are to become. Nothing of it counts until it is committed.
type draft struct {
	name    string
	kind    object
	file    *file
	now     objectState
	base    directory        // the records before the changes that follow
	changed map[string]entry // by id: records put in place of those in base, or beside them
	gone    map[string]bool  // ids of records deleted
	old     map[string]entry // what stands in base for each id of these two, if anything
	read    bool             // all records were read in this refresh
}

// errNoPlace says that a record does not fit the order in which the others came.
var errNoPlace = errors.New("a record has no place in the order of the others")

// find returns the records with the ids as they are to be.
func (d *draft) find(ids []string) (map[string]entry, error) {
	found, err := find(d.file, d.name, d.now.Order, d.base, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if e, ok := d.changed[id]; ok {
			found[id] = e
		} else if d.gone[id] {
			delete(found, id)
		}
	}
	return found, nil
}

// know reads what stands in base for the ids, before they are changed.
func (d *draft) know(ids []string) error {
	var unknown []string
	for _, id := range ids {
		if _, changed := d.changed[id]; !changed && !d.gone[id] {
			unknown = append(unknown, id)
		}
	}
	found, err := find(d.file, d.name, d.now.Order, d.base, unknown)
	if err != nil {
		return err
	}
	for id, e := range found {
		d.old[id] = e
	}
	return nil
}

// put replaces or adds a record whose id know has been asked about.
func (d *draft) put(e entry) error {
	if !d.now.Order.accepts(e.place) {
		return errNoPlace
	}
	d.changed[e.id] = e
	delete(d.gone, e.id)
	return nil
}

// drop deletes a record whose id know has been asked about.
func (d *draft) drop(id string) {
	delete(d.changed, id)
	d.gone[id] = true
}

// count returns how many records there are to be.
func (d *draft) count() int {
	n, _ := d.base.count()
	for id := range d.gone {
		if _, there := d.old[id]; there {
			n--
		}
	}
	for id := range d.changed {
		if _, there := d.old[id]; !there {
			n++
		}
	}
	return n
}

// each calls do with all records as they are to be, in no particular order.
func (d *draft) each(do func(entry) error) error {
	for _, ref := range d.base {
		list, err := d.file.block(d.name, ref)
		if err != nil {
			return err
		}
		for _, e := range list {
			if _, changed := d.changed[e.id]; changed || d.gone[e.id] {
				continue
			}
			if err := do(e); err != nil {
				return err
			}
		}
	}
	for _, e := range d.changed {
		if err := do(e); err != nil {
			return err
		}
	}
	return nil
}

// isChanged reports whether the draft differs from what is kept.
func (d *draft) isChanged() bool { return len(d.changed) > 0 || len(d.gone) > 0 || d.read }

// isAmbiguous reports whether the orders that may be the right one put new records at different places.
func (d *draft) isAmbiguous() bool {
	if len(d.now.Or) == 0 {
		return false
	}
	var fresh []place
	for id, e := range d.changed {
		if old, there := d.old[id]; !there || old.place != e.place {
			fresh = append(fresh, e.place)
		}
	}
	slices.SortFunc(fresh, d.now.Order.compare)
	for _, other := range d.now.Or {
		var last *place
		if n := len(d.base); n > 0 {
			last = &d.base[n-1].last
		}
		for i := range fresh {
			if !other.accepts(fresh[i]) || last != nil &&
				(other.compare(*last, fresh[i]) >= 0 || d.now.Order.compare(*last, fresh[i]) >= 0) {
				return true
			}
			last = &fresh[i]
		}
	}
	return false
}

// operation is one record that comes or goes.
type operation struct {
	place
	put *entry // nil for one that goes
}

// operations lists what has to be done to the blocks, in order.
func (d *draft) operations() []operation {
	var list []operation
	for id := range d.gone {
		if old, there := d.old[id]; there {
			list = append(list, operation{place: old.place})
		}
	}
	for id, e := range d.changed {
		if old, there := d.old[id]; there && d.now.Order.compare(old.place, e.place) != 0 {
			list = append(list, operation{place: old.place})
		}
		list = append(list, operation{e.place, &e})
	}
	slices.SortFunc(list, func(a, b operation) int { return d.now.Order.compare(a.place, b.place) })
	return list
}

// build writes the blocks that change and returns the new directory. Other blocks stay as they are.
func (d *draft) build() (directory, error) {
	left := d.operations()
	if len(left) == 0 {
		return d.base, nil
	}
	var blocks [][]entry // new ones
	type piece struct {
		kept  *blockRef
		fresh int // how many of blocks come here
	}
	var pieces []piece
	for i := range d.base {
		ref := &d.base[i]
		n := len(left)
		if i < len(d.base)-1 {
			n, _ = slices.BinarySearchFunc(left, ref.last, func(op operation, last place) int {
				if d.now.Order.compare(op.place, last) <= 0 {
					return -1
				}
				return 1
			})
		}
		here := left[:n]
		left = left[n:]
		if len(here) == 0 {
			pieces = append(pieces, piece{kept: ref})
			continue
		}
		list, err := d.file.block(d.name, *ref)
		if err != nil {
			return nil, err
		}
		made := d.merge(list, here)
		blocks = append(blocks, made...)
		pieces = append(pieces, piece{fresh: len(made)})
	}
	if len(left) > 0 { // there were no blocks
		made := d.merge(nil, left)
		blocks = append(blocks, made...)
		pieces = append(pieces, piece{fresh: len(made)})
	}
	refs, err := d.file.addBlocks(d.name, blocks)
	if err != nil {
		return nil, err
	}
	next := directory{}
	for _, p := range pieces {
		if p.kept != nil {
			next = append(next, *p.kept)
		}
		next, refs = append(next, refs[:p.fresh]...), refs[p.fresh:]
	}
	return next, nil
}

// merge applies operations to the records of a block and returns the blocks that take its place.
func (d *draft) merge(list []entry, ops []operation) [][]entry {
	merged := make([]entry, 0, len(list)+len(ops))
	for len(list) > 0 || len(ops) > 0 {
		n := 1
		switch {
		case len(ops) == 0:
			n = -1
		case len(list) > 0:
			n = d.now.Order.compare(list[0].place, ops[0].place)
		}
		if n < 0 {
			merged, list = append(merged, list[0]), list[1:]
			continue
		}
		if n == 0 {
			list = list[1:]
		}
		if ops[0].put != nil {
			merged = append(merged, *ops[0].put)
		}
		ops = ops[1:]
	}
	switch {
	case len(merged) == 0:
		return nil
	case isLarge(merged):
		return splitBlocks(merged)
	}
	return [][]entry{merged}
}

// sameRecord reports whether two texts are the same record, apart from some of its members.
func sameRecord(a, b []byte, without []string) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y map[string]any
	for _, side := range []struct {
		text []byte
		into *map[string]any
	}{{a, &x}, {b, &y}} {
		dec := json.NewDecoder(bytes.NewReader(side.text))
		dec.UseNumber()
		if err := dec.Decode(side.into); err != nil {
			return false
		}
		for _, name := range without {
			delete(*side.into, name)
		}
	}
	return reflect.DeepEqual(x, y)
}

// newer reports whether a record's last change is later than another's.
func newer(a, b entry) bool {
	x, errX := record.Parse(a.json)
	y, errY := record.Parse(b.json)
	return errX == nil && errY == nil && instant(x, "LastUpdatedTime").After(instant(y, "LastUpdatedTime"))
}
