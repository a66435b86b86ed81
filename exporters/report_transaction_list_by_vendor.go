package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "transaction_list_by_vendor", Title: "Transaction list by vendor", Group: "Transactions",
	Object: "TransactionListByVendor", Shape: export.List,
	Summary: "Every transaction with vendors in a period, vendor by vendor.",
	Dates:   export.JoinableRange, Levels: 1,
	Params: transactionFilters(),
})
