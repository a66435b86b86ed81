package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "invoices", Title: "Invoices", Group: "Sales", Object: "Invoice", Lines: true,
	Summary: "Every invoice with its customer, dates, total and what is still open; one row each, or one per line.",
	Dates:   txnDates("DueDate"),
	AppPath: "invoice?txnId=",
	Figures: []export.Figure{
		totalFigure(),
		figure("open", "Open", "Balance"),
		figure("overdue", "Overdue", "Balance", overdueOnly()),
	},
	Columns: join(heading("Invoice"), []export.Column{
		{Path: "DueDate", Title: "Due date", Kind: table.Date, Queryable: true},
	}, customer(), []export.Column{
		status(paymentStatus, "Open, Partly paid, Paid, Overdue or Voided."),
		overdue(),
	}, salesLines(), saleTotals(), []export.Column{
		{Path: "Balance", Title: "Open balance", Kind: table.Money, Queryable: true},
	}, money(), []export.Column{
		homeTotal("TotalAmt"), homeBalance(),
		{Path: "Deposit", Title: "Deposit", Kind: table.Money, Off: true},
	}, account("DepositToAccountRef", "Deposited to", true), terms(), []export.Column{
		{Path: "InvoiceLink", Title: "Payment page", Off: true,
			Help: "Where the customer can see and pay the invoice."},
		{Path: "EInvoiceStatus", Title: "E-invoice status", Off: true},
		{Path: "AllowOnlineCreditCardPayment", Title: "Card payment allowed", Kind: table.Bool, Off: true},
		{Path: "AllowOnlineACHPayment", Title: "Bank payment allowed", Kind: table.Bool, Off: true},
	}, saleDetails("Invoice"), stamps()),
})
