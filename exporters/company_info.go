package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.Entity{
	ID: "company_info", Title: "Company", Group: "Company", Object: "CompanyInfo", Single: true,
	Summary: "What QuickBooks knows of the company itself: names, addresses, fiscal year and subscription.",
	Columns: join([]export.Column{
		{Path: "Id", Title: "Company record ID", Key: true, Off: true},
		{Path: "CompanyName", Title: "Name"},
		{Path: "LegalName", Title: "Legal name"},
		{Path: "Country", Title: "Country"},
		{Path: "FiscalYearStartMonth", Title: "Fiscal year begins"},
		{Path: "CompanyStartDate", Title: "Started", Kind: table.Date},
		{Path: "PrimaryPhone.FreeFormNumber", Title: "Phone"},
		{Path: "Email.Address", Title: "E-mail"},
		{Path: "WebAddr.URI", Title: "Website", Off: true},
		{Path: "SupportedLanguages", Title: "Languages", Off: true},
		{Path: "NameValue.IndustryType", Title: "Industry"},
		{Path: "NameValue.OfferingSku", Title: "Edition"},
		{Path: "NameValue.SubscriptionStatus", Title: "Subscription"},
		{Path: "EmployerId", Title: "Employer ID", Off: true, Sensitive: true},
	}, address("CompanyAddr", "Company"), address("LegalAddr", "Legal"),
		address("CustomerCommunicationAddr", "Correspondence"), plainStamps()),
})
