package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "customer_income", Title: "Income by customer", Group: "Sales", Object: "CustomerIncome",
	Shape: export.Tree, Basis: true,
	Summary: "Income, expenses and net income of each customer in a period.",
	Dates:   export.JoinableRange, Levels: 1,
	Params: []export.Option{
		ids("customer", "Customers"), ids("vendor", "Vendors"), ids("class", "Classes"), ids("department", "Locations"),
		ids("term", "Terms"), sortOrder(),
	},
	Across: []export.GroupSum{
		{Group: "net_income", Of: []string{"income", "-expenses"}, Seen: negativeExpenses},
		{Group: "Net Income", Of: []string{"Total Income", "-Total Expenses"}, Seen: negativeExpenses},
	},
	Figures: []export.Figure{
		addUp("income", "Income", "income"),
		addUp("expenses", "Expenses", "expenses"),
		addUp("net_income", "Net income", "net_income"),
	},
})
