package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "purchases", Title: "Expenses", Group: "Purchases", Object: "Purchase", Lines: true,
	Summary: "Checks, card charges and cash expenses with payee and account; one row each, or one per line.",
	Dates:   txnDates(),
	Figures: []export.Figure{figure("spent", "Spent", "NetAmount")},
	Columns: join(heading("Expense"), []export.Column{
		{Path: "EntityRef.name", Title: "Payee"},
		{Path: "EntityRef.type", Title: "Payee kind", Off: true, Help: "Vendor, Customer or Employee."},
		{Path: "EntityRef.value", Title: "Payee ID", Off: true},
		{Path: "EntityRef.CompanyName", Title: "Payee company", Off: true,
			Help: "From the list of vendors or customers."},
		{Path: "PaymentType", Title: "Payment type", Queryable: true, Help: "Cash, Check or CreditCard."},
	}, account("AccountRef", "Paid from", false), []export.Column{
		{Path: "PaymentMethodRef.name", Title: "Payment method", Off: true,
			Help: "From the list of payment methods where the record has only its id."},
		{Path: "PaymentRefNum", Title: "Reference number", Off: true},
		status(settledStatus("Paid"), "Paid or Voided."),
		{Path: "Credit", Title: "Is a refund", Kind: table.Bool, Off: true},
		{Path: "PrintStatus", Title: "Print status", Off: true},
	}, expenseLines(), []export.Column{
		total(),
		{Path: "NetAmount", Title: "Net amount", Kind: table.Money, Off: true, From: netSpent,
			Help: "The total, negative for refunds."},
	}, money(), []export.Column{homeTotal("TotalAmt")}, purchaseDetails(), stamps(), []export.Column{
		{Path: "Link", Title: "Link", Off: true, From: purchaseLink, Help: "Opens the record in QuickBooks."},
	}),
})
