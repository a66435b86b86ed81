package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "tax_rates", Title: "Tax rates", Group: "Taxes", Object: "TaxRate", HasActive: true,
	Summary: "The sales tax rates in percent and the agencies to which they are due.",
	Dates:   changeDates(),
	Columns: join([]export.Column{
		id("Tax rate"),
		{Path: "Name", Title: "Name", Queryable: true},
		{Path: "Description", Title: "Description", Queryable: true},
		{Path: "RateValue", Title: "Percent", Kind: table.Number, Queryable: true},
		{Path: "AgencyRef.name", Title: "Agency", Help: "From the list of tax agencies."},
		{Path: "AgencyRef.value", Title: "Agency ID", Off: true},
		{Path: "DisplayType", Title: "Display type", Off: true},
		{Path: "SpecialTaxType", Title: "Special type", Off: true},
		{Path: "EffectiveTaxRate.RateValue", Title: "Percents over time", Off: true},
		{Path: "EffectiveTaxRate.EffectiveDate", Title: "Percents since", Off: true},
		active(),
	}, stamps()),
})
