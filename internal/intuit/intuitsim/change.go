package intuitsim

// voidTxn empties a transaction's amounts the way QuickBooks voids: the document stays, its payments become unapplied.
func (c *Company) voidTxn(t *txn) {
	c.detach(t)
	t.voided = true
	t.note = "Voided"
	t.total, t.tax, t.taxBase, t.discount = 0, 0, 0, 0
	for i := range t.lines {
		t.lines[i].amount, t.lines[i].price, t.lines[i].qty = 0, 0, 0
	}
	c.touch(&t.record)
}

// detach breaks the links between a transaction and what it settles or is settled by.
func (c *Company) detach(t *txn) {
	for _, a := range t.appliedBy {
		a.other.applies = without(a.other.applies, t)
		c.touch(&a.other.record)
	}
	for _, a := range t.applies {
		a.other.appliedBy = without(a.other.appliedBy, t)
		c.touch(&a.other.record)
	}
	t.appliedBy, t.applies = nil, nil
	if t.party != nil {
		c.touch(&t.party.record)
	}
}

func without(list []application, t *txn) []application {
	var out []application
	for _, a := range list {
		if a.other != t {
			out = append(out, a)
		}
	}
	return out
}
