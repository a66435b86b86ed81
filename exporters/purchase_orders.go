package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "purchase_orders", Title: "Purchase orders", Group: "Purchases", Object: "PurchaseOrder", Lines: true,
	Summary: "What was ordered from vendors and which orders are open; one row each, or one per line.",
	Dates:   txnDates("DueDate"),
	AppPath: "purchaseorder?txnId=",
	Figures: []export.Figure{totalFigure(), figure("open", "Open", "TotalAmt", statusIs("Open"))},
	Columns: join(heading("Order"), []export.Column{
		{Path: "DueDate", Title: "Due date", Kind: table.Date, Off: true, Queryable: true},
	}, vendor(), []export.Column{
		status(orderStatus, "Open, Closed or Voided."),
	}, expenseLines(), []export.Column{total()}, money(), []export.Column{
		homeTotal("TotalAmt"),
		{Path: "Memo", Title: "Message to vendor", Off: true},
		{Path: "ShipMethodRef.name", Title: "Shipped by", Off: true},
		{Path: "EmailStatus", Title: "E-mail status", Off: true},
		{Path: "POEmail.Address", Title: "Order e-mail", Off: true},
	}, account("APAccountRef", "Payables account", true), purchaseDetails(), address("VendorAddr", "Vendor"),
		address("ShipAddr", "Shipping"), stamps()),
})
