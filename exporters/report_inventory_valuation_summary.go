package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "inventory_valuation_summary", Title: "Inventory valuation", Group: "Inventory",
	Object: "InventoryValuationSummary", Shape: export.Tree, Dates: export.AsOfDay,
	Summary: "Quantity, value and average cost of each product in stock on a day.",
	Levels:  1,
	Params:  []export.Option{ids("item", "Products"), sortOrder()},
	Figures: []export.Figure{addUp("value", "Stock value", "Asset Value")},
})
