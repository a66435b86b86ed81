package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "sales_by_customer", Title: "Sales by customer", Group: "Sales", Object: "CustomerSales",
	Shape: export.Tree, Basis: true,
	Summary: "What each customer bought in a period, in total or by month, class and more.",
	Dates:   export.JoinableRange, Levels: 1,
	Summarize: columnsBy(),
	Params: []export.Option{
		ids("customer", "Customers"), ids("class", "Classes"), ids("department", "Locations"),
		ids("item", "Products and services"), sortOrder(),
	},
	Figures: []export.Figure{group("total", "Sales", "GrandTotal")},
})
