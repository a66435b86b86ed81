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
		transaction("Invoice", "Invoice", "invoice?txnId=", "DocNumber", "TotalAmt", told("CustomerRef", "Customer"),
			due(), open()),
		transaction("Payment", "Payment", "recvpayment?txnId=", "PaymentRefNum", "TotalAmt",
			told("CustomerRef", "Customer"), told("DepositToAccountRef", "Deposited to"),
			toldMoney("UnappliedAmt", "Unapplied")),
		transaction("CreditMemo", "Credit memo", "creditmemo?txnId=", "DocNumber", "TotalAmt",
			told("CustomerRef", "Customer"), open()),
		transaction("SalesReceipt", "Sales receipt", "salesreceipt?txnId=", "DocNumber", "TotalAmt",
			told("CustomerRef", "Customer"), told("DepositToAccountRef", "Deposited to")),
		transaction("RefundReceipt", "Refund receipt", "refundreceipt?txnId=", "DocNumber", "TotalAmt",
			told("CustomerRef", "Customer"), told("DepositToAccountRef", "Refunded from")),
		transaction("Estimate", "Estimate", "estimate?txnId=", "DocNumber", "TotalAmt", told("CustomerRef", "Customer"),
			told("TxnStatus", "Status"), toldDate("ExpirationDate", "Expires")),
		transaction("Bill", "Bill", "bill?txnId=", "DocNumber", "TotalAmt", told("VendorRef", "Vendor"), due(), open()),
		transaction("BillPayment", "Bill payment", "billpayment?txnId=", "DocNumber", "TotalAmt",
			told("VendorRef", "Vendor"), told("PayType", "Payment type")),
		transaction("VendorCredit", "Vendor credit", "vendorcredit?txnId=", "DocNumber", "TotalAmt",
			told("VendorRef", "Vendor"), open()),
		transaction("Purchase", "Expense", "expense?txnId=", "DocNumber", "TotalAmt", told("EntityRef", "Payee"),
			told("AccountRef", "Paid from"), told("PaymentType", "Payment type")),
		transaction("PurchaseOrder", "Purchase order", "purchaseorder?txnId=", "DocNumber", "TotalAmt",
			told("VendorRef", "Vendor"), told("POStatus", "Status")),
		transaction("JournalEntry", "Journal entry", "journal?txnId=", "DocNumber", "TotalAmt", export.WatchedField{
			Path: "Adjustment", Title: "Adjusting", Kind: table.Bool,
		}),
		transaction("Deposit", "Deposit", "deposit?txnId=", "DocNumber", "TotalAmt",
			told("DepositToAccountRef", "Deposited to")),
		transaction("Transfer", "Transfer", "transfer?txnId=", "", "Amount", told("FromAccountRef", "From account"),
			told("ToAccountRef", "To account")),
		listEntry("Customer", "Customer", "customerdetail?nameId=", "DisplayName",
			[]string{"Balance", "BalanceWithJobs", "FullyQualifiedName", "Level"},
			told("CompanyName", "Company"), told("ParentRef", "Parent"), told("PrimaryEmailAddr.Address", "E-mail"),
			told("SalesTermRef", "Terms")),
		listEntry("Vendor", "Vendor", "vendordetail?nameId=", "DisplayName", []string{"Balance"},
			told("CompanyName", "Company"), told("PrimaryEmailAddr.Address", "E-mail"), told("TermRef", "Terms")),
		listEntry("Item", "Product or service", "", "Name", []string{"QtyOnHand", "FullyQualifiedName", "Level"},
			told("Sku", "SKU"), told("Type", "Type"), toldMoney("UnitPrice", "Sales price"),
			toldMoney("PurchaseCost", "Purchase cost"), told("IncomeAccountRef", "Income account"),
			told("ExpenseAccountRef", "Expense account")),
		listEntry("Account", "Account", "register?accountId=", "Name",
			[]string{"CurrentBalance", "CurrentBalanceWithSubAccounts", "FullyQualifiedName"},
			told("AcctNum", "Account number"), told("AccountType", "Type"), told("AccountSubType", "Detail type"),
			told("ParentRef", "Parent")),
	},
})

// transaction is a watched kind of transaction: what all have, and its own fields after its number and day.
func transaction(object, title, page, number, total string, own ...export.WatchedField) export.Watched {
	w := export.Watched{Object: object, Title: title, AppPath: page, Label: number, Date: "TxnDate", Total: total}
	if number != "" {
		w.Fields = append(w.Fields, told(number, "Number"))
	}
	w.Fields = append(append(w.Fields, toldDate("TxnDate", "Date")), own...)
	w.Fields = append(w.Fields, toldMoney(total, "Total"), told("CurrencyRef", "Currency"), told("PrivateNote", "Memo"))
	return w
}

// listEntry is a watched list, such as customers, with what follows from other records.
func listEntry(object, title, page, name string, derived []string, own ...export.WatchedField) export.Watched {
	fields := append([]export.WatchedField{told(name, "Name")}, own...)
	return export.Watched{Object: object, Title: title, AppPath: page, HasActive: true, Label: name, Derived: derived,
		Fields: append(fields, export.WatchedField{Path: "Active", Title: "Active", Kind: table.Bool})}
}

func told(path, title string) export.WatchedField {
	return export.WatchedField{Path: path, Title: title}
}

func toldMoney(path, title string) export.WatchedField {
	return export.WatchedField{Path: path, Title: title, Kind: table.Money}
}

func toldDate(path, title string) export.WatchedField {
	return export.WatchedField{Path: path, Title: title, Kind: table.Date}
}

func due() export.WatchedField { return toldDate("DueDate", "Due date") }

func open() export.WatchedField { return toldMoney("Balance", "Open balance") }
