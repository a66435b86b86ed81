package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "tax_codes", Title: "Tax codes", Group: "Taxes", Object: "TaxCode", HasActive: true,
	Summary: "The sales tax codes and the rates of which they consist.",
	Dates:   changeDates(),
	Columns: join([]export.Column{
		id("Tax code"),
		{Path: "Name", Title: "Name", Queryable: true},
		{Path: "Description", Title: "Description", Queryable: true},
		{Path: "Taxable", Title: "Taxable", Kind: table.Bool},
		{Path: "TaxGroup", Title: "Has several rates", Kind: table.Bool},
		{Path: "SalesTaxRateList.TaxRateDetail.TaxRateRef.name", Title: "Rates on sales",
			Help: "From the list of tax rates where the record has only their ids."},
		{Path: "SalesTaxRateList.TaxRateDetail.TaxRateRef.value", Title: "Rate IDs on sales", Off: true},
		{Path: "PurchaseTaxRateList.TaxRateDetail.TaxRateRef.name", Title: "Rates on purchases", Off: true,
			Help: "From the list of tax rates where the record has only their ids."},
		{Path: "PurchaseTaxRateList.TaxRateDetail.TaxRateRef.value", Title: "Rate IDs on purchases", Off: true},
		{Path: "Hidden", Title: "Hidden", Kind: table.Bool, Off: true},
		active(),
	}, stamps()),
})
