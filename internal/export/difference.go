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

// Covers reports whether the check found this very difference.
func (a AcceptedDifference) Covers(c Check) bool {
	return !c.Holds && a.What == c.What && a.Place == c.Place && a.Amount == c.Difference()
}

// Difference returns what QuickBooks says less what its parts add up to, as exact decimal text; empty if either is not
// a number.
func (c Check) Difference() string {
	says, err := decimal.NewFromString(c.Says)
	if err != nil {
		return ""
	}
	addsUpTo, err := decimal.NewFromString(c.AddsUpTo)
	if err != nil {
		return ""
	}
	return table.DecimalText(says.Sub(addsUpTo))
}

// Open reports whether the check found a difference that nobody has accepted.
func (c Check) Open() bool { return !c.Holds && !c.Accepted }

// Known returns the checks, those whose difference people have accepted for the exporter marked so.
func (e Exporter) Known(checks []Check) []Check {
	checks = slices.Clone(checks)
	for i, c := range checks {
		if slices.ContainsFunc(e.Accepted, func(a AcceptedDifference) bool { return a.Covers(c) }) {
			checks[i].Accepted = true
		}
	}
	return checks
}
