package exporters

import (
	"slices"
	"strings"

	"ledgersheet/internal/export"
)

// The parameters of QuickBooks' reports. A default is what QuickBooks does without the parameter, and is not sent.
// https://developer.intuit.com/app/developer/qbo/docs/api/accounting/report-entities/transactionlist

// unset is the choice that omits a parameter for whose default QuickBooks has no value.
const unset = "any"

// options concatenates groups of options.
func options(groups ...[]export.Option) []export.Option { return slices.Concat(groups...) }

// columnsBy lists by what a statement can be split into columns.
func columnsBy() []string {
	return []string{
		"Total", "Month", "Quarter", "Year", "Week", "Days", "Customers", "Vendors", "Classes", "Departments",
		"Employees", "ProductsAndServices",
	}
}

// statementFilters returns the options that restrict a statement to entries of the company's lists.
func statementFilters() []export.Option {
	return []export.Option{
		ids("customer", "Customers"), ids("vendor", "Vendors"), ids("class", "Classes"), ids("department", "Locations"),
		ids("item", "Products and services"), sortOrder(),
	}
}

// ids returns a filter by records.
func ids(key, title string) export.Option {
	return export.Option{
		Key: key, Title: title, Kind: export.OptionText, Records: recordsOf(key),
		Help: "Ids in QuickBooks, separated by commas. Empty means all.",
	}
}

// recordsOf returns the object whose ids a parameter holds.
func recordsOf(key string) string {
	switch key {
	case "customer":
		return "Customer"
	case "vendor":
		return "Vendor"
	case "employee":
		return "Employee"
	case "class":
		return "Class"
	case "department":
		return "Department"
	case "item":
		return "Item"
	case "term":
		return "Term"
	case "account", "source_account":
		return "Account"
	case "agency_id":
		return "TaxAgency"
	}
	return ""
}

// search returns a filter by text.
func search(key, title string) export.Option {
	return export.Option{
		Key: key, Title: title, Kind: export.OptionText, Help: "Only transactions with this text there.",
	}
}

// anyOf returns a choice. QuickBooks' default is its first value, or no value at all.
func anyOf(key, title string, values ...string) export.Option {
	if values[0] != "All" && values[0] != "None" {
		values = append([]string{unset}, values...)
	}
	return export.Option{
		Key: key, Title: title, Kind: export.OptionChoice, Values: export.Choices(values...), Default: values[0],
	}
}

func sortOrder() export.Option { return anyOf("sort_order", "Sort order", "ascend", "descend") }

// sorting returns the options for the order of a list's rows.
func sorting() []export.Option {
	return []export.Option{
		{Key: "sort_by", Title: "Sort by", Kind: export.OptionText, Values: columnChoices(detailKeys()...), Most: 1,
			Help: "A column of the report."},
		sortOrder(),
	}
}

// days returns a filter by a date other than the report's own, with the keys of its first and of its last day.
func days(from, to, title string) []export.Option {
	return []export.Option{
		{Key: from, Title: title + " from", Kind: export.OptionDate},
		{Key: to, Title: title + " to", Kind: export.OptionDate},
	}
}

func paymentMethod() export.Option {
	return export.Option{
		Key: "payment_method", Title: "Payment method", Kind: export.OptionText, Help: "Cash, Check, Visa and so on.",
	}
}

func transactionType() export.Option {
	return export.Option{
		Key: "transaction_type", Title: "Transaction type", Kind: export.OptionText,
		Help: "Invoice, Bill, Check, Deposit, JournalEntry, ReceivePayment and so on.",
	}
}

func adjustedGainLoss() export.Option {
	return export.Option{
		Key: "adjusted_gain_loss", Title: "Unrealised exchange gains and losses", Kind: export.OptionBool,
		Default: "false",
	}
}

func accountTypes(key, title string) export.Option {
	types := []string{"AccountsPayable", "AccountsReceivable", "Bank", "CostOfGoodsSold", "CreditCard", "Equity",
		"Expense", "FixedAsset", "Income",
		"LongTermLiability", "NonPosting", "OtherAsset", "OtherCurrentAsset", "OtherCurrentLiability",
		"OtherExpense", "OtherIncome"}
	return export.Option{
		Key: key, Title: title, Kind: export.OptionText, Values: export.Choices(types...), Most: len(types),
		Help: "Empty means all.",
	}
}

func groupBy() export.Option {
	return anyOf("group_by", "Group by", "None", "Name", "Account", "Transaction Type", "Customer", "Vendor",
		"Employee", "Location", "Payment Method",
		"Day", "Week", "Month", "Quarter", "Year", "Fiscal Quarter", "Fiscal Year")
}

func agingMethod() export.Option {
	return anyOf("aging_method", "Age counts until", "Report_Date", "Current")
}

// agingPeriods returns the options for the periods of an aging report.
func agingPeriods() []export.Option {
	return []export.Option{
		agingMethod(),
		{Key: "aging_period", Title: "Days per period", Kind: export.OptionText, Largest: 365, Default: "30"},
		{Key: "num_periods", Title: "Number of periods", Kind: export.OptionText, Largest: 12, Default: "4"},
	}
}

func pastDue() export.Option {
	return export.Option{Key: "past_due", Title: "Days past due at least", Kind: export.OptionText, Largest: 9999}
}

// customFields returns filters by the three custom fields of sales forms.
func customFields() []export.Option {
	return []export.Option{
		search("custom1", "Custom field 1"), search("custom2", "Custom field 2"), search("custom3", "Custom field 3"),
	}
}

// transactionFilters returns the filters of the transaction lists.
func transactionFilters(more ...export.Option) []export.Option {
	return options(
		[]export.Option{
			transactionType(), accountTypes("source_account_type", "Account types"), paymentMethod(),
			search("docnum", "Number"), search("memo", "Memo"),
			search("bothamount", "Amount"), search("name", "Name"), ids("customer", "Customers"),
			ids("vendor", "Vendors"), ids("department", "Locations"), ids("term", "Terms"),
			anyOf("arpaid", "Receivables", "All", "Paid", "Unpaid"),
			anyOf("appaid", "Payables", "All", "Paid", "Unpaid"),
			anyOf("cleared", "Cleared", "Cleared", "Uncleared", "Reconciled", "Deposited"),
			anyOf("printed", "Printed", "Printed", "To_be_printed"),
		},
		days("start_createdate", "end_createdate", "Created"), days("start_moddate", "end_moddate", "Changed"),
		days("start_duedate", "end_duedate", "Due"), more, detailColumns(),
	)
}

// detailColumns returns the options that choose a list's columns and order instead of QuickBooks' own.
func detailColumns() []export.Option { return append(sorting(), columnKeys(detailKeys()...)) }

// maxReportColumns is a limit above which QuickBooks starts to answer 504.
const maxReportColumns = 25

func columnKeys(keys ...string) export.Option {
	return export.Option{Key: "columns", Title: "Columns of the report", Kind: export.OptionText,
		Values: columnChoices(keys...), Most: maxReportColumns, Help: "Empty means QuickBooks' own choice."}
}

// columnChoices returns columns of reports by QuickBooks' keys. Titles are those of its own reports where the key does
// not say it.
func columnChoices(keys ...string) []export.Choice {
	titles := map[string]string{
		"tx_date": "Date", "txn_type": "Type", "doc_num": "Number", "account_name": "Account",
		"other_account": "Other account", "split_acc": "Split account", "subt_nat_amount": "Amount",
		"rbal_nat_amount": "Balance", "nat_amount": "Original amount", "is_no_post": "Not posted",
		"term_name": "Terms", "cust_name": "Customer", "vend_name": "Vendor", "emp_name": "Employee",
		"item_name": "Product or service", "klass_name": "Class", "dept_name": "Location",
		"account_num": "Account number", "create_by": "Created by", "create_date": "Created",
		"last_mod_by": "Last changed by", "last_mod_date": "Last changed", "is_cleared": "Cleared",
		"is_adj": "Adjusting entry", "is_ar_paid": "Receivable paid", "is_ap_paid": "Payable paid",
		"debt_amt": "Debit", "credit_amt": "Credit", "nat_open_bal": "Original open balance",
		"subt_open_bal": "Open balance", "subt_amount": "Amount before tax", "inv_date": "Invoice date",
		"pmt_mthd": "Payment method", "tracking_num": "Tracking number", "exch_rate": "Exchange rate",
		"sales_cust1": "Custom field 1", "sales_cust2": "Custom field 2", "sales_cust3": "Custom field 3",
		"past_due": "Days past due", "debt_home_amt": "Debit, home currency",
		"credit_home_amt": "Credit, home currency", "subt_nat_home_amount": "Amount, home currency",
		"rbal_nat_home_amount": "Balance, home currency", "nat_home_open_bal": "Open balance, home currency",
		"nat_foreign_open_bal": "Open balance, foreign currency", "foreign_amount": "Amount, foreign currency",
		"foreign_open_bal": "Open balance in the foreign currency",
	}
	list := export.Choices(keys...)
	for i, c := range list {
		plain, net := strings.CutSuffix(c.Value, "_nt")
		if title := titles[plain]; title != "" {
			list[i].Title = title
			if net {
				list[i].Title += ", net of tax"
			}
		}
	}
	return list
}

// detailKeys returns the columns that reports of transactions support.
// https://developer.intuit.com/app/developer/qbo/docs/api/accounting/report-entities/generalledger
func detailKeys() []string {
	return []string{
		"tx_date", "txn_type", "doc_num", "name", "memo", "account_name", "other_account", "split_acc",
		"subt_nat_amount", "rbal_nat_amount", "nat_amount", "is_no_post",
		"due_date", "term_name", "cust_name", "vend_name", "emp_name", "item_name", "quantity", "rate", "klass_name",
		"dept_name", "account_num",
		"create_by", "create_date", "last_mod_by", "last_mod_date", "is_cleared", "is_adj", "is_ar_paid", "is_ap_paid",
		"debt_amt", "credit_amt",
		"nat_open_bal", "net_amount", "tax_amount", "tax_code", "inv_date", "pmt_mthd", "printed", "tracking_num",
		"ship_via", "sales_cust1", "sales_cust2", "sales_cust3",
		"past_due", "subt_open_bal", "subt_amount", "currency", "exch_rate", "subt_nat_home_amount",
		"rbal_nat_home_amount", "debt_home_amt", "credit_home_amt",
		"nat_home_open_bal", "nat_foreign_open_bal", "foreign_amount", "foreign_open_bal", "subt_nat_amount_nt",
		"rbal_nat_amount_nt", "subt_nat_amount_home_nt", "rbal_nat_amount_home_nt",
		"debt_amt_nt", "credit_amt_nt", "debt_home_amt_nt", "credit_home_amt_nt", "nat_open_bal_nt",
		"subt_amount_nt", "subt_open_bal_nt",
	}
}
