package source_test

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// The tests have small definitions of their own, so that the exporters' can change freely.

func invoices() export.Entity {
	return export.Entity{
		ID: "invoices", Title: "Invoices", Object: "Invoice", Lines: true, AppPath: "invoice?txnId=",
		Dates: []string{"TxnDate", "DueDate", "MetaData.CreateTime", "MetaData.LastUpdatedTime"},
		Columns: []export.Column{
			{Path: "Id", Title: "Invoice ID", Key: true, Queryable: true},
			{Path: "DocNumber", Title: "Number", Queryable: true},
			{Path: "TxnDate", Title: "Date", Kind: table.Date, Queryable: true},
			{Path: "DueDate", Title: "Due date", Kind: table.Date, Queryable: true},
			{Path: "CustomerRef.name", Title: "Customer"},
			{Path: "Line.Id", Title: "Line ID", Key: true},
			{Path: "Line.Amount", Title: "Line amount", Kind: table.Money},
			{Path: "Line.DetailType", Title: "Line kind", Off: true},
			{Path: "TxnTaxDetail.TotalTax", Title: "Tax", Kind: table.Money},
			{Path: "TotalAmt", Title: "Total", Kind: table.Money, Queryable: true},
			{Path: "Balance", Title: "Open balance", Kind: table.Money, Queryable: true},
			{Path: "MetaData.CreateTime", Title: "Created", Kind: table.DateTime, Queryable: true},
			{Path: "MetaData.LastUpdatedTime", Title: "Changed", Kind: table.DateTime, Queryable: true},
		},
	}
}

func vendors() export.Entity {
	return export.Entity{
		ID: "vendors", Title: "Vendors", Object: "Vendor", HasActive: true,
		Dates: []string{"MetaData.LastUpdatedTime", "MetaData.CreateTime"},
		Columns: []export.Column{
			{Path: "Id", Title: "Vendor ID", Key: true, Queryable: true},
			{Path: "DisplayName", Title: "Name", Queryable: true},
			{Path: "Balance", Title: "Open balance", Kind: table.Money, Queryable: true},
			{Path: "Active", Title: "Active", Kind: table.Bool, Queryable: true},
			{Path: "MetaData.LastUpdatedTime", Title: "Changed", Kind: table.DateTime, Queryable: true},
			{Path: "MetaData.CreateTime", Title: "Created", Kind: table.DateTime, Queryable: true},
		},
	}
}

func profitAndLoss() export.Report {
	return export.Report{
		ID: "profit_and_loss", Title: "Profit and loss", Object: "ProfitAndLoss", Shape: export.Tree, Basis: true,
		Levels:    3,
		Summarize: []string{"Total", "Month", "Quarter", "Year", "Customers"},
		Params:    []export.Option{{Key: "customer", Kind: export.OptionText}},
		Groups: []export.GroupSum{
			{Group: "GrossProfit", Of: []string{"Income", "-COGS"}},
			{Group: "NetOperatingIncome", Of: []string{"GrossProfit", "-Expenses"}},
			{Group: "NetOtherIncome", Of: []string{"OtherIncome", "-OtherExpenses"}},
			{Group: "NetIncome", Of: []string{"NetOperatingIncome", "NetOtherIncome"}},
		},
	}
}

func balanceSheet() export.Report {
	return export.Report{
		ID: "balance_sheet", Title: "Balance sheet", Object: "BalanceSheet", Shape: export.Tree, Basis: true,
		Dates: export.BalanceAtEnd, Levels: 3,
		Summarize: []string{"Total", "Month", "Quarter", "Year"},
		Groups: []export.GroupSum{
			{Group: "TotalLiabilitiesAndEquity", Of: []string{"Liabilities", "Equity"}},
			{Group: "TotalAssets", Of: []string{"TotalLiabilitiesAndEquity"}},
		},
	}
}

func generalLedger() export.Report {
	return export.Report{
		ID: "general_ledger", Title: "General ledger", Object: "GeneralLedger", Shape: export.List, Basis: true,
		Running: true,
	}
}

func agedReceivables() export.Report {
	return export.Report{
		ID: "ar_aging_summary", Title: "Aging", Object: "AgedReceivables", Shape: export.Tree,
		Dates: export.AsOfDay,
	}
}
