package exporters

import (
	"ledgersheet/internal/export"
)

var _ = register(export.Entity{
	ID: "customer_types", Title: "Customer types", Group: "Lists", Object: "CustomerType", HasActive: true,
	Summary: "The kinds into which the company sorts its customers.",
	Dates:   changeDates(),
	Columns: join([]export.Column{
		id("Customer type"),
		{Path: "Name", Title: "Name", Queryable: true},
		active(),
	}, stamps()),
})
