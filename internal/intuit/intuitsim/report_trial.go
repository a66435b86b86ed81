package intuitsim

// trialBalance lists every account's balance on the last day, debits and credits apart; income and expenses count
// from the start of the fiscal year. The first day has no effect on the figures.
func (r *reportCall) trialBalance() *report {
	balance := map[*account]cents{}
	year := r.end.fiscalYearStart(r.info.FiscalYearStart)
	for _, p := range r.journal(r.method) {
		switch {
		case p.date > r.end:
		case p.account.nominal() && p.date < year:
			balance[r.books.retained] += p.amount
		default:
			balance[p.account] += p.amount
		}
	}
	var rows []*reportRow
	var debits, credits cents
	for _, a := range r.accounts {
		b := balance[a]
		if b == 0 {
			continue
		}
		cells := []reportCell{idCell(a.fullName(), a.id), plainCell(""), plainCell("")}
		if b > 0 {
			debits += b
			cells[1].Value = b.String()
		} else {
			credits -= b
			cells[2].Value = (-b).String()
		}
		rows = append(rows, &reportRow{ColData: cells})
	}
	h := r.header(len(rows) == 0)
	h.SummarizeColumnsBy = "Total"
	if r.legacy {
		h.SummarizeColumnsBy = ""
	}
	h.Option = h.Option[1:]
	rows = append(rows, r.grandTotal(rows, text(debits.String(), credits.String()))...)
	return &report{Header: h, Rows: reportRows{rows}, Columns: reportColumns{[]reportColumn{
		r.nameColumn("Account"), r.keyed("Debit", "Money", "debit"), r.keyed("Credit", "Money", "credit"),
	}}}
}

// cashFlow explains the change of cash by the indirect method: profit, then the changes of all other balances.
// Undeposited funds count as cash.
func (r *reportCall) cashFlow() *report {
	isCash := func(a *account) bool { return a.typ == typeBank || a == r.books.undeposited }
	var flow []posting
	opening := map[dimension]cents{}
	var before cents
	for _, p := range r.journal(accrual) {
		switch {
		case p.date > r.end || !r.passes(&p, true):
		case p.date >= r.start:
			flow = append(flow, p)
		case isCash(p.account):
			before += p.amount
			if r.by != "Total" {
				opening[r.member(&p, true)] += p.amount
			}
		}
	}
	plan := r.plan(flow, true)
	plan.addTotal(r)
	s := &statementPlan{reportCall: r, plan: plan, balance: map[*account]amounts{}, empty: len(flow) == 0}
	width := plan.width()
	net, change := make(amounts, width), make(amounts, width)
	for i := range flow {
		p := &flow[i]
		col := plan.column(r, p, true)
		switch {
		case col < 0:
		case isCash(p.account):
			change[col] += p.amount
		case p.account.nominal():
			net[col] -= p.amount
		default:
			if s.balance[p.account] == nil {
				s.balance[p.account] = make(amounts, width)
			}
			s.balance[p.account][col] -= p.amount // what is no longer in the balance is in the bank
		}
	}
	var rows []*reportRow
	adjustments, adjusted := s.lines(typeAR, typeOtherCurrent, typeAP, typeCreditCard, typeOtherOwed)
	operating := net.plus(adjusted)
	const adjustTitle = "Adjustments to reconcile Net Income to Net Cash provided by operations:"
	body := []*reportRow{{ColData: append(text("Net Income"), s.cells(net)...), Type: "Data", Group: "NetIncome"}}
	if len(adjustments) > 0 {
		body = append(body, &reportRow{
			Header: &colData{append(text(adjustTitle), s.blanks(plan)...)}, Rows: &reportRows{adjustments},
			Summary: &colData{append(text("Total "+adjustTitle), s.cells(adjusted)...)}, Type: "Section",
			Group: "OperatingAdjustments",
		})
	}
	part := func(title, total, group string, body []*reportRow, sum amounts) {
		if len(body) > 0 {
			rows = append(rows, &reportRow{
				Header: &colData{append(text(r.heading(title)), s.blanks(plan)...)}, Rows: &reportRows{body},
				Summary: &colData{append(text(total), s.cells(sum)...)}, Type: "Section", Group: group,
			})
		}
	}
	part("Operating Activities", "Net cash provided by operating activities", "OperatingActivities", body, operating)
	investing, invested := s.lines(typeFixed)
	part("Investing Activities", "Net cash provided by investing activities", "InvestingActivities", investing,
		invested)
	financing, financed := s.lines(typeLongTerm, typeEquity)
	part("Financing Activities", "Net cash provided by financing activities", "FinancingActivities", financing,
		financed)
	begin := plan.openingCash(before, opening, change)
	for _, l := range []struct {
		title, group string
		cells        []reportCell
	}{
		{"Net cash increase for period", "CashIncrease", s.cells(change)},
		{"Cash at beginning of period", "BeginningCash", r.standing(plan, begin, before)},
		{"Cash at end of period", "EndingCash", r.standing(plan, begin.plus(change), before+change.sum())},
	} {
		rows = append(rows, &reportRow{
			Summary: &colData{append(text(l.title), l.cells...)}, Type: "Section", Group: l.group,
		})
	}
	h := r.header(s.empty)
	h.ReportBasis = ""
	h.Option = h.Option[1:]
	return &report{Header: h, Columns: reportColumns{plan.columns}, Rows: reportRows{rows}}
}

// addTotal gives period columns a total, which flows have and balances have not.
func (p *columnPlan) addTotal(r *reportCall) {
	if !p.total {
		p.total = true
		p.columns = append(p.columns, reportColumn{
			ColTitle: r.heading("Total"), ColType: "Money", MetaData: []nameValue{{"ColKey", "total"}},
		})
	}
}

// openingCash is the cash at the start of each column.
func (p *columnPlan) openingCash(before cents, byMember map[dimension]cents, change amounts) amounts {
	out := make(amounts, p.width())
	switch {
	case p.spans != nil:
		for i := range out {
			out[i] = before
			before += change[i]
		}
	case p.members != nil:
		for i, m := range p.members {
			out[i] = byMember[m]
		}
	default:
		out[0] = before
	}
	return out
}

// standing spells balances, whose total is no sum of the columns.
func (r *reportCall) standing(p *columnPlan, a amounts, total cents) []reportCell {
	cells := r.figures(p, a)
	if len(cells) > len(a) {
		cells[len(cells)-1].Value = r.money(total)
	}
	return cells
}

// lines makes plain rows of the accounts of some types, without nesting.
func (s *statementPlan) lines(types ...string) ([]*reportRow, amounts) {
	total := make(amounts, s.plan.width())
	var rows []*reportRow
	for _, typ := range types {
		for _, a := range s.accounts {
			if own := s.balance[a]; a.typ == typ && !own.zero() {
				rows = append(rows, &reportRow{
					ColData: append([]reportCell{idCell(a.fullName(), a.id)}, s.cells(own)...), Type: "Data",
				})
				total = total.plus(own)
			}
		}
	}
	return rows, total
}
