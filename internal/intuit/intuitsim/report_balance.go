package intuitsim

// balanceSheet sums all postings up to the end of each column. Profit is not a posting: that of the fiscal year of
// the column's last day stands in Net Income, that of earlier years in Retained Earnings.
func (r *reportCall) balanceSheet() *report {
	var upTo []posting
	for _, p := range r.journal(r.method) {
		if p.date <= r.end && r.passes(&p, true) {
			upTo = append(upTo, p)
		}
	}
	plan := r.plan(upTo, true)
	s := &statementPlan{reportCall: r, plan: plan, balance: map[*account]amounts{}, empty: len(upTo) == 0}
	net := make(amounts, plan.width())
	retained := make(amounts, plan.width())
	add := func(p *posting, column int, end day) {
		switch {
		case !p.account.nominal():
			s.put(p, column)
		case p.date >= end.fiscalYearStart(r.info.FiscalYearStart):
			net[column] -= p.amount
		default:
			retained[column] -= p.amount
		}
	}
	for i := range upTo {
		p := &upTo[i]
		if plan.spans == nil {
			if col := plan.column(r, p, true); col >= 0 {
				add(p, col, r.end)
			}
			continue
		}
		for col := len(plan.spans) - 1; col >= 0 && plan.spans[col].end >= p.date; col-- {
			add(p, col, plan.spans[col].end)
		}
	}
	if !retained.zero() {
		s.balance[r.books.retained] = make(amounts, plan.width()).plus(s.balance[r.books.retained]).plus(retained)
	}
	assets := s.assets()
	owed := s.liabilitiesAndEquity(net)
	return &report{
		Header: r.header(s.empty), Columns: reportColumns{plan.columns}, Rows: reportRows{[]*reportRow{assets, owed}},
	}
}

func (s *statementPlan) assets() *reportRow {
	current, currentSum := s.group("Current Assets", "CurrentAssets",
		part{"Bank Accounts", "BankAccounts", typeBank}, part{"Accounts Receivable", "AR", typeAR}, part{
			"Other Current Assets", "OtherCurrentAssets", typeOtherCurrent,
		})
	fixed, fixedSum := s.section("Fixed Assets", "FixedAssets", false, typeFixed)
	return s.grand("Assets", "TotalAssets", currentSum.plus(fixedSum), current, fixed)
}

func (s *statementPlan) liabilitiesAndEquity(net amounts) *reportRow {
	current, currentSum := s.group("Current Liabilities", "CurrentLiabilities",
		part{"Accounts Payable", "AP", typeAP}, part{"Credit Cards", "CreditCards", typeCreditCard}, part{
			"Other Current Liabilities", "OtherCurrentLiabilities", typeOtherOwed,
		})
	long, longSum := s.section("Long-Term Liabilities", "LongTermLiabilities", false, typeLongTerm)
	owed := currentSum.plus(longSum)
	var parts []*reportRow
	for _, row := range []*reportRow{current, long} {
		if row != nil {
			parts = append(parts, row)
		}
	}
	var rows []*reportRow
	if len(parts) > 0 {
		rows = append(rows, s.wrap("Liabilities", "Liabilities", parts, owed))
	}
	equity, equitySum := s.section("Equity", "Equity", true, typeEquity)
	if equity.Rows == nil {
		equity.Rows = &reportRows{}
	}
	equity.Rows.Row = append(equity.Rows.Row, &reportRow{
		ColData: append(text("Net Income"), s.cells(net)...), Type: "Data", Group: "NetIncome",
	})
	equitySum = equitySum.plus(net)
	equity.Summary = &colData{append(text("Total Equity"), s.cells(equitySum)...)}
	return s.grand("Liabilities and Equity", "TotalLiabilitiesAndEquity", owed.plus(equitySum), append(rows, equity)...)
}

// part is a section of accounts of one type.
type part struct{ title, group, typ string }

// group makes a section of sections, nil if all of them are empty.
func (s *statementPlan) group(title, group string, parts ...part) (*reportRow, amounts) {
	total := make(amounts, s.plan.width())
	var rows []*reportRow
	for _, p := range parts {
		row, sum := s.section(p.title, p.group, false, p.typ)
		if row != nil {
			rows = append(rows, row)
			total = total.plus(sum)
		}
	}
	if len(rows) == 0 {
		return nil, total
	}
	return s.wrap(title, group, rows, total), total
}

// grand makes one of the two halves of the sheet; its titles were in capitals before 2026.
func (s *statementPlan) grand(title, group string, total amounts, parts ...*reportRow) *reportRow {
	var rows []*reportRow
	for _, p := range parts {
		if p != nil {
			rows = append(rows, p)
		}
	}
	row := s.wrap(title, group, rows, total)
	row.Header.ColData[0].Value = s.heading(title)
	row.Summary.ColData[0].Value = s.heading("Total " + title)
	return row
}
