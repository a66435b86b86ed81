package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "vendors", Title: "Vendors", Group: "Purchases", Object: "Vendor", HasActive: true,
	Summary: "Everyone the company buys from, with what is owed to them.",
	Dates:   changeDates(),
	AppPath: "vendordetail?nameId=",
	Figures: []export.Figure{figure("open", "Open balance", "Balance")},
	Columns: join([]export.Column{
		id("Vendor"),
		{Path: "DisplayName", Title: "Name", Queryable: true},
		{Path: "CompanyName", Title: "Company name"},
	}, person(), contact(), []export.Column{
		{Path: "Balance", Title: "Open balance", Kind: table.Money, Queryable: true},
		{Path: "CurrencyRef.value", Title: "Currency"},
		{Path: "TermRef.name", Title: "Terms", Off: true, Help: "From the list of terms."},
		{Path: "TermRef.DueDays", Title: "Days to pay", Kind: table.Number, Off: true, Help: "From the list of terms."},
		{Path: "AcctNum", Title: "Account number", Help: "The company's number with this vendor."},
		{Path: "TaxIdentifier", Title: "Tax ID", Off: true, Sensitive: true, Help: "QuickBooks masks all but its end."},
		{Path: "Vendor1099", Title: "1099", Kind: table.Bool, Off: true},
		{Path: "BillRate", Title: "Billing rate", Kind: table.Money, NotAdded: true, Off: true},
		{Path: "CostRate", Title: "Cost rate", Kind: table.Money, NotAdded: true, Off: true},
		{Path: "VendorPaymentBankDetail.BankAccountName", Title: "Bank account name", Off: true, Sensitive: true},
		{Path: "VendorPaymentBankDetail.BankBranchIdentifier", Title: "Bank branch", Off: true, Sensitive: true},
		{Path: "VendorPaymentBankDetail.BankAccountNumber", Title: "Bank account number", Off: true, Sensitive: true,
			Help: "QuickBooks masks all but its end."},
		active(),
	}, account("APAccountRef", "Payables account", true), address("BillAddr", "Billing"), stamps()),
})
