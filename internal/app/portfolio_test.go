package app_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/net/html"

	"ledgersheet/internal/demo"
	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/intuit/intuitsim"
)

// portfolio is exporters from which a row of the overview is made, and the sheets they write.
type portfolio struct {
	runs   map[string]export.Run // by type
	sheets map[export.ID]*googlesim.Spreadsheet
}

func (w *world) runPortfolio(c export.Company, made map[string]export.ID) portfolio {
	p := portfolio{map[string]export.Run{}, map[export.ID]*googlesim.Spreadsheet{}}
	for kind, options := range map[string]map[string]string{
		"profit_and_loss": {
			"date_range": "last_12_months_to_date", "accounting_method": "Accrual", "summarize_by": "Month",
		},
		"balance_sheet":    {"date_range": "this_fiscal_year_to_date", "accounting_method": "Accrual"},
		"ar_aging_summary": nil, "ap_aging_summary": nil,
	} {
		if made[kind] == "" {
			e := w.newExporter(kind, options, nil, c)
			e.Name += " of " + c.Name
			made[kind] = w.create(e).ID
		}
		r, doc := w.mustRun(made[kind])
		p.runs[kind], p.sheets[r.ID] = r, doc
	}
	return p
}

// cell returns the number in a sheet's row with one of the labels, in the column with a title.
func cell(t *testing.T, doc *googlesim.Spreadsheet, title string, labels ...string) decimal.Decimal {
	t.Helper()
	rows := doc.Values("Data!A1:Z500")
	at := slices.IndexFunc(rows[0], func(v any) bool { s, _ := v.(string); return strings.EqualFold(s, title) })
	for _, row := range rows[1:] {
		label, _ := row[0].(string)
		if at >= 0 && slices.Contains(labels, strings.TrimSpace(label)) {
			if at >= len(row) || row[at] == "" {
				return decimal.Zero
			}
			n, ok := row[at].(float64)
			if !ok {
				t.Fatalf("%v in column %q is no number: %v", labels, title, row[at])
			}
			return decimal.NewFromFloat(n)
		}
	}
	t.Fatalf("the sheet has no %v or no column %q: %v", labels, title, rows)
	return decimal.Zero
}

// amountIn reads an amount as pages show it.
func amountIn(t *testing.T, text string) decimal.Decimal {
	t.Helper()
	d, err := decimal.NewFromString(strings.NewReplacer(",", "", "−", "-", " ", "", "+", "").Replace(text))
	if err != nil {
		t.Fatalf("the page shows %q, which is no amount", text)
	}
	return d
}

// rowOf returns the overview's row of a company, by the labels of its cells.
func rowOf(t *testing.T, p page, name string) map[string]*html.Node {
	t.Helper()
	for _, tr := range find(p.main, func(n *html.Node) bool { return n.Data == "tr" && hasClass(n, "company") }) {
		cells := map[string]*html.Node{}
		labelled := func(n *html.Node) bool { return n.Data == "td" && attribute(n, "data-label") != "" }
		for _, td := range find(tr, labelled) {
			cells[attribute(td, "data-label")] = td
		}
		if strings.Contains(visible(tr), name) {
			return cells
		}
	}
	t.Fatalf("the overview has no row of %s: %s", name, p.text)
	return nil
}

// shownAmount returns the amount in a cell, which must say whose it is, in which currency and when it was read.
func shownAmount(t *testing.T, c export.Company, n *html.Node) decimal.Decimal {
	t.Helper()
	links := find(n, func(n *html.Node) bool { return hasClass(n, "cash") })
	if len(links) == 0 {
		t.Fatalf("there is no amount: %s", visible(n))
	}
	about := attribute(links[0], "title")
	for _, want := range []string{c.Name, c.HomeCurrency, "read ", "UTC"} {
		if !strings.Contains(about, want) {
			t.Errorf("%q does not say %q", about, want)
		}
	}
	text, _, _ := strings.Cut(visible(links[0]), " "+c.HomeCurrency)
	return amountIn(t, text)
}

// Every figure on the overview equals one in a sheet, company by company, also after the books have changed.
func TestPortfolioEqualsTheSheets(t *testing.T) {
	t.Parallel()
	w := makeWorld(t, intuitsim.Options{Customers: 20, Vendors: 15, Items: 10, Invoices: 300, Bills: 120})
	w.openToVisitors()
	v := w.signIn()
	companies := w.connect(2)
	made := []map[string]export.ID{{}, {}}
	for range 2 {
		var sheets []portfolio
		for i, c := range companies {
			sheets = append(sheets, w.runPortfolio(c, made[i]))
		}
		overview := v.see("/")
		for i, c := range companies {
			checkRow(t, c, sheets[i], rowOf(t, overview, c.Name))
		}
		_, err := w.intuit.Company(string(companies[0].Realm)).AddInvoice(intuitsim.Sale{Amount: "1234.56"})
		must(t, err)
	}
}

func checkRow(t *testing.T, c export.Company, p portfolio, cells map[string]*html.Node) {
	t.Helper()
	want := func(label string, sheet decimal.Decimal) {
		t.Helper()
		if got := shownAmount(t, c, cells[label]); !got.Equal(sheet) {
			t.Errorf("%s: %s is %s, the sheet says %s", c.Name, label, got, sheet)
		}
	}
	doc := func(kind string) *googlesim.Spreadsheet { return p.sheets[p.runs[kind].ID] }
	want("Cash", cell(t, doc("balance_sheet"), "Total", "Total Bank Accounts"))
	overdue := func(kind string) decimal.Decimal {
		return cell(t, doc(kind), "Total", "Total", "TOTAL").Sub(cell(t, doc(kind), "Current", "Total", "TOTAL"))
	}
	want("Receivable overdue", overdue("ar_aging_summary"))
	want("Payable overdue", overdue("ap_aging_summary"))
	for label, row := range map[string]string{"Income by month": "Total Income", "Net income by month": "Net Income"} {
		months := 0
		for _, tr := range find(cells[label], func(n *html.Node) bool { return n.Data == "tr" }) {
			heads := find(tr, func(n *html.Node) bool { return n.Data == "th" && attribute(n, "scope") == "row" })
			if len(heads) == 0 {
				continue
			}
			months++
			month := strings.TrimSuffix(visible(heads[0]), " so far")
			got := amountIn(t, visible(find(tr, func(n *html.Node) bool { return n.Data == "td" })[0]))
			sheet := monthCell(t, doc("profit_and_loss"), month, row)
			if !got.Equal(sheet) {
				t.Errorf("%s: %s of %s is %s, the sheet says %s", c.Name, label, month, got, sheet)
			}
		}
		if months != 12 {
			t.Errorf("%s: %s has %d months", c.Name, label, months)
		}
	}
}

// monthCell finds a month's column, whose title says more if the month is not over.
func monthCell(t *testing.T, doc *googlesim.Spreadsheet, month, row string) decimal.Decimal {
	t.Helper()
	for _, title := range doc.Values("Data!A1:Z1")[0] {
		if s, _ := title.(string); strings.HasPrefix(s, month[:3]) && strings.HasSuffix(s, month[4:]) {
			return cell(t, doc, s, row)
		}
	}
	t.Fatalf("the sheet has no column for %s: %v", month, doc.Values("Data!A1:Z1"))
	return decimal.Zero
}

// What moved is told as it moved in the sheet, and a month whose figures changed after it was sent says so.
func TestClosedMonthsThatMove(t *testing.T) {
	t.Parallel()
	w := makeWorld(t, intuitsim.Options{Companies: 1, Customers: 20, Vendors: 15, Items: 10, Invoices: 200, Bills: 60})
	w.openToVisitors()
	v := w.signIn()
	y, m, _ := time.Now().UTC().Date()
	month := time.Date(y, m-2, 1, 0, 0, 0, 0, time.UTC)
	sim := w.intuit.Company(w.intuit.Companies()[0].Realm)
	must(t, sim.CloseBooks(month.AddDate(0, 1, -1).Format(time.DateOnly)))
	c := w.connect(1)[0]
	made := map[string]export.ID{}
	before := w.runPortfolio(c, made)
	home := "/companies/" + string(c.Realm)
	v.send(home+"/sent", url.Values{"month": {month.Format("2006-01")}, "sent": {"true"}})
	if row := v.see(home).part("board"); !strings.Contains(row, "FinalSent") {
		t.Errorf("the board does not say that the month is final: %s", row)
	}
	_, err := sim.AddBill(intuitsim.Cost{Date: month.AddDate(0, 0, 9).Format(time.DateOnly), Amount: "1200.00"})
	must(t, err)
	invoices := w.create(w.newExporter("invoices", map[string]string{"date_range": "all"}, nil, c))
	w.mustRun(invoices.ID)
	ids := sim.IDs("Invoice")
	must(t, sim.Void("Invoice", ids[len(ids)-1]))
	after := w.runPortfolio(c, made)
	w.mustRun(invoices.ID)

	net := func(p portfolio) decimal.Decimal {
		return monthCell(t, p.sheets[p.runs["profit_and_loss"].ID], month.Format("Jan 2006"), "Net Income")
	}
	// The spreadsheet is one and the same, so the old figure is that of the run.
	was := figureOfMonth(t, before.runs["profit_and_loss"], "net_income", month)
	is := net(after)
	if !was.Sub(is).Equal(decimal.NewFromInt(1200)) {
		t.Fatalf("net income was %s and is %s", was, is)
	}
	p := v.see(home)
	moves := find(p.main, func(n *html.Node) bool { return n.Data == "li" && hasClass(n, "closed") })
	if len(moves) != 1 || !strings.HasPrefix(visible(moves[0]), month.Format("January")) {
		t.Fatalf("closed months that moved: %s", p.part("feed"))
	}
	var told []decimal.Decimal
	for _, n := range find(moves[0], func(n *html.Node) bool { return hasClass(n, "num") }) {
		told = append(told, amountIn(t, visible(n)))
	}
	if len(told) != 3 || !told[0].Equal(was) || !told[1].Equal(is) || !told[2].Equal(is.Sub(was)) {
		t.Errorf("told %v, it went from %s to %s", told, was, is)
	}
	if row := p.part("board"); !strings.Contains(row, "Changed since sent") || !strings.Contains(row, "(−1,200.00)") {
		t.Errorf("the board does not show the change: %s", row)
	}
	if feed := p.part("feed"); !strings.Contains(feed, "Invoices: 1 changed (1 voided)") {
		t.Errorf("the feed does not tell of the void: %s", feed)
	}
}

func figureOfMonth(t *testing.T, r export.Run, id string, month time.Time) decimal.Decimal {
	t.Helper()
	for _, f := range r.Figures {
		if f.ID == id && f.Span() == month.Format("2006-01") {
			return decimal.RequireFromString(f.Value)
		}
	}
	t.Fatalf("the run has no %s of %s", id, month)
	return decimal.Zero
}

// send posts a form as a person does.
func (v *visitor) send(path string, form url.Values) {
	v.w.t.Helper()
	r := httptest.NewRequestWithContext(context.WithoutCancel(v.w.ctx), http.MethodPost, path,
		strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range v.cookies {
		r.AddCookie(c)
	}
	if answer := v.do(r); answer.StatusCode != http.StatusSeeOther {
		v.w.t.Fatalf("POST %s: %s", path, answer.Status)
	}
}

// A day in the demo's office leaves what the pages are there to show: a month that changed after it was sent, and a
// company that wants a new consent.
func TestDemoLivesThroughADay(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	w := newWorld(t, intuitsim.Options{
		Companies: 4, Customers: 10, Vendors: 10, Items: 10, Invoices: 60, Bills: 30,
	})
	sandbox, now := &demo.Sandbox{Intuit: w.intuit, Google: w.google}, time.Now()
	must(t, sandbox.CloseBooks(now))
	var made []export.Exporter
	for _, c := range w.connect(4) {
		e := w.newExporter("profit_and_loss", map[string]string{
			"date_range": "last_12_months_to_date", "accounting_method": "Accrual", "summarize_by": "Month",
		}, nil, c)
		e.Name += " of " + c.Name
		made = append(made, w.create(e))
		w.mustRun(made[len(made)-1].ID)
	}
	must(t, sandbox.Live(w.ctx, w.desk(), made, now))
	companies, err := w.desk().Companies(w.ctx)
	must(t, err)
	status, err := w.desk().Status(w.ctx)
	must(t, err)
	if len(status.Causes) != 1 || status.Causes[0].Company != companies[2].Realm || status.Current != 3 {
		t.Errorf("status: %+v", status)
	}
	books, err := w.desk().Books(w.ctx, companies...)
	must(t, err)
	for i, b := range books {
		changes, err := w.desk().Changes(w.ctx, b)
		must(t, err)
		changed := 0
		for _, m := range changes.Months {
			if m.Changed() {
				changed++
			}
		}
		if want := map[int]int{0: 1}[i]; changed != want || (len(changes.Feed) > 0) != (i < 2) {
			t.Errorf("%s: %d months changed since they were sent, feed %+v", b.Company.Name, changed, changes.Feed)
		}
	}
}
