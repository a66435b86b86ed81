package intuitsim

import (
	"fmt"
	"slices"
	"strings"
)

// describedTree makes a statement with two rows in each group, and the results that follow from the groups.
func (r *reportCall) describedTree(spec *ReportSpec) *report {
	if spec.Dates == DayReport {
		r.start, r.end = r.agingDay(), r.agingDay()
	}
	t := &treePlan{reportCall: r, sumPlan: sumPlan{spec: spec, sums: map[string]amounts{}}}
	if !spec.fixed() {
		t.plan = r.plan(nil, spec.Dates == StandingReport)
	} else {
		t.plan = &columnPlan{columns: []reportColumn{r.nameColumn("Account")}}
		for _, key := range spec.Amounts {
			t.plan.columns = append(t.plan.columns, r.keyed(titleOfKey(key), "Money", key))
		}
	}
	t.width = t.amounts()
	var rows []*reportRow
	groups := spec.leaves()
	for i, group := range groups {
		body, sum := t.rows(i)
		if !sum.zero() {
			t.sums[group] = sum
			rows = append(rows, &reportRow{
				Header: &colData{append(text(group), r.blanks(t.plan)...)}, Rows: &reportRows{body},
				Summary: &colData{append(text(r.heading("Total "+group)), t.cells(sum)...)},
				Type:    "Section", Group: group,
			})
		}
	}
	if len(groups) == 0 {
		var sum amounts
		if rows, sum = t.rows(0); !sum.zero() {
			rows = append(rows, r.grandTotal(rows, t.cells(sum))...)
		}
	}
	for _, name := range t.results() {
		if len(rows) > 0 {
			cells := append(text(name), t.cells(t.of(name, 0))...)
			rows = append(rows, &reportRow{Summary: &colData{cells}, Type: "Section", Group: name})
		}
	}
	return &report{Header: r.header(len(rows) == 0), Columns: reportColumns{t.plan.columns}, Rows: reportRows{rows}}
}

// treePlan is a described statement under way.
type treePlan struct {
	*reportCall
	sumPlan
	plan *columnPlan
}

// amounts is the number of amounts in a row, without a total of the periods.
func (t *treePlan) amounts() int {
	if t.spec.fixed() {
		return len(t.spec.Amounts)
	}
	return t.plan.width()
}

// rowsPerGroup is how many rows the events are divided among.
const rowsPerGroup = 2

// rows makes the rows of the i-th group, with their sum.
func (t *treePlan) rows(i int) ([]*reportRow, amounts) {
	total := make(amounts, t.width)
	var out []*reportRow
	for k := range rowsPerGroup {
		sum := make(amounts, t.width)
		for at := range sum {
			start, end, column := t.start, t.end, ""
			if t.plan.spans != nil {
				start, end = t.plan.spans[at].start, t.plan.spans[at].end
			} else if t.spec.fixed() {
				column = t.spec.Amounts[at]
			}
			for _, e := range t.events(t.spec, start, end) {
				if e.n%rowsPerGroup == k {
					sum[at] += t.spec.amountOf(event{e.date, e.n + i}, column)
				}
			}
		}
		if sum.zero() {
			continue
		}
		total = total.plus(sum)
		cells := append([]reportCell{t.label(i*rowsPerGroup + k)}, t.cells(sum)...)
		out = append(out, &reportRow{ColData: cells, Type: "Data"})
	}
	return out, total
}

func (t *treePlan) label(i int) reportCell {
	if t.spec.Accounts {
		a := t.accounts[i%len(t.accounts)]
		return idCell(a.reportName(), a.id)
	}
	return plainCell(fmt.Sprintf("Row %d", i+1))
}

func (t *treePlan) cells(a amounts) []reportCell {
	if t.plan.spans == nil {
		out := make([]reportCell, len(a))
		for i, c := range a {
			out[i].Value = t.money(c)
		}
		return out
	}
	return t.figures(t.plan, a)
}

// describedList makes a list: one row an event.
func (r *reportCall) describedList(spec *ReportSpec) *report {
	if spec.Dates == DayReport {
		r.start, r.end = r.agingDay(), r.agingDay()
	}
	p := &listPlan{reportCall: r, spec: spec, columns: spec.columns(r.query.Get("columns"))}
	events := r.events(spec, r.start, r.end)
	groups := spec.leaves()
	if len(groups) == 0 && spec.Grouped {
		groups = []string{"Group 1", "Group 2"}
	}
	var rows []*reportRow
	sums := sumPlan{spec: spec, width: len(p.columns), sums: map[string]amounts{}}
	for k, group := range groups {
		own := slices.DeleteFunc(slices.Clone(events), func(e event) bool { return e.n%len(groups) != k })
		if len(own) == 0 {
			continue
		}
		sums.sums[group] = p.sum(own)
		rows = append(rows, &reportRow{
			Header: &colData{p.banner(group, nil)}, Rows: &reportRows{p.rows(own)},
			Summary: &colData{p.banner("Total "+group, sums.sums[group])}, Type: "Section", Group: group,
		})
	}
	if len(groups) == 0 {
		rows = p.rows(events)
	}
	for _, name := range sums.results() {
		if len(rows) > 0 {
			rows = append(rows, &reportRow{
				Summary: &colData{p.banner(name, sums.of(name, 0))}, Type: "Section", Group: name,
			})
		}
	}
	h := r.header(len(rows) == 0)
	h.SummarizeColumnsBy = ""
	var cols []reportColumn
	for _, c := range p.columns {
		cols = append(cols, r.keyed(c.title, c.kind, c.key))
	}
	return &report{Header: h, Columns: reportColumns{cols}, Rows: reportRows{rows}}
}

// listPlan is a described list under way.
type listPlan struct {
	*reportCall
	spec    *ReportSpec
	columns []detailColumn // for their keys, titles and kinds
}

// usualColumns is the number of columns of a described list if the request does not choose them.
const usualColumns = 10

// columns are those asked for, or the first ones and all amounts.
func (s *ReportSpec) columns(asked string) []detailColumn {
	keys := slices.Clone(s.Columns[:min(len(s.Columns), usualColumns)])
	if len(keys) == 0 {
		keys = strings.Fields("tx_date txn_type doc_num name memo subt_nat_amount")
	}
	for _, key := range s.Amounts {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	var chosen []string
	for _, key := range strings.Split(asked, ",") {
		if key = strings.TrimSpace(key); slices.Contains(s.Columns, key) {
			chosen = append(chosen, key)
		}
	}
	if len(chosen) > 0 {
		keys = chosen
	}
	known := detailColumns()
	out := make([]detailColumn, len(keys))
	for i, key := range keys {
		out[i] = detailColumn{key: key, title: titleOfKey(key), kind: s.kindOf(key)}
		if at := slices.IndexFunc(known, func(c detailColumn) bool { return c.key == key }); at >= 0 {
			out[i].title, out[i].kind = known[at].title, known[at].kind
		}
		out[i].summed = out[i].kind == "Money" && !strings.HasPrefix(key, "rbal")
	}
	return out
}

// kindOf derives what a column holds from the spelling of its key.
// https://developer.intuit.com/app/developer/qbo/docs/api/accounting/report-entities/generalledger
func (s *ReportSpec) kindOf(key string) string {
	base := strings.TrimSuffix(key, "_nt")
	switch {
	case slices.Contains(s.Amounts, key):
		return "Money"
	case strings.HasSuffix(base, "_date"):
		return "Date"
	}
	for _, end := range []string{"amount", "_amt", "_bal"} {
		if strings.HasSuffix(base, end) {
			return "Money"
		}
	}
	return "String"
}

// rows makes one row per event. A balance column adds up the amounts of its own rows.
func (p *listPlan) rows(events []event) []*reportRow {
	var out []*reportRow
	balance := make(amounts, len(p.columns))
	for _, e := range events {
		cells := make([]reportCell, len(p.columns))
		for i, c := range p.columns {
			switch {
			case c.kind == "Date":
				cells[i].Value = e.date.String()
			case strings.HasPrefix(c.key, "rbal"):
				balance[i] += p.spec.amountOf(e, "subt"+strings.TrimPrefix(c.key, "rbal"))
				cells[i].Value = p.money(balance[i])
			case c.kind == "Money":
				cells[i].Value = p.money(p.spec.amountOf(e, c.key))
			case c.kind == "Numeric":
				cells[i].Value = fmt.Sprint(e.n)
			case c.kind == "Boolean":
				cells[i].Value = "Yes"
			default:
				cells[i] = idCell(fmt.Sprintf("%s %d", c.title, e.n), fmt.Sprint(e.n))
			}
		}
		out = append(out, &reportRow{ColData: cells, Type: "Data"})
	}
	return out
}

// sum adds up the columns that add up.
func (p *listPlan) sum(events []event) amounts {
	out := make(amounts, len(p.columns))
	for i, c := range p.columns {
		for _, e := range events {
			if c.summed {
				out[i] += p.spec.amountOf(e, c.key)
			}
		}
	}
	return out
}

// banner is a heading, or a total line with sums, as wide as the rows.
func (p *listPlan) banner(first string, sums amounts) []reportCell {
	cells := make([]reportCell, len(p.columns))
	for i, c := range p.columns {
		if c.summed && sums != nil {
			cells[i].Value = p.money(sums[i])
		}
	}
	cells[0] = plainCell(first)
	return cells
}
