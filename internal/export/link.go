package export

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// QuickBooks' own pages are not documented by Intuit. Pages are known from programs that open them, such as
// https://github.com/LedgerSync/ledger_sync-quickbooks_online (dashboard_url_helper.rb). What has no known page has no
// link.

// AppURL returns the root of QuickBooks' own pages for the company, ending in a slash.
func (c Company) AppURL() string {
	if c.Environment == "sandbox" {
		return "https://sandbox.qbo.intuit.com/app/"
	}
	return "https://qbo.intuit.com/app/"
}

// AppLink returns the address of one of QuickBooks' own pages. A person who may open several companies is taken to
// this one.
func (c Company) AppLink(page string) string {
	if c.Realm == "" {
		return c.AppURL() + page
	}
	join := "?"
	if strings.Contains(page, "?") {
		join = "&"
	}
	return c.AppURL() + page + join + "deeplinkcompanyid=" + string(c.Realm)
}

// transactionPages are the pages of transactions by what reports call their type, in English. Others have no link.
var transactionPages = map[string]string{
	"Bill": "bill", "Bill Payment (Check)": "billpayment", "Check": "check", "Credit Card Credit": "creditcardcredit",
	"Credit Memo": "creditmemo", "Deposit": "deposit", "Estimate": "estimate", "Expense": "expense",
	"Invoice": "invoice", "Journal Entry": "journal", "Payment": "recvpayment", "Purchase Order": "purchaseorder",
	"Refund": "refundreceipt", "Sales Receipt": "salesreceipt", "Transfer": "transfer",
	"Vendor Credit": "vendorcredit",
}

// TransactionLink returns the address of a transaction, by its type as reports name it. It is empty if there is no
// known page, or no id.
func (c Company) TransactionLink(kind, id string) string {
	page := transactionPages[kind]
	if page == "" || id == "" {
		return ""
	}
	return c.AppLink(page + "?txnId=" + url.QueryEscape(id))
}

// PeriodDays returns the days of an Outcome.Period that has both ends.
func PeriodDays(period string) (start, end time.Time, ok bool) {
	from, to, found := strings.Cut(period, " to ")
	start, err := time.Parse(time.DateOnly, from)
	end, endErr := time.Parse(time.DateOnly, to)
	return start, end, found && err == nil && endErr == nil
}

// Link returns the address of the report in QuickBooks, with the dates and the basis that were read. It is empty for
// reports whose page is not known.
func (r Report) Link(c Company, period, basis string) string {
	start, end, ok := PeriodDays(period)
	if r.AppToken == "" || !ok {
		return ""
	}
	q := url.Values{
		"token": {r.AppToken}, "low_date": {start.Format("01/02/2006")}, "high_date": {end.Format("01/02/2006")},
	}
	switch basis {
	case "Accrual":
		q.Set("cash_basis", "no")
	case "Cash":
		q.Set("cash_basis", "yes")
	}
	return c.AppLink("reportv2?" + q.Encode())
}

// LinkColumn is the key of the column that holds the address of the record.
const LinkColumn = "Link"

// LinkedColumn returns which of an entity's columns opens the record: the one with its address, else the record's id,
// else its number. It is -1 if none does.
func (e Entity) LinkedColumn(keys []string) int {
	if e.recordLink() == nil {
		return -1
	}
	for _, key := range []string{LinkColumn, "Id", "DocNumber"} {
		if i := slices.Index(keys, key); i >= 0 {
			return i
		}
	}
	return -1
}

// RecordLink returns the address of a record in QuickBooks; empty if it has no page that is known.
func (e Entity) RecordLink(v View) string {
	if link := e.recordLink(); link != nil {
		return link(v).String()
	}
	return ""
}
