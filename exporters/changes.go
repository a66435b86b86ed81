package exporters

import (
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

var _ = register(export.ChangeLog{
	ID: "changes", Title: "Change log", Group: "Accounting",
	Summary: "What was added, changed, voided or deleted since the first run, field by field, with a mark on what " +
		"was dated in closed books.",
	Watched: []export.Watched{
		transaction("Invoice", "Invoice", "invoice?txnId=", "DocNumber", "TotalAmt", field("CustomerRef", "Customer"),
			due(), open()),
		transaction("Payment", "Payment", "recvpayment?txnId=", "PaymentRefNum", "TotalAmt",
			field("CustomerRef", "Customer"), field("DepositToAccountRef", "Deposited to"),
			moneyField("UnappliedAmt", "Unapplied")),
		transaction("CreditMemo", "Credit memo", "creditmemo?txnId=", "DocNumber", "TotalAmt",
			field("CustomerRef", "Customer"), open()),
		transaction("SalesReceipt", "Sales receipt", "salesreceipt?txnId=", "DocNumber", "TotalAmt",
			field("CustomerRef", "Customer"), field("DepositToAccountRef", "Deposited to")),
		transaction("RefundReceipt", "Refund receipt", "refundreceipt?txnId=", "DocNumber", "TotalAmt",
			field("CustomerRef", "Customer"), field("DepositToAccountRef", "Refunded from")),
		transaction("Estimate", "Estimate", "estimate?txnId=", "DocNumber", "TotalAmt",
			field("CustomerRef", "Customer"), field("TxnStatus", "Status"), dateField("ExpirationDate", "Expires")),
		transaction("Bill", "Bill", "bill?txnId=", "DocNumber", "TotalAmt", field("VendorRef", "Vendor"), due(),
			open()),
		transaction("BillPayment", "Bill payment", "billpayment?txnId=", "DocNumber", "TotalAmt",
			field("VendorRef", "Vendor"), field("PayType", "Payment type")),
		transaction("VendorCredit", "Vendor credit", "vendorcredit?txnId=", "DocNumber", "TotalAmt",
			field("VendorRef", "Vendor"), open()),
		transaction("Purchase", "Expense", "expense?txnId=", "DocNumber", "TotalAmt", field("EntityRef", "Payee"),
			field("AccountRef", "Paid from"), field("PaymentType", "Payment type")),
		transaction("PurchaseOrder", "Purchase order", "purchaseorder?txnId=", "DocNumber", "TotalAmt",
			field("VendorRef", "Vendor"), field("POStatus", "Status")),
		transaction("JournalEntry", "Journal entry", "journal?txnId=", "DocNumber", "TotalAmt", export.WatchedField{
			Path: "Adjustment", Title: "Adjusting", Kind: table.Bool,
		}),
		transaction("Deposit", "Deposit", "deposit?txnId=", "DocNumber", "TotalAmt",
			field("DepositToAccountRef", "Deposited to")),
		transaction("Transfer", "Transfer", "transfer?txnId=", "", "Amount", field("FromAccountRef", "From account"),
			field("ToAccountRef", "To account")),
		listEntry("Customer", "Customer", "customerdetail?nameId=", "DisplayName",
			[]string{"Balance", "BalanceWithJobs", "FullyQualifiedName", "Level"},
			field("CompanyName", "Company"), field("ParentRef", "Parent"), field("PrimaryEmailAddr.Address", "E-mail"),
			field("SalesTermRef", "Terms")),
		listEntry("Vendor", "Vendor", "vendordetail?nameId=", "DisplayName", []string{"Balance"},
			field("CompanyName", "Company"), field("PrimaryEmailAddr.Address", "E-mail"), field("TermRef", "Terms")),
		listEntry("Item", "Product or service", "", "Name", []string{"QtyOnHand", "FullyQualifiedName", "Level"},
			field("Sku", "SKU"), field("Type", "Type"), moneyField("UnitPrice", "Sales price"),
			moneyField("PurchaseCost", "Purchase cost"), field("IncomeAccountRef", "Income account"),
			field("ExpenseAccountRef", "Expense account")),
		listEntry("Account", "Account", "register?accountId=", "Name",
			[]string{"CurrentBalance", "CurrentBalanceWithSubAccounts", "FullyQualifiedName"},
			field("AcctNum", "Account number"), field("AccountType", "Type"), field("AccountSubType", "Detail type"),
			field("ParentRef", "Parent")),
	},
})

// transaction returns a watched transaction type: the fields that all types have, with its own after number and day.
func transaction(object, title, page, number, total string, own ...export.WatchedField) export.Watched {
	w := export.Watched{Object: object, Title: title, AppPath: page, Label: number, Date: "TxnDate", Total: total}
	if number != "" {
		w.Fields = append(w.Fields, field(number, "Number"))
	}
	w.Fields = append(append(w.Fields, dateField("TxnDate", "Date")), own...)
	w.Fields = append(w.Fields, moneyField(total, "Total"), field("CurrencyRef", "Currency"),
		field("PrivateNote", "Memo"))
	return w
}

// listEntry returns a watched list, such as customers. derived names the members that follow from other records.
func listEntry(object, title, page, name string, derived []string, own ...export.WatchedField) export.Watched {
	fields := append([]export.WatchedField{field(name, "Name")}, own...)
	return export.Watched{Object: object, Title: title, AppPath: page, HasActive: true, Label: name, Derived: derived,
		Fields: append(fields, export.WatchedField{Path: "Active", Title: "Active", Kind: table.Bool})}
}

func field(path, title string) export.WatchedField {
	return export.WatchedField{Path: path, Title: title}
}

func moneyField(path, title string) export.WatchedField {
	return export.WatchedField{Path: path, Title: title, Kind: table.Money}
}

func dateField(path, title string) export.WatchedField {
	return export.WatchedField{Path: path, Title: title, Kind: table.Date}
}

func due() export.WatchedField { return dateField("DueDate", "Due date") }

func open() export.WatchedField { return moneyField("Balance", "Open balance") }
