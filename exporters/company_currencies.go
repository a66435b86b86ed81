package exporters

import (
	"ledgersheet/internal/export"
)

var _ = register(export.Entity{
	ID: "company_currencies", Title: "Currencies", Group: "Lists", Object: "CompanyCurrency", HasActive: true,
	Summary: "The currencies that a company with several uses beside its own.",
	Dates:   changeDates(),
	Columns: join([]export.Column{
		id("Currency"),
		{Path: "Code", Title: "Code", Queryable: true},
		{Path: "Name", Title: "Name", Queryable: true},
		active(),
	}, stamps()),
})
