package mirror

import (
	"slices"
	"strings"

	"ledgersheet/internal/supply"
)

// keeping is how an object's records are kept current.
type keeping uint8

const (
	// keepLive means not at all: they are always read live.
	keepLive keeping = iota
	// keepFed asks change data capture.
	keepFed
	// keepQueried asks for the records changed lately and compares counts, which reveals deletions.
	keepQueried
	// keepWhole reads all records each time, once for all who want them.
	keepWhole
)

// object is what is known about one of QuickBooks' objects.
type object struct {
	keep keeping
	txn  bool // a transaction: it may settle others and moves balances
	list bool // others refer to its records by name
	// watch says that its changes are asked for although its records are not kept, because they show in others.
	watch bool
	// derived lists members that QuickBooks works out from transactions. They change without the record changing.
	derived []string
	// unknowable lists members that change for reasons that no request shows, such as payroll.
	unknowable []string
}

// The objects. Change data capture knows all of them but JournalCode, TaxAgency, TimeActivity, TaxCode and TaxRate.
// https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/change-data-capture
//
// TimeActivity has a LastUpdatedTime that queries can compare; the tax lists are short. A recurring transaction is
// wrapped in an object named for its type, and no source shows its changes. Company information and preferences are one
// record each, and exchange rates are those of a day. What is not here is read live.
func objectOf(name string) object {
	switch name {
	case "Invoice", "Estimate", "SalesReceipt", "CreditMemo", "RefundReceipt", "Payment", "Bill", "BillPayment",
		"VendorCredit", "PurchaseOrder", "Purchase", "JournalEntry", "Deposit", "Transfer", "InventoryAdjustment":
		return object{keep: keepFed, txn: true, watch: true}
	case "CreditCardPaymentTxn", "ReimburseCharge":
		return object{keep: keepFed, txn: true}
	case "Customer":
		return object{keep: keepFed, list: true, watch: true, derived: []string{"Balance", "BalanceWithJobs"}}
	case "Vendor":
		return object{keep: keepFed, list: true, watch: true, derived: []string{"Balance"}}
	case "Item":
		return object{keep: keepFed, list: true, watch: true, derived: []string{"QtyOnHand"}}
	case "Account":
		return object{keep: keepFed, list: true, watch: true,
			unknowable: []string{"CurrentBalance", "CurrentBalanceWithSubAccounts"}}
	case "Employee", "Class", "Department", "Term", "PaymentMethod":
		return object{keep: keepFed, list: true, watch: true}
	case "CustomerType", "CompanyCurrency", "Budget", "Attachable":
		return object{keep: keepFed, list: name == "CustomerType"}
	case "TimeActivity":
		return object{keep: keepQueried}
	case "TaxCode", "TaxRate":
		return object{keep: keepWhole, list: true}
	case "TaxAgency", "RecurringTransaction":
		return object{keep: keepWhole}
	}
	return object{}
}

// watched lists the objects whose changes are asked for although their records may not be kept.
func watched() []string {
	return []string{
		"Invoice", "Estimate", "SalesReceipt", "CreditMemo", "RefundReceipt", "Payment", "Bill", "BillPayment",
		"VendorCredit", "PurchaseOrder", "Purchase", "JournalEntry", "Deposit", "Transfer", "InventoryAdjustment",
		"Customer", "Vendor", "Item", "Account", "Employee", "Class", "Department", "Term", "PaymentMethod",
	}
}

// Volatile returns the members of an object's records that change although the records do not, because QuickBooks works
// them out from others.
func Volatile(name string) []string {
	o := objectOf(name)
	return slices.Concat(o.derived, o.unknowable)
}

// looksAt reports whether a reading looks at one of the members.
func looksAt(w supply.Want, members []string) bool {
	if len(members) == 0 {
		return false
	}
	wanted := func(m string) bool { return slices.Contains(w.Members, m) }
	return w.Members == nil || slices.ContainsFunc(members, wanted)
}

// refersTo reports whether a reference of that name may refer to a record of the list. A name that ends in that of
// another list, such as DepositToAccountRef, refers to that one only. ParentRef refers to a record of its own kind and
// is dealt with apart.
func refersTo(ref, list string) bool {
	if ref == parentRef {
		return false
	}
	if strings.HasSuffix(ref, list+"Ref") {
		return true
	}
	for _, other := range []string{
		"Customer", "Vendor", "Item", "Account", "Employee", "Class", "Department", "Term", "PaymentMethod",
		"CustomerType", "TaxCode", "TaxRate", "Currency",
	} {
		if strings.HasSuffix(ref, other+"Ref") {
			return false
		}
	}
	return true // EntityRef may be anybody
}

const parentRef = "ParentRef"

// mustReferTo reports whether a reference of that name refers to records of the list and of no other.
func mustReferTo(ref, list string) bool { return strings.HasSuffix(ref, list+"Ref") }
