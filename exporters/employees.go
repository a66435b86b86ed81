package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "employees", Title: "Employees", Group: "Lists", Object: "Employee", HasActive: true,
	Summary: "Everyone who works for the company, with contact data and dates; what is sensitive must be chosen " +
		"by hand.",
	Dates:   changeDates(),
	AppPath: "employeedetail?nameId=",
	Columns: join([]export.Column{
		id("Employee"),
		{Path: "DisplayName", Title: "Name", Queryable: true},
	}, person(), []export.Column{
		{Path: "EmployeeNumber", Title: "Number", Off: true},
	}, contact(), []export.Column{
		{Path: "HiredDate", Title: "Hired", Kind: table.Date},
		{Path: "ReleasedDate", Title: "Released", Kind: table.Date, Off: true},
		{Path: "BillableTime", Title: "Time is billable", Kind: table.Bool, Off: true},
		{Path: "BillRate", Title: "Billing rate", Kind: table.Money, NotAdded: true, Off: true},
		{Path: "CostRate", Title: "Cost rate", Kind: table.Money, NotAdded: true, Off: true, Sensitive: true},
		{Path: "BirthDate", Title: "Birth date", Kind: table.Date, Off: true, Sensitive: true},
		{Path: "Gender", Title: "Gender", Off: true, Sensitive: true},
		{Path: "SSN", Title: "Social security number", Off: true, Sensitive: true,
			Help: "QuickBooks masks all but its end."},
		active(),
	}, sensitive(address("PrimaryAddr", "Home")), stamps()),
})
