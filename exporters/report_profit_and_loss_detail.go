package exporters

import (
	"slices"

	"ledgersheet/internal/export"
)

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
	Figures: slices.Concat(
		groupAmounts("income", "Income", "Income"), groupAmounts("net_income", "Net income", "NetIncome"),
	),
})
