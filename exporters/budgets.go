package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "budgets", Title: "Budgets", Group: "Accounting", Object: "Budget", HasActive: true, Lines: true,
	LinesIn: "BudgetDetail",
	Summary: "The company's budgets; one row each, or one per account and period.",
	Dates:   changeDates(),
	Columns: join([]export.Column{
		id("Budget"),
		{Path: "Name", Title: "Name", Queryable: true},
		{Path: "StartDate", Title: "From", Kind: table.Date, Queryable: true},
		{Path: "EndDate", Title: "To", Kind: table.Date, Queryable: true},
		{Path: "BudgetType", Title: "Type", Queryable: true},
		{Path: "BudgetEntryType", Title: "Entered by", Help: "Monthly, Quarterly or Annually."},
		{Path: "Line.BudgetDate", Title: "Period", Kind: table.Date, Key: true, Help: "The first day of the period."},
		{Path: "Line.AccountRef.name", Title: "Account"},
		{Path: "Line.AccountRef.value", Title: "Account ID", Key: true, Off: true},
		{Path: "Line.AccountRef.AcctNum", Title: "Account number", Off: true, Help: "From the chart of accounts."},
		{Path: "Line.AccountRef.AccountType", Title: "Account type", Off: true, Help: "From the chart of accounts."},
		{Path: "Line.Amount", Title: "Amount", Kind: table.Money},
		{Path: "Line.ClassRef.name", Title: "Class", Off: true},
		{Path: "Line.ClassRef.value", Title: "Class ID", Key: true, Off: true},
		{Path: "Line.CustomerRef.name", Title: "Customer", Off: true},
		{Path: "Line.CustomerRef.value", Title: "Customer ID", Key: true, Off: true},
		{Path: "Line.DepartmentRef.name", Title: "Location", Off: true},
		{Path: "Line.DepartmentRef.value", Title: "Location ID", Key: true, Off: true},
		active(),
	}, stamps()),
})
