package export

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/table"
)

// MostAccepted limits the differences that an exporter remembers as known; the oldest go first.
const MostAccepted = 200

// AcceptedDifference is a difference between QuickBooks' own figures that a person knows about. It covers one figure in
// one place by one amount: another amount asks again.
type AcceptedDifference struct {
	What   string    `json:"what"`
	Place  string    `json:"place,omitempty"`
	Amount string    `json:"amount"` // what QuickBooks says less what its parts add up to, as Check.Difference spells it
	Who    string    `json:"who"`    // the person's e-mail, or "api"
	At     time.Time `json:"at"`
}

// Covers reports whether the check found this very difference, however the amounts are spelt.
func (a AcceptedDifference) Covers(c Check) bool {
	if c.Holds || a.What != c.What || a.Place != c.Place {
		return false
	}
	amount, err := table.ParseDecimal(a.Amount)
	found, ok := c.difference()
	return err == nil && ok && amount.Equal(found)
}

// Difference returns what QuickBooks says less what its parts add up to, as exact decimal text; empty if either is not
// a number.
func (c Check) Difference() string {
	if d, ok := c.difference(); ok {
		return table.DecimalText(d)
	}
	return ""
}

func (c Check) difference() (d decimal.Decimal, ok bool) {
	says, err := table.ParseDecimal(c.Says)
	if err != nil {
		return d, false
	}
	addsUpTo, err := table.ParseDecimal(c.AddsUpTo)
	return says.Sub(addsUpTo), err == nil
}

// Open reports whether the check found a difference that nobody has accepted.
func (c Check) Open() bool { return !c.Holds && !c.Accepted }

// MarkAccepted returns the checks with those marked whose difference people have accepted for the exporter.
func (e Exporter) MarkAccepted(checks []Check) []Check {
	checks = slices.Clone(checks)
	for i, c := range checks {
		if slices.ContainsFunc(e.Accepted, func(a AcceptedDifference) bool { return a.Covers(c) }) {
			checks[i].Accepted = true
		}
	}
	return checks
}
