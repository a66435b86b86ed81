package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "accounts", Title: "Chart of accounts", Group: "Accounting", Object: "Account", HasActive: true,
	Summary: "All accounts with their numbers, types and present balances.",
	Dates:   changeDates(),
	AppPath: "register?accountId=",
	Figures: []export.Figure{
		figure("bank", "In bank accounts", "CurrentBalance", is("AccountType", "Bank")),
		figure("cards", "On credit cards", "CurrentBalance", is("AccountType", "Credit Card")),
	},
	Columns: join([]export.Column{
		id("Account"),
		{Path: "AcctNum", Title: "Number", Queryable: true},
		{Path: "Name", Title: "Name", Queryable: true},
		{Path: "FullyQualifiedName", Title: "Full name", Queryable: true, Help: "Parents and name, joined by colons."},
		{Path: "Classification", Title: "Classification", Queryable: true,
			Help: "Asset, Liability, Equity, Revenue or Expense."},
		{Path: "AccountType", Title: "Type", Queryable: true},
		{Path: "AccountSubType", Title: "Detail type", Queryable: true},
		{Path: "Description", Title: "Description", Off: true},
		{Path: "CurrentBalance", Title: "Balance", Kind: table.Money, NotAdded: true, Queryable: true,
			Help: "Of accounts in the balance sheet; it reads 0 for inactive ones."},
		{Path: "CurrentBalanceWithSubAccounts", Title: "Balance with sub-accounts", Kind: table.Money, NotAdded: true},
		{Path: "CurrencyRef.value", Title: "Currency"},
		{Path: "ParentRef.name", Title: "Parent", Off: true,
			Help: "From the chart of accounts where the record has only its id."},
		{Path: "ParentRef.value", Title: "Parent ID", Off: true},
		{Path: "ParentRef.AcctNum", Title: "Parent number", Off: true, Help: "From the chart of accounts."},
		{Path: "SubAccount", Title: "Is a sub-account", Kind: table.Bool, Off: true},
		{Path: "TaxCodeRef.name", Title: "Tax code", Off: true, Help: "From the list of tax codes where the record " +
			"has only its id."},
		active(),
	}, stamps()),
})
