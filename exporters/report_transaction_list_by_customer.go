package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "transaction_list_by_customer", Title: "Transaction list by customer", Group: "Transactions",
	Object: "TransactionListByCustomer", Shape: export.List,
	Summary: "Every transaction with customers in a period, customer by customer.",
	Dates:   export.JoinableRange, Levels: 1,
	Params: transactionFilters(),
})
