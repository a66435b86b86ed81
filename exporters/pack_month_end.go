package exporters

import "ledgersheet/internal/export"

func monthEnd() export.Pack {
	return export.Pack{
		ID: "month_end", Title: "Month-end",
		Summary: "What a month's end is closed and discussed with: statements, open items, and the month's ledger.",
		Items: []export.PackItem{
			{
				Definition: "profit_and_loss", Title: "Profit and loss by month",
				Options: map[string]string{
					export.OptDateRange: "last_12_months_to_date", export.OptSummarize: "Month",
				},
			},
			{Definition: "balance_sheet", Options: map[string]string{export.OptDateRange: "last_month"}},
			{Definition: "ar_aging_summary"},
			{Definition: "ap_aging_summary"},
			{Definition: "general_ledger", Options: map[string]string{export.OptDateRange: "last_month"}},
		},
	}
}
