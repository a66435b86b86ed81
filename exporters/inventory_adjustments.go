package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "inventory_adjustments", Title: "Inventory adjustments", Group: "Inventory", Object: "InventoryAdjustment",
	Lines:   true,
	Summary: "Corrections of what is on hand; one row each, or one per item.",
	Dates:   txnDates(),
	AppPath: "inventory_quantity_adj?txnId=",
	Columns: join(heading("Adjustment"), account("AdjustAccountRef", "Adjustment account", false), []export.Column{
		{Path: "Line.Id", Title: "Line ID", Key: true},
		{Path: "Line.ItemAdjustmentLineDetail.ItemRef.name", Title: "Product"},
		{Path: "Line.ItemAdjustmentLineDetail.ItemRef.value", Title: "Product ID", Off: true},
		{Path: "Line.ItemAdjustmentLineDetail.ItemRef.Sku", Title: "SKU",
			Help: "From the list of products and services."},
		{Path: "Line.ItemAdjustmentLineDetail.QtyDiff", Title: "Change in quantity", Kind: table.Number},
		{Path: "PrivateNote", Title: "Memo", Off: true},
		{Path: "DepartmentRef.name", Title: "Location", Off: true},
	}, stamps()),
})
