package exporters

import (
	"ledgersheet/internal/export"
)

var _ = register(export.Entity{
	ID: "bill_payments", Title: "Bill payments", Group: "Purchases", Object: "BillPayment", Lines: true,
	Summary: "What was paid to vendors, from which account, and for which bills; one row each, or one per paid bill.",
	Dates:   txnDates(),
	AppPath: "billpayment?txnId=",
	Figures: []export.Figure{totalFigure()},
	Columns: join(heading("Bill payment"), vendor(), []export.Column{
		status(settledStatus("Paid"), "Paid or Voided."),
		{Path: "PayType", Title: "Paid by", Queryable: true, Help: "Check or CreditCard."},
	}, account("CheckPayment.BankAccountRef", "Bank account", false), account("CreditCardPayment.CCAccountRef",
		"Card account", false), []export.Column{
		{Path: "CheckPayment.PrintStatus", Title: "Print status", Off: true},
	}, appliedLines(), []export.Column{total()}, money(), []export.Column{homeTotal("TotalAmt")},
		account("APAccountRef", "Payables account", true), notes(), stamps()),
})
