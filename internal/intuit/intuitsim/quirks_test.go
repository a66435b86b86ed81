package intuitsim

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// quirkSigns are what an answer shows with a quirk and not without it, by the quirk's name in JSON.
var quirkSigns = map[string]struct {
	path, query string
	sign        string // a pattern
}{
	"legacy_reports":       {"reports/GeneralLedger", "", `"ColType":"tx_date"`},
	"nested_profit_detail": {"reports/ProfitAndLossDetail", "", `"group":"OtherIncomeExpenses"`},
	"negative_expenses":    {"reports/CustomerIncome", "", `\{"value":"Total"\},\{"value":"[\d.]+"\},\{"value":"-`},
	"codes_as_money":       {"reports/InventoryValuationSummary", "", `\{"ColTitle":"SKU","ColType":"Money"\}`},
	"headers_hold_totals": {
		"reports/AgedReceivables", "", `"Header":\{"ColData":\[\{"value":"Owner"[^\]]*\d\.\d\d`,
	},
	"plain_totals": {
		"reports/ClassSales", "", `"group":"\*\*"\},\{"ColData":\[[^\]]*\],"group":"GrandTotal"\}`,
	},
	"spelt_amounts":      {"reports/ProfitAndLoss", "", `"\$\d{1,3}(,\d{3})*\.\d\d"`},
	"home_currency_keys": {"reports/GeneralLedger", "", `"Value":"subt_nat_amount_home_nt".*\d\.\d\d %`},
	"short_rows":         {"reports/TrialBalance", "", `"id":"\d+"\},\{"value":"[\d.]+"\}\]\}`},
	"bare_when_empty": {
		"reports/ProfitAndLoss", "start_date=1990-01-01&end_date=1990-12-31", `"Columns":\{\},"Rows":\{\}`,
	},
	"capital_basis":  {"reports/ProfitAndLoss", "", `"ReportBasis":"ACCRUAL"`},
	"one_cent_off":   {"reports/TrialBalance", "", ``},
	"surplus_cell":   {"reports/ProfitAndLoss", "", `"\},\{"value":"7\.77"\}\]`},
	"largest_page":   {"query", "query=select * from Invoice maxresults 200", `504 Gateway`},
	"one_more":       {"query", "query=select * from Invoice maxresults 7", `"maxResults":8`},
	"no_order_by_id": {"query", "query=select * from Invoice orderby Id", `property 'Id' is not sortable`},
	"odd_fields": {
		"query", "query=select * from Invoice", `"TxnDate":"[-\d]{10}-0[78]:00".*"NumberValue":12\.5\}`,
	},
	"uneven_invoice": {
		"query", "query=select * from Invoice orderby MetaData.CreateTime maxresults 1",
		`"Line":\[\{"Amount":[\d.]+,"DetailType":"SubTotalLineDetail"`,
	},
}

// quietQuirks show in what is told of changes, see TestQuietQuirks.
var quietQuirks = map[string]bool{
	"loud_names": true, "quiet_settlements": true, "quiet_balances": true, "merged_stay": true,
}

// TestQuirksShow switches each quirk on and off again on a running company.
func TestQuirksShow(t *testing.T) {
	t.Parallel()
	kind := reflect.TypeFor[Quirks]()
	for i := range kind.NumField() {
		name := kind.Field(i).Tag.Get("json")
		if quietQuirks[name] {
			continue
		}
		sign, ok := quirkSigns[name]
		if !ok {
			t.Errorf("nothing shows the quirk %s", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := smallServer(t)
				c := newClient(t, s, 0)
				books := s.Company(c.realm)
				addJob(t, books)
				var q Quirks
				field := reflect.ValueOf(&q).Elem().Field(i)
				if field.Kind() == reflect.Int {
					field.SetInt(100)
				} else {
					field.SetBool(true)
				}
				plain := c.raw(sign.path, sign.query)
				books.SetQuirks(q)
				if books.Quirks() != q {
					t.Error("it is not kept")
				}
				odd := c.raw(sign.path, sign.query)
				books.SetQuirks(Quirks{})
				again := c.raw(sign.path, sign.query)
				pattern := regexp.MustCompile(sign.sign)
				if odd == plain || again != plain {
					t.Errorf("plain answers are the same: %t; the odd one differs: %t", again == plain, odd != plain)
				}
				if sign.sign != "" && (!pattern.MatchString(odd) || pattern.MatchString(plain)) {
					t.Errorf("the sign is in the odd answer: %t, in the plain one: %t\n%.2000s",
						pattern.MatchString(odd), pattern.MatchString(plain), odd)
				}
			})
		})
	}
}

// addJob adds a customer who owes nothing but through a job.
func addJob(t *testing.T, books *Company) {
	t.Helper()
	var ids [2]string
	for i, name := range []string{"Owner", "Job"} {
		id, err := books.AddParty("Customer", name)
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = id
	}
	of := func(id string) *party { return books.find("Customer", id).source.(*party) }
	of(ids[1]).parent = of(ids[0])
	if _, err := books.AddInvoice(Sale{CustomerID: ids[1], Date: "2025-06-01"}); err != nil {
		t.Fatal(err)
	}
}

// raw returns an answer's body without the time.
func (c *client) raw(path, query string) string {
	c.t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		c.t.Fatal(err)
	}
	if !values.Has("start_date") && strings.HasPrefix(path, "reports/") {
		values.Set("start_date", "2025-01-01")
		values.Set("end_date", "2025-12-31")
		values.Set("accounting_method", "Accrual")
	}
	_, body, err := c.send(http.MethodGet, path+"?"+values.Encode(), nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return regexp.MustCompile(`"[Tt]ime":"[^"]*"`).ReplaceAllString(string(body), "")
}

// TestSlowPagesTakeAsLongAsTheyDo: a page that is too large is given up after two minutes, a smaller one comes at once.
func TestSlowPagesTakeAsLongAsTheyDo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := smallServer(t)
		c := newClient(t, s, 0)
		s.Company(c.realm).SetQuirks(Quirks{LargestPage: 50})
		for size, took := range map[string]time.Duration{"51": 2 * time.Minute, "50": 0} {
			begin := time.Now()
			body := c.raw("query", "query=select * from Invoice maxresults "+size)
			if got := time.Since(begin); got != took || (took == 0) != strings.Contains(body, "QueryResponse") {
				t.Errorf("%s records took %v: %.60s", size, got, body)
			}
		}
	})
}

// TestTotalsBeforeAmounts: if the first column holds amounts, totals have a cell more, for their titles.
func TestTotalsBeforeAmounts(t *testing.T) {
	t.Parallel()
	c := newClient(t, smallServer(t), 0)
	var rep report
	c.get("reports/GeneralLedger", url.Values{
		"start_date": {"2025-01-01"}, "end_date": {"2025-12-31"}, "columns": {"subt_nat_amount,tx_date"},
	}, &rep)
	row := rep.Rows.Row[0]
	if len(row.Header.ColData) != 2 || len(row.Summary.ColData) != 3 ||
		!strings.HasPrefix(row.Summary.ColData[0].Value, "Total for ") {
		t.Errorf("header %+v, total %+v", row.Header, row.Summary)
	}
	var sum cents
	for _, r := range row.Rows.Row {
		if r.ColData != nil && r.ColData[1].Value != "" {
			sum += amount(t, r.ColData[0].Value)
		}
	}
	if got := amount(t, row.Summary.ColData[1].Value); got != sum {
		t.Errorf("the total is %s, the rows add up to %s", got, sum)
	}
}

func TestQuirksOverHTTP(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	realm := s.Companies()[1].Realm
	for body, status := range map[string]int{
		`{"one_more":true}`: http.StatusOK, `{"odd":true}`: http.StatusBadRequest,
	} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/sandbox/companies/"+realm+"/quirks",
			strings.NewReader(body)))
		if w.Code != status {
			t.Errorf("%s: status %d", body, w.Code)
		}
	}
	if q := s.Company(realm).Quirks(); q != (Quirks{OneMore: true}) {
		t.Errorf("the quirks are %+v", q)
	}
}

func TestReadingKnobs(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	realm := s.Companies()[0].Realm
	read := func(path string, into any) int {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/sandbox/"+path, nil))
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		return w.Code
	}
	var found struct{ IDs []string }
	if code := read("companies/"+realm+"/ids?entity=Invoice", &found); code != http.StatusOK ||
		!slices.Equal(found.IDs, s.Company(realm).IDs("Invoice")) || len(found.IDs) == 0 {
		t.Errorf("ids: status %d, %d of them", code, len(found.IDs))
	}
	var missing struct{ Error string }
	if code := read("companies/1/ids?entity=Invoice", &missing); code != http.StatusNotFound || missing.Error == "" {
		t.Errorf("ids of an unknown company: status %d, %+v", code, missing)
	}
	s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/v3/company/"+realm+"/query", nil))
	s.ResetRequests()
	totals := map[string]int{}
	if read("totals", &totals); totals["company_requests"] != 1 {
		t.Errorf("totals: %v", totals)
	}
}

func TestSpellings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		amount cents
		n      int
		want   string
	}{
		{0, 1, ".00"}, {0, 2, "-"}, {-100_025, 1, "(1,000.25)"}, {-5, 3, "(0.05)"}, {10_000, 1, "1E+2"},
		{1_230_000, 3, "123E+2"}, {500, 3, "$5.00"}, {200_025, 1, "2,000.25"}, {123_456_789, 1, "1,234,567.89"},
	} {
		if got := spellOddly(test.amount, test.n); got != test.want {
			t.Errorf("%s is spelt %s, want %s", test.amount, got, test.want)
		}
	}
}
