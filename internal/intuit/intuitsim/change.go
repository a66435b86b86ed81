package intuitsim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrNoRecord is the error of knobs that name a record that is not there.
var ErrNoRecord = errors.New("no such record")

// Change says what Company.Change alters; empty fields leave things as they are.
type Change struct {
	// Name renames a list entry. Records that refer to it show the new name without being changed themselves.
	Name string `json:"name"`
	// Active switches a list entry on or off.
	Active *bool `json:"active"`
	// Note is a transaction's PrivateNote; DocNumber and Date (YYYY-MM-DD) its number and its day.
	Note      string `json:"note"`
	DocNumber string `json:"doc_number"`
	Date      string `json:"date"`
	// Amount becomes the amount of the first line of a sale, a bill or an expense.
	Amount string `json:"amount"`
}

// Sale describes a new invoice, Cost a new bill; empty fields take sensible values.
type (
	// Sale is an invoice with one line.
	Sale struct {
		CustomerID string `json:"customer_id"`
		ItemID     string `json:"item_id"`
		DocNumber  string `json:"doc_number"`
		Date       string `json:"date"`
		Note       string `json:"note"`
		// Amount is decimal text; empty means 100.00.
		Amount string `json:"amount"`
	}
	// Cost is a bill with one line.
	Cost struct {
		VendorID  string `json:"vendor_id"`
		DocNumber string `json:"doc_number"`
		Date      string `json:"date"`
		Amount    string `json:"amount"`
	}
)

// AddInvoice adds an invoice and returns its id.
func (c *Company) AddInvoice(in Sale) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, err := c.choose("Customer", in.CustomerID, c.customers)
	if err != nil {
		return "", err
	}
	var it *item
	for _, candidate := range c.items {
		if in.ItemID == candidate.id || in.ItemID == "" && candidate.kind == "Service" && !candidate.inactive {
			it = candidate
			break
		}
	}
	if it == nil {
		return "", fmt.Errorf("item %q: %w", in.ItemID, ErrNoRecord)
	}
	amount, d, err := c.amountAndDay(in.Amount, in.Date)
	if err != nil {
		return "", err
	}
	t := &txn{kind: kindInvoice, date: d, due: d + 30, party: p, number: in.DocNumber, note: in.Note}
	t.lines = []line{{kind: lineItem, item: it, text: it.description, qty: 1000, price: amount, amount: amount}}
	c.settleTotals(t)
	c.file(t)
	p.sales = append(p.sales, t)
	c.balance(p)
	return t.id, nil
}

// AddBill adds a bill and returns its id.
func (c *Company) AddBill(in Cost) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, err := c.choose("Vendor", in.VendorID, c.vendors)
	if err != nil {
		return "", err
	}
	amount, d, err := c.amountAndDay(in.Amount, in.Date)
	if err != nil {
		return "", err
	}
	t := &txn{kind: kindBill, date: d, due: d + 30, party: p, number: in.DocNumber, total: amount}
	t.lines = []line{{kind: lineAccount, account: c.books.office, amount: amount}}
	c.file(t)
	p.sales = append(p.sales, t)
	c.balance(p)
	return t.id, nil
}

// AddParty adds a customer or a vendor, as entityName says, and returns its id.
func (c *Company) AddParty(entityName, name string) (string, error) {
	e := c.entityNamed(entityName)
	if e == nil || e.name != "Customer" && e.name != "Vendor" || name == "" {
		return "", fmt.Errorf("adding %s %q: want a Customer or Vendor with a name", entityName, name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p := &party{kind: e.name, display: name, company: name}
	c.add(e.name, &p.record, p)
	if e.name == "Customer" {
		c.customers = append(c.customers, p)
	} else {
		c.vendors = append(c.vendors, p)
	}
	return p.id, nil
}

// Pay books a payment of an invoice or bill and returns its id. An empty amount pays the open balance.
func (c *Company) Pay(entityName, id, amountText string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, err := c.transaction(entityName, id)
	if err != nil {
		return "", err
	}
	amount := t.open()
	if amountText != "" {
		if amount, err = parseCents(amountText); err != nil {
			return "", fmt.Errorf("reading amount: %w", err)
		}
	}
	if amount <= 0 || amount > t.open() {
		return "", fmt.Errorf("paying %s of %s %s: %s is open", amount, entityName, id, t.open())
	}
	pay := &txn{
		kind: kindPayment, date: dayOf(c.now()), party: t.party, total: amount, account: c.books.undeposited,
		method: c.methods[0], applies: []application{{t, amount}},
	}
	switch t.kind {
	case kindInvoice:
	case kindBill:
		pay.kind, pay.account, pay.method, pay.payType = kindBillPayment, c.books.checking, nil, "Check"
	default:
		return "", fmt.Errorf("paying %s %s: only invoices and bills are paid", entityName, id)
	}
	c.file(pay)
	t.appliedBy = append(t.appliedBy, application{pay, amount})
	t.party.credits = append(t.party.credits, pay)
	c.settle(t)
	c.balance(t.party)
	return pay.id, nil
}

// Change alters a record.
func (c *Company) Change(entityName, id string, ch Change) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.find(entityName, id)
	if r == nil {
		return fmt.Errorf("%s %s: %w", entityName, id, ErrNoRecord)
	}
	if t, ok := r.source.(*txn); ok {
		if err := c.changeTxn(t, ch); err != nil {
			return fmt.Errorf("changing %s %s: %w", entityName, id, err)
		}
	}
	if ch.Name != "" || ch.Active != nil {
		c.noteNames()
	}
	if ch.Name != "" && !rename(r.source, ch.Name) {
		return fmt.Errorf("changing %s %s: it has no name", entityName, id)
	}
	if ch.Active != nil {
		if !r.entity.list {
			return fmt.Errorf("changing %s %s: it cannot be inactive", entityName, id)
		}
		r.inactive = !*ch.Active
	}
	if ch.Name != "" || ch.Active != nil {
		c.renamed()
	}
	c.touch(r)
	return nil
}

// Void empties a transaction's amounts; its payments become unapplied.
func (c *Company) Void(entityName, id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, err := c.transaction(entityName, id)
	if err == nil {
		c.voidTxn(t)
	}
	return err
}

// Delete removes a transaction; only change data capture shows that it was there. List entries cannot be deleted,
// only made inactive with Change.
func (c *Company) Delete(entityName, id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.find(entityName, id)
	if r == nil {
		return fmt.Errorf("%s %s: %w", entityName, id, ErrNoRecord)
	}
	if r.entity.list {
		return fmt.Errorf("deleting %s %s: list entries are made inactive instead", entityName, id)
	}
	if t, ok := r.source.(*txn); ok {
		c.detach(t)
	}
	r.deleted = true
	c.touch(r)
	return nil
}

// Put adds or replaces a record of any entity from its JSON, for what the other knobs do not reach; it has no part in
// the journal. Id, SyncToken, MetaData, domain, sparse and Active in it are the simulator's own.
func (c *Company) Put(entityName string, raw []byte) (string, error) {
	e := c.entityNamed(entityName)
	if e == nil {
		return "", fmt.Errorf("putting %q: no such entity", entityName)
	}
	o, err := parseObject(raw)
	if err != nil {
		return "", fmt.Errorf("putting %s: %w", entityName, err)
	}
	var own object
	id := ""
	for _, m := range o {
		switch m.name {
		case "Id":
			id = propertyText(m.value)
		case "SyncToken", "MetaData", "domain", "sparse", "Active":
		default:
			own = append(own, m)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.find(e.name, id); r != nil {
		if _, ok := r.source.(fixed); !ok {
			return "", fmt.Errorf("putting %s %s: the record belongs to the books, use Change", entityName, id)
		}
		r.source = fixed(own)
		c.touch(r)
		return r.id, nil
	}
	r := &record{id: id}
	c.add(e.name, r, fixed(own))
	return r.id, nil
}

// changeTxn alters a transaction, or leaves it unchanged and returns the reason.
func (c *Company) changeTxn(t *txn, ch Change) error {
	date, changed := t.date, *t
	if ch.Date != "" {
		d, ok := parseDay(ch.Date)
		if !ok {
			return fmt.Errorf("%q is no date", ch.Date)
		}
		date = d
	}
	if ch.Amount != "" {
		if err := c.reprice(&changed, ch.Amount); err != nil {
			return err
		}
		if settled := t.total - t.open(); changed.total < settled {
			return fmt.Errorf("%s are settled already", settled)
		}
		t.lines, t.discount, t.tax, t.taxBase, t.total = changed.lines, changed.discount, changed.tax,
			changed.taxBase, changed.total
		if t.party != nil {
			c.balance(t.party)
		}
	}
	t.date = date
	if ch.Note != "" {
		t.note = ch.Note
	}
	if ch.DocNumber != "" {
		t.number = ch.DocNumber
	}
	return nil
}

// reprice gives the first line of a sale, a bill or an expense another amount.
func (c *Company) reprice(t *txn, text string) error {
	amount, err := parseCents(text)
	if err != nil {
		return fmt.Errorf("reading amount: %w", err)
	}
	if len(t.lines) == 0 || t.voided || t.kind == kindJournalEntry || t.kind == kindDeposit {
		return fmt.Errorf("this %s has no amount to change", t.kind)
	}
	t.lines = slices.Clone(t.lines)
	l := &t.lines[0]
	l.amount, l.price, l.qty = amount, amount, 1000
	switch t.kind {
	case kindBill, kindVendorCredit, kindPurchase, kindPurchaseOrder:
		t.total = t.lineTotal()
	default:
		c.settleTotals(t)
	}
	return nil
}

func rename(src source, name string) bool {
	switch v := src.(type) {
	case *party:
		v.display = name
	case *item:
		v.name = name
	case *account:
		v.name = name
	case *listEntry:
		v.name = name
	default:
		return false
	}
	return true
}

func (c *Company) transaction(entityName, id string) (*txn, error) {
	r := c.find(entityName, id)
	if r == nil {
		return nil, fmt.Errorf("%s %s: %w", entityName, id, ErrNoRecord)
	}
	t, ok := r.source.(*txn)
	if !ok {
		return nil, fmt.Errorf("%s %s is no transaction of the books", entityName, id)
	}
	return t, nil
}

func (c *Company) choose(entityName, id string, list []*party) (*party, error) {
	for _, p := range list {
		if p.id == id || id == "" && !p.inactive {
			return p, nil
		}
	}
	return nil, fmt.Errorf("%s %q: %w", entityName, id, ErrNoRecord)
}

func (c *Company) amountAndDay(amountText, dayText string) (cents, day, error) {
	amount, d := cents(10_000), dayOf(c.now())
	if amountText != "" {
		a, err := parseCents(strings.TrimSpace(amountText))
		if err != nil {
			return 0, 0, fmt.Errorf("reading amount: %w", err)
		}
		amount = a
	}
	if dayText != "" {
		v, ok := parseDay(dayText)
		if !ok {
			return 0, 0, fmt.Errorf("%q is no date", dayText)
		}
		d = v
	}
	return amount, d, nil
}

// voidTxn empties a transaction's amounts the way QuickBooks voids: the document stays, with a note.
func (c *Company) voidTxn(t *txn) {
	c.detach(t)
	t.voided = true
	t.note = "Voided"
	t.total, t.tax, t.taxBase, t.discount = 0, 0, 0, 0
	t.lines = slices.Clone(t.lines)
	for i := range t.lines {
		t.lines[i].amount, t.lines[i].price, t.lines[i].qty = 0, 0, 0
	}
	c.touch(&t.record)
}

// detach breaks the links between a transaction and what it settles or is settled by.
func (c *Company) detach(t *txn) {
	for _, a := range t.appliedBy {
		a.other.applies = without(a.other.applies, t)
		c.settle(a.other)
	}
	for _, a := range t.applies {
		a.other.appliedBy = without(a.other.appliedBy, t)
		c.settle(a.other)
	}
	t.appliedBy, t.applies = nil, nil
	if t.party != nil {
		c.balance(t.party)
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
