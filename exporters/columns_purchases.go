package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// The two kinds of purchase lines.
const (
	accountDetail = "AccountBasedExpenseLineDetail"
	itemDetail    = "ItemBasedExpenseLineDetail"
)

// expenseLines returns the line columns of purchases, for account lines and item lines.
func expenseLines() []export.Column {
	return join([]export.Column{
		{Path: "Line.Id", Title: "Line ID", Key: true},
		{Path: "Line.LineNum", Title: "Line", Kind: table.Number, Off: true},
	}, account("Line."+accountDetail+".AccountRef", "Account", false), []export.Column{
		{Path: "Line." + itemDetail + ".ItemRef.name", Title: "Product or service"},
		{Path: "Line." + itemDetail + ".ItemRef.value", Title: "Item ID", Off: true},
		{Path: "Line." + itemDetail + ".ItemRef.Sku", Title: "SKU", Off: true,
			Help: "From the list of products and services."},
		{Path: "Line.Description", Title: "Description"},
		{Path: "Line." + itemDetail + ".Qty", Title: "Quantity", Kind: table.Number},
		{Path: "Line." + itemDetail + ".UnitPrice", Title: "Rate", Kind: table.Money, NotAdded: true},
		{Path: "Line.Amount", Title: "Line amount", Kind: table.Money},
		{Path: "Line.Customer", Title: "Customer or project", From: expenseDetail("CustomerRef"),
			Help: "For whom it was bought."},
		{Path: "Line.Class", Title: "Class", From: expenseDetail("ClassRef")},
		{Path: "Line.BillableStatus", Title: "Billable", Off: true, From: expenseDetail("BillableStatus"),
			Help: "Billable, NotBillable or HasBeenBilled."},
		{Path: "Line.TaxCode", Title: "Tax code", Off: true, From: expenseDetail("TaxCodeRef")},
		{Path: "Line.MarkupPercent", Title: "Markup percent", Kind: table.Number, Off: true, From: markup},
		{Path: "Line.DetailType", Title: "Line kind", Off: true},
	})
}

// purchaseDetails returns the columns of a purchase that are rarely wanted.
func purchaseDetails() []export.Column {
	return join([]export.Column{
		{Path: "TxnTaxDetail.TotalTax", Title: "Tax", Kind: table.Money, Off: true, Help: "Not in the United States."},
		{Path: "GlobalTaxCalculation", Title: "Amounts are", Off: true,
			Help: "TaxExcluded, TaxInclusive or NotApplicable; not in the United States."},
	}, notes())
}

// appliedLines returns the line columns of a payment: what it pays.
func appliedLines() []export.Column {
	return []export.Column{
		{Path: "Line.LinkedTxn.TxnId", Title: "Applied to ID", Key: true},
		{Path: "Line.LinkedTxn.TxnType", Title: "Applied to"},
		{Path: "Line.AppliedNumber", Title: "Applied to number", Off: true, From: appliedNumber,
			Help: "The number of what is paid, where QuickBooks says it."},
		{Path: "Line.Amount", Title: "Applied amount", Kind: table.Money},
	}
}
