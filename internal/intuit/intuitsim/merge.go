package intuitsim

import (
	"bytes"
	"fmt"
	"slices"
)

// Merge merges a customer, a vendor or an entry of one of the small lists into another, as people do by giving it the
// other's name: whatever referred to it refers to the other from then on.
func (c *Company) Merge(entityName, from, into string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	gone, stays := c.find(entityName, from), c.find(entityName, into)
	if gone == nil || stays == nil || gone == stays {
		return fmt.Errorf("merging %s %s into %s: %w", entityName, from, into, ErrNoRecord)
	}
	c.noteNames()
	if !c.moveReferences(gone.source, stays.source) {
		return fmt.Errorf("merging %s %s: it cannot be merged", entityName, from)
	}
	gone.deleted, gone.inactive = !c.quirks.MergedStay, c.quirks.MergedStay
	c.touch(gone)
	c.touch(stays)
	c.renamed()
	return nil
}

// moveReferences makes what refers to one record refer to another of its kind, and reports whether it can.
func (c *Company) moveReferences(from, into source) bool {
	switch from := from.(type) {
	case *party:
		if into, ok := into.(*party); ok {
			c.mergeParties(from, into)
			return true
		}
	case *listEntry:
		if into, ok := into.(*listEntry); ok {
			c.mergeEntries(from, into)
			return true
		}
	}
	return false
}

func (c *Company) mergeParties(from, into *party) {
	for _, t := range c.txns {
		if t.party == from {
			t.party = into
		}
		for i := range t.lines {
			if t.lines[i].party == from {
				t.lines[i].party = into
			}
		}
	}
	for _, p := range slices.Concat(c.customers, c.vendors, c.employees) {
		if p.parent == from {
			p.parent = into
		}
	}
	if into.parent == into {
		into.parent = nil
	}
	into.sales, into.credits = append(into.sales, from.sales...), append(into.credits, from.credits...)
	from.sales, from.credits = nil, nil
	if !c.quirks.MergedStay {
		without := func(p *party) bool { return p == from }
		c.customers, c.vendors = slices.DeleteFunc(c.customers, without), slices.DeleteFunc(c.vendors, without)
	}
}

func (c *Company) mergeEntries(from, into *listEntry) {
	swap := func(e **listEntry) {
		if *e == from {
			*e = into
		}
	}
	for _, t := range c.txns {
		swap(&t.department)
		swap(&t.term)
		swap(&t.method)
		for i := range t.lines {
			swap(&t.lines[i].class)
		}
	}
	for _, p := range slices.Concat(c.customers, c.vendors, c.employees) {
		swap(&p.term)
		swap(&p.customerType)
	}
	for _, e := range slices.Concat(c.classes, c.departments) {
		swap(&e.parent)
	}
	if into.parent == into {
		into.parent = nil
	}
}

// noteNames notes what all records show, so that renamed can tell which ones show something else afterwards.
func (c *Company) noteNames() {
	if !c.quirks.LoudNames {
		return
	}
	c.noted = map[*record][]byte{}
	for _, list := range c.byEntity {
		for _, r := range list {
			if !r.deleted {
				c.noted[r] = bytes.Clone(r.json(c))
			}
		}
	}
}

// renamed makes records that refer to a renamed one show its name.
func (c *Company) renamed() {
	c.generation++
	for r, text := range c.noted {
		if !r.deleted && !bytes.Equal(r.json(c), text) {
			c.touch(r)
		}
	}
	c.noted = nil
}

// settle marks a transaction as changed by one that settles it.
func (c *Company) settle(t *txn) {
	if c.quirks.QuietSettlements {
		c.stir(&t.record)
		return
	}
	c.touch(&t.record)
}

// balance marks a customer or a vendor as changed by their transactions.
func (c *Company) balance(p *party) {
	if c.quirks.QuietBalances {
		c.stir(&p.record)
		return
	}
	c.touch(&p.record)
}

// stir makes a record show what others make of it, without counting that as a change.
func (c *Company) stir(r *record) {
	c.moves++
	r.invalidate()
	c.journals, c.totals, c.stock = nil, nil, nil
}
