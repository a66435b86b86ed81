package exporters

// Where the reports' rules about QuickBooks' own arithmetic have been seen to hold: in samples on Intuit's reference
// pages, and in answers in internal/statement/testdata/hard, made after ones that were recorded in public.
const (
	pages            = "https://developer.intuit.com/app/developer/qbo/docs/api/accounting/report-entities/"
	balanceSheetPage = pages + "balancesheet"
	cashFlowPage     = pages + "cashflow"
	agedPayablesPage = pages + "apagingsummary"
	agedReceivables  = pages + "aragingsummary"
	netOtherIncome   = "net_other_income.json"
	negativeExpenses = "customer_income_negative_expenses.json"
)
