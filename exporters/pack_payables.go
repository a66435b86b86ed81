package exporters

import "ledgersheet/internal/export"

func payables() export.Pack {
	return export.Pack{
		ID: "payables", Title: "Payables",
		Summary: "What was bought from whom, what was paid, and what is still owed.",
		Items: []export.PackItem{
			{Definition: "bills"}, {Definition: "bill_payments"}, {Definition: "vendor_credits"},
			{Definition: "purchases"}, {Definition: "purchase_orders"}, {Definition: "vendors"},
			{Definition: "ap_aging_summary"}, {Definition: "ap_aging_detail"},
		},
	}
}
