package exporters_test

import (
	"strings"
	"testing"

	"ledgersheet/internal/intuit/intuitsim"
)

// addRecords adds what simulated books of this size lack, as QuickBooks spells it: foreign currencies, credits, lines
// about things, and what a payment says of the documents that it pays. They are in no journal and so in no report.
func addRecords(t testing.TB, c *intuitsim.Company) {
	t.Helper()
	invoices := c.IDs("Invoice")
	if err := c.Void("Invoice", invoices[len(invoices)-1]); err != nil {
		t.Fatal(err)
	}
	// Names in braces stand for the ids of the first entry of each list, and of the customer that is added here.
	of := func(object string) string { return c.IDs(object)[0] }
	ids := []string{"{customer}", of("Customer"), "{invoice}", of("Invoice"), "{vendor}", of("Vendor"), "{item}",
		of("Item"), "{account}", of("Account"), "{class}", of("Class"),
		"{term}", of("Term"), "{method}", of("PaymentMethod"), "{employee}", of("Employee"), "{location}",
		of("Department"), "{tax}", of("TaxCode"), "{rate}", of("TaxRate")}
	for _, r := range [][2]string{
		{"Customer", `{"DisplayName":"Kate Whelan","FullyQualifiedName":"Kate Whelan","CompanyName":"Whelan & Daughters","PrimaryEmailAddr":{"Address":"kate@example.com"},"PrimaryPhone":{"FreeFormNumber":"(650) 555-0199"},
			"PaymentMethodRef":{"value":"{method}"},"ARAccountRef":{"value":"{account}"},"SalesTermRef":{"value":"{term}"},"CurrencyRef":{"value":"USD"},"Balance":0,"Notes":"Pays at once"}`},
		{"Vendor",
			`{"DisplayName":"Dune Sand","APAccountRef":{"value":"{account}"},"TermRef":{"value":"{term}"},"CurrencyRef":{"value":"USD"},"Balance":0}`},
		{"Department",
			`{"Name":"Shed","FullyQualifiedName":"Head office:Shed","SubDepartment":true,"ParentRef":{"value":"{location}"},"Address":{"Line1":"1 Back Lane","City":"Bayshore"}}`},
		{"Item",
			`{"Name":"Bulbs","FullyQualifiedName":"Bulbs","Type":"NonInventory","UnitPrice":1.25,"PurchaseCost":0.75,"SalesTaxCodeRef":{"value":"{tax}"},"IncomeAccountRef":{"value":"{account}"},"PrefVendorRef":{"value":"{vendor}"}}`},
		{"Account",
			`{"Name":"Grants","FullyQualifiedName":"Grants","AcctNum":"7900","Classification":"Revenue","AccountType":"Other Income","AccountSubType":"OtherMiscellaneousIncome","CurrentBalance":0,"CurrentBalanceWithSubAccounts":0,"CurrencyRef":{"value":"USD"},"TaxCodeRef":{"value":"{tax}"}}`},
		{"TaxCode",
			`{"Name":"Reverse charge","Description":"Tax owed by the buyer","Taxable":true,"TaxGroup":true,"PurchaseTaxRateList":{"TaxRateDetail":[{"TaxRateRef":{"value":"{rate}"}},{"TaxRateRef":{"value":"{rate}"}}]}}`},
		{"Invoice", `{"DocNumber":"00123","TxnDate":"2026-03-01","DueDate":"2026-03-08","CustomerRef":{"value":"{kate}","name":"Kate Whelan"},"CurrencyRef":{"value":"EUR"},"ExchangeRate":1.0845,"HomeTotalAmt":108.45,"SalesTermRef":{"value":"{term}"},
			"Deposit":20.00,"DepositToAccountRef":{"value":"{account}"},"InvoiceLink":"https://pay.example.com/1","DeliveryInfo":{"DeliveryType":"Email","DeliveryTime":"2026-03-01T10:20:30-08:00"},"TotalAmt":100.00,"Balance":30.00,
			"Line":[{"Id":"1","LineNum":1,"Amount":100.00,"DetailType":"GroupLineDetail","GroupLineDetail":{"GroupItemRef":{"value":"{item}"},"Quantity":1,"Line":[
			{"Id":"2","Amount":60.00,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"{item}"},"Qty":2,"UnitPrice":30,"DiscountRate":0,"TaxCodeRef":{"value":"TAX"}}},
			{"Id":"3","Amount":40.00,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"SHIPPING_ITEM_ID"},"TaxCodeRef":{"value":"NON"}}}]}}],"TxnTaxDetail":{"TotalTax":0}}`},
		{"SalesReceipt", `{"DocNumber":"SR-1","TxnDate":"2026-02-01","CustomerRef":{"value":"{kate}","name":"Kate Whelan"},"CurrencyRef":{"value":"USD"},"PaymentMethodRef":{"value":"{method}"},"DepositToAccountRef":{"value":"{account}"},"TotalAmt":3.75,
			"Line":[{"Id":"1","LineNum":1,"Amount":3.75,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"{item}"},"Qty":3,"UnitPrice":1.25,"TaxCodeRef":{"value":"{tax}"}}}],"TxnTaxDetail":{"TxnTaxCodeRef":{"value":"{tax}"},"TotalTax":0}}`},
		{"RefundReceipt", `{"DocNumber":"RR-1","TxnDate":"2026-02-02","CustomerRef":{"value":"{kate}","name":"Kate Whelan"},"CurrencyRef":{"value":"USD"},"PaymentMethodRef":{"value":"{method}"},"DepositToAccountRef":{"value":"{account}"},"TotalAmt":1.25,
			"Line":[{"Id":"1","LineNum":1,"Amount":1.25,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"{item}"},"Qty":1,"UnitPrice":1.25}}],"TxnTaxDetail":{"TxnTaxCodeRef":{"value":"{tax}"},"TotalTax":0}}`},
		{"Estimate", `{"DocNumber":"E-1","TxnDate":"2026-03-10","ExpirationDate":"2026-04-10","TxnStatus":"Pending","CustomerRef":{"value":"{kate}","name":"Kate Whelan"},"CurrencyRef":{"value":"USD"},"TotalAmt":12.50,
			"Line":[{"Id":"1","LineNum":1,"Amount":12.50,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"{item}"},"Qty":10,"UnitPrice":1.25}}],"TxnTaxDetail":{"TxnTaxCodeRef":{"value":"{tax}"},"TotalTax":0}}`},
		{"BillPayment",
			`{"DocNumber":"BP-1","TxnDate":"2026-02-05","VendorRef":{"value":"{vendor}","name":"Hughes Lumber"},"PayType":"CreditCard","CreditCardPayment":{"CCAccountRef":{"value":"{account}"}},"APAccountRef":{"value":"{account}"},"CurrencyRef":{"value":"USD"},"TotalAmt":5.00,"Line":[]}`},
		{"ReimburseCharge", `{"TxnDate":"2026-02-05","CustomerRef":{"value":"{kate}","name":"Kate Whelan"},"CurrencyRef":{"value":"USD"},"Amount":5.00,"HasBeenInvoiced":false,
			"Line":[{"Id":"1","Amount":5.00,"DetailType":"ReimburseLineDetail","ReimburseLineDetail":{"ItemAccountRef":{"value":"{account}"}}}]}`},
		{"CreditMemo", `{"DocNumber":"CM-1","TxnDate":"2026-02-03","CurrencyRef":{"value":"EUR","name":"Euro"},"ExchangeRate":1.0845,
			"CustomerRef":{"value":"{kate}","name":"Kate Whelan"},"BillAddr":{"Line1":"Kate Whelan","Line2":"Apt 4","City":"Bayshore","CountrySubDivisionCode":"CA","PostalCode":"94326","Country":"USA"},
			"CustomField":[{"DefinitionId":"1","Name":"Crew #","Type":"StringType","StringValue":"104"}],
			"Line":[{"Id":"1","LineNum":1,"Description":"Pump, returned","Amount":100.00,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"{item}"},"ItemAccountRef":{"value":"{account}"},"Qty":2,"UnitPrice":50,"TaxCodeRef":{"value":"NON"}}},
			{"Amount":100.00,"DetailType":"SubTotalLineDetail","SubTotalLineDetail":{}},
			{"Amount":9.99,"DetailType":"DiscountLineDetail","DiscountLineDetail":{"PercentBased":false}}],
			"TxnTaxDetail":{"TxnTaxCodeRef":{"value":"{tax}"},"TotalTax":0},"TotalAmt":90.01,"Balance":40.00,"RemainingCredit":40.00}`},
		{"VendorCredit", `{"DocNumber":"VC-1","TxnDate":"2026-02-04","CurrencyRef":{"value":"USD","name":"United States Dollar"},"VendorRef":{"value":"{vendor}","name":"Hughes Lumber"},"APAccountRef":{"value":"{account}"},
			"Line":[{"Id":"1","LineNum":1,"Description":"Planks","Amount":75.50,"DetailType":"ItemBasedExpenseLineDetail","ItemBasedExpenseLineDetail":{"ItemRef":{"value":"{item}"},"Qty":1,"UnitPrice":75.5,"BillableStatus":"NotBillable","TaxCodeRef":{"value":"NON"}}},
			{"Id":"2","LineNum":2,"Amount":24.50,"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{"AccountRef":{"value":"{account}"},"CustomerRef":{"value":"{customer}","name":"Zoe Travis"},"ClassRef":{"value":"{class}","name":"Residential"},"BillableStatus":"Billable"}}],
			"TotalAmt":100.00,"Balance":100.00}`},
		{"Bill", `{"DocNumber":"00042","TxnDate":"2026-01-05","DueDate":"2026-02-04","CurrencyRef":{"value":"EUR","name":"Euro"},"ExchangeRate":1.0845,"HomeBalance":54.23,
			"VendorRef":{"value":"{vendor}","name":"Hughes Lumber"},"SalesTermRef":{"value":"{term}"},
			"Line":[{"Id":"1","LineNum":1,"Description":"Fasteners","Amount":100.00,"DetailType":"ItemBasedExpenseLineDetail","ItemBasedExpenseLineDetail":{"ItemRef":{"value":"{item}","name":"Design"},"Qty":50,"UnitPrice":2,"ClassRef":{"value":"{class}","name":"Residential"},"TaxCodeRef":{"value":"NON"}}}],
			"TotalAmt":100.00,"Balance":50.00}`},
		{"Payment", `{"TxnDate":"2026-03-01","CustomerRef":{"value":"{customer}","name":"Zoe Travis"},"CurrencyRef":{"value":"USD"},"PaymentMethodRef":{"value":"{method}"},"DepositToAccountRef":{"value":"{account}"},"ARAccountRef":{"value":"{account}"},"TotalAmt":80.00,"UnappliedAmt":30.00,
			"Line":[{"Amount":50.00,"LinkedTxn":[{"TxnId":"{invoice}","TxnType":"Invoice"}],"LineEx":{"any":[{"name":"{http://schema.intuit.com/finance/v3}NameValue","value":{"Name":"txnId","Value":"{invoice}"}},{"name":"{http://schema.intuit.com/finance/v3}NameValue","value":{"Name":"txnReferenceNumber","Value":"1001"}}]}}]}`},
		{"JournalEntry", `{"DocNumber":"ADJ-1","TxnDate":"2026-02-28","Adjustment":true,"CurrencyRef":{"value":"EUR"},"ExchangeRate":1.0845,"TotalAmt":0,
			"Line":[{"Id":"0","Amount":33.33,"Description":"Write-off","DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{"PostingType":"Debit","AccountRef":{"value":"{account}","name":"Checking"},"Entity":{"Type":"Customer","EntityRef":{"value":"{customer}","name":"Zoe Travis"}},"DepartmentRef":{"value":"{location}"}}},
			{"Id":"1","Amount":33.33,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{"PostingType":"Credit","AccountRef":{"value":"{account}","name":"Checking"},"Entity":{"Type":"Vendor","EntityRef":{"value":"{vendor}"}}}}]}`},
		{"Deposit", `{"TxnDate":"2026-03-02","DepositToAccountRef":{"value":"{account}","name":"Checking"},"CurrencyRef":{"value":"USD"},"TotalAmt":20.00,"CashBack":{"AccountRef":{"value":"{account}"},"Amount":1.00,"Memo":"Till"},
			"Line":[{"Id":"1","LineNum":1,"Description":"Refund of postage","Amount":20.00,"DetailType":"DepositLineDetail","DepositLineDetail":{"Entity":{"value":"{vendor}","name":"Hughes Lumber","type":"VENDOR"},"AccountRef":{"value":"{account}","name":"Checking"},"PaymentMethodRef":{"value":"{method}"},"CheckNum":"77"}}]}`},
		{"Employee",
			`{"DisplayName":"Grace Sato","GivenName":"Grace","FamilyName":"Sato","PrimaryEmailAddr":{"Address":"grace@example.com"},"HiredDate":"2025-06-01","SSN":"XXX-XX-9999","BirthDate":"1990-05-06"}`},
		{"CompanyCurrency", `{"Code":"EUR","Name":"Euro"}`},
		{"Purchase", `{"TxnDate":"2026-03-03","PaymentType":"CreditCard","Credit":true,"AccountRef":{"value":"{account}","name":"Checking"},"EntityRef":{"value":"{employee}","name":"Emily Platt","type":"Employee"},"PaymentMethodRef":{"value":"{method}"},"CurrencyRef":{"value":"USD"},"TotalAmt":12.50,
			"Line":[{"Id":"1","Amount":10.00,"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{"AccountRef":{"value":"{account}","name":"Checking"}}},
			{"Id":"2","Amount":2.50,"DetailType":"ItemBasedExpenseLineDetail","ItemBasedExpenseLineDetail":{"ItemRef":{"value":"{item}","name":"Design"},"Qty":2,"UnitPrice":1.25}}]}`},
	} {
		id, err := c.Put(r[0], []byte(strings.NewReplacer(ids...).Replace(r[1])))
		if err != nil {
			t.Fatal(err)
		}
		if r[0] == "Customer" {
			ids = append(ids, "{kate}", id)
		}
	}
}
