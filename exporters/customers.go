package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "customers", Title: "Customers", Group: "Sales", Object: "Customer", HasActive: true,
	Summary: "Everyone the company sells to, with jobs below their parents and what they owe.",
	Dates:   []string{"MetaData.LastUpdatedTime", "MetaData.CreateTime"},
	AppPath: "customerdetail?nameId=",
	Columns: join([]export.Column{
		{Path: "Id", Title: "Customer ID", Key: true, Queryable: true},
		{Path: "DisplayName", Title: "Name", Queryable: true},
		{Path: "FullyQualifiedName", Title: "Full name", Help: "Parent and job, joined by a colon."},
		{Path: "CompanyName", Title: "Company name"},
	}, person(), contact(), []export.Column{
		{Path: "Balance", Title: "Open balance", Kind: table.Money, Queryable: true},
		{Path: "BalanceWithJobs", Title: "Open balance with jobs", Kind: table.Money, Off: true},
		{Path: "CurrencyRef.value", Title: "Currency"},
		{Path: "SalesTermRef.name", Title: "Terms", Off: true},
		{Path: "PaymentMethodRef.name", Title: "Payment method", Off: true},
		{Path: "CustomerTypeRef.name", Title: "Customer type", Off: true},
		{Path: "ParentRef.value", Title: "Parent ID", Off: true},
		{Path: "Level", Title: "Level", Kind: table.Number, Off: true},
		{Path: "Job", Title: "Is a job", Kind: table.Bool, Off: true},
		{Path: "BillWithParent", Title: "Billed with parent", Kind: table.Bool, Off: true},
		{Path: "Taxable", Title: "Taxable", Kind: table.Bool, Off: true},
		{Path: "ResaleNum", Title: "Resale number", Off: true},
		{Path: "Notes", Title: "Notes", Off: true},
		{Path: "Active", Title: "Active", Kind: table.Bool, Queryable: true},
	}, address("BillAddr", "Billing"), address("ShipAddr", "Shipping"), stamps()),
})
