package capture

import (
	"strings"
	"unicode"
)

// isOwn reports whether a text is QuickBooks' own, so that it may stay: a label of a report, a type of transaction, an
// age of a debt.
func isOwn(text string) bool {
	return ownTexts[text] || age(text)
}

// age reports whether a text names the age of debts, such as "31 - 60 days past due" or "91 and over". It has figures
// and these words only.
func age(text string) bool {
	words := strings.Fields(strings.ToLower(text))
	if len(words) < 2 || len(words) > 7 || strings.Trim(words[0], "<>0123456789") != "" {
		return false
	}
	named := 0
	for _, w := range words[1:] {
		switch {
		case ageWords[w]:
			named++
		case len(w) > 3 || strings.Trim(w, "0123456789") != "":
			return false
		}
	}
	return named > 0
}

var ageWords = setOf(`days; past; due; and; over; or; more; -`)

// cutNotice begins the row that says that QuickBooks left out the rest of a report.
const cutNotice = "unable to display more data"

// setOf returns the entries of a list that semicolons or line ends separate.
func setOf(list string) map[string]bool {
	set := map[string]bool{}
	for entry := range strings.FieldsFuncSeq(list, isSeparator) {
		if entry = strings.TrimSpace(entry); entry != "" {
			set[entry] = true
		}
	}
	return set
}

// ownTexts are whole texts that QuickBooks writes itself, wherever they stand.
var ownTexts = setOf(`
Total; TOTAL; Balance; Beginning Balance; Ending Balance; Opening Balance; Net Income; Net Earnings;
Gross Profit; Net Operating Income; Net Other Income; Net Ordinary Income; Income; Other Income; Expenses;
Expense; Other Expenses; Other Expense; Cost of Goods Sold; Cost of Sales; COGS; Profit; PROFIT; Net Profit;
Net Loss; Gross Loss; Operating Profit; Earnings; ASSETS; Assets; LIABILITIES AND EQUITY;
Liabilities and Equity; LIABILITIES AND SHAREHOLDER'S EQUITY; Liabilities And Equity; Liabilities; Equity;
Current Assets; Current Liabilities; Fixed Assets; Other Assets; Other Current Assets;
Other Current Liabilities; Long-Term Liabilities; Long-term Liabilities; Non-current assets;
Non-current liabilities; Bank Accounts; Bank; Credit Cards; Credit Card; Accounts Receivable;
Accounts Payable; Accounts receivable (A/R); Accounts Receivable (A/R); Accounts payable (A/P);
Accounts Payable (A/P); Fixed Asset; Other Asset; Other Current Asset; Other Current Liability;
Long Term Liability; Non-Posting; Retained Earnings; Opening Balance Equity; Undeposited Funds;
Inventory Asset; Uncategorized Income; Uncategorized Expense; Uncategorized Asset; Sales of Product Income;
Exchange Gain or Loss; Unrealized Gain or Loss; Reconciliation Discrepancies; OPERATING ACTIVITIES;
Operating Activities; INVESTING ACTIVITIES; Investing Activities; FINANCING ACTIVITIES; Financing Activities;
Net cash provided by operating activities; Net cash provided by investing activities;
Net cash provided by financing activities; Net cash increase for period; Cash at beginning of period;
Cash at end of period; Adjustments to reconcile Net Income to Net Cash provided by operations:;
Adjustments to reconcile Net Income to Net Cash provided by operations;
Adjustments to reconcile Net Income to net cash provided by operations:; NET CASH INCREASE FOR PERIOD;
CASH AT END OF PERIOD; Account; Account #; Account Name; Full name; Full Name; Type; Detail type;
Detail Type; Description; Date; Transaction Date; Transaction Type; Transaction type; Num; No.; Name; Memo;
Memo/Description; Split; Amount; Debit; Credit; Due Date; Due date; Open Balance; Open balance; Past Due;
Foreign Amount; Foreign Balance; Foreign Open Balance; Customer; Vendor; Supplier; Client; Employee;
Product/Service; Product/Service full name; Item; Class; Location; Department; Qty; Quantity; Rate;
Sales Price; Avg Price; Average Price; % of Sales; % of Income; % Change; $ Change; Change; Gross Margin;
Gross Margin %; Gross Sales; Taxable; Non-Taxable; Taxable Amount; Tax; Tax Amount; Tax Name; Tax Agency;
Tax Collected; Tax Owed; Tax Code; Posting; Cleared; Clr; Created By; Created; Last Modified;
Last Modified By; Create Date; Payment Method; Terms; Adj; Adjustment; Home Amount; Currency; Exchange Rate;
SKU; Asset Value; Calc. Avg; FIFO Cost; Qty on Hand; Current; TOTALS; Net Amount; Gross Amount; Billed;
Unbilled; Open; Closed; Paid; Unpaid; Overdue; Voided; Deleted; Pending; Accepted; Rejected; Converted;
Not Specified; Not specified; Unassigned; Other; Others; None; All; Unknown; Invoice; Bill; Payment;
Bill Payment; Bill Payment (Check); Bill Payment (Credit Card); Check; Cheque; Cheque Expense; Credit Memo;
Credit Note; Sales Receipt; Refund; Refund Receipt; Deposit; Transfer; Journal Entry; Journal; Vendor Credit;
Supplier Credit; Credit Card Credit; Credit Card Expense; Credit Card Payment; Credit Card Charge;
Cash Expense; Estimate; Purchase Order; Time Activity; Time Charge; Inventory Qty Adjust;
Inventory Adjustment; Inventory Starting Value; Statement; Charge; Billable Expense Charge; Tax Payment;
Sales Tax Payment; Payroll Check; Paycheck; Cash; Accrual; GAAP; Month; Quarter; Week; Days; Year; Customers;
Vendors; Classes; Departments; Employees; ProductsAndServices;
AlreadyClosed; NON; TAX; Yes; No; QBO; Hours; Product;
Service; Category; this month; this month-to-date; this fiscal year; this fiscal year-to-date;
this calendar year; this calendar year-to-date; this quarter; this quarter-to-date; this week; today;
yesterday; last month; last fiscal year; last calendar year; last quarter; last week; last year; this year;
this year-to-date; all; all dates; next month; custom; Object Not Found; Duplicate Name Exists Error;
Unsupported Operation; Business Validation Error; Authentication Failure; Invalid Number;
Error parsing query; Invalid query; Request has invalid or unsupported property;
An application error has occurred while processing your request; System Failure Error; Operation Not Allowed;
Stale Object Error; Internal Server Error; Service Unavailable; ThrottleExceeded; AuthenticationFailed
`)

// columnKeys are keys of reports' columns, in lower case.
var columnKeys = setOf(`
account; account_name; account_num; account_type; account_desc; accnt_type; detail_acc_type; acct_num;
acct_num_with_extn; acct_type; total; current; tx_date; txn_date; txn_type; txn_num; doc_num; name;
cust_name; vend_name; emp_name; item_name; klass_name; dept_name; memo; item_desc; split_acc; other_account;
is_no_post; is_ar_paid; is_ap_paid; is_cleared; is_adj; is_billable; create_by; create_date; last_mod_by;
last_mod_date; subt_nat_amount; subt_nat_amount_nt; subt_nat_home_amount; nat_amount; nat_home_amount;
nat_open_bal; subt_nat_open_bal; rbal_nat_amount; rbal_nat_amount_nt; rbal_nat_home_amount; debt_amt;
credt_amt; credit_amt; debt_home_amt; credit_home_amt; subt_debt_amt; subt_credit_amt; subt_neg_open_bal;
subt_open_bal; neg_open_bal; open_bal; nat_foreign_open_bal; nat_foreign_amount; subt_nat_foreign_amount;
rbal_nat_foreign_amount; home_amount; home_open_bal; subt_home_open_bal; due_date; past_due; term_name;
ship_date; ship_via; sales_cust1; sales_cust2; sales_cust3; pmt_mthd; inv_date; quantity; qty; rate;
exch_rate; currency; tax_type; tax_amount; subt_tax_amount; tax_code; net_amount; gross_amount; sku;
asset_value; calc_avg; avg_cost; rate_price; home_tax_amount; home_net_amount; home_tax_net_amount; arpaid;
appaid; arp_paid; paid_date; deliv_date; extra_doc_num; bill_addr; ship_addr; cust_bill_email; cust_msg;
inventory_qty; inventory_value; qty_on_hand; unit_price; purch_cost; units; debit; credit; debits; credits;
amount; balance; date; number; type; description; cust_type; olb_status; print_status; statement_date; num;
split; customer; vendor; item; class; location; department; adjusted_gain_loss; income; net_income; expense;
grossmargin; grosssales; avgprice; percentofsales; cogs; nonposting; tax; taxname; taxagency; start_date;
end_date; startdate; enddate; memo_desc; txn_memo; memodescription
`)

// columnWords are what the keys of reports' columns are made of.
var columnWords = wordsOf(columnKeys, ownTexts)

// wordsOf returns the words of several sets' entries, in lower case.
func wordsOf(sets ...map[string]bool) map[string]bool {
	words := map[string]bool{}
	for _, set := range sets {
		for entry := range set {
			for word := range strings.FieldsFuncSeq(strings.ToLower(entry), isNoLetter) {
				words[word] = true
			}
		}
	}
	return words
}

func isNoLetter(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// isColumnKey reports whether a text is a key of a report's column, spelt with the words of such keys.
func isColumnKey(text string) bool {
	if !identifier.MatchString(text) {
		return false
	}
	for word := range strings.SplitSeq(strings.ToLower(text), "_") {
		if !columnWords[word] {
			return false
		}
	}
	return true
}

// labelKeys are the keys of QuickBooks' own labels. Their texts stay if they are identifiers.
var labelKeys = setOf(`
ColType; FiscalYearStartMonth; TaxYearStartMonth; FirstMonthOfFiscalYear; group; type; Type; ReportName; ReportBasis; SummarizeColumnsBy; Classification; AccountType;
AccountSubType; DetailType; TxnType; PaymentType; PrintStatus; EmailStatus; GlobalTaxCalculation;
BillableStatus; PostingType; TxnStatus; POStatus; ItemCategoryType; TaxApplicableOn; IntervalType; RecurType;
NameOf; DeliveryType; PreferredDeliveryMethod; domain; status; element; Operator; CreditCardType;
CCTransactionType; TaxRateApplicableOn; TaxTypeApplicable; SpecialTaxType; RateType; DisplayType;
ExternalType; AdjustmentType; PriceLevelType; ItemType; DiscountType; DayOfWeek; ReconcileStatus;
ClearedStatus; SourceTxnType; TransactionLocationType; CompanyType
`)

// keptNumbers are the keys of figures that are no amounts.
var keptNumbers = setOf(`
startPosition; maxResults; totalCount; count; Qty; QtyOnHand; QtyOnPurchaseOrder; QtyOnSalesOrder;
ReorderPoint; QtyDiff; NewQty; ExchangeRate; RateValue; RatePercent; TaxPercent; DiscountPercent;
MarkupPercent; Percent; LineNum; Sequence; TaxOrder; SubLevel; Level; DueDays; DiscountDays; DayOfMonthDue;
DueNextMonthDays; DiscountDayOfMonth; DayOfMonth; WeekOfMonth; NumInterval; DaysBefore; RemindDays;
MaxOccurrences; NumberOfOccurrences; Hours; Minutes; BreakHours; BreakMinutes; Size
`)

// textColumns are the types and keys of reports' columns whose figures are names or numbers of documents.
var textColumns = setOf(`
string; account; customer; vendor; item; class; department; employee; boolean; name; doc_num; memo;
account_name; account_num; account_type; txn_type; cust_name; vend_name; emp_name; item_name; klass_name;
dept_name; split_acc; other_account; is_no_post; create_by; last_mod_by; item_desc; term_name; sku; pmt_mthd;
ship_via; tax_code; tax_type; detail_acc_type; account_desc; acct_num; txn_num; extra_doc_num
`)

func isSeparator(r rune) bool { return r == ';' || r == '\n' }
