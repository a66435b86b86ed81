package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// salesLines returns the line columns of sales.
func salesLines() []export.Column {
	const detail = "Line.SalesItemLineDetail."
	return join([]export.Column{
		{Path: "Line.Id", Title: "Line ID", Key: true},
		{Path: "Line.LineNum", Title: "Line", Kind: table.Number},
		{Path: detail + "ItemRef.name", Title: "Product or service"},
		{Path: detail + "ItemRef.value", Title: "Item ID", Off: true},
		{Path: detail + "ItemRef.Sku", Title: "SKU", Off: true, Help: "From the list of products and services."},
		{Path: detail + "ItemRef.Type", Title: "Item type", Off: true,
			Help: "Service, Inventory, NonInventory or Group. From the list of products and services."},
		{Path: "Line.Description", Title: "Description"},
		{Path: detail + "ServiceDate", Title: "Service date", Kind: table.Date, Off: true},
		{Path: detail + "Qty", Title: "Quantity", Kind: table.Number},
		{Path: detail + "UnitPrice", Title: "Rate", Kind: table.Money, NotAdded: true},
		{Path: "Line.Amount", Title: "Line amount", Kind: table.Money,
			Help: "Discounts are negative, so the lines of a record add up to its total before tax."},
		{Path: "Line.DetailType", Title: "Line kind", Off: true},
		{Path: detail + "ClassRef.name", Title: "Class", Off: true},
		{Path: detail + "TaxCodeRef.value", Title: "Tax code", Off: true},
		{Path: detail + "TaxCodeRef.name", Title: "Tax code name", Off: true, Help: "From the list of tax codes."},
		{Path: detail + "DiscountRate", Title: "Line discount percent", Kind: table.Number, Off: true},
		{Path: detail + "DiscountAmt", Title: "Line discount", Kind: table.Money, Off: true},
		{Path: detail + "TaxInclusiveAmt", Title: "Line amount with tax", Kind: table.Money, Off: true,
			Help: "Not in the United States."},
		{Path: "Line.DiscountLineDetail.DiscountPercent", Title: "Discount percent", Kind: table.Number, Off: true},
	}, account(detail+"ItemAccountRef", "Income account", true))
}

// saleTotals returns a sale's tax and total.
func saleTotals() []export.Column {
	return []export.Column{
		{Path: "TxnTaxDetail.TotalTax", Title: "Tax", Kind: table.Money},
		total(),
	}
}

// saleDetails returns the columns of a sale that are rarely wanted. what is the kind of sale, such as "Invoice".
func saleDetails(what string) []export.Column {
	return join([]export.Column{
		{Path: "ClassRef.name", Title: what + " class", Off: true},
		{Path: "EmailStatus", Title: "E-mail status", Off: true},
		{Path: "DeliveryInfo.DeliveryType", Title: "Sent by", Off: true},
		{Path: "DeliveryInfo.DeliveryTime", Title: "Sent", Kind: table.DateTime, Off: true},
		{Path: "PrintStatus", Title: "Print status", Off: true},
		{Path: "BillEmail.Address", Title: "Billing e-mail", Off: true},
		{Path: "CustomerMemo.value", Title: "Message to customer", Off: true},
		{Path: "ShipDate", Title: "Shipping date", Kind: table.Date, Off: true},
		{Path: "ShipMethodRef.name", Title: "Shipped by", Off: true},
		{Path: "TrackingNum", Title: "Tracking number", Off: true},
		{Path: "TxnTaxDetail.TxnTaxCodeRef.name", Title: "Sales tax", Off: true, Help: "From the list of tax codes."},
		{Path: "ApplyTaxAfterDiscount", Title: "Taxed after discount", Kind: table.Bool, Off: true},
		{Path: "GlobalTaxCalculation", Title: "Amounts are", Off: true,
			Help: "TaxExcluded, TaxInclusive or NotApplicable; not in the United States."},
	}, notes(), address("BillAddr", "Billing"), address("ShipAddr", "Shipping"))
}

// received returns how money came in or went out with a sale.
func received() []export.Column {
	return join([]export.Column{
		{Path: "PaymentMethodRef.name", Title: "Payment method",
			Help: "From the list of payment methods where the record has only its id."},
		{Path: "PaymentRefNum", Title: "Reference number", Off: true},
	}, account("DepositToAccountRef", "Account", false))
}
