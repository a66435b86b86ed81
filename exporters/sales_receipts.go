package exporters

import (
	"ledgersheet/internal/export"
)

var _ = register(export.Entity{
	ID: "sales_receipts", Title: "Sales receipts", Group: "Sales", Object: "SalesReceipt", Lines: true,
	Summary: "Sales that were paid at once, with how and to which account; one row each, or one per line.",
	Dates:   txnDates(),
	AppPath: "salesreceipt?txnId=",
	Figures: []export.Figure{totalFigure()},
	Columns: join(heading("Sales receipt"), customer(), []export.Column{
		status(settledStatus("Paid"), "Paid or Voided."),
	}, received(), salesLines(), saleTotals(), money(), []export.Column{homeTotal("TotalAmt")}, saleDetails("Receipt"),
		stamps()),
})
