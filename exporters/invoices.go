package exporters

import (
	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "invoices", Title: "Invoices", Group: "Sales", Object: "Invoice", Lines: true,
	Summary: "Every invoice with its customer, dates, total and what is still open; one row each, or one per line.",
	Dates:   []string{"TxnDate", "DueDate", "MetaData.CreateTime", "MetaData.LastUpdatedTime"},
	AppPath: "invoice?txnId=",
	Columns: join([]export.Column{
		{Path: "Id", Title: "Invoice ID", Key: true, Queryable: true},
		{Path: "DocNumber", Title: "Number", Queryable: true},
		{Path: "TxnDate", Title: "Date", Kind: table.Date, Queryable: true},
		{Path: "DueDate", Title: "Due date", Kind: table.Date, Queryable: true},
		{Path: "CustomerRef.name", Title: "Customer"},
		{Path: "CustomerRef.value", Title: "Customer ID", Off: true},
		{Path: "Status", Title: "Status", From: paymentStatus, Help: "Open, Partly paid, Paid, Overdue or Voided."},
		{Path: "DaysOverdue", Title: "Days overdue", Kind: table.Number, Off: true, From: invoiceDaysOverdue},
	}, salesLines(), []export.Column{
		{Path: "TxnTaxDetail.TotalTax", Title: "Tax", Kind: table.Money},
		{Path: "TotalAmt", Title: "Total", Kind: table.Money, Queryable: true},
		{Path: "Balance", Title: "Open balance", Kind: table.Money, Queryable: true},
	}, money(), []export.Column{
		{Path: "HomeTotalAmt", Title: "Total in home currency", Kind: table.Money, Off: true},
		{Path: "HomeBalance", Title: "Open balance in home currency", Kind: table.Money, Off: true},
		{Path: "Deposit", Title: "Deposit", Kind: table.Money, Off: true},
		{Path: "SalesTermRef.name", Title: "Terms", Off: true},
		{Path: "ClassRef.name", Title: "Invoice class", Off: true},
		{Path: "DepartmentRef.name", Title: "Location", Off: true},
		{Path: "ShipDate", Title: "Shipping date", Kind: table.Date, Off: true},
		{Path: "TrackingNum", Title: "Tracking number", Off: true},
		{Path: "EmailStatus", Title: "E-mail status", Off: true},
		{Path: "PrintStatus", Title: "Print status", Off: true},
		{Path: "BillEmail.Address", Title: "Billing e-mail", Off: true},
		{Path: "CustomerMemo.value", Title: "Message to customer", Off: true},
		{Path: "PrivateNote", Title: "Memo", Off: true},
		{Path: "LinkedTxn.TxnId", Title: "Linked transactions", Off: true},
	}, address("BillAddr", "Billing"), address("ShipAddr", "Shipping"), stamps()),
})

func invoiceDaysOverdue(v export.View) table.Cell {
	balance, _ := v.Record.Decimal("Balance")
	if balance.IsZero() {
		return table.Cell{}
	}
	return table.NumberOf(decimal.NewFromInt(int64(daysOverdue(v))))
}
