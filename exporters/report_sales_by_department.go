package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "sales_by_department", Title: "Sales by location", Group: "Sales", Object: "DepartmentSales",
	Shape: export.Tree, Basis: true,
	Summary: "What was sold at each location in a period, in total or by month, customer and more.",
	Dates:   export.JoinableRange, Levels: 1,
	Summarize: columnsBy(),
	Params: []export.Option{
		ids("customer", "Customers"), ids("class", "Classes"), ids("department", "Locations"),
		ids("item", "Products and services"), sortOrder(),
	},
	Figures: []export.Figure{group("total", "Sales", "GrandTotal")},
})
