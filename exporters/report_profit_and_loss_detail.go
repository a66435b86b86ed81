package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "profit_and_loss_detail", Title: "Profit and loss detail", Group: "Accounting", Object: "ProfitAndLossDetail",
	Shape: export.List, Basis: true,
	Summary: "Every transaction behind the profit and loss statement, account by account.",
	Dates:   export.JoinableRange, Accounts: true, Levels: 3,
	Params: options(
		[]export.Option{ids("account", "Accounts"), accountTypes("account_type", "Account types"),
			ids("customer", "Customers"), ids("vendor", "Vendors"),
			ids("employee", "Employees"), ids("class", "Classes"), ids("department", "Locations"),
			paymentMethod(), adjustedGainLoss()},
		detailColumns(),
	),
	Figures: []export.Figure{
		group("income", "Income", "Income", "subt_nat_amount"),
		group("net_income", "Net income", "NetIncome", "subt_nat_amount"),
	},
})
