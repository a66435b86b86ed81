package intuitsim

// Quirks are ways in which the answers of a company differ from the plain ones. The fields name their sources:
// recordings, Intuit's reference, public reports, or files with answers made after such, in statement/testdata/hard
// unless they have a path. The zero value has none.
type Quirks struct {
	// LegacyReports answers reports like the service before 2026: keys as column types or no keys, totals titled in
	// capitals, 0.00 instead of blanks, -Split-. SetLegacyReports does so for all companies.
	// https://github.com/minimul/qbo_api, spec/vcr/reports/gl.yml
	LegacyReports bool `json:"legacy_reports"`
	// NestedProfitDetail puts the sections of ProfitAndLossDetail into those of ordinary and of other income and
	// expenses, whose totals are differences. Source: pl_detail_other_income_and_expense.json
	NestedProfitDetail bool `json:"nested_profit_detail"`
	// NegativeExpenses shows the expenses of CustomerIncome with a minus, so that net income is the plain sum.
	// Source: customer_income_negative_expenses.json
	NegativeExpenses bool `json:"negative_expenses"`
	// CodesAsMoney declares codes, quantities, percentages and average prices to be Money, and gives them no key.
	// Source: code_column_typed_money.json
	CodesAsMoney bool `json:"codes_as_money"`
	// HeadersHoldTotals repeats the total of a group in its header if the group's own row has no amounts: a customer
	// with jobs, in AgedReceivables. Source: ageing_header_holds_total.json
	HeadersHoldTotals bool `json:"headers_hold_totals"`
	// PlainTotals makes a row like any other of the last total, and groups the row for what belongs to none of the
	// others under "**". Source: total_as_plain_row.json
	PlainTotals bool `json:"plain_totals"`
	// SpeltAmounts spells amounts of reports with thousands commas, brackets, currency signs, exponents, and zeros as a
	// dash or ".00". Sources: amounts_spelt.json, payables_that_do_not_add_up.json
	SpeltAmounts bool `json:"spelt_amounts"`
	// HomeCurrencyKeys gives amounts of detail reports the keys that companies with several currencies have, and adds
	// time stamps, percentages and an amount whose key nobody knows to the usual columns of GeneralLedger.
	// Source: home_currency_keys.json
	HomeCurrencyKeys bool `json:"home_currency_keys"`
	// ShortRows leaves out the blank cells at the end of rows.
	// https://github.com/minimul/qbo_api, spec/vcr/reports/profit_and_loss.yml
	ShortRows bool `json:"short_rows"`
	// BareWhenEmpty answers a report about nothing without columns and rows. Source: empty_without_columns.json
	BareWhenEmpty bool `json:"bare_when_empty"`
	// CapitalBasis spells the basis of reports in capitals. Source: empty_without_columns.json
	CapitalBasis bool `json:"capital_basis"`
	// OneCentOff states one cent more than the rows add up to in the first total of a report, in the last column that
	// holds amounts. No recording shows a single cent; payables_that_do_not_add_up.json shows more.
	OneCentOff bool `json:"one_cent_off"`
	// SurplusCell gives the first row with an amount, and its total, one cell more than there are columns.
	// Source: more_cells_than_columns.json
	SurplusCell bool `json:"surplus_cell"`

	// LargestPage makes pages with more records time out with 504 after two minutes; 0 means that none do.
	// Sources: intuit/testdata/faults.json, https://github.com/mcohen01/node-quickbooks/issues/89
	LargestPage int `json:"largest_page"`
	// OneMore gives one record more than a query asks for, if there is one. Sources: those of LargestPage
	OneMore bool `json:"one_more"`
	// NoOrderByID refuses queries that order by Id, in the words in which the service refuses other properties.
	// https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/data-queries
	NoOrderByID bool `json:"no_order_by_id"`
	// OddFields gives sales two custom fields of one name, the first without a value, and numbers and booleans among
	// them, and writes dates with an offset. Source: record/testdata/custom_fields.json
	OddFields bool `json:"odd_fields"`
	// UnevenInvoice shows only the subtotal of the lines of the first invoice, so that its lines do not add up to its
	// total. Source: record/testdata/custom_fields.json
	UnevenInvoice bool `json:"uneven_invoice"`

	// The rest is about what change data capture and LastUpdatedTime tell of changes that show in other records than
	// the changed one. No source says which way is QuickBooks', so that clients must be right either way.

	// LoudNames marks the records that refer to a renamed or merged one as changed. Otherwise they only show the name.
	LoudNames bool `json:"loud_names"`
	// QuietSettlements leaves the time of a transaction as it is when another one settles it, or no longer does.
	QuietSettlements bool `json:"quiet_settlements"`
	// QuietBalances leaves the time of a customer or a vendor as it is when their transactions change their balance.
	QuietBalances bool `json:"quiet_balances"`
	// MergedStay keeps a list entry that was merged into another as an inactive one. Otherwise it is deleted.
	MergedStay bool `json:"merged_stay"`
}

// AllQuirks returns all quirks with which a company can be read whole. Those that would spoil figures, OneCentOff and
// SurplusCell, are not among them.
func AllQuirks(legacy bool) Quirks {
	return Quirks{
		LegacyReports: legacy, NestedProfitDetail: true, NegativeExpenses: true, CodesAsMoney: true,
		HeadersHoldTotals: true, PlainTotals: true, SpeltAmounts: true, HomeCurrencyKeys: true, ShortRows: true,
		BareWhenEmpty: true, CapitalBasis: true, LargestPage: 500, OneMore: true, NoOrderByID: true, OddFields: true,
		UnevenInvoice: true, QuietSettlements: true, QuietBalances: true, MergedStay: true,
	}
}

// SetQuirks replaces the company's quirks.
func (c *Company) SetQuirks(q Quirks) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quirks = q
	c.generation++ // records are rendered again
}

// Quirks returns the company's quirks.
func (c *Company) Quirks() Quirks {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.quirks
}
