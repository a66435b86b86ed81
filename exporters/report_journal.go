package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "journal", Title: "Journal", Group: "Accounting", Object: "JournalReport", Shape: export.List,
	Summary: "Every transaction of a period as debits and credits, line by line.",
	Dates:   export.JoinableRange, Accounts: true,
	Params:  detailColumns(),
	Even:    [2]string{"debt_amt", "credit_amt"},
	Figures: []export.Figure{addUp("debits", "Debits", "debt_amt"), addUp("credits", "Credits", "credit_amt")},
})
