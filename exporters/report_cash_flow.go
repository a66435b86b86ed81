package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "cash_flow", Title: "Cash flow", Group: "Statements", Object: "CashFlow", Shape: export.Tree,
	Summary:  "Where cash came from and went: operating, investing and financing activities of a period.",
	Accounts: true, Levels: 3,
	Summarize: columnsBy(),
	Params:    statementFilters(),
	Groups: []export.GroupSum{
		{
			Group: "CashIncrease", Of: []string{"OperatingActivities", "InvestingActivities", "FinancingActivities"},
			Seen: cashFlowPage, // which has no investing activities
		},
		// The page's company began with nothing.
		{Group: "EndingCash", Of: []string{"BeginningCash", "CashIncrease"}, Seen: cashFlowPage},
	},
	Figures: []export.Figure{
		group("increase", "Net cash change", "CashIncrease"),
		group("cash", "Cash at end", "EndingCash"),
	},
})
