package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "inventory_valuation_detail", Title: "Inventory valuation detail", Group: "Inventory",
	Object: "InventoryValuationDetail", Shape: export.List, Levels: 1,
	Summary: "Every change of each product's stock in a period, with quantity and value.",
	Params: options(days("start_svcdate", "end_svcdate", "Service"),
		[]export.Option{groupBy(), columnKeys(detailKeys()...)}),
})
