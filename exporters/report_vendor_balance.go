package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "vendor_balance", Title: "Vendor balances", Group: "Purchases", Object: "VendorBalance", Shape: export.Tree,
	Dates: export.AsOfDay, Basis: true,
	Summary: "What each vendor is owed on a day.",
	Levels:  1,
	Params: []export.Option{
		ids("vendor", "Vendors"), ids("department", "Locations"), anyOf("appaid", "Paid", "All", "Paid", "Unpaid"),
		sortOrder(),
	},
	Figures: []export.Figure{addUp("total", "Total", "total")},
})
