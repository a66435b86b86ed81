package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "ar_aging_summary", Title: "Receivables aging", Group: "Sales", Object: "AgedReceivables", Shape: export.Tree,
	Dates:   export.AsOfDay,
	Summary: "What each customer owes on a day, by how long it is overdue.",
	Levels:  1, Ageing: true,
	Params: options([]export.Option{ids("customer", "Customers"), ids("department", "Locations")}, agingPeriods(),
		[]export.Option{sortOrder()}),
	Across: []export.GroupSum{{Group: "total", Seen: agedReceivables}},
	Figures: []export.Figure{
		addUp("total", "Total", "total"),
		addUp("overdue", "Overdue", "total", "-current"),
	},
})
