package intuitsim

// account is a line of the chart of accounts.
type account struct {
	record
	name, number string
	typ, subtype string
	parent       *account
}

// listEntry is an entry of one of the small lists: classes, departments, terms, payment methods, tax codes and rates.
type listEntry struct {
	record
	name   string
	parent *listEntry
	extra  object
	days   int // of a term: days until due
}

// party is a customer, a vendor or an employee.
type party struct {
	record
	kind                     string // Customer, Vendor or Employee
	display                  string
	company, given, family   string
	email, phone, web, notes string
	acctNum                  string
	address                  *address
	parent                   *party
	term                     *listEntry
	taxable, form1099        bool
	hired                    day
	sales, credits           []*txn // what was sold or bought on account, and payments and credits against it
	customerType             *listEntry
}

// fullName is the name with those of the parents before it, as FullyQualifiedName shows it.
func (p *party) fullName() string {
	if p.parent != nil {
		return p.parent.fullName() + ":" + p.shownName()
	}
	return p.shownName()
}

func (p *party) shownName() string { return shown(p.display, p.inactive) }

func shown(name string, inactive bool) string {
	if inactive {
		return name + " (deleted)"
	}
	return name
}

type address struct {
	id                        string
	line1, city, region, code string
	country                   string
}

// item is a product or a service.
type item struct {
	record
	name, sku, kind string // kind is Service, NonInventory or Inventory
	description     string
	price, cost     cents
	income, expense *account
	asset           *account
	taxable         bool
	stock           milli // on hand at the start
	startDate       day
}

// txnKind says what a transaction is; its text is the entity's name.
type txnKind string

const (
	kindInvoice        txnKind = "Invoice"
	kindEstimate       txnKind = "Estimate"
	kindSalesReceipt   txnKind = "SalesReceipt"
	kindCreditMemo     txnKind = "CreditMemo"
	kindRefundReceipt  txnKind = "RefundReceipt"
	kindPayment        txnKind = "Payment"
	kindBill           txnKind = "Bill"
	kindBillPayment    txnKind = "BillPayment"
	kindVendorCredit   txnKind = "VendorCredit"
	kindPurchaseOrder  txnKind = "PurchaseOrder"
	kindPurchase       txnKind = "Purchase"
	kindJournalEntry   txnKind = "JournalEntry"
	kindDeposit        txnKind = "Deposit"
	kindTransfer       txnKind = "Transfer"
	kindCreditCardPaid txnKind = "CreditCardPaymentTxn"
)

// title is the kind as reports show it.
func (t *txn) title() string {
	switch t.kind {
	case kindSalesReceipt:
		return "Sales Receipt"
	case kindCreditMemo:
		return "Credit Memo"
	case kindRefundReceipt:
		return "Refund"
	case kindBillPayment:
		if t.account.typ == typeCreditCard {
			return "Bill Payment (Credit Card)"
		}
		return "Bill Payment (Check)"
	case kindVendorCredit:
		return "Vendor Credit"
	case kindPurchaseOrder:
		return "Purchase Order"
	case kindPurchase:
		switch {
		case t.account.typ == typeCreditCard && t.credit:
			return "Credit Card Credit"
		case t.account.typ == typeCreditCard:
			return "Credit Card Expense"
		case t.payType == "Check":
			return "Check"
		}
		return "Expense"
	case kindJournalEntry:
		return "Journal Entry"
	case kindCreditCardPaid:
		return "Credit Card Payment"
	}
	return string(t.kind)
}

// txn is a transaction of any kind. Amounts are positive; what they mean follows from the kind.
type txn struct {
	record
	kind        txnKind
	number      string
	date, due   day
	party       *party
	lines       []line
	discount    cents // of the whole sale
	discountPct int   // in percent, 0 for a fixed discount
	tax         cents
	taxRate     *listEntry
	taxPercent  cents // in hundredths of a percent
	taxBase     cents
	total       cents
	account     *account // bank or card of payments, purchases, deposits; source of transfers
	target      *account // destination of a transfer or a card payment
	department  *listEntry
	term        *listEntry
	method      *listEntry
	payType     string
	status      string
	note, memo  string
	reference   string
	crew        string // custom field
	voided      bool
	credit      bool // a purchase that is a refund
	sent        bool

	// Settlement. A payment, a bill payment or a settling credit lists what it pays; what is paid lists by whom.
	applies   []application
	appliedBy []application
	deposit   *txn // the deposit that took a payment or a sales receipt to the bank
}

// application is an amount of one transaction that settles another.
type application struct {
	other  *txn
	amount cents
}

type lineKind uint8

const (
	lineItem lineKind = iota
	lineAccount
	lineText
	lineJournal
	lineLinked
)

// line is a line of a transaction.
type line struct {
	kind    lineKind
	item    *item
	account *account
	party   *party
	class   *listEntry
	text    string
	qty     milli
	price   cents
	amount  cents
	taxable bool
	debit   bool // of a journal line
	linked  *txn // of a deposit line
}

// open is what is still owed on an invoice or a bill, or left of a credit, after all settlements.
func (t *txn) open() cents { return t.openOn(1<<31 - 1) }

// openOn returns what was open at the end of a day.
func (t *txn) openOn(d day) cents {
	if t.deleted || t.date > d {
		return 0
	}
	left := t.total
	for _, a := range t.appliedBy {
		if a.other.date <= d {
			left -= a.amount
		}
	}
	return left
}

// applied is the sum of what a payment settles.
func (t *txn) applied() cents {
	var sum cents
	for _, a := range t.applies {
		switch a.other.kind {
		case kindCreditMemo, kindVendorCredit:
			sum -= a.amount
		default:
			sum += a.amount
		}
	}
	return sum
}

// unapplied is the part of a payment that settles nothing yet.
func (t *txn) unapplied() cents { return t.total - t.applied() }

// lineTotal is the sum of the lines before discount and tax.
func (t *txn) lineTotal() cents {
	var sum cents
	for i := range t.lines {
		sum += t.lines[i].amount
	}
	return sum
}
