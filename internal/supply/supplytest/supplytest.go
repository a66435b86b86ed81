// Package supplytest proves that a supply of records keeps the contract of package supply: that a reading without an
// error is complete, whatever happens to the books or the connection meanwhile, and that a feed tells every change. It
// knows only the books, which it changes as a person would, and what the supply says about them.
package supplytest

import (
	"context"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/supply"
)

// Books are the books of one company as somebody works with them. A change is complete when its method returns: any
// later request to the supply must show it. Methods may be called while a reading is under way.
type Books interface {
	// IDs returns the ids of an object's records, including inactive ones. No invoice or vendor is inactive at first.
	IDs(object string) []string
	// Put adds the record or replaces the one with the same Id. It is called only for invoices, vendors and exchange
	// rates.
	Put(object string, json []byte) error
	// Activate makes a vendor active or inactive.
	Activate(object, id string, active bool) error
	// Delete deletes an invoice.
	Delete(object, id string) error
}

// Place is a supply and the books behind it. The company has at least one invoice, vendor, tax agency and recurring
// transaction.
type Place struct {
	Supply  supply.Supply
	Feed    supply.Feed // nil if there is none to prove
	Books   Books
	Company export.Company
	// Other is a company whose books nobody touches. There is none if it has no realm.
	Other export.Company
	// Page is the number of records that the supply reads at a time, at least 10. Most faults occur at page boundaries.
	Page int
	// Break makes all requests of the supply fail in the given way after n answers, until mend is called. Nil means
	// that requests cannot fail.
	Break func(n int, way Way) (mend func())
	// Between arranges for do to be called once between two requests of the supply, after n more answers and before the
	// next one. forget cancels that. Nil means that the supply makes no requests while it reads.
	Between func(n int, do func()) (forget func())
	// Pass advances the books' clock.
	Pass func(d time.Duration)
}

// Way is how requests fail.
type Way string

// The ways.
const (
	Refused Way = "refused" // the answer is an error
	Cut     Way = "cut"     // the answer is cut off
	Garbled Way = "garbled" // the answer makes no sense
	Short   Way = "short"   // the answer silently lacks records
)

// loud returns the ways that are noticed at once.
func loud() []Way { return []Way{Refused, Cut, Garbled} }

// check is one promise. Its error says how the promise was broken, so that the suite's own tests can see it fail.
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

// Run proves a supply. Each call of open returns a new place.
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
