package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "transaction_list", Title: "Transaction list", Group: "Transactions", Object: "TransactionList",
	Shape:   export.List,
	Summary: "Every transaction of a period, one row each, with filters and grouping.",
	Dates:   export.JoinableRange,
	Params:  transactionFilters(groupBy()),
})
