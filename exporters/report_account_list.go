package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "account_list", Title: "Account list", Group: "Accounting", Object: "AccountList", Shape: export.List,
	Dates:    export.Undated,
	Summary:  "The chart of accounts as QuickBooks reports it, with types and present balances.",
	Accounts: true,
	Params: options(
		[]export.Option{accountTypes("account_type", "Account types"),
			anyOf("account_status", "Status", "Not_Deleted", "Deleted")},
		days("start_createdate", "end_createdate", "Created"), days("start_moddate", "end_moddate", "Changed"),
		sorting(),
		[]export.Option{columnKeys("account_name", "account_type", "detail_acc_type", "account_num", "account_desc",
			"account_bal", "create_by", "create_date", "last_mod_by", "last_mod_date")},
	),
})
