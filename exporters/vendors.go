package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "vendors", Title: "Vendors", Group: "Purchases", Object: "Vendor", HasActive: true,
	Summary: "Everyone the company buys from, with what is owed to them.",
	Dates:   []string{"MetaData.LastUpdatedTime", "MetaData.CreateTime"},
	AppPath: "vendordetail?nameId=",
	Columns: join([]export.Column{
		{Path: "Id", Title: "Vendor ID", Key: true, Queryable: true},
		{Path: "DisplayName", Title: "Name", Queryable: true},
		{Path: "CompanyName", Title: "Company name"},
	}, person(), contact(), []export.Column{
		{Path: "Balance", Title: "Open balance", Kind: table.Money, Queryable: true},
		{Path: "CurrencyRef.value", Title: "Currency"},
		{Path: "TermRef.name", Title: "Terms", Off: true},
		{Path: "AcctNum", Title: "Account number", Help: "The company's number with this vendor."},
		{Path: "TaxIdentifier", Title: "Tax ID", Off: true, Help: "QuickBooks masks all but its end."},
		{Path: "Vendor1099", Title: "1099", Kind: table.Bool, Off: true},
		{Path: "BillRate", Title: "Billing rate", Kind: table.Money, Off: true},
		{Path: "CostRate", Title: "Cost rate", Kind: table.Money, Off: true},
		{Path: "PrintOnCheckName", Title: "Name on checks", Off: true},
		{Path: "Active", Title: "Active", Kind: table.Bool, Queryable: true},
	}, address("BillAddr", "Address"), stamps()),
})
