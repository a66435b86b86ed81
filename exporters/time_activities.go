package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "time_activities", Title: "Time activities", Group: "Time and costs", Object: "TimeActivity",
	Summary: "Hours that employees and vendors worked, for whom and at which rate.",
	Dates:   txnDates(),
	AppPath: "timeactivity?txnId=",
	Columns: join([]export.Column{
		id("Time activity"),
		txnDate(),
		{Path: "Worker", Title: "Who", From: worker, Help: "The employee or the vendor."},
		{Path: "NameOf", Title: "Kind of worker", Off: true, Help: "Employee or Vendor."},
		{Path: "EmployeeRef.value", Title: "Employee ID", Off: true},
		{Path: "VendorRef.value", Title: "Vendor ID", Off: true},
		{Path: "CustomerRef.name", Title: "Customer"},
		{Path: "CustomerRef.value", Title: "Customer ID", Off: true},
		{Path: "CustomerRef.FullyQualifiedName", Title: "Customer full name", Off: true,
			Help: "Parent and job, joined by a colon. From the list of customers."},
		{Path: "ItemRef.name", Title: "Service"},
		{Path: "ItemRef.value", Title: "Service ID", Off: true},
		{Path: "Worked", Title: "Hours worked", Kind: table.Number, From: hoursWorked,
			Help: "Hours and minutes less breaks, as a decimal."},
		{Path: "Hours", Title: "Hours", Kind: table.Number, Off: true},
		{Path: "Minutes", Title: "Minutes", Kind: table.Number, Off: true},
		{Path: "BreakHours", Title: "Break hours", Kind: table.Number, Off: true},
		{Path: "BreakMinutes", Title: "Break minutes", Kind: table.Number, Off: true},
		{Path: "StartTime", Title: "Start", Kind: table.DateTime, Off: true},
		{Path: "EndTime", Title: "End", Kind: table.DateTime, Off: true},
		{Path: "HourlyRate", Title: "Hourly rate", Kind: table.Money, NotAdded: true},
		{Path: "CostRate", Title: "Cost rate", Kind: table.Money, NotAdded: true, Off: true, Sensitive: true},
		{Path: "BillableStatus", Title: "Billable", Help: "Billable, NotBillable or HasBeenBilled."},
		{Path: "Taxable", Title: "Taxable", Kind: table.Bool, Off: true},
		{Path: "ClassRef.name", Title: "Class", Off: true},
		{Path: "DepartmentRef.name", Title: "Location", Off: true},
		{Path: "Description", Title: "Description"},
	}, stamps()),
})
