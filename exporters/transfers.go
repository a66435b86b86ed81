package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "transfers", Title: "Transfers", Group: "Banking", Object: "Transfer",
	Summary: "Money moved between the company's own accounts.",
	Dates:   txnDates(),
	AppPath: "transfer?txnId=",
	Figures: []export.Figure{figure("total", "Total", "Amount")},
	Columns: join([]export.Column{id("Transfer"), txnDate()},
		account("FromAccountRef", "From account", false), account("ToAccountRef", "To account", false), []export.Column{
			{Path: "Amount", Title: "Amount", Kind: table.Money, Queryable: true},
		}, money(), []export.Column{
			homeTotal("Amount"),
			status(settledStatus("Posted"), "Posted or Voided."),
			{Path: "PrivateNote", Title: "Memo"},
			{Path: "DepartmentRef.name", Title: "Location", Off: true},
		}, stamps()),
})
