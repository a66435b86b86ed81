package intuitsim

// statement lays out account balances in sections.
type statementPlan struct {
	*reportCall
	plan    *columnPlan
	balance map[*account]amounts // with the sign under which the account is shown
	empty   bool
}

// profitAndLoss sums the postings of income and expense accounts between two days.
func (r *reportCall) profitAndLoss() *report {
	var flow []posting
	for _, p := range r.journal(r.method) {
		if p.date >= r.start && p.date <= r.end && p.account.nominal() && r.passes(&p, false) {
			flow = append(flow, p)
		}
	}
	s := &statementPlan{
		reportCall: r, plan: r.plan(flow, false), balance: map[*account]amounts{}, empty: len(flow) == 0,
	}
	for i := range flow {
		s.put(&flow[i], s.plan.column(r, &flow[i], false))
	}
	var rows []*reportRow
	section := func(title, group, typ string, always bool) amounts {
		row, total := s.section(title, group, always, typ)
		if row != nil {
			rows = append(rows, row)
		}
		return total
	}
	line := func(title, group string, a amounts) {
		rows = append(rows, &reportRow{
			Summary: &colData{append(text(title), s.cells(a)...)}, Type: "Section", Group: group,
		})
	}
	income := section("Income", "Income", typeIncome, true)
	cogs := section("Cost of Goods Sold", "COGS", typeCOGS, false)
	gross := income.minus(cogs)
	line("Gross Profit", "GrossProfit", gross)
	operating := gross.minus(section("Expenses", "Expenses", typeExpense, true))
	line("Net Operating Income", "NetOperatingIncome", operating)
	before := len(rows)
	other := section("Other Income", "OtherIncome", typeOtherIncome, false)
	other = other.minus(section("Other Expenses", "OtherExpenses", typeOtherExpense, false))
	if len(rows) > before {
		line("Net Other Income", "NetOtherIncome", other)
	}
	line("Net Income", "NetIncome", operating.plus(other))
	return &report{Header: r.header(s.empty), Columns: reportColumns{s.plan.columns}, Rows: reportRows{rows}}
}

// put adds a posting to a column under the sign of its account.
func (s *statementPlan) put(p *posting, column int) {
	if column < 0 {
		return
	}
	a := s.balance[p.account]
	if a == nil {
		a = make(amounts, s.plan.width())
		s.balance[p.account] = a
	}
	if p.account.creditNormal() {
		a[column] -= p.amount
	} else {
		a[column] += p.amount
	}
}

// cells spells amounts, blank in a report without data.
func (s *statementPlan) cells(a amounts) []reportCell {
	if s.empty {
		return s.blanks(s.plan)
	}
	return s.figures(s.plan, a)
}

// section makes the section of the accounts of some types, nil if it is empty and not always there.
func (s *statementPlan) section(title, group string, always bool, types ...string) (*reportRow, amounts) {
	total := make(amounts, s.plan.width())
	var rows []*reportRow
	for _, typ := range types {
		for _, a := range s.accounts {
			if a.typ == typ && a.parent == nil {
				row, sum := s.account(a)
				if row != nil {
					rows = append(rows, row)
					total = total.plus(sum)
				}
			}
		}
	}
	if len(rows) == 0 && !always {
		return nil, total
	}
	return s.wrap(title, group, rows, total), total
}

// wrap makes a section with a heading and a total line.
func (s *statementPlan) wrap(title, group string, rows []*reportRow, total amounts) *reportRow {
	row := &reportRow{
		Header:  &colData{append(text(title), s.blanks(s.plan)...)},
		Summary: &colData{append(text("Total "+title), s.cells(total)...)},
		Type:    "Section", Group: group,
	}
	if len(rows) > 0 {
		row.Rows = &reportRows{rows}
	}
	return row
}

// account makes the row of an account: a line, or a section with its sub-accounts, whose heading holds the account's
// own amounts.
func (s *statementPlan) account(a *account) (*reportRow, amounts) {
	own := s.balance[a]
	sum := make(amounts, s.plan.width()).plus(own)
	var rows []*reportRow
	for _, child := range s.accounts {
		if child.parent == a {
			if row, part := s.account(child); row != nil {
				rows = append(rows, row)
				sum = sum.plus(part)
			}
		}
	}
	name := []reportCell{idCell(a.reportName(), a.id)}
	if len(rows) == 0 {
		if own.zero() {
			return nil, sum
		}
		return &reportRow{ColData: append(name, s.cells(own)...), Type: "Data"}, sum
	}
	head := s.blanks(s.plan)
	if !own.zero() {
		head = s.cells(own)
	}
	return &reportRow{
		Header: &colData{append(name, head...)}, Rows: &reportRows{rows},
		Summary: &colData{append(text("Total "+a.reportName()), s.cells(sum)...)}, Type: "Section",
	}, sum
}

// reportName is an account's name in reports, with its number where numbers are on.
func (a *account) reportName() string {
	if a.number != "" {
		return a.number + " " + a.shownName()
	}
	return a.shownName()
}
