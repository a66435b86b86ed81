package source_test

import "slices"

// recordings lists all files with answers. INDEX.md beside the samples says where each comes from.
func recordings() []recorded {
	return slices.Concat(reportAnswers(), recordAnswers(), refusals(), otherAnswers())
}

// reportAnswers are answers to requests for reports.
func reportAnswers() []recorded {
	return []recorded{
		{
			"aging_detail.json", "own", statementOf("ar_aging_detail"),
			[]string{
				"2 checks hold",
				"table: 3 rows, subt_open_bal 301.00",
				"statement: 7 rows, subt_open_bal 301.00",
			},
		},
		{
			"general_ledger_older.json", "own", statementOf("general_ledger"),
			[]string{
				"3 checks hold",
				"table: 4 rows, subt_nat_amount -63.25, rbal_nat_amount 16284.25",
				"statement: 12 rows, subt_nat_amount -63.25, rbal_nat_amount 16284.25",
			},
		},
		{
			"no_data.json", "own", statementOf("profit_and_loss"),
			[]string{
				"0 checks hold",
				"statement: 6 rows",
				"table: 0 rows",
				"tidy: 0 rows",
			},
		},
		{
			"profit_and_loss_by_month.json", "own", statementOf("profit_and_loss"),
			[]string{
				"34 checks hold",
				"statement: 17 rows, Jan 2026 2350.15, Feb 2026 975.20, total 3325.35",
				"table: 7 rows, Jan 2026 2350.15, Feb 2026 975.20, total 3325.35",
				"tidy: 10 rows, Amount 3325.35",
			},
		},
		{
			"sub_columns.json", "own", statementOf("profit_and_loss"),
			[]string{
				"1 checks hold",
				"statement: 4 rows, current 25.00",
				"table: 2 rows, current 25.00",
				"tidy: 2 rows, Amount 25.00",
			},
		},
		{
			"trial_balance.json", "own", statementOf("trial_balance"),
			[]string{
				"3 checks hold",
				"statement: 4 rows, debit 912.75, credit 912.75",
				"table: 3 rows, debit 912.75, credit 912.75",
			},
		},
		{
			"with_splits.json", "own", statementOf("transaction_list_with_splits"),
			[]string{
				"0 checks hold",
				"table: 2 rows, nat_amount 0.00",
				"statement: 3 rows, nat_amount 0.00",
			},
		},
		{
			"ageing_header_holds_total.json", "statement sample/hard", statementOf("ar_aging_summary",
				"Amber Works | Job A | 20.00 | 20.00",
				"Amber Works | Job B | 40.00 | 40.00"),
			[]string{
				"8 checks hold",
				"statement: 5 rows, current 60.00, total 60.00",
				"table: 2 rows, current 60.00, total 60.00",
				"tidy: 2 rows, Amount 60.00",
			},
		},
		{
			"amounts_spelt.json", "statement sample/hard", statementOf("profit_and_loss",
				"Income | Sales | 2000.25",
				"Income | Returns | -100.25",
				"Income | Tips | 5.00",
				"Income | None",
				"Income | Exponent | 100"),
			[]string{
				"2 checks hold",
				"statement: 8 rows, total 2005.00",
				"table: 5 rows, total 2005.00",
				"tidy: 4 rows, Amount 2005.00",
			},
		},
		{
			"code_column_typed_money.json", "statement sample/hard", statementOf("inventory_valuation_detail",
				"2026-02-03 | Hose | 004711 | 3 | 36.00",
				"2026-02-09 | Hose | 004711-B | -1 | -12.00"),
			[]string{
				"1 checks hold",
				"warns: The column \"SKU\" of the report InventoryValuationDetail should hold numbers, …",
				"table: 2 rows, assetvalue 24.00",
				"statement: 3 rows, assetvalue 24.00",
			},
		},
		{
			"customer_income_negative_expenses.json", "statement sample/hard", statementOf("customer_income"),
			[]string{
				"6 checks hold",
				"statement: 3 rows, income 2101.47, expenses -1308.90, net_income 792.57",
				"table: 2 rows, income 2101.47, expenses -1308.90, net_income 792.57",
			},
		},
		{
			"empty_without_columns.json", "statement sample/hard", statementOf("profit_and_loss"),
			[]string{
				"0 checks hold",
				"statement: 0 rows",
				"table: 0 rows",
				"tidy: 0 rows",
			},
		},
		{
			"home_currency_keys.json", "statement sample/hard", statementOf("general_ledger",
				"Checking | 2026-01-05 | Deposit | 100.00 | 100.00 | 2026-01-05T17:30:00Z | 0.56 | 1.10",
				"Checking | 2026-01-09 | Check | -40.00 | 60.00 | 2026-01-10T01:00:00Z | 12.5 | 2.20"),
			[]string{
				"2 checks hold",
				"warns: The column \"Share\" of the report GeneralLedger has the key \"share_pct\", which …",
				"warns: The column \"New\" of the report GeneralLedger has the key \"some_new_amount\", …",
				"table: 2 rows, subt_nat_amount_home_nt 60.00, rbal_nat_amount_home_nt 160.00, " +
					"some_new_amount 3.30",
				"statement: 4 rows, subt_nat_amount_home_nt 60.00, rbal_nat_amount_home_nt 160.00, " +
					"some_new_amount 3.30",
			},
		},
		{
			"more_cells_than_columns.json", "statement sample/hard", statementOf("profit_and_loss"),
			[]string{
				"statement: quickbooks_malformed: In QuickBooks' report ProfitAndLoss the row \"Sales\" " +
					"has \"7.77\" in cell 3, but …",
				"table: quickbooks_malformed: In QuickBooks' report ProfitAndLoss the row \"Sales\" has " +
					"\"7.77\" in cell 3, but …",
				"tidy: quickbooks_malformed: In QuickBooks' report ProfitAndLoss the row \"Sales\" has " +
					"\"7.77\" in cell 3, but …",
			},
		},
		{
			"net_other_income.json", "statement", statementOf("profit_and_loss",
				"Other Expenses | Sundries | 2000.00"),
			[]string{
				"8 checks hold",
				"statement: 16 rows, total 9499.31",
				"table: 4 rows, total 9499.31",
				"tidy: 4 rows, Amount 9499.31",
			},
		},
		{
			"pl_detail_other_income_and_expense.json", "statement sample/hard", statementOf("profit_and_loss_detail"),
			[]string{
				"13 checks hold",
				"table: 7 rows, subt_nat_amount 125.44, rbal_nat_amount -634.62",
				"statement: 31 rows, subt_nat_amount 125.44, rbal_nat_amount -634.62",
			},
		},
		{
			"total_as_plain_row.json", "statement sample/hard", statementOf("sales_by_class",
				"East | 1200.00",
				"West | 300.50",
				"Not specified | -10.00"),
			[]string{
				"1 checks hold",
				"statement: 4 rows, total 1490.50",
				"table: 3 rows, total 1490.50",
				"tidy: 3 rows, Amount 1490.50",
			},
		},
		{
			"labels_before_amounts.json", "statement", statementOf("profit_and_loss_detail",
				"Income | Landscaping | 46.30 | 3.70"),
			[]string{
				"4 checks hold",
				"table: 2 rows, subt_nat_amount 146.30, tax_amount 11.70",
				"statement: 6 rows, subt_nat_amount 146.30, tax_amount 11.70",
			},
		},
		{
			"payables_that_do_not_add_up.json", "statement", statementOf("ap_aging_detail"),
			[]string{
				"0 checks hold",
				"differs: \"Total\" says 0.00 under \"Amount\", but adding up gives -12345578.00",
				"differs: \"Total\" says 0.00 under \"Open Balance\", but adding up gives -12345578.00",
				"warns: Figures of the report AgedPayableDetail do not follow from its other figures. …",
				"table: 2 rows, subt_neg_amount -12345578.00, subt_neg_open_bal -12345578.00",
				"statement: 5 rows, subt_neg_amount -12345578.00, subt_neg_open_bal -12345578.00",
			},
		},
		{
			"report_age_payable_detail_2013_2015.json", "sample/hard", statementOf("ap_aging_detail"),
			[]string{
				"0 checks hold",
				"differs: \"Total\" says 0.00 under \"Amount\", but adding up gives -12345578.00",
				"differs: \"Total\" says 0.00 under \"Open Balance\", but adding up gives -12345578.00",
				"warns: Figures of the report AgedPayableDetail do not follow from its other figures. …",
				"table: 2 rows, subt_neg_amount -12345578.00, subt_neg_open_bal -12345578.00",
				"statement: 5 rows, subt_neg_amount -12345578.00, subt_neg_open_bal -12345578.00",
			},
		},
		{
			"report_balance_sheet_with_year_summary_2013_2015.json", "sample/hard", statementOf("balance_sheet"),
			[]string{
				"40 checks hold",
				"statement: 46 rows, jul4-dec31,2013 0.00, jan-dec2014 0.00, jan1-jun21,2015 46940.58",
				"table: 16 rows, jul4-dec31,2013 0.00, jan-dec2014 0.00, jan1-jun21,2015 46940.58",
				"tidy: 19 rows, Amount 46940.58",
			},
		},
		{
			"report_balancesheet_2013_2015.json", "sample/hard", statementOf("balance_sheet"),
			[]string{
				"17 checks hold",
				"statement: 45 rows, total 46872.58",
				"table: 15 rows, total 46872.58",
				"tidy: 14 rows, Amount 46872.58",
			},
		},
		{
			"report_balancesheet_2026_08.json", "sample/hard", statementOf("balance_sheet"),
			[]string{
				"17 checks hold",
				"statement: 45 rows, total 46872.58",
				"table: 15 rows, total 46872.58",
				"tidy: 14 rows, Amount 46872.58",
			},
		},
		{
			"report_customersales_doc.json", "sample/hard", statementOf("sales_by_customer"),
			[]string{
				"1 checks hold",
				"statement: 2 rows, total 1200.00",
				"table: 1 rows, total 1200.00",
				"tidy: 1 rows, Amount 1200.00",
			},
		},
		{
			"report_journal_doc_part.json", "sample/hard", statementOf("journal",
				"2019-05-07 | Expense | InactiveCo (deleted) | Checking | 30.00"),
			[]string{
				"11 checks hold",
				"table: 12 rows, debt_amt 1651.00, credit_amt 1651.00",
				"statement: 18 rows, debt_amt 1651.00, credit_amt 1651.00",
			},
		},
		{
			"report_profitandlossdetailwithoptions_2013_2015.json", "sample/hard", statementOf("profit_and_loss_detail",
				"Ordinary Income/Expenses | Income | Landscaping Services | 100.0 | 8.0"),
			[]string{
				"40 checks hold",
				"table: 63 rows, subt_nat_amount 9460.60, tax_amount 231.52",
				"statement: 145 rows, subt_nat_amount 9460.60, tax_amount 231.52",
			},
		},
		{
			"report_transaction_list_report_2013_2015.json", "sample/hard", statementOf("transaction_list"),
			[]string{
				"0 checks hold",
				"table: 1 rows, subt_nat_amount 300.00",
				"statement: 1 rows, subt_nat_amount 300.00",
			},
		},
		{
			"report_accountlist_doc.json", "sample", statementOf("account_list"),
			[]string{
				"0 checks hold",
				"table: 21 rows",
				"statement: 21 rows",
			},
		},
		{
			"report_agedpayables_doc.json", "sample", statementOf("ap_aging_summary"),
			[]string{
				"12 checks hold",
				"statement: 6 rows, 31-60 -46.00, 91andover 1287.67, total 1241.67",
				"table: 5 rows, 31-60 -46.00, 91andover 1287.67, total 1241.67",
				"tidy: 5 rows, Amount 1241.67",
			},
		},
		{
			"report_agedreceivabledetail_doc.json", "sample", statementOf("ar_aging_detail"),
			[]string{
				"0 checks hold",
				"table: 6 rows",
				"statement: 10 rows",
			},
		},
		{
			"report_agedreceivables_doc.json", "sample", statementOf("ar_aging_summary"),
			[]string{
				"8 checks hold",
				"statement: 2 rows, 91andover 37.50, total 37.50",
				"table: 1 rows, 91andover 37.50, total 37.50",
				"tidy: 1 rows, Amount 37.50",
			},
		},
		{
			"report_balancesheet_doc.json", "sample", statementOf("balance_sheet"),
			[]string{
				"17 checks hold",
				"statement: 45 rows, total 49484.88",
				"table: 15 rows, total 49484.88",
				"tidy: 15 rows, Amount 49484.88",
			},
		},
		{
			"report_cashflow_doc.json", "sample", statementOf("cash_flow"),
			[]string{
				"4 checks hold",
				"statement: 10 rows, total 5000.00",
				"table: 3 rows, total 5000.00",
				"tidy: 3 rows, Amount 5000.00",
			},
		},
		{
			"report_customerbalance_doc.json", "sample", statementOf("customer_balance"),
			[]string{
				"1 checks hold",
				"statement: 2 rows, total 1593.50",
				"table: 1 rows, total 1593.50",
			},
		},
		{
			"report_generalledger_month_to_date_legacy.json", "sample", statementOf("general_ledger"),
			[]string{
				"21 checks hold",
				"table: 21 rows, subt_nat_amount 1075.00, rbal_nat_amount 73124.18",
				"statement: 59 rows, subt_nat_amount 1075.00, rbal_nat_amount 73124.18",
			},
		},
		{
			"report_itemsales_unverified.json", "sample", statementOf("sales_by_product"),
			[]string{
				"9 checks hold",
				"statement: 12 rows, sales_amount 29500.00, avg_price 1100.00, cogs_amount 2625.00, " +
					"gross_margin 26875.00",
				"table: 9 rows, sales_amount 29500.00, avg_price 1100.00, cogs_amount 2625.00, " +
					"gross_margin 26875.00",
			},
		},
		{
			"report_profitandloss_noreportdata_true.json", "sample", statementOf("profit_and_loss"),
			[]string{
				"0 checks hold",
				"statement: 7 rows",
				"table: 0 rows",
				"tidy: invalid_input: options.layout: tidy needs columns that are periods, not Customers",
			},
		},
		{
			"report_profitandloss_unverified.json", "sample", statementOf("profit_and_loss"),
			[]string{
				"6 checks hold",
				"statement: 19 rows, total 11598.21",
				"table: 10 rows, total 11598.21",
				"tidy: 10 rows, Amount 11598.21",
			},
		},
		{
			"report_taxsummary_unverified.json", "sample", statementOf("tax_summary"),
			[]string{
				"7 checks hold",
				"statement: 11 rows, gross_sales 110000.00, non_taxable 12000.00, taxable_amount " +
					"98000.00, tax_collected 4242.50, tax_owed 3082.50",
				"table: 4 rows, gross_sales 110000.00, non_taxable 12000.00, taxable_amount 98000.00, " +
					"tax_collected 4242.50, tax_owed 3082.50",
			},
		},
		{
			"report_transactionlistwithsplits_doc.json", "sample", statementOf("transaction_list_with_splits",
				"Accounts Payable (A/P) | 2020-12-11 | Bill | Yes | Bob's Burger Joint | Accounts "+
					"Payable (A/P) | 200.00",
				"Advertising | Advertising | 200.00"),
			[]string{
				"0 checks hold",
				"table: 2 rows, nat_amount 400.00",
				"statement: 4 rows, nat_amount 400.00",
			},
		},
		{
			"report_trialbalance_doc.json", "sample", statementOf("trial_balance"),
			[]string{
				"0 checks hold",
				"differs: \"TOTAL\" says 36587.47 under \"Debit\", but adding up gives 4152.18",
				"differs: \"TOTAL\" says 36587.47 under \"Credit\", but adding up gives 46.00",
				"differs: \"Total Debit\" says 46.00 under \"Credit\", but adding up gives 4152.18",
				"warns: Figures of the report TrialBalance do not follow from its other figures. …",
				"statement: 4 rows, debit 4152.18, credit 46.00",
				"table: 3 rows, debit 4152.18, credit 46.00",
			},
		},
		{
			"tap_gl_report_empty_rows.json", "sample", statementOf("general_ledger"),
			[]string{
				"0 checks hold",
				"table: 0 rows",
				"statement: 0 rows",
			},
		},
		{
			"tap_gl_report_no_amount.json", "sample", statementOf("general_ledger"),
			[]string{
				"0 checks hold",
				"table: 1 rows",
				"statement: 1 rows",
			},
		},
		{
			"tap_gl_report_response.json", "sample", statementOf("general_ledger"),
			[]string{
				"0 checks hold",
				"table: 1 rows, subt_nat_amount 100",
				"statement: 1 rows, subt_nat_amount 100",
			},
		},
	}
}

// recordAnswers are pages and single records.
func recordAnswers() []recorded {
	return []recorded{
		{
			"page_empty.json", "intuit", recordsOf("vendors"),
			[]string{
				"documents: 0 rows",
			},
		},
		{
			"page_vendors.json", "intuit", recordsOf("vendors"),
			[]string{
				"documents: 3 rows, Balance 241.23",
			},
		},
		{
			"query_account_doc.json", "sample", recordsOf("accounts"),
			[]string{
				"documents: 1 rows, CurrentBalance 0, CurrentBalanceWithSubAccounts 0",
			},
		},
		{
			"query_creditcardpaymenttxn_doc.json", "sample", recordsOf("credit_card_payments"),
			[]string{
				"documents: 2 rows, Amount 25.0",
			},
		},
		{
			"query_customer_all_41.json", "sample", recordsOf("customers"),
			[]string{
				"documents: 41 rows, Balance 5204.02",
			},
		},
		{
			"query_customer_doc.json", "sample", recordsOf("customers"),
			[]string{
				"documents: 2 rows, Balance 664.0",
			},
		},
		{
			"query_employee_active_in_true_false.json", "sample", recordsOf("employees"),
			[]string{
				"documents: 2 rows",
			},
		},
		{
			"query_empty_result.json", "sample", recordsOf("customers"),
			[]string{
				"documents: 0 rows",
			},
		},
		{
			"query_vendor_page_1_of_6.json", "sample", recordsOf("vendors"),
			[]string{
				"documents: 5 rows, Balance 4554.11",
			},
		},
		{
			"query_vendor_page_6_of_6_last.json", "sample", recordsOf("vendors"),
			[]string{
				"documents: 1 rows, Balance 0",
			},
		},
		{
			"bill_doc.json", "sample", recordsOf("bills"),
			[]string{
				"documents: 1 rows, TotalAmt 103.55",
				"lines: 1 rows, TotalAmt 103.55",
				"0 checks hold",
				"differs: \"Lines and tax of 1 bills (first: id)\" says 103.55 under \"USD\", but adding " +
					"up gives 0",
				"warns: The lines and the tax of 1 of 1 bills do not add up to the totals in …",
			},
		},
		{
			"bills_sandbox.json", "sample", repeatedOf("bills"),
			[]string{
				"documents: incomplete_read: QuickBooks counts 24 of bills and gives 2, twice in a row.",
				"lines: incomplete_read: QuickBooks counts 24 of bills and gives 2, twice in a row.",
				"documents: 2 rows, TotalAmt 240, Balance 165",
				"lines: 3 rows, Line.Amount 225, TotalAmt 405, Balance 330",
				"1 checks hold",
			},
		},
		{
			"invoice_doc.json", "sample", recordsOf("invoices"),
			[]string{
				"documents: 1 rows, TxnTaxDetail.TotalTax 0, TotalAmt 100.00, Balance 100.00",
				"lines: 1 rows, Line.Amount 100.00, TxnTaxDetail.TotalTax 0, TotalAmt 100.00, Balance 100.00",
				"1 checks hold",
			},
		},
		{
			"invoice_read_or_void_step.json", "sample", recordsOf("invoices"),
			[]string{
				"documents: 1 rows, TxnTaxDetail.TotalTax 0, TotalAmt 100.00, Balance 100.00",
				"lines: 1 rows, Line.Amount 100.00, TxnTaxDetail.TotalTax 0, TotalAmt 100.00, Balance 100.00",
				"1 checks hold",
			},
		},
		{
			"invoice_voided.json", "sample", recordsOf("invoices"),
			[]string{
				"documents: 1 rows, TxnTaxDetail.TotalTax 0, TotalAmt 0, Balance 0",
				"lines: 1 rows, Line.Amount 0, TxnTaxDetail.TotalTax 0, TotalAmt 0, Balance 0",
				"1 checks hold",
			},
		},
		{
			"journalentry_doc.json", "sample", recordsOf("journal_entries"),
			[]string{
				"documents: 1 rows, TotalAmt 504.00",
				"lines: 2 rows, Line.Debit 252.00, Line.Credit 252.00, TotalAmt 1008.00",
			},
		},
		{
			"read_attachable.json", "sample", recordsOf("attachments"),
			[]string{
				"documents: 1 rows",
			},
		},
		{
			"read_customer_by_id.json", "sample", recordsOf("customers"),
			[]string{
				"documents: 1 rows, Balance 0",
			},
		},
		{
			"query_customer_count.json", "sample", countOf("customers", "query_customer_all_41.json"),
			[]string{
				"41 rows, Balance 5204.02, 2 requests",
			},
		},
		{
			"custom_fields_and_kinds.json", "sample/hard",
			recordsOf("invoices", "DocNumber", "TxnDate", "TotalAmt", "AllowIPNPayment", "CustomField.*"),
			[]string{
				"documents: 1 rows, TotalAmt 10.5",
				"00123 | 2026-02-03 | 10.5 | false | North | 12.5 | true",
				"lines: 1 rows, TotalAmt 10.5",
				"0 checks hold",
				"differs: \"Lines and tax of 1 invoices (first: number 00123)\" says 10.5 under \"USD\", " +
					"but adding up gives 0",
				"warns: The lines and the tax of 1 of 1 invoices do not add up to the totals in …",
				"00123 | 2026-02-03 | 10.5 | false | North | 12.5 | true",
			},
		},
	}
}

// refusals are faults, in answers of any status.
func refusals() []recorded {
	return []recorded{
		{
			"answers.json", "intuit", refusedAsStated,
			[]string{
				"40 answers",
			},
		},
		{
			"fault_query_parse.json", "intuit", refused(400),
			[]string{
				"always: quickbooks_rejected: QuickBooks says: Error parsing query: QueryParserError: " +
					"Encountered \" <INTEGER> … after 1 requests",
				"once: quickbooks_rejected: QuickBooks says: Error parsing query: QueryParserError: " +
					"Encountered \" <INTEGER> … after 1 requests",
			},
		},
		{
			"fault_throttle.json", "intuit", refused(429),
			[]string{
				"always: quickbooks_rate_limited: QuickBooks received too many requests for this " +
					"company. after 5 requests",
				"once: Test Ltd after 2 requests",
			},
		},
		{
			"fault_token_expired.json", "intuit", refused(401),
			[]string{
				"always: company_reconnect_required: QuickBooks no longer accepts this connection. " +
					"QuickBooks says: Token expired … after 3 requests, and the connection is " +
					"company_reconnect_required",
				"once: Test Ltd after 2 requests",
			},
		},
		{
			"fault_wrong_company.json", "intuit", refused(403),
			[]string{
				"always: company_reconnect_required: This connection is not valid for this company. " +
					"after 3 requests, and the connection is company_reconnect_required",
				"once: Test Ltd after 2 requests",
			},
		},
		{
			"fault_400_2010_invalid_property.json", "sample", refused(400),
			[]string{
				"always: quickbooks_rejected: QuickBooks says: Request has invalid or unsupported " +
					"property: Property … after 1 requests",
				"once: quickbooks_rejected: QuickBooks says: Request has invalid or unsupported " +
					"property: Property … after 1 requests",
			},
		},
		{
			"fault_400_4000_empty_query.json", "sample", refused(400),
			[]string{
				"always: quickbooks_rejected: QuickBooks says: Error parsing query: QueryParserError: " +
					"The query provided was … after 1 requests",
				"once: quickbooks_rejected: QuickBooks says: Error parsing query: QueryParserError: The " +
					"query provided was … after 1 requests",
			},
		},
		{
			"fault_400_4000_query_parse.json", "sample", refused(400),
			[]string{
				"always: quickbooks_rejected: QuickBooks says: Error parsing query: QueryParserError: " +
					"Encountered \" … after 1 requests",
				"once: quickbooks_rejected: QuickBooks says: Error parsing query: QueryParserError: " +
					"Encountered \" … after 1 requests",
			},
		},
		{
			"fault_400_4001_not_queryable.json", "sample", refused(400),
			[]string{
				"always: quickbooks_rejected: QuickBooks says: Invalid query: QueryValidationError: " +
					"property 'PrivateNote' is … after 1 requests",
				"once: quickbooks_rejected: QuickBooks says: Invalid query: QueryValidationError: " +
					"property 'PrivateNote' is … after 1 requests",
			},
		},
		{
			"fault_400_500_unsupported_operation.json", "sample", refused(400),
			[]string{
				"always: quickbooks_rejected: QuickBooks says: Unsupported Operation: Operation Could " +
					"not find resource for … after 1 requests",
				"once: quickbooks_rejected: QuickBooks says: Unsupported Operation: Operation Could not " +
					"find resource for … after 1 requests",
			},
		},
		{
			"fault_400_610_object_not_found.json", "sample", refused(400),
			[]string{
				"always: quickbooks_rejected: QuickBooks says: Object Not Found : Something you're " +
					"trying to use has been … after 1 requests",
				"once: quickbooks_rejected: QuickBooks says: Object Not Found : Something you're trying " +
					"to use has been … after 1 requests",
			},
		},
		{
			"fault_400_6240_duplicate_name.json", "sample", refused(400),
			[]string{
				"always: quickbooks_rejected: QuickBooks says: Duplicate Name Exists Error: The name " +
					"supplied already exists. … after 1 requests",
				"once: quickbooks_rejected: QuickBooks says: Duplicate Name Exists Error: The name " +
					"supplied already exists. … after 1 requests",
			},
		},
		{
			"fault_401_token_expired_lowercase.json", "sample", refused(401),
			[]string{
				"always: company_reconnect_required: QuickBooks no longer accepts this connection. " +
					"QuickBooks says: Token expired … after 3 requests, and the connection is " +
					"company_reconnect_required",
				"once: Test Ltd after 2 requests",
			},
		},
		{
			"fault_403_application_authorization.json", "sample", refused(403),
			[]string{
				"always: company_reconnect_required: This connection is not valid for this company. " +
					"after 3 requests, and the connection is company_reconnect_required",
				"once: Test Ltd after 2 requests",
			},
		},
		{
			"fault_429_throttle.json", "sample", refused(429),
			[]string{
				"always: quickbooks_rate_limited: QuickBooks received too many requests for this " +
					"company. after 5 requests",
				"once: Test Ltd after 2 requests",
			},
		},
		{
			"faults.json", "intuit sample/hard", refusedEach,
			[]string{
				"Test Ltd after 2 requests",
				"quickbooks_rejected: The company's QuickBooks subscription has ended, or Intuit's " +
					"sandbox and … after 1 requests, and the connection is quickbooks_rejected",
				"quickbooks_rejected: QuickBooks says: An application error has occurred while " +
					"processing your … after 3 requests",
				"company_reconnect_required: This connection is not valid for this company. after 3 " +
					"requests, and the connection is company_reconnect_required",
				"company_reconnect_required: QuickBooks no longer accepts this connection. QuickBooks " +
					"says: Token revoked … after 3 requests, and the connection is company_reconnect_required",
				"page of 1000 asked, 1001 given; or 504 for pages of 1000 while 500 and 100 work: 1001 " +
					"rows, Balance 1001.00",
			},
		},
	}
}

// otherAnswers are answers about changes, the company and the connection.
func otherAnswers() []recorded {
	return []recorded{
		{
			"cdc_entity_missing.json", "intuit sample/hard", changesOf("Estimate", "Customer"),
			[]string{
				"quickbooks_malformed: QuickBooks left out what changed in 1 of Estimate, Customer. " +
					"after 5 requests",
			},
		},
		{
			"cdc_fault_inside.json", "intuit sample/hard", changesOf("Estimate", "Customer"),
			[]string{
				"quickbooks_unavailable: QuickBooks had an error of its own. QuickBooks says: … (code " +
					"10000). after 5 requests",
			},
		},
		{
			"cdc_estimate_ok.json", "sample", changesOf("Estimate"),
			[]string{
				"4 of Estimate, TotalAmt 2009.31, at 2020-09-29T15:02:53Z",
			},
		},
		{
			"companyinfo_larrys_bakery.json", "sample", company("CompanyInfo"),
			[]string{
				"Larry's Bakery | Larry's Bakery | US |  | year from January | closed \"\"",
			},
		},
		{
			"preferences_full.json", "sample", company("Preferences"),
			[]string{
				"Test Ltd |  | GB | USD | year from January | closed \"2018-12-31\"",
				"Test Ltd |  | GB | GBP | year from April | closed \"2023-03-31\"",
			},
		},
		{
			"preferences_short_doc.json", "sample", company("Preferences"),
			[]string{
				"Test Ltd |  | GB | USD | year from January | closed \"\"",
			},
		},
		{
			"discovery_production.json", "sample", discoveryOf,
			[]string{
				"https://appcenter.intuit.com/connect/oauth2",
				"https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
				"https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
				"https://accounts.platform.intuit.com/v1/openid_connect/userinfo",
			},
		},
		{
			"userinfo.json", "sample", identityOf,
			[]string{
				"00000000-0000-0000-0000-000000000000 | person@example.com | <nil>",
			},
		},
		{
			"token_error_invalid_client.json", "sample", tokenOf(401),
			[]string{
				"app_credentials: QuickBooks does not accept the app's client id and secret (invalid_client).",
			},
		},
		{
			"token_error_invalid_grant.json", "sample", tokenOf(400),
			[]string{
				"company_reconnect_required: QuickBooks has ended this permission.",
			},
		},
		{
			"token_response.json", "sample", tokenOf(200),
			[]string{
				"access true for 1h0m0s, refresh true for 2424h0m0s",
			},
		},
		{
			"token_response_hard_expiry.json", "sample", tokenOf(200),
			[]string{
				"access true for 1h0m0s, refresh true for 2424h0m0s",
			},
		},
	}
}
