package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "vendor_balance_detail", Title: "Vendor balance detail", Group: "Purchases", Object: "VendorBalanceDetail",
	Shape: export.List, Dates: export.AsOfDay, Levels: 1, Basis: true,
	Summary: "The open bills and credits of each vendor on a day.",
	Params: options([]export.Option{ids("vendor", "Vendors"), ids("department", "Locations"),
		anyOf("appaid", "Paid", "All", "Paid", "Unpaid"), ids("term", "Terms")},
		days("start_duedate", "end_duedate", "Due"), []export.Option{agingMethod()}, customFields(), detailColumns()),
	Figures: []export.Figure{
		addUp("total", "Total", "subt_neg_open_bal"),
		addUp("total", "Total", "subt_open_bal"),
	},
})
