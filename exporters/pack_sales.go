package exporters

import "ledgersheet/internal/export"

func salesPack() export.Pack {
	return export.Pack{
		ID: "sales", Title: "Sales",
		Summary: "What was sold to whom, what customers paid, and what they still owe.",
		Items: []export.PackItem{
			{Definition: "invoices"}, {Definition: "sales_receipts"}, {Definition: "credit_memos"},
			{Definition: "refund_receipts"}, {Definition: "payments"}, {Definition: "customers"},
			{Definition: "sales_by_customer"}, {Definition: "sales_by_product"}, {Definition: "ar_aging_detail"},
		},
	}
}
