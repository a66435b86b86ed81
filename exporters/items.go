package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "items", Title: "Products and services", Group: "Lists", Object: "Item", HasActive: true,
	Summary: "Everything the company sells or buys, with prices, stock and accounts.",
	Dates:   changeDates(),
	Columns: join([]export.Column{
		id("Item"),
		{Path: "Name", Title: "Name", Queryable: true},
		{Path: "FullyQualifiedName", Title: "Full name", Off: true, Queryable: true,
			Help: "Category and name, joined by a colon."},
		{Path: "Sku", Title: "SKU", Queryable: true},
		{Path: "Type", Title: "Type", Queryable: true, Help: "Service, Inventory, NonInventory, Group or Category."},
		{Path: "Description", Title: "Description"},
		{Path: "UnitPrice", Title: "Price", Kind: table.Money, NotAdded: true, Queryable: true},
		{Path: "PurchaseDesc", Title: "Description on purchases", Off: true},
		{Path: "PurchaseCost", Title: "Cost", Kind: table.Money, NotAdded: true, Queryable: true},
		{Path: "QtyOnHand", Title: "On hand", Kind: table.Number, Queryable: true},
		{Path: "ReorderPoint", Title: "Reorder point", Kind: table.Number, Off: true},
		{Path: "InvStartDate", Title: "Stock since", Kind: table.Date, Off: true},
		{Path: "TrackQtyOnHand", Title: "Stock is tracked", Kind: table.Bool, Off: true},
		{Path: "Taxable", Title: "Taxable", Kind: table.Bool, Off: true},
		{Path: "SalesTaxCodeRef.name", Title: "Tax code", Off: true,
			Help: "From the list of tax codes where the record has only its id."},
	}, account("IncomeAccountRef", "Income account", false), account("ExpenseAccountRef", "Expense account", false),
		account("AssetAccountRef", "Asset account", true), []export.Column{
			{Path: "PrefVendorRef.name", Title: "Preferred vendor", Off: true},
			{Path: "ClassRef.name", Title: "Class", Off: true},
			{Path: "ParentRef.name", Title: "Category", Off: true},
			{Path: "ParentRef.value", Title: "Category ID", Off: true},
			{Path: "SubItem", Title: "Is in a category", Kind: table.Bool, Off: true},
			{Path: "Level", Title: "Level", Kind: table.Number, Off: true},
			active(),
		}, stamps()),
})
