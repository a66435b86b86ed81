package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "tax_agencies", Title: "Tax agencies", Group: "Taxes", Object: "TaxAgency",
	Summary: "The offices to which the company pays sales tax.",
	Dates:   changeDates(),
	Columns: join([]export.Column{
		id("Tax agency"),
		{Path: "DisplayName", Title: "Name", Queryable: true},
		{Path: "TaxTrackedOnSales", Title: "Tracked on sales", Kind: table.Bool},
		{Path: "TaxTrackedOnPurchases", Title: "Tracked on purchases", Kind: table.Bool},
		{Path: "LastFileDate", Title: "Last filed", Kind: table.Date, Off: true},
		{Path: "TaxRegistrationNumber", Title: "Registration number", Off: true, Sensitive: true},
	}, stamps()),
})
