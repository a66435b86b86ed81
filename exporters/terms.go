package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "terms", Title: "Terms", Group: "Lists", Object: "Term", HasActive: true,
	Summary: "The terms of payment, with days and discounts.",
	Dates:   changeDates(),
	Columns: join([]export.Column{
		id("Term"),
		{Path: "Name", Title: "Name", Queryable: true},
		{Path: "Type", Title: "Type", Queryable: true,
			Help: "STANDARD counts days, DATE_DRIVEN names a day of the month."},
		{Path: "DueDays", Title: "Days to pay", Kind: table.Number, Queryable: true},
		{Path: "DiscountDays", Title: "Days for discount", Kind: table.Number},
		{Path: "DiscountPercent", Title: "Discount percent", Kind: table.Number, Off: true},
		{Path: "DayOfMonthDue", Title: "Due on day of month", Kind: table.Number, Off: true},
		{Path: "DueNextMonthDays", Title: "Due next month within days", Kind: table.Number, Off: true},
		active(),
	}, stamps()),
})
