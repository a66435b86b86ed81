package exporters

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// inHomeCurrency computes an amount in the company's currency: the member home if QuickBooks gives it, or else the
// amount, times the exchange rate if it is in another currency.
func inHomeCurrency(home, amount string) func(export.View) table.Cell {
	return func(v export.View) table.Cell {
		if given, ok := v.Record.Decimal(home); ok {
			return table.MoneyOf(given)
		}
		d, ok := v.Record.Decimal(amount)
		if !ok {
			return table.Cell{}
		}
		currency, _ := v.Record.Ref("CurrencyRef")
		if currency == "" || currency == v.Company.HomeCurrency {
			return table.MoneyOf(d)
		}
		rate, ok := v.Record.Decimal("ExchangeRate")
		if !ok {
			return table.Cell{}
		}
		return table.MoneyOf(d.Mul(rate).Round(2))
	}
}

// addressBlock formats an address as on an envelope.
func addressBlock(member string) func(export.View) table.Cell {
	return func(v export.View) table.Cell {
		a := v.Record.Object(member)
		var lines []string
		for _, name := range []string{"Line1", "Line2", "Line3", "Line4", "Line5"} {
			lines = append(lines, a.Text(name))
		}
		place := joinNonEmpty(" ", a.Text("CountrySubDivisionCode"), a.Text("PostalCode"))
		lines = append(lines, joinNonEmpty(", ", a.Text("City"), place), a.Text("Country"))
		return table.TextOf(joinNonEmpty("\n", lines...))
	}
}

// joinNonEmpty joins the texts that are not empty.
func joinNonEmpty(separator string, texts ...string) string {
	var list []string
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			list = append(list, t)
		}
	}
	return strings.Join(list, separator)
}

// expenseDetail reads a member of a purchase line's detail, whichever kind of line it is. For a reference it returns
// the name.
func expenseDetail(member string) func(export.View) table.Cell {
	return func(v export.View) table.Cell {
		for _, detail := range []string{accountDetail, itemDetail} {
			d := v.Line.Object(detail)
			if value, name := d.Ref(member); name != "" {
				return table.TextOf(name)
			} else if value != "" {
				return table.TextOf(value)
			}
			if text := d.Text(member); text != "" {
				return table.TextOf(text)
			}
		}
		return table.Cell{}
	}
}

// markup computes the markup, in percent, at which a purchase line is billed to a customer.
func markup(v export.View) table.Cell {
	for _, detail := range []string{accountDetail, itemDetail} {
		if percent, ok := v.Line.Object(detail).Object("MarkupInfo").Decimal("Percent"); ok {
			return table.NumberOf(percent)
		}
	}
	return table.Cell{}
}

// appliedNumber returns the number of the document that a payment line pays. QuickBooks keeps it among named values.
// https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/payment
func appliedNumber(v export.View) table.Cell {
	for _, entry := range v.Line.Object("LineEx").List("any") {
		if pair := entry.Object("value"); pair.Text("Name") == "txnReferenceNumber" {
			return table.TextOf(pair.Text("Value"))
		}
	}
	return table.Cell{}
}

// posting returns a journal line's amount if it is on the given side.
func posting(side string) func(export.View) table.Cell {
	return func(v export.View) table.Cell {
		amount, ok := v.Line.Decimal("Amount")
		if !ok || v.Line.Object("JournalEntryLineDetail").Text("PostingType") != side {
			return table.Cell{}
		}
		return table.MoneyOf(amount)
	}
}

// journalTotal returns a journal entry's amount: its own total, or else the sum of its debits.
func journalTotal(v export.View) table.Cell {
	if given, ok := v.Record.Decimal("TotalAmt"); ok && !given.IsZero() {
		return table.MoneyOf(given)
	}
	return table.MoneyOf(debits(v.Record))
}

// journalHomeTotal returns journalTotal in the company's currency.
func journalHomeTotal(v export.View) table.Cell {
	v.Record = v.Record.With("TotalAmt", journalTotal(v).String())
	return inHomeCurrency("HomeTotalAmt", "TotalAmt")(v)
}

func debits(r record.Record) decimal.Decimal {
	var sum decimal.Decimal
	for _, line := range r.List("Line") {
		if line.Object("JournalEntryLineDetail").Text("PostingType") == "Debit" {
			amount, _ := line.Decimal("Amount")
			sum = sum.Add(amount)
		}
	}
	return sum
}

// netSpent returns a purchase's amount, negative for a refund.
func netSpent(v export.View) table.Cell {
	amount, ok := v.Record.Decimal("TotalAmt")
	if !ok {
		return table.Cell{}
	}
	if v.Record.Text("Credit") == "true" {
		amount = amount.Neg()
	}
	return table.MoneyOf(amount)
}

// purchaseLink returns the address of a purchase. QuickBooks has a page for each kind.
func purchaseLink(v export.View) table.Cell {
	page := "expense"
	switch {
	case v.Record.Text("PaymentType") == "Check":
		page = "check"
	case v.Record.Text("PaymentType") == "CreditCard" && v.Record.Text("Credit") == "true":
		page = "creditcardcredit"
	}
	return table.TextOf(v.Company.AppLink(page + "?txnId=" + v.Record.Text("Id")))
}

// hoursWorked returns the duration of a time activity in hours: as stated, or else from start to end, less the break.
func hoursWorked(v export.View) table.Cell {
	minutes, said := minutesOf(v.Record, "Hours", "Minutes")
	if !said {
		start, err := time.Parse(time.RFC3339, v.Record.Text("StartTime"))
		end, endErr := time.Parse(time.RFC3339, v.Record.Text("EndTime"))
		if err != nil || endErr != nil || end.Before(start) {
			return table.Cell{}
		}
		minutes = decimal.NewFromInt(int64(end.Sub(start).Minutes()))
	}
	pause, _ := minutesOf(v.Record, "BreakHours", "BreakMinutes")
	return table.NumberOf(minutes.Sub(pause).DivRound(decimal.NewFromInt(60), 4))
}

func minutesOf(r record.Record, hours, minutes string) (sum decimal.Decimal, said bool) {
	h, hasHours := r.Decimal(hours)
	m, hasMinutes := r.Decimal(minutes)
	return h.Mul(decimal.NewFromInt(60)).Add(m), hasHours || hasMinutes
}

// worker returns who did the work: an employee or a vendor.
func worker(v export.View) table.Cell {
	for _, member := range []string{"EmployeeRef", "VendorRef"} {
		if value, name := v.Record.Ref(member); name != "" {
			return table.TextOf(name)
		} else if value != "" {
			return table.TextOf(value)
		}
	}
	return table.Cell{}
}
