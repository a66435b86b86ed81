package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "trial_balance", Title: "Trial balance", Group: "Statements", Object: "TrialBalance", Shape: export.Tree,
	Basis: true, Dates: export.BalanceAtEnd,
	Summary:  "Every account's balance at the end of a period, debits and credits apart.",
	Accounts: true,
	Params:   []export.Option{sortOrder()},
	Even:     [2]string{"debit", "credit"},
	Figures:  []export.Figure{addUp("debits", "Debits", "debit"), addUp("credits", "Credits", "credit")},
})
