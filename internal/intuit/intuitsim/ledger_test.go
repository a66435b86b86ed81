package intuitsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// client calls one company of a server.
type client struct {
	t     testing.TB
	s     *Server
	realm string
	token string
}

func newClient(t testing.TB, s *Server, company int) *client {
	t.Helper()
	realm := s.Companies()[company].Realm
	access, _ := s.Authorize(realm)
	return &client{t, s, realm, access}
}

// get reads a path below the company's root and decodes the body into out unless that is nil.
func (c *client) get(path string, query url.Values, out any) *http.Response {
	c.t.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://sim/v3/company/"+c.realm+"/"+path+"?"+query.Encode(), nil)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept", "application/json")
	resp, err := c.s.Transport().RoundTrip(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	if out != nil {
		if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
			c.t.Fatalf("GET %s: %v", path, err)
		}
	}
	return resp
}

func fixedClock() func() time.Time {
	now := time.Date(2026, 3, 17, 15, 4, 5, 0, time.UTC)
	return func() time.Time { return now }
}

func smallServer(t testing.TB) *Server {
	t.Helper()
	return New(Options{
		Seed: 7, Customers: 30, Vendors: 15, Items: 25, Invoices: 250, Bills: 120, Now: fixedClock(),
		Limits: NoLimits(),
	})
}

func TestJournalBalancesEveryDay(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	for _, info := range s.Companies() {
		c := s.Company(info.Realm)
		for _, method := range []string{accrual, cash} {
			sums := map[day]cents{}
			n := 0
			for _, p := range c.journal(method) {
				sums[p.date] += p.amount
				n++
			}
			if n < 1000 {
				t.Errorf("%s %s: only %d postings", info.Name, method, n)
			}
			for d, sum := range sums {
				if sum != 0 {
					t.Errorf("%s %s: %s is out of balance by %s", info.Name, method, d, sum)
				}
			}
		}
	}
}

func TestTransactionsBalanceOnAccrual(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	c := s.Company(s.Companies()[0].Realm)
	for _, x := range c.txns {
		var sum cents
		for _, p := range c.post(nil, x) {
			sum += p.amount
		}
		if sum != 0 {
			t.Errorf("%s %s is out of balance by %s", x.kind, x.id, sum)
		}
	}
}

// summaries collects the totals of all groups of a report, column by column.
func summaries(rows reportRows, out map[string][]string) {
	for _, r := range rows.Row {
		if r.Group != "" && r.Summary != nil {
			out[r.Group] = values(r.Summary.ColData)
		}
		if r.Group != "" && r.ColData != nil {
			out[r.Group] = values(r.ColData)
		}
		if r.Rows != nil {
			summaries(*r.Rows, out)
		}
	}
}

func values(cells []reportCell) []string {
	var out []string
	for _, c := range cells[1:] {
		out = append(out, c.Value)
	}
	return out
}

func amount(t interface{ Fatalf(string, ...any) }, text string) cents {
	if text == "" {
		return 0
	}
	c, err := parseCents(text)
	if err != nil {
		t.Fatalf("amount %q: %v", text, err)
	}
	return c
}

func TestBalanceSheetBalances(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	clients := []*client{newClient(t, s, 0), newClient(t, s, 1), newClient(t, s, 2)}
	rapid.Check(t, func(rt *rapid.T) {
		c := clients[rapid.IntRange(0, 2).Draw(rt, "company")]
		start := date(2023, 1, 1) + day(rapid.IntRange(0, 1200).Draw(rt, "start"))
		end := start + day(rapid.IntRange(0, 400).Draw(rt, "length"))
		method := rapid.SampledFrom([]string{accrual, cash}).Draw(rt, "method")
		by := rapid.SampledFrom([]string{
			"Total", "Month", "Week", "Days", "Quarter", "Year", "Customers", "Vendors", "Classes", "Departments",
			"Employees", "ProductsAndServices",
		}).Draw(rt, "by")
		query := url.Values{
			"start_date": {start.String()}, "end_date": {end.String()}, "accounting_method": {method},
			"summarize_column_by": {by},
		}
		var sheet, profit report
		c.get("reports/BalanceSheet", query, &sheet)
		sums := map[string][]string{}
		summaries(sheet.Rows, sums)
		assets, owed := sums["TotalAssets"], sums["TotalLiabilitiesAndEquity"]
		if len(assets) == 0 || len(assets) != len(sheet.Columns.Column)-1 {
			rt.Fatalf("%d assets in %d columns", len(assets), len(sheet.Columns.Column))
		}
		for i := range assets {
			if assets[i] != owed[i] {
				rt.Fatalf("column %d (%s): assets %s, liabilities and equity %s", i, sheet.Columns.Column[i+1].ColTitle,
					assets[i], owed[i])
			}
		}
		// The profit of the fiscal year so far is the balance sheet's net income.
		query.Set("start_date", end.fiscalYearStart(c.s.byRealm[c.realm].info.FiscalYearStart).String())
		query.Set("summarize_column_by", "Total")
		c.get("reports/ProfitAndLoss", query, &profit)
		net := map[string][]string{}
		summaries(profit.Rows, net)
		last := len(sums["NetIncome"]) - 1
		if got, want := amount(rt, net["NetIncome"][0]), amount(rt, sums["NetIncome"][last]); got != want {
			rt.Fatalf("profit %s, net income of the balance sheet %s", got, want)
		}
	})
}

func TestProfitAddsUpAcrossColumns(t *testing.T) {
	t.Parallel()
	c := newClient(t, smallServer(t), 0)
	base := url.Values{"start_date": {"2025-01-10"}, "end_date": {"2025-12-20"}}
	var whole string
	for _, by := range []string{
		"Total", "Days", "Week", "Month", "Quarter", "Year", "Customers", "Vendors", "Classes", "ProductsAndServices",
	} {
		var rep report
		base.Set("summarize_column_by", by)
		c.get("reports/ProfitAndLoss", base, &rep)
		sums := map[string][]string{}
		summaries(rep.Rows, sums)
		net := sums["NetIncome"]
		var sum cents
		for _, v := range net[:len(net)-1] {
			sum += amount(t, v)
		}
		if by == "Total" {
			whole = net[0]
			continue
		}
		if net[len(net)-1] != whole || sum.String() != whole {
			t.Errorf("by %s: columns sum to %s, total %s, want %s", by, sum, net[len(net)-1], whole)
		}
	}
}

func TestIncomeIsWhatWasSold(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	cl := newClient(t, s, 0)
	c := s.Company(cl.realm)
	from, to := date(2025, 1, 1), date(2025, 12, 31)
	var want cents
	for _, x := range c.txns {
		if x.date < from || x.date > to {
			continue
		}
		switch x.kind {
		case kindInvoice, kindSalesReceipt:
			want += x.lineTotal() - x.discount
		case kindCreditMemo, kindRefundReceipt:
			want -= x.lineTotal() - x.discount
		}
	}
	var rep report
	cl.get("reports/ProfitAndLoss", url.Values{"start_date": {from.String()}, "end_date": {to.String()},
		"accounting_method": {accrual}}, &rep)
	sums := map[string][]string{}
	summaries(rep.Rows, sums)
	if got := sums["Income"][0]; got != want.String() {
		t.Errorf("income %s, sold %s", got, want)
	}
}

func TestReceivablesAreWhatCustomersOwe(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	cl := newClient(t, s, 0)
	c := s.Company(cl.realm)
	var invoices, credits, customers cents
	for _, x := range c.txns {
		switch x.kind {
		case kindInvoice:
			invoices += x.open()
		case kindCreditMemo:
			credits += x.open()
		case kindPayment:
			credits += x.unapplied()
		}
	}
	for _, p := range c.customers {
		customers += p.balance()
	}
	if got := c.balances()[c.books.receivable]; got != invoices-credits || got != customers || got == 0 {
		t.Errorf("receivable %s, open invoices less credits %s, customers' balances %s", got,
			invoices-credits, customers)
	}
}

func TestPaidUpBooksAreTheSameOnBothMethods(t *testing.T) {
	t.Parallel()
	s := New(Options{
		Seed: 3, Companies: 1, Customers: 5, Vendors: 5, Items: 12, Invoices: 40, Bills: 30, Now: fixedClock(),
		Limits: NoLimits(),
	})
	c := s.Company(s.Companies()[0].Realm)
	g := &generator{Company: c}
	for _, x := range c.txns {
		if left := x.open(); (x.kind == kindInvoice || x.kind == kindBill) && left > 0 {
			pay := &txn{
				kind: kindPayment, date: c.today, party: x.party, total: left, account: c.books.checking,
				method: c.methods[0], applies: []application{{x, left}},
			}
			if x.kind == kindBill {
				pay.kind = kindBillPayment
			}
			g.file(pay)
			x.appliedBy = append(x.appliedBy, application{pay, left})
		}
	}
	sums := map[string]map[*account]cents{accrual: {}, cash: {}}
	for method, m := range sums {
		for _, p := range c.journal(method) {
			m[p.account] += p.amount
		}
	}
	skip := map[*account]bool{
		c.books.receivable: true, c.books.payable: true, c.books.unappliedCash: true, c.books.unappliedBills: true,
	}
	credit := map[*account]bool{}
	for _, x := range c.txns { // open credits count on accrual only
		if (x.kind == kindCreditMemo || x.kind == kindVendorCredit) && x.open() > 0 {
			for _, p := range c.post(nil, x) {
				credit[p.account] = true
			}
		}
	}
	for _, a := range c.accounts {
		if !skip[a] && !credit[a] && sums[accrual][a] != sums[cash][a] {
			t.Errorf("%s: accrual %s, cash %s", a.name, sums[accrual][a], sums[cash][a])
		}
	}
}

func TestManyInvoicesAreQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("slow")
	}
	began := time.Now()
	s := New(Options{Seed: 1, Companies: 1, Invoices: 20_000, Bills: 2_000, Limits: NoLimits()})
	c := newClient(t, s, 0)
	if n := len(s.Company(c.realm).IDs("Invoice")); n != 20_000 {
		t.Fatalf("%d invoices", n)
	}
	made := time.Since(began)
	began = time.Now()
	for _, start := range []int{1, 9001, 19001} {
		var page struct {
			QueryResponse struct {
				Invoice []json.RawMessage
			}
		}
		c.get("query", url.Values{"query": {fmt.Sprintf("select * from Invoice orderby Id startposition %d "+
			"maxresults 1000", start)}}, &page)
		if len(page.QueryResponse.Invoice) != 1000 {
			t.Errorf("page at %d has %d records", start, len(page.QueryResponse.Invoice))
		}
	}
	// renders all
	c.get("query", url.Values{"query": {"select * from Invoice where Balance > '0' orderby TxnDate"}}, nil)
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	runtime.KeepAlive(s)
	t.Logf("made in %v, pages in %v, %d MB", made, time.Since(began), m.HeapAlloc>>20)
	if m.HeapAlloc > 300<<20 {
		t.Errorf("%d MB", m.HeapAlloc>>20)
	}
	if made > 10*time.Second {
		t.Errorf("books took %v", made)
	}
}

func TestSameSeedSameBooks(t *testing.T) {
	t.Parallel()
	read := func() string {
		s := smallServer(t)
		c := s.Company(s.Companies()[0].Realm)
		var b strings.Builder
		for _, e := range entityTable {
			for _, id := range c.IDs(e.name) {
				raw, _ := c.Record(e.name, id)
				b.Write(raw)
			}
		}
		return b.String()
	}
	if a, b := read(), read(); a != b || len(a) < 100_000 {
		t.Errorf("books of %d and %d bytes differ", len(a), len(b))
	}
}

func TestCashBasisFollowsTheMoney(t *testing.T) {
	t.Parallel()
	s := New(Options{
		Seed: 3, Companies: 1, Customers: 2, Vendors: 2, Items: 7, Invoices: 0, Bills: 0, Now: fixedClock(),
		Limits: NoLimits(),
	})
	c := s.Company(s.Companies()[0].Realm)
	b := &c.books
	service := &item{kind: "Service", income: b.services}
	goods := &item{kind: "Service", income: b.products}
	inv := &txn{kind: kindInvoice, date: date(2026, 1, 20), party: c.customers[0], total: 10_001, lines: []line{
		{kind: lineItem, item: service, amount: 3_000}, {kind: lineItem, item: goods, amount: 7_001},
	}}
	bill := &txn{
		kind: kindBill, date: date(2026, 1, 5), party: c.vendors[0], total: 5_000,
		lines: []line{{kind: lineAccount, account: b.rent, amount: 5_000}},
	}
	pay := func(kind txnKind, d day, to *txn, amount, total cents) *txn {
		p := &txn{
			kind: kind, date: d, party: to.party, total: total, account: b.checking,
			applies: []application{{to, amount}},
		}
		to.appliedBy = append(to.appliedBy, application{p, amount})
		return p
	}
	early := pay(kindPayment, date(2026, 1, 10), inv, 2_000, 2_000) // before the invoice: unapplied until its day
	late := pay(kindPayment, date(2026, 2, 3), inv, 8_001, 9_001)   // 10.00 too much
	check := pay(kindBillPayment, date(2026, 1, 15), bill, 1_250, 1_250)
	got := map[string]cents{}
	for _, x := range []*txn{inv, bill, early, late, check} {
		for _, p := range c.postCash(nil, x) {
			got[p.date.String()+" "+p.account.name] += p.amount
		}
	}
	want := map[string]cents{
		"2026-01-10 Checking": 2_000, "2026-01-10 Unapplied Cash Payment Income": -2_000,
		"2026-01-20 Unapplied Cash Payment Income": 2_000, "2026-01-20 Services": -600,
		"2026-01-20 Sales of Product Income": -1_400,
		"2026-02-03 Checking":                9_001, "2026-02-03 Unapplied Cash Payment Income": -1_000,
		"2026-02-03 Services":                -2_400,
		"2026-02-03 Sales of Product Income": -5_601,
		"2026-01-15 Checking":                -1_250, "2026-01-15 Rent & Lease": 1_250,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
