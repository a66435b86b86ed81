package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "bills", Title: "Bills", Group: "Purchases", Object: "Bill", Lines: true,
	Summary: "Every bill with its vendor, dates, total and what is still to be paid; one row each, or one per line.",
	Dates:   txnDates("DueDate"),
	AppPath: "bill?txnId=",
	Figures: []export.Figure{
		totalFigure(),
		figure("open", "Open", "Balance"),
		figure("overdue", "Overdue", "Balance", overdueOnly()),
	},
	Columns: join(heading("Bill"), []export.Column{
		{Path: "DueDate", Title: "Due date", Kind: table.Date, Queryable: true},
	}, vendor(), []export.Column{
		status(paymentStatus, "Open, Partly paid, Paid, Overdue or Voided."),
		overdue(),
	}, expenseLines(), []export.Column{
		total(),
		{Path: "Balance", Title: "Open balance", Kind: table.Money, Queryable: true},
	}, money(), []export.Column{homeTotal("TotalAmt"), homeBalance()}, terms(),
		account("APAccountRef", "Payables account", true),
		purchaseDetails(), address("VendorAddr", "Vendor"), stamps()),
})
