package exporters

import (
	"strings"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// voided reports whether a transaction was voided: QuickBooks has no field for it, but sets its amounts to zero and
// begins its memo with "Voided".
func voided(v export.View) bool {
	total, _ := v.Record.Decimal("TotalAmt")
	return total.IsZero() && strings.HasPrefix(v.Record.Text("PrivateNote"), "Voided")
}

// paymentStatus is Open, Partly paid, Paid, Overdue or Voided, from what is left to pay and when it is due.
func paymentStatus(v export.View) table.Cell {
	total, _ := v.Record.Decimal("TotalAmt")
	balance, _ := v.Record.Decimal("Balance")
	switch {
	case voided(v):
		return table.TextOf("Voided")
	case balance.IsZero():
		return table.TextOf("Paid")
	case daysOverdue(v) > 0:
		return table.TextOf("Overdue")
	case balance.LessThan(total):
		return table.TextOf("Partly paid")
	}
	return table.TextOf("Open")
}

// daysOverdue is how many days ago the due date was, at least 0.
func daysOverdue(v export.View) int {
	due, err := time.Parse(time.DateOnly, v.Record.Text("DueDate"))
	if err != nil || !due.Before(v.Today) {
		return 0
	}
	return int(v.Today.Sub(due).Hours() / 24)
}
