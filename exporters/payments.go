package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "payments", Title: "Payments received", Group: "Sales", Object: "Payment", Lines: true,
	Summary: "What customers paid, how much of it is applied, and to what; one row each, or one per paid document.",
	Dates:   txnDates(),
	AppPath: "recvpayment?txnId=",
	Figures: []export.Figure{totalFigure(), figure("unapplied", "Unapplied", "UnappliedAmt")},
	Columns: join([]export.Column{id("Payment"), txnDate()}, customer(), []export.Column{
		status(appliedStatus("UnappliedAmt"), "Unapplied, Partly applied, Applied or Voided."),
		{Path: "PaymentMethodRef.name", Title: "Payment method",
			Help: "From the list of payment methods where the record has only its id."},
		{Path: "PaymentRefNum", Title: "Reference number", Queryable: true},
	}, account("DepositToAccountRef", "Deposited to", false), account("ARAccountRef", "Receivables account", true),
		appliedLines(), []export.Column{
			total(),
			{Path: "UnappliedAmt", Title: "Unapplied", Kind: table.Money},
		}, money(), []export.Column{homeTotal("TotalAmt")}, notes(), stamps()),
})
