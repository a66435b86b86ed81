package exporters_test

import (
	"testing"
	"time"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
)

// computed is what a type's computed column says of a record, or of its only line.
func computed(t *testing.T, definition, key, text string) string {
	t.Helper()
	rec, err := record.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range exporters.All() {
		if d.Info().ID != definition {
			continue
		}
		c, err := export.FindColumn(d, key)
		if err != nil || c.From == nil {
			t.Fatalf("%s has no computed column %s", definition, key)
		}
		v := export.View{
			Record: rec, Company: export.Company{HomeCurrency: "USD"},
			Today: time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC),
		}
		if lines := rec.List("Line"); len(lines) == 1 {
			v.Line = lines[0]
		}
		cell := c.From(v)
		if !cell.Blank() && cell.Kind() != c.Kind {
			t.Errorf("%s %s gave a %s, not a %s", definition, key, cell.Kind(), c.Kind)
		}
		return cell.String()
	}
	t.Fatalf("there is no type %s", definition)
	return ""
}

func TestComputedColumns(t *testing.T) {
	t.Parallel()
	const expense, item = `"AccountBasedExpenseLineDetail"`, `"ItemBasedExpenseLineDetail"`
	for _, test := range []struct{ definition, key, record, want string }{
		{"invoices", "Status", `{"TotalAmt":10,"Balance":10,"DueDate":"2026-03-14"}`, "Open"},
		{"invoices", "Status", `{"TotalAmt":10,"Balance":10,"DueDate":"2026-03-13"}`, "Overdue"},
		{"invoices", "Status", `{"TotalAmt":10,"Balance":4,"DueDate":"2026-03-20"}`, "Partly paid"},
		{"invoices", "Status", `{"TotalAmt":10,"Balance":0,"DueDate":"2020-03-20"}`, "Paid"},
		{"invoices", "Status", `{"TotalAmt":0,"Balance":0,"PrivateNote":"Voided: twice"}`, "Voided"},
		{"invoices", "Status", `{"TotalAmt":5,"Balance":5,"PrivateNote":"Voided the old one"}`, "Open"},
		{"bills", "Status", `{"TotalAmt":10,"Balance":10,"DueDate":"2026-01-01"}`, "Overdue"},
		{"invoices", "DaysOverdue", `{"TotalAmt":10,"Balance":10,"DueDate":"2026-03-04"}`, "10"},
		{"invoices", "DaysOverdue", `{"TotalAmt":10,"Balance":10,"DueDate":"2026-03-24"}`, "0"},
		{"bills", "DaysOverdue", `{"TotalAmt":10,"Balance":0,"DueDate":"2026-03-04"}`, ""},

		{"estimates", "Status", `{"TotalAmt":1,"TxnStatus":"Pending","ExpirationDate":"2026-03-20"}`, "Pending"},
		{"estimates", "Status", `{"TotalAmt":1,"TxnStatus":"Pending","ExpirationDate":"2026-03-13"}`, "Expired"},
		{"estimates", "Status", `{"TotalAmt":1,"TxnStatus":"Accepted","ExpirationDate":"2026-03-13"}`, "Accepted"},
		{"estimates", "Status", `{"TotalAmt":1}`, "Pending"},
		{"purchase_orders", "Status", `{"TotalAmt":1,"POStatus":"Closed"}`, "Closed"},
		{"payments", "Status", `{"TotalAmt":10,"UnappliedAmt":0}`, "Applied"},
		{"payments", "Status", `{"TotalAmt":10,"UnappliedAmt":3}`, "Partly applied"},
		{"payments", "Status", `{"TotalAmt":10,"UnappliedAmt":10}`, "Unapplied"},
		{"payments", "Status", `{"TotalAmt":0,"UnappliedAmt":0,"PrivateNote":"Voided"}`, "Voided"},
		{"credit_memos", "Status", `{"TotalAmt":10,"Balance":2.50}`, "Partly applied"},
		{"vendor_credits", "Status", `{"TotalAmt":10}`, ""},
		{"sales_receipts", "Status", `{"TotalAmt":10}`, "Paid"},
		{"purchases", "Status", `{"TotalAmt":0,"PrivateNote":"Voided"}`, "Voided"},
		{"journal_entries", "Status", `{}`, "Posted"},
		{"transfers", "Status", `{"Amount":5,"PrivateNote":"Voided check refunded"}`, "Posted"},
		{"transfers", "Status", `{"Amount":0,"PrivateNote":"Voided"}`, "Voided"},
		{"reimburse_charges", "Status", `{"HasBeenInvoiced":true}`, "Invoiced"},
		{"reimburse_charges", "Status", `{"HasBeenInvoiced":false}`, "Open"},
		{"reimburse_charges", "Status", `{}`, ""},
		{"recurring_transactions", "Status", `{"RecurringInfo":{"Active":false}}`, "Paused"},
		{"recurring_transactions", "Status", `{"RecurringInfo":{"Active":true}}`, "Active"},

		{"invoices", "HomeTotalAmt",
			`{"TotalAmt":100,"HomeTotalAmt":108.45,"ExchangeRate":2,"CurrencyRef":{"value":"EUR"}}`, "108.45"},
		{"invoices", "HomeTotalAmt", `{"TotalAmt":33.33,"ExchangeRate":1.0845,"CurrencyRef":{"value":"EUR"}}`, "36.15"},
		{"invoices", "HomeTotalAmt", `{"TotalAmt":0.05,"ExchangeRate":0.1,"CurrencyRef":{"value":"EUR"}}`, "0.01"},
		{"invoices", "HomeTotalAmt", `{"TotalAmt":9007199254740993.25,"ExchangeRate":3,"CurrencyRef":{"value":"EUR"}}`,
			"27021597764222979.75"},
		{"invoices", "HomeTotalAmt", `{"TotalAmt":33.33,"CurrencyRef":{"value":"EUR"}}`, ""},
		{"invoices", "HomeTotalAmt", `{"TotalAmt":33.33,"ExchangeRate":1,"CurrencyRef":{"value":"USD"}}`, "33.33"},
		{"invoices", "HomeTotalAmt", `{"TotalAmt":33.33}`, "33.33"},
		{"invoices", "HomeTotalAmt", `{}`, ""},
		{"bills", "HomeBalance", `{"Balance":50,"ExchangeRate":1.5,"CurrencyRef":{"value":"EUR"}}`, "75.00"},
		{"transfers", "HomeTotalAmt", `{"Amount":10,"ExchangeRate":1.5,"CurrencyRef":{"value":"EUR"}}`, "15.00"},

		{"journal_entries", "TotalAmt", `{"TotalAmt":7}`, "7"},
		{"journal_entries", "TotalAmt",
			`{"TotalAmt":0,"Line":[{"Amount":1.10,"JournalEntryLineDetail":{"PostingType":"Debit"}},{"Amount":2.20,"JournalEntryLineDetail":{"PostingType":"Debit"}},{"Amount":3.30,"JournalEntryLineDetail":{"PostingType":"Credit"}}]}`, "3.30"},
		{"journal_entries", "HomeTotalAmt",
			`{"ExchangeRate":2,"CurrencyRef":{"value":"EUR"},"Line":[{"Amount":1.10,"JournalEntryLineDetail":{"PostingType":"Debit"}},{"Amount":1.10,"JournalEntryLineDetail":{"PostingType":"Credit"}}]}`, "2.20"},
		{"journal_entries", "Line.Debit", `{"Line":[{"Amount":1.10,"JournalEntryLineDetail":{"PostingType":"Debit"}}]}`,
			"1.10"},
		{"journal_entries", "Line.Credit",
			`{"Line":[{"Amount":1.10,"JournalEntryLineDetail":{"PostingType":"Debit"}}]}`, ""},
		{"journal_entries", "Line.Credit",
			`{"Line":[{"Amount":1.10,"JournalEntryLineDetail":{"PostingType":"Credit"}}]}`, "1.10"},

		{"bills", "Line.Customer", `{"Line":[{` + expense + `:{"CustomerRef":{"value":"1","name":"Amy"}}}]}`, "Amy"},
		{"bills", "Line.Customer", `{"Line":[{` + item + `:{"CustomerRef":{"value":"1"}}}]}`, "1"},
		{"bills", "Line.Class", `{"Line":[{` + item + `:{"ClassRef":{"value":"1","name":"Retail"}}}]}`, "Retail"},
		{"bills", "Line.BillableStatus", `{"Line":[{` + expense + `:{"BillableStatus":"Billable"}}]}`, "Billable"},
		{"bills", "Line.BillableStatus", `{"Line":[{}]}`, ""},
		{"payments", "Line.AppliedNumber",
			`{"Line":[{"LineEx":{"any":[{"value":{"Name":"txnId","Value":"9"}},{"value":{"Name":"txnReferenceNumber","Value":"00123"}}]}}]}`, "00123"},
		{"payments", "Line.AppliedNumber", `{"Line":[{}]}`, ""},
		{"bills", "Line.MarkupPercent", `{"Line":[{` + item + `:{"MarkupInfo":{"PercentBased":true,"Percent":12.5}}}]}`,
			"12.5"},
		{"bills", "Line.MarkupPercent", `{"Line":[{` + item + `:{}}]}`, ""},
		{"purchases", "NetAmount", `{"TotalAmt":12.50,"Credit":true}`, "-12.50"},
		{"purchases", "NetAmount", `{"TotalAmt":12.50}`, "12.50"},
		{"purchases", "Link", `{"Id":"5","PaymentType":"Check"}`, "https://qbo.intuit.com/app/check?txnId=5"},
		{"purchases", "Link", `{"Id":"5","PaymentType":"CreditCard","Credit":true}`,
			"https://qbo.intuit.com/app/creditcardcredit?txnId=5"},
		{"purchases", "Link", `{"Id":"5","PaymentType":"Cash"}`, "https://qbo.intuit.com/app/expense?txnId=5"},
		{"accounts", "Link", `{"Id":"5"}`, "https://qbo.intuit.com/app/register?accountId=5"},

		{"time_activities", "Worked", `{"Hours":2,"Minutes":45}`, "2.7500"},
		{"time_activities", "Worked", `{"Hours":2,"Minutes":20,"BreakMinutes":30}`, "1.8333"},
		{"time_activities", "Worked",
			`{"StartTime":"2026-03-02T09:00:00-08:00","EndTime":"2026-03-02T17:30:00-08:00","BreakHours":1}`, "7.5000"},
		{"time_activities", "Worked", `{}`, ""},
		{"time_activities", "Worker", `{"VendorRef":{"value":"3","name":"Acme"}}`, "Acme"},
		{"customers", "BillAddr",
			`{"BillAddr":{"Line1":"Amy Adler","Line2":"12 Ocean Dr.","City":"Bayshore","CountrySubDivisionCode":"CA","PostalCode":"94326","Country":"USA"}}`, "Amy Adler\n12 Ocean Dr.\nBayshore, CA 94326\nUSA"},
		{"customers", "BillAddr", `{"BillAddr":{"City":"Bayshore","PostalCode":"94326"}}`, "Bayshore, 94326"},
		{"customers", "BillAddr", `{"BillAddr":{"PostalCode":"94326"}}`, "94326"},
		{"customers", "BillAddr", `{}`, ""},
	} {
		if got := computed(t, test.definition, test.key, test.record); got != test.want {
			t.Errorf("%s %s of %s is %q, want %q", test.definition, test.key, test.record, got, test.want)
		}
	}
}
