package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "deposits", Title: "Deposits", Group: "Banking", Object: "Deposit", Lines: true,
	Summary: "Money taken to the bank and what it consists of; one row each, or one per line.",
	Dates:   txnDates(),
	AppPath: "deposit?txnId=",
	Figures: []export.Figure{totalFigure()},
	Columns: join([]export.Column{
		id("Deposit"),
		{Path: "DocNumber", Title: "Number", Off: true, Queryable: true},
		txnDate(),
	}, account("DepositToAccountRef", "Deposited to", false), []export.Column{
		status(settledStatus("Posted"), "Posted or Voided."),
		{Path: "Line.Id", Title: "Line ID", Key: true},
	}, account("Line.DepositLineDetail.AccountRef", "From account", false), []export.Column{
		{Path: "Line.DepositLineDetail.Entity.name", Title: "Received from"},
		{Path: "Line.DepositLineDetail.PaymentMethodRef.name", Title: "Payment method",
			Help: "From the list of payment methods where the record has only its id."},
		{Path: "Line.DepositLineDetail.CheckNum", Title: "Check number", Off: true},
		{Path: "Line.LinkedTxn.TxnType", Title: "Deposited transaction"},
		{Path: "Line.LinkedTxn.TxnId", Title: "Deposited transaction ID", Key: true},
		{Path: "Line.Description", Title: "Description"},
		{Path: "Line.Amount", Title: "Line amount", Kind: table.Money},
		total(),
		{Path: "CashBack.Amount", Title: "Cash back", Kind: table.Money, Off: true},
	}, account("CashBack.AccountRef", "Cash back account", true), []export.Column{
		{Path: "CashBack.Memo", Title: "Cash back memo", Off: true},
	}, money(), []export.Column{homeTotal("TotalAmt")}, []export.Column{
		{Path: "DepartmentRef.name", Title: "Location", Off: true},
		{Path: "PrivateNote", Title: "Memo"},
	}, stamps()),
})
