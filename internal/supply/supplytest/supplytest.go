// Package supplytest proves that a supply of records keeps the contract of package supply: that a reading without an
// error is complete, whatever happens to the books or to the connection meanwhile, and that a feed tells every change.
// It knows only the books as a person changes them and what the supply says of them.
package supplytest

import (
	"context"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/supply"
)

// Books are the books of one company as somebody works with them. A change is done when its method returns: what the
// supply is asked from then on has to show it. Methods may be called while a reading is under way.
type Books interface {
	// IDs returns the ids of an object's records, inactive ones too. No invoice or vendor is inactive at first.
	IDs(object string) []string
	// Put adds the record, or replaces the one with its Id. It is only called for invoices, vendors and exchange rates.
	Put(object string, json []byte) error
	// Activate makes a vendor active or inactive.
	Activate(object, id string, active bool) error
	// Delete deletes an invoice.
	Delete(object, id string) error
}

// Place is a supply of its own and the books behind it. The company has at least one invoice, vendor, tax agency and
// recurring transaction.
type Place struct {
	Supply  supply.Supply
	Feed    supply.Feed // nil when there is none to prove
	Books   Books
	Company export.Company
	// Other is a company whose books nobody touches; without a realm there is none.
	Other export.Company
	// Page is how many records the supply reads at a time, 10 at least. Most goes wrong where pages meet.
	Page int
	// Break makes everything that the supply asks for fail in the way once n requests were answered, until mend is
	// called. Nil says that nothing on the supply's way can fail.
	Break func(n int, way Way) (mend func())
	// Between has do called once, between two requests of the supply: when n more were answered and before the next is.
	// forget takes that back. Nil says that the supply asks for nothing while it reads.
	Between func(n int, do func()) (forget func())
	// Pass lets the books' clock go on.
	Pass func(d time.Duration)
}

// Way is how requests fail.
type Way string

// The ways.
const (
	Refused Way = "refused" // the answer is an error
	Cut     Way = "cut"     // the answer breaks off
	Garbled Way = "garbled" // the answer makes no sense
	Short   Way = "short"   // fewer records come than there are, and nothing says so
)

// loud are the ways that anybody notices.
func loud() []Way { return []Way{Refused, Cut, Garbled} }

// check is one promise. Its error says how it was broken, so that tests of this suite can see it fail.
type check struct {
	name string
	run  func(context.Context, Place) error
}

func checks() []check {
	return append([]check{
		{"counts what it gives", counts},
		{"complete over all pages", sizes},
		{"the order stays", order},
		{"records as they are", contents},
		{"inactive records", inactive},
		{"narrowed", narrowed},
		{"limited", limited},
		{"as of a day", dated},
		{"objects without a count", singles},
		{"objects without inactive records", activeless},
		{"recurring transactions", recurring},
		{"lookup", lookup},
		{"too many looked up", lookupTooMany},
		{"one company alone", alone},
		{"changed while it is read", disturbed},
		{"changed twice while it is read", conspired},
		{"switched while it is read", switched},
		{"broken on the way", broken},
		{"short answers", short},
		{"stopped early", stopped},
		{"cancelled", cancelled},
	}, feedChecks()...)
}

// Run proves a supply. Each call of open makes a place of its own.
func Run(t *testing.T, open func(t *testing.T) Place) {
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if err := c.run(t.Context(), open(t)); err != nil {
				t.Error(err)
			}
		})
	}
}
