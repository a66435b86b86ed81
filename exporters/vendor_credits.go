package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "vendor_credits", Title: "Vendor credits", Group: "Purchases", Object: "VendorCredit", Lines: true,
	Summary: "Credits from vendors and what is left of them; one row each, or one per line.",
	Dates:   txnDates(),
	AppPath: "vendorcredit?txnId=",
	Figures: []export.Figure{totalFigure(), figure("open", "Not used yet", "Balance")},
	Columns: join(heading("Vendor credit"), vendor(), []export.Column{
		status(appliedStatus("Balance"), "Unapplied, Partly applied, Applied or Voided."),
	}, expenseLines(), []export.Column{
		total(),
		{Path: "Balance", Title: "Open balance", Kind: table.Money, Queryable: true},
	}, money(), []export.Column{homeTotal("TotalAmt"), homeBalance()},
		account("APAccountRef", "Payables account", true),
		purchaseDetails(), stamps()),
})
