package intuitsim

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// leaves walks the rows without children.
func leaves(rows []*reportRow, visit func(*reportRow)) {
	for _, r := range rows {
		if r.Rows != nil {
			leaves(r.Rows.Row, visit)
		} else if r.ColData != nil {
			visit(r)
		}
	}
}

// lastCell returns the last cell of the summary of a group.
func lastCell(t interface{ Fatalf(string, ...any) }, rep report, group string) cents {
	sums := map[string][]string{}
	summaries(rep.Rows, sums)
	v := sums[group]
	if len(v) == 0 {
		return 0
	}
	return amount(t, v[len(v)-1])
}

func TestReportsAgreeWithEachOther(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	clients := []*client{newClient(t, s, 0), newClient(t, s, 1), newClient(t, s, 2)}
	rapid.Check(t, func(rt *rapid.T) {
		c := clients[rapid.IntRange(0, 2).Draw(rt, "company")]
		start := date(2023, 6, 1) + day(rapid.IntRange(0, 900).Draw(rt, "start"))
		end := start + day(rapid.IntRange(0, 200).Draw(rt, "length"))
		method := rapid.SampledFrom([]string{accrual, cash}).Draw(rt, "method")
		fetch := func(name, method string) report {
			var rep report
			c.get("reports/"+name, url.Values{"start_date": {start.String()}, "end_date": {end.String()},
				"accounting_method": {method}, "report_date": {end.String()}}, &rep)
			return rep
		}
		sheet := fetch("BalanceSheet", method)
		balance := map[string]cents{}
		leaves(sheet.Rows.Row, func(r *reportRow) {
			balance[strings.TrimSpace(r.ColData[0].Value)] = amount(rt, r.ColData[1].Value)
		})

		trial := fetch("TrialBalance", method)
		sums := map[string][]string{}
		summaries(trial.Rows, sums)
		if v := sums["GrandTotal"]; len(v) == 2 && v[0] != v[1] {
			rt.Fatalf("trial balance: debits %s, credits %s", v[0], v[1])
		}

		// The ledger's last balance of an account is the balance sheet's.
		ledger := fetch("GeneralLedger", method)
		var walk func(rows []*reportRow)
		walk = func(rows []*reportRow) {
			for _, r := range rows {
				if r.Header == nil {
					continue
				}
				name, last := r.Header.ColData[0].Value, ""
				for _, row := range r.Rows.Row {
					if row.ColData != nil {
						last = row.ColData[len(row.ColData)-1].Value
					}
				}
				if want, ok := balance[name]; ok && last != "" && !strings.Contains(name, "Retained") &&
					amount(rt, last) != want {
					rt.Fatalf("%s: ledger %s, balance sheet %s", name, last, want)
				}
				walk(r.Rows.Row)
			}
		}
		walk(ledger.Rows.Row)

		profit := fetch("ProfitAndLoss", method)
		detail := fetch("ProfitAndLossDetail", method)
		for _, group := range []string{"Income", "COGS", "Expenses"} {
			inDetail := map[string][]string{}
			summaries(detail.Rows, inDetail)
			var got cents
			if v := inDetail[group]; len(v) > 0 {
				got = amount(rt, v[len(v)-2]) // the amount stands before the running balance
			}
			if want := lastCell(rt, profit, group); got != want {
				rt.Fatalf("%s: detail %s, statement %s", group, got, want)
			}
		}
		if method == cash {
			return
		}
		name := func(plain, number string) cents {
			if v, ok := balance[plain]; ok {
				return v
			}
			return balance[number+" "+plain]
		}
		if got, want := lastCell(rt, fetch("AgedReceivables", method), "GrandTotal"), name("Accounts Receivable (A/R)",
			"1100"); got != want {
			rt.Fatalf("receivables: aging %s, balance sheet %s", got, want)
		}
		if got, want := lastCell(rt, fetch("AgedPayables", method), "GrandTotal"), name("Accounts Payable (A/P)",
			"2000"); got != want {
			rt.Fatalf("payables: aging %s, balance sheet %s", got, want)
		}
		for _, pair := range [][2]string{{"CustomerBalance", "AgedReceivables"}, {"VendorBalance", "AgedPayables"}} {
			if got, want := lastCell(rt, fetch(pair[0], method), "GrandTotal"), lastCell(rt, fetch(pair[1], method),
				"GrandTotal"); got != want {
				rt.Fatalf("%s %s, %s %s", pair[0], got, pair[1], want)
			}
		}
		if got, want := lastCell(rt, fetch("CashFlow", method), "EndingCash"), name("Checking", "1010")+name("Savings",
			"1020")+name("Undeposited Funds", "1400"); got != want {
			rt.Fatalf("cash: flow %s, balance sheet %s", got, want)
		}
		flow := fetch("CashFlow", method)
		if got, want := lastCell(rt, flow, "OperatingActivities")+lastCell(rt, flow, "InvestingActivities")+lastCell(rt,
			flow, "FinancingActivities"), lastCell(rt, flow, "CashIncrease"); got != want {
			rt.Fatalf("cash flow parts %s, increase %s", got, want)
		}
		if got, want := lastCell(rt, fetch("CustomerSales", method), "GrandTotal"), lastCell(rt, profit,
			"Income"); got != want {
			rt.Fatalf("sales by customer %s, income %s", got, want)
		}
		if got, want := amount(rt, summaryAt(fetch("InventoryValuationSummary", method), 2)), name("Inventory Asset",
			"1200"); got != want {
			rt.Fatalf("stock %s, balance sheet %s", got, want)
		}
	})
}

func summaryAt(rep report, i int) string {
	sums := map[string][]string{}
	summaries(rep.Rows, sums)
	if v := sums["GrandTotal"]; len(v) > i {
		return v[i]
	}
	return ""
}

func TestEveryReportAnswers(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	c := newClient(t, s, 0)
	for name := range builders() {
		for _, legacy := range []bool{false, true} {
			s.SetLegacyReports(legacy)
			var rep report
			resp := c.get("reports/"+name, url.Values{"start_date": {"2025-01-01"}, "end_date": {"2025-12-31"}}, &rep)
			rows := 0
			leaves(rep.Rows.Row, func(r *reportRow) {
				rows++
				if len(r.ColData) != len(rep.Columns.Column) {
					t.Errorf("%s: a row of %d cells under %d columns", name, len(r.ColData), len(rep.Columns.Column))
				}
			})
			if resp.StatusCode != 200 || rep.Header.ReportName != name || rows == 0 || rep.Header.Currency != "USD" ||
				rep.Header.Time == "" {
				t.Errorf("%s: %d, %d rows, %+v", name, resp.StatusCode, rows, rep.Header)
			}
		}
	}
}

func TestEmptyPeriodHasShellsOnly(t *testing.T) {
	t.Parallel()
	c := newClient(t, smallServer(t), 0)
	var rep report
	c.get("reports/ProfitAndLoss", url.Values{"start_date": {"2001-01-01"}, "end_date": {"2001-01-31"},
		"summarize_column_by": {"Customers"}}, &rep)
	if got := rep.Header.Option[1]; got != (nameValue{"NoReportData", "true"}) {
		t.Errorf("option %v", got)
	}
	var groups []string
	for _, r := range rep.Rows.Row {
		groups = append(groups, r.Group)
		if r.Rows != nil || r.Summary.ColData[1].Value != "" {
			t.Errorf("group %s holds data", r.Group)
		}
	}
	if got := strings.Join(groups, " "); got != "Income GrossProfit Expenses NetOperatingIncome NetIncome" {
		t.Errorf("groups %s", got)
	}
}

func TestReportPeriods(t *testing.T) {
	t.Parallel()
	s := smallServer(t) // on 2026-03-17
	c, july := newClient(t, s, 0), newClient(t, s, 1)
	for _, tc := range []struct {
		c          *client
		query      string
		start, end string
		macro      string
	}{
		{c, "", "2026-01-01", "2026-03-17", "this calendar year-to-date"},
		{c, "end_date=2025-12-31", "2026-01-01", "2026-03-17", "this calendar year-to-date"},
		{c, "start_date=2025-12-31", "2026-01-01", "2026-03-17", "this calendar year-to-date"},
		{c, "as_of=2025-12-31", "2026-01-01", "2026-03-17", "this calendar year-to-date"},
		{c, "start_date=2025-12-31&end_date=2025-12-31", "2025-12-31", "2025-12-31", ""},
		{c, "date_macro=Last+Month", "2026-02-01", "2026-02-28", "last month"},
		{c, "date_macro=This+Week", "2026-03-15", "2026-03-21", "this week"},
		{july, "date_macro=This+Fiscal+Year", "2025-07-01", "2026-06-30", "this fiscal year"},
		{july, "date_macro=Last+Fiscal+Year-to-date", "2024-07-01", "2025-03-17", "last fiscal year-to-date"},
		{july, "date_macro=This+Fiscal+Quarter", "2026-01-01", "2026-03-31", "this fiscal quarter"},
	} {
		q, err := url.ParseQuery(tc.query)
		if err != nil {
			t.Fatal(err)
		}
		var rep report
		tc.c.get("reports/BalanceSheet", q, &rep)
		if h := rep.Header; h.StartPeriod != tc.start || h.EndPeriod != tc.end || h.DateMacro != tc.macro {
			t.Errorf("%s: %s to %s, %q", tc.query, h.StartPeriod, h.EndPeriod, h.DateMacro)
		}
	}
	for _, bad := range []string{
		"start_date=2026-02-01&end_date=2026-01-01", "start_date=01/02/2026&end_date=2026-02-01",
	} {
		q, _ := url.ParseQuery(bad)
		if resp := c.get("reports/BalanceSheet", q, nil); resp.StatusCode != 400 {
			t.Errorf("%s: %d", bad, resp.StatusCode)
		}
	}
	var def, own report
	july.get("reports/ProfitAndLoss", nil, &def)
	c.get("reports/ProfitAndLoss", nil, &own)
	if def.Header.ReportBasis != cash || own.Header.ReportBasis != accrual {
		t.Errorf("bases %s and %s do not follow the preferences", def.Header.ReportBasis, own.Header.ReportBasis)
	}
}

func TestColumnsOfPeriods(t *testing.T) {
	t.Parallel()
	c := newClient(t, smallServer(t), 0)
	for by, want := range map[string]string{
		"Month":   "|Dec 15 - 31, 2024|Jan 2025|Feb 1 - 10, 2025|Total",
		"Quarter": "|Dec 15 - 31, 2024|Jan 1 - Feb 10, 2025|Total",
		"Year":    "|Dec 15 - 31, 2024|Jan 1 - Feb 10, 2025|Total",
		"Total":   "|Total",
	} {
		var rep report
		c.get("reports/ProfitAndLoss", url.Values{"start_date": {"2024-12-15"}, "end_date": {"2025-02-10"},
			"summarize_column_by": {by}}, &rep)
		var titles []string
		for _, col := range rep.Columns.Column {
			titles = append(titles, col.ColTitle)
		}
		if got := strings.Join(titles, "|"); got != want {
			t.Errorf("%s: %s", by, got)
		}
	}
	var days report
	c.get("reports/ProfitAndLoss", url.Values{"start_date": {"2025-01-01"}, "end_date": {"2025-12-31"},
		"summarize_column_by": {"Days"}}, &days)
	if n := len(days.Columns.Column); n != 103 || days.Columns.Column[101].ColTitle != "Others" {
		t.Errorf("%d columns of days", n)
	}
}

func TestBigReportsAreCutSilently(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	c := newClient(t, s, 0)
	q := url.Values{"start_date": {"2024-01-01"}, "end_date": {"2025-12-31"}}
	s.SetReportCellLimit(500)
	for _, name := range []string{"GeneralLedger", "TransactionList"} {
		var rep report
		resp := c.get("reports/"+name, q, &rep)
		last := rep.Rows.Row[len(rep.Rows.Row)-1]
		if resp.StatusCode != 200 || last.ColData[0].Value != tooMuchText {
			t.Errorf("%s: %d, last row %+v", name, resp.StatusCode, last)
		}
		if n := countCells(rep.Rows.Row); n > 501 {
			t.Errorf("%s: %d cells", name, n)
		}
	}
	s.SetReportTimeout(500)
	if resp := c.get("reports/GeneralLedger", q, nil); resp.StatusCode != 504 {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestLegacyReportsLookOlder(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	c := newClient(t, s, 0)
	q := url.Values{"start_date": {"2025-01-01"}, "end_date": {"2025-01-31"}}
	var modern, legacy report
	if resp := c.get("reports/BalanceSheet", q, &modern); resp.Header.Get("v3modernResponse") != "true" ||
		modern.Rows.Row[0].Header.ColData[0].Value != "Assets" {
		t.Errorf("modern: %v, %+v", resp.Header, modern.Rows.Row[0].Header)
	}
	s.SetLegacyReports(true)
	if resp := c.get("reports/BalanceSheet", q, &legacy); resp.Header.Get("v3modernResponse") != "" ||
		legacy.Rows.Row[0].Summary.ColData[0].Value != "TOTAL ASSETS" {
		t.Errorf("legacy: %v, %+v", resp.Header, legacy.Rows.Row[0].Summary)
	}
	var ledger report
	c.get("reports/GeneralLedger", q, &ledger)
	if col := ledger.Columns.Column[0]; col.ColType != "tx_date" || col.MetaData != nil {
		t.Errorf("column %+v", col)
	}
}

func TestFiltersKeepWhatTheyName(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	c := newClient(t, s, 0)
	q := url.Values{"start_date": {"2024-01-01"}, "end_date": {"2025-12-31"}, "summarize_column_by": {"Customers"}}
	var all, one report
	c.get("reports/ProfitAndLoss", q, &all)
	sums := map[string][]string{}
	summaries(all.Rows, sums)
	col := all.Columns.Column[3]
	q.Set("customer", col.MetaData[0].Value)
	q.Del("summarize_column_by")
	c.get("reports/ProfitAndLoss", q, &one)
	if got := lastCell(t, one, "Income").String(); got != sums["Income"][2] ||
		one.Header.Customer != col.MetaData[0].Value {
		t.Errorf("income of %s: %s filtered, %s in its column", col.ColTitle, got, sums["Income"][2])
	}
}

func TestJobsStandBelowTheirCustomer(t *testing.T) {
	t.Parallel()
	c := newClient(t, smallServer(t), 0)
	for _, name := range []string{"AgedReceivables", "CustomerBalance"} {
		var rep report
		c.get("reports/"+name, url.Values{"report_date": {"2026-03-17"}}, &rep)
		sections := 0
		var sum func(rows []*reportRow) cents
		sum = func(rows []*reportRow) cents {
			var total cents
			for _, r := range rows {
				last := func(cells []reportCell) cents { return amount(t, cells[len(cells)-1].Value) }
				switch {
				case r.Group != "":
				case r.Rows == nil:
					total += last(r.ColData)
				default:
					sections++
					part := last(r.Header.ColData) + sum(r.Rows.Row)
					if got := last(r.Summary.ColData); got != part {
						t.Errorf("%s: %s says %s, its parts sum to %s", name, r.Summary.ColData[0].Value, got, part)
					}
					total += part
				}
			}
			return total
		}
		if got, want := sum(rep.Rows.Row), lastCell(t, rep, "GrandTotal"); got != want || sections == 0 {
			t.Errorf("%s: rows sum to %s, total %s, %d sections", name, got, want, sections)
		}
	}
}
