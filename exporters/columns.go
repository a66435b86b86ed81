package exporters

import (
	"slices"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// join concatenates groups of columns.
func join(groups ...[]export.Column) []export.Column { return slices.Concat(groups...) }

// id returns the column that identifies a record.
func id(what string) export.Column {
	return export.Column{Path: "Id", Title: what + " ID", Key: true, Queryable: true}
}

// heading returns the first columns of a transaction that has a number.
func heading(what string) []export.Column {
	return []export.Column{
		id(what),
		{Path: "DocNumber", Title: "Number", Queryable: true},
		txnDate(),
	}
}

func txnDate() export.Column {
	return export.Column{Path: "TxnDate", Title: "Date", Kind: table.Date, Queryable: true}
}

// changeDates returns the dates that every record has.
func changeDates() []string { return []string{"MetaData.LastUpdatedTime", "MetaData.CreateTime"} }

// txnDates returns the dates by which transactions can be selected, followed by the type's own.
func txnDates(own ...string) []string {
	return append(append([]string{"TxnDate"}, own...), "MetaData.CreateTime", "MetaData.LastUpdatedTime")
}

// stamps returns the columns for when a record was created and last changed. Every entity has them.
func stamps() []export.Column {
	list := plainStamps()
	list[0].Queryable, list[1].Queryable = true, true
	return list
}

// plainStamps returns the stamps of objects whose stamps QuickBooks cannot compare.
func plainStamps() []export.Column {
	return []export.Column{
		{Path: "MetaData.CreateTime", Title: "Created", Kind: table.DateTime, Off: true},
		{Path: "MetaData.LastUpdatedTime", Title: "Last changed", Kind: table.DateTime, Off: true},
		{Path: "SyncToken", Title: "Version", Off: true, Help: "Counts the changes of the record."},
	}
}

func active() export.Column {
	return export.Column{Path: "Active", Title: "Active", Kind: table.Bool, Queryable: true}
}

// total returns the column of a transaction's amount.
func total() export.Column {
	return export.Column{Path: "TotalAmt", Title: "Total", Kind: table.Money, Queryable: true}
}

// money returns the currency and its exchange rate. They accompany every amount, because one sheet may mix currencies.
func money() []export.Column {
	return []export.Column{
		{Path: "CurrencyRef.value", Title: "Currency"},
		{Path: "ExchangeRate", Title: "Exchange rate", Kind: table.Number, Off: true,
			Help: "Home currency units per unit; only in companies with several currencies."},
	}
}

// homeTotal returns the column of a transaction's amount in the company's own currency.
func homeTotal(amount string) export.Column {
	return export.Column{
		Path: "HomeTotalAmt", Title: "Total in home currency", Kind: table.Money, Off: true,
		From: inHomeCurrency("HomeTotalAmt", amount),
		Help: "As QuickBooks says it, else the total times the exchange rate, rounded to cents.",
	}
}

// homeBalance returns the column of the open balance in the company's own currency.
func homeBalance() export.Column {
	return export.Column{
		Path: "HomeBalance", Title: "Open balance in home currency", Kind: table.Money, Off: true,
		From: inHomeCurrency("HomeBalance", "Balance"),
		Help: "As QuickBooks says it, else the open balance times the exchange rate, rounded to cents.",
	}
}

// notes returns what people wrote on a transaction, where it is filed, and what it is linked to.
func notes() []export.Column {
	return []export.Column{
		{Path: "DepartmentRef.name", Title: "Location", Off: true},
		{Path: "PrivateNote", Title: "Memo", Off: true},
		{Path: "LinkedTxn.TxnId", Title: "Linked transactions", Off: true, Help: "Their ids."},
		{Path: "LinkedTxn.TxnType", Title: "Linked transaction types", Off: true},
		{Path: "RecurDataRef.value", Title: "Recurring template ID", Off: true},
	}
}

// customer returns the columns about a sale's customer. All but the first two come from the customer list.
func customer() []export.Column {
	return []export.Column{
		{Path: "CustomerRef.name", Title: "Customer"},
		{Path: "CustomerRef.value", Title: "Customer ID", Off: true, Queryable: true},
		{Path: "CustomerRef.FullyQualifiedName", Title: "Customer full name", Off: true,
			Help: "Parent and job, joined by a colon. From the list of customers."},
		{Path: "CustomerRef.CompanyName", Title: "Customer company", Off: true, Help: "From the list of customers."},
		{Path: "CustomerRef.PrimaryEmailAddr.Address", Title: "Customer e-mail", Off: true,
			Help: "From the list of customers."},
		{Path: "CustomerRef.PrimaryPhone.FreeFormNumber", Title: "Customer phone", Off: true,
			Help: "From the list of customers."},
	}
}

// vendor returns the columns about a purchase's vendor. All but the first two come from the vendor list.
func vendor() []export.Column {
	return []export.Column{
		{Path: "VendorRef.name", Title: "Vendor"},
		{Path: "VendorRef.value", Title: "Vendor ID", Off: true, Queryable: true},
		{Path: "VendorRef.CompanyName", Title: "Vendor company", Off: true, Help: "From the list of vendors."},
		{Path: "VendorRef.AcctNum", Title: "Vendor account number", Off: true,
			Help: "The company's number with the vendor. From the list of vendors."},
		{Path: "VendorRef.PrimaryEmailAddr.Address", Title: "Vendor e-mail", Off: true,
			Help: "From the list of vendors."},
		{Path: "VendorRef.Vendor1099", Title: "Vendor 1099", Kind: table.Bool, Off: true,
			Help: "From the list of vendors."},
	}
}

// account returns the columns of a reference to the chart of accounts. Only the name may be a default column.
func account(path, title string, off bool) []export.Column {
	chart := "From the chart of accounts."
	return []export.Column{
		{Path: path + ".name", Title: title, Off: off},
		{Path: path + ".value", Title: title + " ID", Off: true},
		{Path: path + ".AcctNum", Title: title + " number", Off: true, Help: chart},
		{Path: path + ".AccountType", Title: title + " type", Off: true, Help: chart},
	}
}

// terms returns a transaction's terms of payment. Transactions carry only their id.
func terms() []export.Column {
	return []export.Column{
		{Path: "SalesTermRef.name", Title: "Terms", Off: true,
			Help: "From the list of terms where the record has only its id."},
		{Path: "SalesTermRef.DueDays", Title: "Days to pay", Kind: table.Number, Off: true,
			Help: "From the list of terms."},
	}
}

// address returns the columns of one of a record's addresses: as a block and in parts.
func address(member, title string) []export.Column {
	return []export.Column{
		{Path: member, Title: title + " address", Off: true, From: addressBlock(member), Help: "All of it, in lines."},
		{Path: member + ".Line1", Title: title + " line 1", Off: true},
		{Path: member + ".Line2", Title: title + " line 2", Off: true},
		{Path: member + ".City", Title: title + " city", Off: true},
		{Path: member + ".CountrySubDivisionCode", Title: title + " state", Off: true},
		{Path: member + ".PostalCode", Title: title + " postal code", Off: true},
		{Path: member + ".Country", Title: title + " country", Off: true},
	}
}

// person returns the parts of a person's name.
func person() []export.Column {
	return []export.Column{
		{Path: "Title", Title: "Salutation", Off: true},
		{Path: "GivenName", Title: "First name", Off: true, Queryable: true},
		{Path: "MiddleName", Title: "Middle name", Off: true},
		{Path: "FamilyName", Title: "Last name", Off: true, Queryable: true},
		{Path: "Suffix", Title: "Suffix", Off: true},
		{Path: "PrintOnCheckName", Title: "Name on checks", Off: true},
	}
}

// contact returns the columns with contact data.
func contact() []export.Column {
	return []export.Column{
		{Path: "PrimaryEmailAddr.Address", Title: "E-mail"},
		{Path: "PrimaryPhone.FreeFormNumber", Title: "Phone"},
		{Path: "AlternatePhone.FreeFormNumber", Title: "Other phone", Off: true},
		{Path: "Mobile.FreeFormNumber", Title: "Mobile", Off: true},
		{Path: "Fax.FreeFormNumber", Title: "Fax", Off: true},
		{Path: "WebAddr.URI", Title: "Website", Off: true},
	}
}

// sensitive marks the columns as sensitive.
func sensitive(columns []export.Column) []export.Column {
	for i := range columns {
		columns[i].Off, columns[i].Sensitive = true, true
	}
	return columns
}
