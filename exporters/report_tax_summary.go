package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "tax_summary", Title: "Sales tax summary", Group: "Taxes", Object: "TaxSummary", Shape: export.Tree,
	Basis:   true,
	Summary: "What was sold with and without tax and how much tax was collected in a period, by agency.",
	Levels:  1,
	Params:  []export.Option{ids("agency_id", "Tax agencies"), sortOrder()},
	Figures: []export.Figure{
		addUp("collected", "Tax collected", "tax_collected"), group("owed", "Net tax owed", "NetTaxOwed", "tax_owed"),
	},
})
