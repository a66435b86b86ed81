package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "reimburse_charges", Title: "Billable expense charges", Group: "Time and costs", Object: "ReimburseCharge",
	Lines:   true,
	Summary: "Costs that customers are to pay back, and whether they were invoiced.",
	Dates:   txnDates(),
	Figures: []export.Figure{figure("total", "Total", "Amount")},
	Columns: join([]export.Column{id("Charge"), txnDate()}, customer(), []export.Column{
		status(chargeStatus, "Open or Invoiced."),
		{Path: "HasBeenInvoiced", Title: "Is invoiced", Kind: table.Bool, Off: true},
		{Path: "Line.Id", Title: "Line ID", Key: true},
		{Path: "Line.Description", Title: "Description", Off: true},
		{Path: "Line.ReimburseLineDetail.ItemRef.name", Title: "Product or service", Off: true},
	}, account("Line.ReimburseLineDetail.ItemAccountRef", "Account", true), []export.Column{
		{Path: "Line.Amount", Title: "Line amount", Kind: table.Money},
		{Path: "Amount", Title: "Amount", Kind: table.Money},
	}, money(), []export.Column{homeTotal("Amount")}, notes(), stamps()),
})
