package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "customers", Title: "Customers", Group: "Sales", Object: "Customer", HasActive: true,
	Summary: "Everyone the company sells to, with jobs below their parents and what they owe.",
	Dates:   changeDates(),
	AppPath: "customerdetail?nameId=",
	Figures: []export.Figure{figure("open", "Open balance", "Balance")},
	Columns: join([]export.Column{
		id("Customer"),
		{Path: "DisplayName", Title: "Name", Queryable: true},
		{Path: "FullyQualifiedName", Title: "Full name", Help: "Parent and job, joined by a colon."},
		{Path: "CompanyName", Title: "Company name"},
	}, person(), contact(), []export.Column{
		{Path: "Balance", Title: "Open balance", Kind: table.Money, Queryable: true},
		{Path: "BalanceWithJobs", Title: "Open balance with jobs", Kind: table.Money, NotAdded: true, Off: true},
		{Path: "OpenBalanceDate", Title: "Open balance as of", Kind: table.Date, Off: true},
		{Path: "CurrencyRef.value", Title: "Currency"},
	}, terms(), []export.Column{
		{Path: "PaymentMethodRef.name", Title: "Payment method", Off: true, Help: "From the list of payment methods."},
		{Path: "CustomerTypeRef.name", Title: "Customer type", Off: true, Help: "From the list of customer types."},
		{Path: "ParentRef.value", Title: "Parent ID", Off: true},
		{Path: "ParentRef.name", Title: "Parent", Off: true, Help: "From the list of customers."},
		{Path: "Level", Title: "Level", Kind: table.Number, Off: true},
		{Path: "Job", Title: "Is a job", Kind: table.Bool, Off: true},
		{Path: "IsProject", Title: "Is a project", Kind: table.Bool, Off: true},
		{Path: "BillWithParent", Title: "Billed with parent", Kind: table.Bool, Off: true},
		{Path: "Taxable", Title: "Taxable", Kind: table.Bool, Off: true},
		{Path: "DefaultTaxCodeRef.name", Title: "Tax code", Off: true, Help: "From the list of tax codes."},
		{Path: "PreferredDeliveryMethod", Title: "Delivery method", Off: true},
		{Path: "ResaleNum", Title: "Resale number", Off: true},
		{Path: "PrimaryTaxIdentifier", Title: "Tax ID", Off: true, Sensitive: true,
			Help: "QuickBooks masks all but its end."},
		{Path: "Notes", Title: "Notes", Off: true},
		active(),
	}, account("ARAccountRef", "Receivables account", true), address("BillAddr", "Billing"),
		address("ShipAddr", "Shipping"), stamps()),
})
