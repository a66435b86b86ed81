package exporters

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// status returns the column Status. help lists its values.
func status(from func(export.View) table.Cell, help string) export.Column {
	return export.Column{Path: "Status", Title: "Status", From: from, Help: help}
}

// overdue returns the column DaysOverdue.
func overdue() export.Column {
	return export.Column{
		Path: "DaysOverdue", Title: "Days overdue", Kind: table.Number, Off: true, From: daysUnpaid,
		Help: "Blank when nothing is open.",
	}
}

// isVoided reports whether a transaction was voided. QuickBooks has no field for that; it sets the amounts to zero and
// starts the memo with "Voided".
func isVoided(v export.View) bool {
	total, ok := v.Record.Decimal("TotalAmt")
	if !ok {
		total, _ = v.Record.Decimal("Amount")
	}
	return total.IsZero() && strings.HasPrefix(v.Record.Text("PrivateNote"), "Voided")
}

// paymentStatus returns Open, Partly paid, Paid, Overdue or Voided, from what is left to pay and when it is due.
func paymentStatus(v export.View) table.Cell {
	total, _ := v.Record.Decimal("TotalAmt")
	balance, _ := v.Record.Decimal("Balance")
	switch {
	case isVoided(v):
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

// settledStatus returns the status of documents that cannot be open: the text, or Voided.
func settledStatus(text string) func(export.View) table.Cell {
	return func(v export.View) table.Cell {
		if isVoided(v) {
			return table.TextOf("Voided")
		}
		return table.TextOf(text)
	}
}

// appliedStatus returns Applied, Partly applied, Unapplied or Voided, from what the member left says remains of a
// payment or credit. It is blank if QuickBooks does not say.
func appliedStatus(left string) func(export.View) table.Cell {
	return func(v export.View) table.Cell {
		total, _ := v.Record.Decimal("TotalAmt")
		rest, ok := v.Record.Decimal(left)
		switch {
		case isVoided(v):
			return table.TextOf("Voided")
		case !ok:
			return table.Cell{}
		case rest.IsZero():
			return table.TextOf("Applied")
		case rest.LessThan(total):
			return table.TextOf("Partly applied")
		}
		return table.TextOf("Unapplied")
	}
}

// estimateStatus returns QuickBooks' own status, or Expired for an estimate that still waits for an answer after its
// last day.
func estimateStatus(v export.View) table.Cell {
	own := v.Record.Text("TxnStatus")
	switch {
	case isVoided(v):
		return table.TextOf("Voided")
	case own != "" && own != "Pending":
		return table.TextOf(own)
	case daysPast(v, "ExpirationDate") > 0:
		return table.TextOf("Expired")
	}
	return table.TextOf("Pending")
}

// orderStatus returns Open, Closed or Voided.
func orderStatus(v export.View) table.Cell {
	if isVoided(v) {
		return table.TextOf("Voided")
	}
	return table.TextOf(v.Record.Text("POStatus"))
}

// chargeStatus returns Invoiced or Open.
func chargeStatus(v export.View) table.Cell {
	switch v.Record.Text("HasBeenInvoiced") {
	case "true":
		return table.TextOf("Invoiced")
	case "false":
		return table.TextOf("Open")
	}
	return table.Cell{}
}

// templateStatus returns Active or Paused.
func templateStatus(v export.View) table.Cell {
	if v.Record.Object("RecurringInfo").Text("Active") == "false" {
		return table.TextOf("Paused")
	}
	return table.TextOf("Active")
}

// daysUnpaid returns by how many days an open amount is overdue.
func daysUnpaid(v export.View) table.Cell {
	if balance, _ := v.Record.Decimal("Balance"); balance.IsZero() {
		return table.Cell{}
	}
	return table.NumberOf(decimal.NewFromInt(int64(daysOverdue(v))))
}

// daysOverdue returns how many days ago the due date was, at least 0.
func daysOverdue(v export.View) int { return daysPast(v, "DueDate") }

// daysPast returns how many days ago the member's date was, at least 0.
func daysPast(v export.View, member string) int {
	due, err := time.Parse(time.DateOnly, v.Record.Text(member))
	if err != nil || !due.Before(v.Today) {
		return 0
	}
	return int(v.Today.Sub(due).Hours() / 24)
}
