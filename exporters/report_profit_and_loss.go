package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "profit_and_loss", Title: "Profit and loss", Group: "Statements", Object: "ProfitAndLoss", AppToken: "PANDL",
	Shape: export.Tree, Basis: true,
	Summary: "Income, costs and net income of a period, in total or by month, customer, class and more.",
	Dates:   export.JoinableRange, Accounts: true, Levels: 3,
	Summarize: columnsBy(),
	Params:    statementFilters(),
	Groups: []export.GroupSum{
		{Group: "GrossProfit", Of: []string{"Income", "-COGS"}, Seen: netOtherIncome},
		{Group: "NetOperatingIncome", Of: []string{"GrossProfit", "-Expenses"}, Seen: netOtherIncome},
		{Group: "NetOperatingIncome", Of: []string{"Income", "-COGS", "-Expenses"}, Seen: netOtherIncome},
		{Group: "NetOtherIncome", Of: []string{"OtherIncome", "-OtherExpenses"}, Seen: netOtherIncome},
		{Group: "NetIncome", Of: []string{"NetOperatingIncome", "NetOtherIncome"}, Seen: netOtherIncome},
		{Group: "NetIncome", Of: []string{"NetOperatingIncome", "OtherIncome", "-OtherExpenses"}, Seen: netOtherIncome},
	},
	Figures: []export.Figure{
		group("income", "Income", "Income"),
		group("net_income", "Net income", "NetIncome"),
	},
})
