package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "preferences", Title: "Preferences", Group: "Company", Object: "Preferences", Single: true,
	Summary: "The settings of the company that explain its figures: basis, closing date, tracking, currencies " +
		"and taxes.",
	Columns: join([]export.Column{
		{Path: "Id", Title: "Preferences ID", Key: true, Off: true},
		{Path: "ReportPrefs.ReportBasis", Title: "Report basis"},
		{Path: "ReportPrefs.CalcAgingReportFromTxnDate", Title: "Aging from transaction date", Kind: table.Bool},
		{Path: "AccountingInfoPrefs.FirstMonthOfFiscalYear", Title: "Fiscal year begins"},
		{Path: "AccountingInfoPrefs.TaxYearMonth", Title: "Tax year begins"},
		{Path: "AccountingInfoPrefs.BookCloseDate", Title: "Books closed until", Kind: table.Date, Off: true},
		{Path: "AccountingInfoPrefs.UseAccountNumbers", Title: "Account numbers", Kind: table.Bool},
		{Path: "AccountingInfoPrefs.TrackDepartments", Title: "Tracks locations", Kind: table.Bool},
		{Path: "AccountingInfoPrefs.DepartmentTerminology", Title: "Word for location", Off: true},
		{Path: "AccountingInfoPrefs.CustomerTerminology", Title: "Word for customers", Off: true},
		{Path: "AccountingInfoPrefs.ClassTrackingPerTxn", Title: "Class per transaction", Kind: table.Bool},
		{Path: "AccountingInfoPrefs.ClassTrackingPerTxnLine", Title: "Class per line", Kind: table.Bool},
		{Path: "CurrencyPrefs.MultiCurrencyEnabled", Title: "Several currencies", Kind: table.Bool},
		{Path: "CurrencyPrefs.HomeCurrency.value", Title: "Home currency"},
		{Path: "TaxPrefs.UsingSalesTax", Title: "Uses sales tax", Kind: table.Bool},
		{Path: "TaxPrefs.TaxGroupCodeRef.name", Title: "Default tax code", Off: true,
			Help: "From the list of tax codes."},
		{Path: "SalesFormsPrefs.CustomTxnNumbers", Title: "Own transaction numbers", Kind: table.Bool, Off: true},
		{Path: "SalesFormsPrefs.DefaultTerms.value", Title: "Default terms ID", Off: true},
		{Path: "SalesFormsPrefs.AllowEstimates", Title: "Uses estimates", Kind: table.Bool, Off: true},
		{Path: "SalesFormsPrefs.AllowDiscount", Title: "Uses discounts", Kind: table.Bool, Off: true},
		{Path: "SalesFormsPrefs.AllowDeposit", Title: "Uses deposits", Kind: table.Bool, Off: true},
		{Path: "ProductAndServicesPrefs.QuantityOnHand", Title: "Tracks stock", Kind: table.Bool, Off: true},
		{Path: "VendorAndPurchasesPrefs.BillableExpenseTracking", Title: "Bills expenses on",
			Kind: table.Bool, Off: true},
		{Path: "TimeTrackingPrefs.WorkWeekStartDate", Title: "Work week begins", Off: true},
	}, plainStamps()),
})
