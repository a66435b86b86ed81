package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "transaction_list_with_splits", Title: "Transaction list with splits", Group: "Transactions",
	Object: "TransactionListWithSplits", Shape: export.List,
	Summary: "Every transaction of a period with the accounts that it splits into.",
	Dates:   export.JoinableRange, Levels: 1,
	Params: options([]export.Option{search("docnum", "Number"), search("name", "Name"), paymentMethod(),
		accountTypes("source_account_type", "Account types"), transactionType(), groupBy()}, detailColumns()),
})
