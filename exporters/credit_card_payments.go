package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "credit_card_payments", Title: "Credit card payments", Group: "Banking", Object: "CreditCardPaymentTxn",
	Summary: "What was paid from a bank account to the company's credit cards.",
	Dates:   txnDates(),
	Figures: []export.Figure{figure("total", "Total", "Amount")},
	Columns: join([]export.Column{id("Card payment"), txnDate()},
		account("BankAccountRef", "Bank account", false), account("CreditCardAccountRef", "Card account", false),
		[]export.Column{
			{Path: "Amount", Title: "Amount", Kind: table.Money, Queryable: true},
			{Path: "CheckNum", Title: "Check number", Off: true},
		}, money(), []export.Column{
			homeTotal("Amount"),
			status(settledStatus("Posted"), "Posted or Voided."),
			{Path: "VendorRef.name", Title: "Vendor", Off: true},
			{Path: "VendorRef.value", Title: "Vendor ID", Off: true},
			{Path: "Memo", Title: "Card memo", Off: true},
			{Path: "PrivateNote", Title: "Memo", Off: true},
		}, stamps()),
})
