package rows

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// tieOut compares the lines of documents with the totals that the documents state. It is evidence for people and stops
// nothing. The zero value has compared nothing.
type tieOut struct {
	in []tied // by currency, in the order in which they came
}

// tied is what was compared in one currency.
type tied struct {
	currency    string
	documents   int
	total, sum  decimal.Decimal // of all documents
	apart       int             // how many documents differ
	apartTotal  decimal.Decimal // of those
	apartSum    decimal.Decimal
	by          decimal.Decimal // what the differences of single documents add up to, whatever their signs
	first       string          // the first document that differs
	firstDiffer decimal.Decimal // its total less its lines and tax
}

// tiesOut reports whether the lines of an object's records, as linesOf returns them, and their tax make up TotalAmt.
// Recorded answers and Intuit's samples show it of bills, estimates and invoices, with and without tax; the others are
// documented alike. Payments list what they pay, and a journal entry's total may be absent.
// https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice
func tiesOut(object string) bool {
	switch object {
	case "Invoice", "Estimate", "SalesReceipt", "CreditMemo", "RefundReceipt", "Bill", "VendorCredit", "Purchase",
		"PurchaseOrder", "Deposit":
		return true
	}
	return false
}

// tieOut compares a record whose lines become rows with the total that it states.
func (m *Maker) tieOut(rec record.Record, lines []record.Record) {
	if m.options.Lines && m.query.Limit == 0 && tiesOut(m.entity.Object) {
		m.tie.add(rec, lines, m.query.Company.HomeCurrency)
	}
}

// add compares one document. What cannot be judged is not counted: documents without a total, and deposits with cash
// back, of which no source says whether the total includes it.
func (t *tieOut) add(doc record.Record, lines []record.Record, home string) {
	total, ok := doc.Decimal("TotalAmt")
	if !ok || doc.Object("CashBack").Exists() {
		return
	}
	sum := decimal.Zero
	for _, line := range lines {
		if amount, ok := line.Decimal("Amount"); ok {
			sum = sum.Add(amount)
		}
	}
	// If prices include the tax, sources differ on whether the lines' amounts do.
	if doc.Text("GlobalTaxCalculation") != "TaxInclusive" || !sum.Equal(total) {
		if tax, ok := doc.Object("TxnTaxDetail").Decimal("TotalTax"); ok {
			sum = sum.Add(tax)
		}
	}
	currency, _ := doc.Ref("CurrencyRef")
	t.of(cmp.Or(currency, home)).count(doc, total, sum)
}

func (t *tieOut) of(currency string) *tied {
	i := slices.IndexFunc(t.in, func(in tied) bool { return in.currency == currency })
	if i < 0 {
		i = len(t.in)
		t.in = append(t.in, tied{currency: currency})
	}
	return &t.in[i]
}

func (t *tied) count(doc record.Record, total, sum decimal.Decimal) {
	t.documents++
	t.total, t.sum = t.total.Add(total), t.sum.Add(sum)
	if total.Equal(sum) {
		return
	}
	differ := total.Sub(sum)
	if t.apart == 0 {
		t.first, t.firstDiffer = documentName(doc), differ
	}
	t.apart++
	t.apartTotal, t.apartSum = t.apartTotal.Add(total), t.apartSum.Add(sum)
	t.by = t.by.Add(differ.Abs())
}

// documentName is how people find a document: its number or, if it has none, its id.
func documentName(doc record.Record) string {
	if number := doc.Text("DocNumber"); number != "" {
		return problem.Safe("number " + number)
	}
	return problem.Safe("id " + doc.Text("Id"))
}

// checks returns one check per currency: of all documents or, if some differ, of those. They are bounded.
func (t *tieOut) checks(title, company string) []export.Check {
	var list []export.Check
	for i := range t.in {
		in := &t.in[i]
		c := export.Check{
			What: fmt.Sprintf("Lines and tax of %d %s", in.documents, title), Place: place(company, in.currency),
			Says: table.DecimalText(in.total), AddsUpTo: table.DecimalText(in.sum), Holds: in.apart == 0,
		}
		if !c.Holds {
			// Documents that add up do not change what is compared, so that it can be recognised in the next run.
			c.What = fmt.Sprintf("Lines and tax of %d %s (first: %s)", in.apart, title, in.first)
			c.Says, c.AddsUpTo = table.DecimalText(in.apartTotal), table.DecimalText(in.apartSum)
		}
		list = append(list, c)
	}
	return export.AppendChecks(nil, list...)
}

func place(company, currency string) string {
	return strings.Trim(company+", "+currency, ", ")
}

// warnings returns one sentence per currency in which documents differ.
func (t *tieOut) warnings(title string) []string {
	var list []string
	for i := range t.in {
		in := &t.in[i]
		if in.apart == 0 {
			continue
		}
		text := fmt.Sprintf("The lines and the tax of %d of %d %s do not add up to the totals in QuickBooks. They "+
			"differ by %s %s in all; the first is %s, by %s.", in.apart, in.documents, title,
			table.DecimalText(in.by), in.currency, in.first, table.DecimalText(in.firstDiffer))
		list = append(list, strings.Join(strings.Fields(text), " ")) // there may be no currency
	}
	return list
}
