package exporters

import (
	"slices"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// join puts groups of columns together.
func join(groups ...[]export.Column) []export.Column { return slices.Concat(groups...) }

// stamps are when a record was made and last changed; every entity has them.
func stamps() []export.Column {
	return []export.Column{
		{Path: "MetaData.CreateTime", Title: "Created", Kind: table.DateTime, Off: true, Queryable: true},
		{Path: "MetaData.LastUpdatedTime", Title: "Last changed", Kind: table.DateTime, Off: true, Queryable: true},
		{Path: "SyncToken", Title: "Version", Off: true, Help: "Counts the changes of the record."},
	}
}

// money is a currency and its rate; they sit beside every amount because one sheet may mix currencies.
func money() []export.Column {
	return []export.Column{
		{Path: "CurrencyRef.value", Title: "Currency"},
		{Path: "ExchangeRate", Title: "Exchange rate", Kind: table.Number, Off: true, Help: "Home currency units per unit; only in companies with several currencies."},
	}
}

// address is one of a record's addresses, by parts.
func address(member, title string) []export.Column {
	return []export.Column{
		{Path: member + ".Line1", Title: title + " line 1", Off: true},
		{Path: member + ".Line2", Title: title + " line 2", Off: true},
		{Path: member + ".City", Title: title + " city", Off: true},
		{Path: member + ".CountrySubDivisionCode", Title: title + " state", Off: true},
		{Path: member + ".PostalCode", Title: title + " postal code", Off: true},
		{Path: member + ".Country", Title: title + " country", Off: true},
	}
}

// person are the parts of a name.
func person() []export.Column {
	return []export.Column{
		{Path: "Title", Title: "Salutation", Off: true},
		{Path: "GivenName", Title: "First name", Off: true},
		{Path: "MiddleName", Title: "Middle name", Off: true},
		{Path: "FamilyName", Title: "Last name", Off: true},
	}
}

// contact is how to reach somebody.
func contact() []export.Column {
	return []export.Column{
		{Path: "PrimaryEmailAddr.Address", Title: "E-mail"},
		{Path: "PrimaryPhone.FreeFormNumber", Title: "Phone"},
		{Path: "Mobile.FreeFormNumber", Title: "Mobile", Off: true},
		{Path: "Fax.FreeFormNumber", Title: "Fax", Off: true},
		{Path: "WebAddr.URI", Title: "Website", Off: true},
	}
}

// salesLines are the line columns of what is sold.
func salesLines() []export.Column {
	return []export.Column{
		{Path: "Line.Id", Title: "Line ID", Key: true},
		{Path: "Line.LineNum", Title: "Line", Kind: table.Number},
		{Path: "Line.SalesItemLineDetail.ItemRef.name", Title: "Product or service"},
		{Path: "Line.SalesItemLineDetail.ItemRef.value", Title: "Item ID", Off: true},
		{Path: "Line.Description", Title: "Description"},
		{Path: "Line.SalesItemLineDetail.ServiceDate", Title: "Service date", Kind: table.Date, Off: true},
		{Path: "Line.SalesItemLineDetail.Qty", Title: "Quantity", Kind: table.Number},
		{Path: "Line.SalesItemLineDetail.UnitPrice", Title: "Rate", Kind: table.Money},
		{Path: "Line.Amount", Title: "Line amount", Kind: table.Money, Help: "Discounts are negative, so the lines of a record add up to its total before tax."},
		{Path: "Line.DetailType", Title: "Line kind", Off: true},
		{Path: "Line.SalesItemLineDetail.ClassRef.name", Title: "Class", Off: true},
		{Path: "Line.SalesItemLineDetail.TaxCodeRef.value", Title: "Tax code", Off: true},
	}
}
