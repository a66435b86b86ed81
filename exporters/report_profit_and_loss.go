package exporters

import "ledgersheet/internal/export"

var _ = register(export.Report{
	ID: "profit_and_loss", Title: "Profit and loss", Group: "Statements", Object: "ProfitAndLoss", Shape: export.Tree, Basis: true,
	Summary:   "Income, costs and net income of a period, in total or by month, customer, class and more.",
	Summarize: summarizeBy(),
	Params:    statementFilters(),
	Groups: []export.GroupSum{
		{Group: "GrossProfit", Of: []string{"Income", "-COGS"}},
		{Group: "NetOperatingIncome", Of: []string{"GrossProfit", "-Expenses"}},
		{Group: "NetOtherIncome", Of: []string{"OtherIncome", "-OtherExpenses"}},
		{Group: "NetIncome", Of: []string{"NetOperatingIncome", "NetOtherIncome"}},
	},
})

// summarizeBy lists the columns that a statement can be split into.
func summarizeBy() []string {
	return []string{"Total", "Month", "Quarter", "Year", "Week", "Days", "Customers", "Vendors", "Classes", "Departments", "Employees", "ProductsAndServices"}
}

// statementFilters narrow a statement to what is about some of the company's lists.
func statementFilters() []export.Option {
	ids := "Ids in QuickBooks, separated by commas."
	return []export.Option{
		{Key: "customer", Title: "Customers", Kind: export.OptionText, Help: ids},
		{Key: "vendor", Title: "Vendors", Kind: export.OptionText, Help: ids},
		{Key: "class", Title: "Classes", Kind: export.OptionText, Help: ids},
		{Key: "department", Title: "Locations", Kind: export.OptionText, Help: ids},
		{Key: "item", Title: "Products and services", Kind: export.OptionText, Help: ids},
	}
}
