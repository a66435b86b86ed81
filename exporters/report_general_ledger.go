package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "general_ledger", Title: "General ledger", Group: "Accounting", Object: "GeneralLedger",
	Shape: export.List, Basis: true,
	Summary: "Every posting of every account in a period, after its opening balance, with the running balance.",
	Dates:   export.JoinableRange, Accounts: true, Running: true, Levels: 2,
	Params: options(
		[]export.Option{ids("account", "Accounts"), accountTypes("account_type", "Account types"),
			ids("source_account", "Source accounts"), ids("customer", "Customers"),
			ids("vendor", "Vendors"), ids("class", "Classes"), ids("department", "Locations"),
			ids("item", "Products and services")},
		detailColumns(),
	),
	Figures: []export.Figure{addUp("debits", "Debits", "debt_amt"), addUp("credits", "Credits", "credit_amt")},
})
