package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "customer_balance_detail", Title: "Customer balance detail", Group: "Sales", Object: "CustomerBalanceDetail",
	Shape: export.List, Dates: export.AsOfDay, Levels: 1, Basis: true,
	Summary: "The open invoices and credits of each customer on a day.",
	Params: options([]export.Option{ids("customer", "Customers"), ids("department", "Locations"),
		anyOf("arpaid", "Paid", "All", "Paid", "Unpaid"), ids("term", "Terms"), search("shipvia", "Shipped via")},
		days("start_duedate", "end_duedate", "Due"), []export.Option{agingMethod()}, customFields(), detailColumns()),
	Figures: []export.Figure{addUp("total", "Total", "subt_open_bal")},
})
