package exporters_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// figureTexts spells figures as "title period currency value" by title, for comparing.
func figureTexts(figures []export.FigureValue) map[string]string {
	texts := map[string]string{}
	for _, f := range figures {
		texts[strings.TrimSpace(strings.Join([]string{f.Title, f.Period, f.Currency}, " | "))] = f.Value
	}
	return texts
}

// A list's figures are what its columns add up to in the sheet, each currency apart, and they are the same where each
// record's amounts are repeated on its lines.
func TestFiguresOfListsStandInTheSheet(t *testing.T) { checkListFigures(t, exporters.All()) }

func checkListFigures(t *testing.T, all []export.Definition) {
	t.Parallel()
	for _, d := range all {
		e, ok := d.(export.Entity)
		if !ok || len(e.Figures) == 0 {
			continue
		}
		t.Run(e.ID, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, all)
			columns := []string{"Id", "CurrencyRef.value"}
			for _, f := range e.Figures {
				columns = append(columns, f.Sum[0])
				for _, filter := range f.Where {
					columns = append(columns, filter.Column)
				}
			}
			run, rows := w.run(t, w.exporter(e, nil, uniq(columns)...))
			if len(rows) < 2 {
				t.Fatal("the company has none of these records")
			}
			if diff := cmp.Diff(addUpSheet(t, w.company, e, uniq(columns), rows[1:]),
				figureTexts(run.Figures)); diff != "" {
				t.Errorf("figures and sheet differ (-sheet +figures):\n%s", diff)
			}
			if !e.Lines {
				return
			}
			byLine, _ := w.run(t, w.exporter(e, map[string]string{export.OptLines: "true"}))
			if diff := cmp.Diff(run.Figures, byLine.Figures); diff != "" {
				t.Errorf("lines change the figures:\n%s", diff)
			}
			for id := range byLine.Control {
				if c, err := export.FindColumn(e, id); err != nil || !c.Line() || c.NotAdded {
					t.Errorf("the control sums of lines add up %s", id)
				}
			}
		})
	}
}

func uniq(list []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// addUpSheet works the figures out from the cells that people see.
func addUpSheet(t *testing.T, c export.Company, e export.Entity, columns []string, rows [][]string) map[string]string {
	t.Helper()
	at := map[string]int{}
	for i, key := range columns {
		at[key] = i
	}
	sums := map[string]decimal.Decimal{}
	for _, f := range e.Figures {
		touched := false
		for _, row := range rows {
			pick := func(key string) string {
				if i := at[key]; i < len(row) {
					return row[i]
				}
				return ""
			}
			holds := true
			for _, w := range f.Where {
				holds = holds && pick(w.Column) == w.Value
			}
			amount := pick(f.Sum[0])
			if !holds || amount == "" {
				continue
			}
			currency := pick("CurrencyRef.value")
			if currency == "" {
				currency = c.HomeCurrency
			}
			touched = true
			key := f.Title + " |  | " + currency
			sums[key] = sums[key].Add(readAmount(t, amount))
		}
		if !touched {
			sums[f.Title+" |  | "+c.HomeCurrency] = decimal.Zero
		}
	}
	texts := map[string]string{}
	for key, sum := range sums {
		texts[key] = table.DecimalText(sum)
	}
	return texts
}

// readAmount reads an amount as the sheet shows it.
func readAmount(t *testing.T, shown string) decimal.Decimal {
	t.Helper()
	d, err := decimal.NewFromString(strings.ReplaceAll(shown, ",", ""))
	if err != nil {
		t.Fatalf("the sheet shows %q, which is no amount", shown)
	}
	return d
}

// The labels of the rows that show a report's figures, by figure, where they are not the group's own name; a figure
// without a group is what a column adds up to.
var figureRows = map[string]map[string]string{
	"profit_and_loss":        {"Income": "Total Income", "Net income": "Net Income"},
	"profit_and_loss_detail": {"Income": "Total for Income", "Net income": "Net Income"},
	"balance_sheet": {
		"Total assets": "Total Assets", "Equity": "Total Equity", "Bank accounts": "Total Bank Accounts",
	},
	"cash_flow": {
		"Net cash change": "Net cash increase for period", "Cash at end": "Cash at end of period",
	},
	"vendor_expenses":     {"Expenses": "Total"},
	"sales_by_customer":   {"Sales": "Total"},
	"sales_by_class":      {"Sales": "Total"},
	"sales_by_department": {"Sales": "Total"},
	"sales_by_product":    {"Sales": "Total"},
}

// noFigures are the reports whose default columns have none of those that their figures are about.
var noFigures = []string{"general_ledger"}

// A report's figures equal a cell of the statement or what a column of the table adds up to.
func TestFiguresOfReportsStandInTheSheet(t *testing.T) { checkReportFigures(t, exporters.All()) }

func checkReportFigures(t *testing.T, all []export.Definition) {
	t.Parallel()
	for _, d := range all {
		r, ok := d.(export.Report)
		if !ok || len(r.Figures) == 0 {
			continue
		}
		t.Run(r.ID, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, all)
			run, statement := w.run(t, w.exporter(r, map[string]string{export.OptLayout: export.LayoutStatement}))
			again, rows := w.run(t, w.exporter(r, map[string]string{export.OptLayout: export.LayoutTable}))
			if diff := cmp.Diff(run.Figures, again.Figures); diff != "" {
				t.Errorf("the layout changes the figures:\n%s", diff)
			}
			if (len(run.Figures) == 0) != slices.Contains(noFigures, r.ID) {
				t.Errorf("figures: %v", run.Figures)
			}
			for _, f := range run.Figures {
				declared := r.Figures[slices.IndexFunc(r.Figures, func(d export.Figure) bool { return d.ID == f.ID })]
				var want decimal.Decimal
				if label, ok := figureRows[r.ID][f.Title]; ok {
					want = statementCell(t, statement, label)
				} else if declared.Group != "" {
					want = statementCell(t, statement, declared.Group, "Total "+declared.Group)
				} else {
					want = addUpColumns(t, rows, declared, f)
				}
				if f.Value != table.DecimalText(want) || f.Currency != w.company.HomeCurrency || f.Period == "" {
					t.Errorf("%s is %s %s (%s), the sheet says %s", f.Title, f.Currency, f.Value, f.Period, want)
				}
			}
		})
	}
}

// statementCell is the last amount in the row with one of the labels, or in the sheet's row of that total.
func statementCell(t *testing.T, rows [][]string, labels ...string) decimal.Decimal {
	t.Helper()
	for _, row := range rows {
		if !slices.Contains(labels, row[0]) || len(row) < 2 {
			continue
		}
		amounts := row[1:]
		if i := slices.Index(rows[0], "Amount"); i > 0 {
			amounts = row[i : i+1]
		}
		return readAmount(t, amounts[len(amounts)-1])
	}
	t.Fatalf("no row is labelled %q", labels)
	return decimal.Zero
}

// addUpColumns works a figure out from the rows of the table layout, whose columns have titles where figures have keys.
func addUpColumns(t *testing.T, rows [][]string, declared export.Figure, f export.FigureValue) decimal.Decimal {
	t.Helper()
	titles := map[string]string{
		"subt_nat_amount": "Amount", "nat_amount": "Amount", "subt_amount": "Amount",
		"debt_amt": "Debit", "credit_amt": "Credit", "nat_open_bal": "Open Balance", "subt_open_bal": "Open Balance",
		"subt_neg_open_bal": "Open Balance",
		"income":            "Total Income", "expenses": "Total Expenses", "net_income": "Net Income",
		"tax_collected": "Tax Collected",
	}
	sum := decimal.Zero
	for _, name := range declared.Sum {
		name, minus := strings.CutPrefix(name, "-")
		at := slices.IndexFunc(rows[0], func(title string) bool {
			return strings.EqualFold(title, strings.ReplaceAll(name, "_", " ")) || title == titles[name]
		})
		if at < 0 {
			t.Fatalf("%s: the sheet has no column %q: %q", f.Title, name, rows[0])
		}
		for _, row := range rows[1:] {
			if at >= len(row) || row[at] == "" {
				continue
			}
			amount := readAmount(t, row[at])
			if minus {
				amount = amount.Neg()
			}
			sum = sum.Add(amount)
		}
	}
	return sum
}
