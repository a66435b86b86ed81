package source_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/source"
	"ledgersheet/internal/table"
)

// fixture reads a file of testdata as the API's answer, after replacing pairs of old and new text.
func fixture(t testing.TB, name string, change ...string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	text := string(body)
	for i := 0; i+1 < len(change); i += 2 {
		if !strings.Contains(text, change[i]) {
			t.Fatalf("%s has no %q", name, change[i])
		}
		text = strings.Replace(text, change[i], change[i+1], 1)
	}
	return text
}

// readFixture reads a report for which the API answers with body.
func readFixture(t testing.TB, d export.Report, body string, q export.Query) result {
	t.Helper()
	c, _ := newScripted(intuit.Options{}, respond(200, body))
	s := simulated{
		client:  c,
		company: export.Company{Realm: "1", Name: "Test Ltd", HomeCurrency: "USD", FiscalYearStart: time.January},
	}
	return s.read(t, d, q)
}

func options(pairs ...string) map[string]string {
	o := map[string]string{
		"accounting_method": "Accrual", "date_range": "custom", "start_date": "2026-01-01",
		"end_date": "2026-01-31",
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		o[pairs[i]] = pairs[i+1]
	}
	return o
}

func titles(s table.Schema) []string {
	var list []string
	for _, c := range s.Columns {
		list = append(list, c.ID+"|"+c.Title+"|"+c.Kind.String()+"|"+c.Currency)
	}
	return list
}

var byMonth = []string{"end_date", "2026-02-28", "summarize_by", "Month"}

func TestStatement(t *testing.T) {
	t.Parallel()
	got := readFixture(t, profitAndLoss(), fixture(t, "profit_and_loss_by_month.json"), export.Query{
		Options: options(byMonth...),
		Columns: []string{"Label", "LabelId", "RowKind", "Amounts", "Company", "Section"},
	})
	if got.err != nil {
		t.Fatal(got.err)
	}
	if diff := cmp.Diff([]string{
		"Company|Company|text|", "Label|Name|text|", "LabelId|Id|text|", "RowKind|Row kind|text|",
		"Jan 2026|Jan 2026|money|USD", "Feb 2026|Feb 2026|money|USD", "total|Total|money|USD",
	}, titles(got.Schema)); diff != "" {
		t.Error(diff)
	}
	if !got.Schema.Columns[1].Label || got.Schema.Columns[0].Label {
		t.Error("the label column is not marked")
	}
	want := [][]string{
		{"1/0", "Test Ltd", "Income", "", "section", "", "", ""},
		{"0/1", "Test Ltd", "Consulting", "79", "data", "1000.10", "0.20", "1000.30"},
		{"1/1", "Test Ltd", "Gardening", "45", "section", "50.00", "", "50.00"},
		{"0/2", "Test Ltd", "Fountains", "48", "data", "", "75.05", "75.05"},
		{"0/2", "Test Ltd", "Plants", "49", "data", "10.00", "", "10.00"},
		{"2/1", "Test Ltd", "Total Gardening", "45", "total", "60.00", "75.05", "135.05"},
		{"0/1", "Test Ltd", "Discounts", "86", "data", "-10.00", "-0.05", "-10.05"},
		{"2/0", "Test Ltd", "Total Income", "", "total", "1050.10", "75.20", "1125.30"},
		{"1/0", "Test Ltd", "Cost of Goods Sold", "", "section", "", "", ""},
		{"0/1", "Test Ltd", "Materials", "80", "data", "400.05", "", "400.05"},
		{"2/0", "Test Ltd", "Total Cost of Goods Sold", "", "total", "400.05", "", "400.05"},
		{"2/0", "Test Ltd", "Gross Profit", "", "total", "650.05", "75.20", "725.25"},
		{"1/0", "Test Ltd", "Expenses", "", "section", "", "", ""},
		{"0/1", "Test Ltd", "Rent", "17", "data", "900.00", "900.00", "1800.00"},
		{"2/0", "Test Ltd", "Total Expenses", "", "total", "900.00", "900.00", "1800.00"},
		{"2/0", "Test Ltd", "Net Operating Income", "", "total", "-249.95", "-824.80", "-1074.75"},
		{"2/0", "Test Ltd", "Net Income", "", "total", "-249.95", "-824.80", "-1074.75"},
	}
	if diff := cmp.Diff(want, texts(got.rows)); diff != "" {
		t.Error(diff)
	}
	if got.Total != len(want) || got.Period != "2026-01-01 to 2026-02-28" || got.Basis != "Accrual" {
		t.Errorf("%d rows, %q, %q", got.Total, got.Period, got.Basis)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	got := readFixture(t, profitAndLoss(), fixture(t, "profit_and_loss_by_month.json"),
		export.Query{Options: options(append(byMonth, "layout", "table")...)})
	if got.err != nil {
		t.Fatal(got.err)
	}
	want := [][]string{
		{"0/0", "Income", "", "", "Consulting", "1000.10", "0.20", "1000.30"},
		{"0/0", "Income", "", "", "Gardening", "50.00", "", "50.00"},
		{"0/0", "Income", "Gardening", "", "Fountains", "", "75.05", "75.05"},
		{"0/0", "Income", "Gardening", "", "Plants", "10.00", "", "10.00"},
		{"0/0", "Income", "", "", "Discounts", "-10.00", "-0.05", "-10.05"},
		{"0/0", "Cost of Goods Sold", "", "", "Materials", "400.05", "", "400.05"},
		{"0/0", "Expenses", "", "", "Rent", "900.00", "900.00", "1800.00"},
	}
	if diff := cmp.Diff(want, texts(got.rows)); diff != "" {
		t.Error(diff)
	}
}

func TestTidy(t *testing.T) {
	t.Parallel()
	got := readFixture(t, profitAndLoss(), fixture(t, "profit_and_loss_by_month.json"),
		export.Query{Options: options(append(byMonth, "layout", "tidy")...), Columns: []string{"Label", "Amounts"}})
	if got.err != nil {
		t.Fatal(got.err)
	}
	if diff := cmp.Diff([]string{
		"Label|Name|text|", "Period|Period|text|", "PeriodEnd|Period end|date|", "Amount|Amount|money|USD",
	}, titles(got.Schema)); diff != "" {
		t.Error(diff)
	}
	want := [][]string{
		{"0/0", "Consulting", "Jan 2026", "2026-01-31", "1000.10"},
		{"0/0", "Consulting", "Feb 2026", "2026-02-28", "0.20"},
		{"0/0", "Gardening", "Jan 2026", "2026-01-31", "50.00"},
		{"0/0", "Fountains", "Feb 2026", "2026-02-28", "75.05"},
		{"0/0", "Plants", "Jan 2026", "2026-01-31", "10.00"},
		{"0/0", "Discounts", "Jan 2026", "2026-01-31", "-10.00"},
		{"0/0", "Discounts", "Feb 2026", "2026-02-28", "-0.05"},
		{"0/0", "Materials", "Jan 2026", "2026-01-31", "400.05"},
		{"0/0", "Rent", "Jan 2026", "2026-01-31", "900.00"},
		{"0/0", "Rent", "Feb 2026", "2026-02-28", "900.00"},
	}
	if diff := cmp.Diff(want, texts(got.rows)); diff != "" {
		t.Error(diff)
	}
}

// TestRefusedLayoutAsksNothing proves that a layout which a report does not have costs no request.
func TestRefusedLayoutAsksNothing(t *testing.T) {
	t.Parallel()
	c, sent := newScripted(intuit.Options{MaxTries: 1}, respond(500, "{}"))
	_, err := source.New(c, nil).Read(t.Context(), generalLedger(), export.Query{
		Options: options("accounting_method", "Cash", "layout", "tidy"),
	})
	if !problem.HasCode(err, problem.InvalidInput) || len(*sent) > 0 {
		t.Errorf("%d requests, %v", len(*sent), err)
	}
}

func TestOlderLedger(t *testing.T) {
	t.Parallel()
	d := generalLedger()
	body := fixture(t, "general_ledger_older.json")
	got := readFixture(t, d, body, export.Query{Options: options("accounting_method", "Cash")})
	if got.err != nil {
		t.Fatal(got.err)
	}
	if diff := cmp.Diff([]string{
		"Section1|Section 1|text|", "Section2|Section 2|text|", "tx_date|Date|date|",
		"txn_type|Transaction Type|text|", "doc_num|Num|text|", "name|Name|text|",
		"subt_nat_amount|Amount|money|USD", "rbal_nat_amount|Balance|money|USD",
	}, titles(got.Schema)); diff != "" {
		t.Error(diff)
	}
	want := [][]string{
		{"0/0", "Checking", "", "Beginning Balance", "", "", "", "", "976.00"},
		{"0/0", "Checking", "", "2026-01-05", "Check", "0071", "Hall Properties", "-75.50", "900.50"},
		{"0/0", "Checking", "", "2026-01-09", "Deposit", "", "", "12.25", "912.75"},
		{"0/0", "Truck", "Original Cost", "Beginning Balance", "", "", "", "", "13495.00"},
	}
	if diff := cmp.Diff(want, texts(got.rows)); diff != "" {
		t.Error(diff)
	}
	got = readFixture(t, d, body, export.Query{
		Options: options("accounting_method", "Cash", "layout", "statement"),
		Columns: []string{"Label", "LabelId", "Amounts"},
	})
	if got.err != nil {
		t.Fatal(got.err)
	}
	want = [][]string{
		{"1/0", "Checking", "35", "", "", "", "", "", ""},
		{"0/1", "", "", "Beginning Balance", "", "", "", "", "976.00"},
		{"0/1", "", "101", "2026-01-05", "Check", "0071", "Hall Properties", "-75.50", "900.50"},
		{"0/1", "", "102", "2026-01-09", "Deposit", "", "", "12.25", "912.75"},
		{"2/0", "Total for Checking", "35", "", "", "", "", "-63.25", ""},
	}
	if diff := cmp.Diff(want, texts(got.rows[:5])); diff != "" {
		t.Error(diff)
	}
}

func TestOtherShapes(t *testing.T) {
	t.Parallel()
	list := func(object string) export.Report {
		return export.Report{ID: "r", Title: "R", Object: object, Shape: export.List}
	}
	tree := profitAndLoss()
	for name, test := range map[string]struct {
		file string
		d    export.Report
		q    export.Query
		want [][]string
	}{
		"closing sections": {
			"aging_detail.json",
			export.Report{ID: "r", Object: "AgedReceivableDetail", Shape: export.List, Dates: export.AsOfDay},
			export.Query{Options: map[string]string{"report_date": "2026-01-31"}},
			[][]string{
				{"0/0", "31 - 60 days past due", "2025-12-01", "Red Rock Diner", "156.00"},
				{"0/0", "31 - 60 days past due", "2025-12-02", "Kookies", "75.00"},
				{"0/0", "1 - 30 days past due", "2026-01-15", "Red Rock Diner", "70.00"},
			},
		},
		"leaves without a type": {
			"trial_balance.json", export.Report{ID: "r", Object: "TrialBalance", Shape: export.Tree, Basis: true},
			export.Query{Options: options()},
			[][]string{
				{"0/0", "Checking", "912.75", ""},
				{"0/0", "Sales", "", ""},
				{"0/0", "Opening Balance Equity", "", "912.75"},
				{"2/0", "TOTAL", "912.75", "912.75"},
			},
		},
		"split rows": {
			"with_splits.json", list("TransactionListWithSplits"), export.Query{Options: options()},
			[][]string{
				{"0/0", "Bill 257", "2026-01-11", "Bill", "Yes", "200.00"},
				{"0/0", "Bill 257", "", "", "Yes", "-200.00"},
			},
		},
		"no data": {"no_data.json", tree, export.Query{Options: options()}, [][]string{
			{"1/0", "Income", ""},
			{"2/0", "Total Income", ""},
			{"2/0", "Gross Profit", ""},
			{"1/0", "Expenses", ""},
			{"2/0", "Total Expenses", ""},
			{"2/0", "Net Income", ""},
		}},
		"no data as a table": {"no_data.json", tree, export.Query{Options: options("layout", "table")}, nil},
		"columns in columns": {
			"sub_columns.json", tree,
			export.Query{Options: options("layout", "table"), Columns: []string{"Label", "Amounts"}},
			[][]string{{"0/0", "Sales", "10.00", "40.0"}, {"0/0", "Fees", "15.00", "60.0"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := readFixture(t, test.d, fixture(t, test.file), test.q)
			if got.err != nil {
				t.Fatal(got.err)
			}
			if test.want == nil {
				test.want = [][]string(nil)
			}
			if diff := cmp.Diff(test.want, texts(got.rows)); diff != "" {
				t.Error(diff)
			}
			if got.Total != len(got.rows) {
				t.Errorf("total %d", got.Total)
			}
			ids := map[string]bool{}
			for _, c := range got.Schema.Columns {
				if c.ID == "" || c.Title == "" || ids[c.ID] {
					t.Errorf("column %q titled %q", c.ID, c.Title)
				}
				ids[c.ID] = true
			}
		})
	}
}

func TestReportsThatDoNotAddUp(t *testing.T) {
	t.Parallel()
	month := options(byMonth...)
	for name, test := range map[string]struct {
		d      export.Report
		file   string
		q      map[string]string
		change []string
		says   string
	}{
		"a leaf": {
			profitAndLoss(), "profit_and_loss_by_month.json", month, []string{`"10.00"`, `"10.01"`},
			`"Gardening" says 60.00 under "Jan 2026", but adding up gives 60.01`,
		},
		"a missing leaf": {
			profitAndLoss(), "profit_and_loss_by_month.json", month, []string{`"0.20"`, `""`},
			`"Income" says 75.20 under "Feb 2026", but adding up gives 75.00`,
		},
		"own amounts": {
			profitAndLoss(), "profit_and_loss_by_month.json", month, []string{`"50.00"`, `""`},
			`"Gardening" says 60.00`,
		},
		"a blank total": {
			profitAndLoss(), "profit_and_loss_by_month.json", month,
			[]string{`"400.05"`, `"400.06"`, `"400.05"`, `"400.06"`, `"400.05"`, `""`},
			`"Cost of Goods Sold" says 0 under "Jan 2026"`,
		},
		"a result": {
			profitAndLoss(), "profit_and_loss_by_month.json", month, []string{`"650.05"`, `"650.06"`},
			`"Gross Profit" says 650.06 under "Jan 2026", but adding up gives 650.05`,
		},
		"the net income": {
			profitAndLoss(), "profit_and_loss_by_month.json", month,
			[]string{`"Net Income"`, `"Net Income!"`, `"-1074.75"`, `"-1074.7500"`, `"-1074.75"`, `"-1074.76"`},
			`"Net Income!" says -1074.76`,
		},
		"periods of a leaf": {
			profitAndLoss(), "profit_and_loss_by_month.json", month,
			[]string{`"1000.10"`, `"999.10"`, `"50.00"`, `"51.00"`, `"60.00"`, `"61.00"`},
			`"Consulting over the periods" says 1000.30 under "Total", but adding up gives 999.30`,
		},
		"a grand total": {
			export.Report{ID: "r", Object: "TrialBalance", Shape: export.Tree, Basis: true}, "trial_balance.json",
			options(),
			[]string{`"912.75"`, `"912.76"`},
			`"TOTAL" says 912.75 under "Debit", but adding up gives 912.76`,
		},
		"a ledger": {
			generalLedger(), "general_ledger_older.json", options("accounting_method", "Cash"),
			[]string{`"-75.50"`, `"-75.51"`}, `"Checking" says -63.25 under "Amount"`,
		},
		"uneven columns": {
			export.Report{
				ID: "r", Object: "TrialBalance", Shape: export.Tree, Basis: true,
				Even: [2]string{"debit", "credit"},
			},
			"trial_balance.json", options(),
			[]string{`"912.75"`, `"912.76"`, `"912.75"`, `"x"`, `"912.75"`, `"912.76"`, `"x"`, `"912.75"`},
			`"Total Debit" says 912.75 under "Credit", but adding up gives 912.76`,
		},
		"a running balance": {
			generalLedger(), "general_ledger_older.json", options("accounting_method", "Cash"),
			[]string{`"912.75"`, `"912.76"`}, `"Checking" says 912.76 under "Balance", but adding up gives 912.75`,
		},
		"a closing section": {
			export.Report{ID: "r", Object: "AgedReceivableDetail", Shape: export.List, Dates: export.AsOfDay},
			"aging_detail.json", map[string]string{"report_date": "2026-01-31"}, []string{`"231.00"`, `"231.01"`},
			`"31 - 60 days past due" says 231.01`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := readFixture(t, test.d, fixture(t, test.file, test.change...), export.Query{Options: test.q})
			if !got.tells(test.says) {
				t.Errorf("%v, %q, want the difference %q", got.err, got.differences(), test.says)
			}
		})
	}
}

func TestReportsAboutSomethingElse(t *testing.T) {
	t.Parallel()
	body := fixture(t, "profit_and_loss_by_month.json")
	for name, o := range map[string]map[string]string{
		"begin": options(append(byMonth, "start_date", "2026-01-02")...),
		"end":   options("end_date", "2026-03-31"),
		"basis": options(append(byMonth, "accounting_method", "Cash")...),
	} {
		got := readFixture(t, profitAndLoss(), body, export.Query{Options: o})
		if !problem.HasCode(got.err, problem.QuickBooksMalformed) {
			t.Errorf("%s: %v", name, got.err)
		}
	}
	aging := export.Report{ID: "r", Object: "AgedReceivableDetail", Shape: export.List, Dates: export.AsOfDay}
	q := export.Query{Options: map[string]string{"report_date": "2026-01-30"}}
	if got := readFixture(t, aging, fixture(t, "aging_detail.json"), q); !problem.HasCode(got.err,
		problem.QuickBooksMalformed) {
		t.Errorf("date: %v", got.err)
	}
}

func TestWhatIsAskedForReports(t *testing.T) {
	t.Parallel()
	today := time.Date(2026, 8, 15, 0, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		d    export.Report
		o    map[string]string
		want string
	}{
		"explicit dates": {
			profitAndLoss(),
			map[string]string{"accounting_method": "Cash", "date_range": "last_month", "customer": "1,2"},
			"accounting_method=Cash&customer=1%2C2&end_date=2026-07-31" +
				"&minorversion=75&start_date=2026-07-01&summarize_column_by=Total",
		},
		"fiscal year": {
			balanceSheet(), map[string]string{"accounting_method": "Accrual", "summarize_by": "Quarter"},
			"accounting_method=Accrual&end_date=2026-08-15" +
				"&minorversion=75&start_date=2026-07-01&summarize_column_by=Quarter",
		},
		"all": {
			generalLedger(), map[string]string{"accounting_method": "Accrual", "date_range": "all"},
			"accounting_method=Accrual&end_date=2027-12-31&minorversion=75&start_date=1970-01-01",
		},
		"as of today": {agedReceivables(), nil, "minorversion=75&report_date=2026-08-15"},
		"as of a day": {
			agedReceivables(), map[string]string{"report_date": "2026-01-31"},
			"minorversion=75&report_date=2026-01-31",
		},
	} {
		c, sent := newScripted(intuit.Options{}, respond(400, ""))
		_, err := source.New(c, nil).Read(t.Context(), test.d, export.Query{
			Options: test.o, Columns: []string{"Label"}, Today: today,
			Company: export.Company{Realm: "1", FiscalYearStart: time.July},
		})
		if !problem.HasCode(err, problem.QuickBooksRejected) {
			t.Fatalf("%s: %v", name, err)
		}
		if got := (*sent)[0].URL; got.RawQuery != test.want || got.Path != "/v3/company/1/reports/"+test.d.Object {
			t.Errorf("%s: asked %s", name, got)
		}
	}
	c, sent := newScripted(intuit.Options{}, respond(400, ""))
	_, err := source.New(c, nil).Read(t.Context(), profitAndLoss(),
		export.Query{Columns: []string{"Label"}, Today: today})
	if !problem.HasCode(err, problem.InvalidInput) || len(*sent) > 0 {
		t.Errorf("without a basis: %v", err)
	}
}

func TestReportsTooLarge(t *testing.T) {
	t.Parallel()
	cut := fixture(t, "general_ledger_older.json", `"Beginning Balance"`,
		`"Unable to display more data. Please reduce the date range."`)
	got := readFixture(t, generalLedger(), cut, export.Query{Options: options("accounting_method", "Cash")})
	if !problem.HasCode(got.err, problem.ReportTooLarge) {
		t.Errorf("cut: %v", got.err)
	}
	synctest.Test(t, func(t *testing.T) {
		c, sent := newScripted(intuit.Options{}, respond(http.StatusGatewayTimeout, "<html></html>"))
		_, err := source.New(c, nil).Read(t.Context(), generalLedger(),
			export.Query{Options: options(), Columns: []string{"Label"}})
		if !problem.HasCode(err, problem.ReportTooLarge) || len(*sent) != 2 {
			t.Errorf("504: %v after %d requests", err, len(*sent))
		}
	})
}

func TestReportsComeOneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		running, most := 0, 0
		body := fixture(t, "no_data.json")
		slow := func(r *http.Request) (*http.Response, error) {
			running++ // needs no lock if the reports come one at a time; the race detector would see it otherwise
			most = max(most, running)
			timer := time.NewTimer(time.Second)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-r.Context().Done():
			}
			running--
			return newResponse(r, 200, body), nil
		}
		c := intuit.New(intuit.Options{
			APIURL: simRoot,
			HTTP:   func(export.RealmID) *http.Client { return &http.Client{Transport: roundTrip(slow)} },
		})
		errs := make(chan error, 5)
		for range cap(errs) {
			go func() { // ends by sending once
				_, err := source.New(c, nil).Read(t.Context(), profitAndLoss(),
					export.Query{Company: export.Company{Realm: "1"}, Options: options(), Columns: []string{"Label"}})
				errs <- err
			}()
		}
		for range cap(errs) {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if most != 1 {
			t.Errorf("%d reports ran at once", most)
		}
	})
}
