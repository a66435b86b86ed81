package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "ap_aging_summary", Title: "Payables aging", Group: "Purchases", Object: "AgedPayables", Shape: export.Tree,
	Dates:   export.AsOfDay,
	Summary: "What each vendor is owed on a day, by how long it is overdue.",
	Levels:  1, Ageing: true,
	Params: options([]export.Option{ids("vendor", "Vendors"), ids("department", "Locations")}, agingPeriods(),
		[]export.Option{sortOrder()}),
	Across: []export.GroupSum{{Group: "total", Seen: agedPayablesPage}},
	Figures: []export.Figure{
		addUp("total", "Total", "total"),
		addUp("overdue", "Overdue", "total", "-current"),
	},
})
