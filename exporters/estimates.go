package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "estimates", Title: "Estimates", Group: "Sales", Object: "Estimate", Lines: true,
	Summary: "Offers to customers, with their totals and whether they were accepted; one row each, or one per line.",
	Dates:   txnDates("ExpirationDate"),
	AppPath: "estimate?txnId=",
	Figures: []export.Figure{totalFigure(), figure("pending", "Pending", "TotalAmt", statusIs("Pending"))},
	Columns: join(heading("Estimate"), []export.Column{
		{Path: "ExpirationDate", Title: "Valid until", Kind: table.Date, Queryable: true},
	}, customer(), []export.Column{
		status(estimateStatus, "Pending, Expired, Accepted, Closed, Rejected, Converted or Voided."),
		{Path: "TxnStatus", Title: "Status in QuickBooks", Off: true, Queryable: true},
		{Path: "AcceptedBy", Title: "Accepted by", Off: true},
		{Path: "AcceptedDate", Title: "Accepted on", Kind: table.Date, Off: true},
	}, salesLines(), saleTotals(), money(), []export.Column{homeTotal("TotalAmt")}, saleDetails("Estimate"), stamps()),
})
