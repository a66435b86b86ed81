package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "sales_by_product", Title: "Sales by product", Group: "Sales", Object: "ItemSales", Shape: export.Tree, Basis: true,
	Summary: "Quantity, amount, cost and margin of each product and service sold in a period.",
	Levels:  1,
	Params: options([]export.Option{
		ids("customer", "Customers"), ids("class", "Classes"), ids("department", "Locations"),
		ids("item", "Products and services"),
	}, days("start_duedate", "end_duedate", "Due"), []export.Option{sortOrder()}),
	Figures: []export.Figure{group("total", "Sales", "GrandTotal", "amount")},
})
