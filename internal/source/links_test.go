package source_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/table"
)

// linked returns the title of the column with links, and the links of the rows.
func linked(t *testing.T, r result) (title string, links []string) {
	t.Helper()
	if r.err != nil {
		t.Fatal(r.err)
	}
	for _, c := range r.Schema.Columns {
		if c.Linked {
			title += c.Title
		}
	}
	for _, row := range r.rows {
		links = append(links, row.Link)
	}
	return title, links
}

// TestRowsOpenWhatTheyAreAbout: each row of a list opens its record, by the column that is there for it; rows of a
// report open their transactions, or the report with the same dates. Others have no link.
func TestRowsOpenWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	const root, company = "https://qbo.intuit.com/app/", "deeplinkcompanyid=1"
	ledger := export.Query{Options: options("accounting_method", "Cash")}
	title, links := linked(t, readFixture(t, generalLedger(), fixture(t, "general_ledger_older.json"), ledger))
	if diff := cmp.Diff([]string{
		"", root + "check?txnId=101&" + company, root + "deposit?txnId=102&" + company, "",
	}, links); diff != "" || title != "Transaction Type" {
		t.Errorf("%q: %s", title, diff)
	}
	french := fixture(t, "general_ledger_older.json", `"value": "Check"`, `"value": "Chèque"`)
	if _, links := linked(t, readFixture(t, generalLedger(), french, ledger)); links[1] != "" {
		t.Errorf("a type that is not known opens %s", links[1])
	}

	d := profitAndLoss()
	d.AppToken = "PANDL"
	body := fixture(t, "profit_and_loss_by_month.json")
	title, links = linked(t, readFixture(t, d, body, export.Query{Options: options(byMonth...)}))
	page := root + "reportv2?cash_basis=no&high_date=02%2F28%2F2026&low_date=01%2F01%2F2026&token=PANDL&" + company
	for n, link := range links {
		if link != page {
			t.Errorf("row %d opens %s", n, link)
		}
	}
	if title != "Name" {
		t.Errorf("the links are on %q", title)
	}
	plain := readFixture(t, profitAndLoss(), body, export.Query{Options: options(byMonth...)})
	if title, links := linked(t, plain); title != "" || links[0] != "" {
		t.Errorf("a report without a known page opens %s by %q", links[0], title)
	}
}

// TestWhichColumnOpensARecord proves which of the chosen columns has the links.
func TestWhichColumnOpensARecord(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Invoices: 3})
	for want, columns := range map[string][]string{
		"Link": {"Id", "Link"}, "Invoice ID": {"DocNumber", "Id"}, "Number": {"DocNumber", "TotalAmt"},
		"": {"TotalAmt"},
	} {
		got := s.must(t, invoices(), export.Query{Columns: append(columns, "TxnDate")})
		title, links := linked(t, got)
		if title != want || (links[0] == "") != (want == "") {
			t.Errorf("%v: %q opens %q", columns, title, links[0])
		}
		if at := len(columns) - 1; want == "Link" && got.rows[0].Cells[at] != table.TextOf(links[0]) {
			t.Errorf("the column says %s, the link is %s", got.rows[0].Cells[at], links[0])
		}
	}
}
