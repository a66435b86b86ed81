package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "customer_balance", Title: "Customer balances", Group: "Sales", Object: "CustomerBalance", Shape: export.Tree,
	Dates: export.AsOfDay, Basis: true,
	Summary: "What each customer owes on a day.",
	Levels:  1,
	Params: []export.Option{
		ids("customer", "Customers"), ids("department", "Locations"), anyOf("arpaid", "Paid", "All", "Paid", "Unpaid"),
		sortOrder(),
	},
	Figures: []export.Figure{addUp("total", "Total", "total")},
})
