package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "balance_sheet", Title: "Balance sheet", Group: "Statements", Object: "BalanceSheet",
	AppToken: "BAL_SHEET", Shape: export.Tree,
	Basis: true, Dates: export.BalanceAtEnd,
	Summary:  "What the company owns and owes at the end of a period, in total or at the end of each month.",
	Accounts: true, Levels: 4,
	Summarize: columnsBy(),
	Params:    statementFilters(),
	Groups: []export.GroupSum{
		{Group: "TotalLiabilitiesAndEquity", Of: []string{"Liabilities", "Equity"}, Seen: balanceSheetPage},
		{Group: "TotalAssets", Of: []string{"TotalLiabilitiesAndEquity"}, Seen: balanceSheetPage},
	},
	Figures: []export.Figure{
		group("assets", "Total assets", "TotalAssets"),
		group("equity", "Equity", "Equity"),
		group("cash", "Bank accounts", "BankAccounts"),
	},
})
