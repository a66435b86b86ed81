package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "credit_memos", Title: "Credit memos", Group: "Sales", Object: "CreditMemo", Lines: true,
	Summary: "Credits given to customers and what is left of them; one row each, or one per line.",
	Dates:   txnDates(),
	AppPath: "creditmemo?txnId=",
	Figures: []export.Figure{totalFigure(), figure("open", "Not used yet", "Balance")},
	Columns: join(heading("Credit memo"), customer(), []export.Column{
		status(appliedStatus("Balance"), "Unapplied, Partly applied, Applied or Voided."),
	}, salesLines(), saleTotals(), []export.Column{
		{Path: "Balance", Title: "Open balance", Kind: table.Money, Queryable: true},
		{Path: "RemainingCredit", Title: "Remaining credit", Kind: table.Money, Off: true},
	}, money(), []export.Column{
		homeTotal("TotalAmt"), homeBalance(),
		{Path: "InvoiceRef.value", Title: "Invoice ID", Off: true},
	}, saleDetails("Credit memo"), stamps()),
})
