package exporters

import (
	"ledgersheet/internal/export"
)

var _ = register(export.Entity{
	ID: "refund_receipts", Title: "Refund receipts", Group: "Sales", Object: "RefundReceipt", Lines: true,
	Summary: "Money given back to customers, with how and from which account; one row each, or one per line.",
	Dates:   txnDates(),
	AppPath: "refundreceipt?txnId=",
	Figures: []export.Figure{totalFigure()},
	Columns: join(heading("Refund"), customer(), []export.Column{
		status(settledStatus("Paid"), "Paid or Voided."),
		{Path: "PaymentType", Title: "Payment type", Off: true},
	}, received(), salesLines(), saleTotals(), money(), []export.Column{homeTotal("TotalAmt")}, saleDetails("Refund"),
		stamps()),
})
