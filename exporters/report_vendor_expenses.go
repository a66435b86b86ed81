package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "vendor_expenses", Title: "Expenses by vendor", Group: "Purchases", Object: "VendorExpenses",
	Shape: export.Tree, Basis: true,
	Summary: "What the company spent with each vendor in a period, in total or by month, class and more.",
	Dates:   export.JoinableRange, Levels: 1,
	Summarize: columnsBy(),
	Params: []export.Option{
		ids("customer", "Customers"), ids("vendor", "Vendors"), ids("class", "Classes"), ids("department", "Locations"),
		sortOrder(),
	},
	Figures: []export.Figure{group("total", "Expenses", "GrandTotal")},
})
