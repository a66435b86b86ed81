package app_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
)

// checkList runs a list of records, all of them, and compares it with the records of the books.
func (w *oddWorld) checkList(d export.Entity, lines bool) {
	w.t.Helper()
	options, kind := map[string]string{}, d.ID
	if slices.Contains(values(d, export.OptDateRange), "all") {
		options[export.OptDateRange] = "all"
	}
	if lines {
		options[export.OptLines], kind = "true", d.ID+" by line"
	}
	r, _ := w.runOnce(d, options)
	if !lines && !w.legacy {
		w.runAgain(d.ID)
	}
	w.checkWarnings(kind, r)
	want, uneven := 0, 0
	if kind == "invoices by line" {
		uneven = 1
	}
	if r.Differences() != uneven {
		w.t.Errorf("%s: %d differences", kind, r.Differences())
	}
	sums := map[string]decimal.Decimal{}
	member := "Line"
	if d.LinesIn != "" {
		member = d.LinesIn
	}
	for _, record := range w.records(d) {
		own := []map[string]any{record}
		if lines {
			own = plainLines(record[member])
		}
		want += max(len(own), 1)
		for key := range r.Control {
			sums[key] = sums[key].Add(sumOf(own, key))
		}
		for _, f := range d.Figures {
			if isOfFigure(record, f.Where) {
				sums[f.ID] = sums[f.ID].Add(figureOf(record, f.Sum[0]))
			}
		}
	}
	if r.Rows != want {
		w.t.Errorf("%s: %d rows, the books have %d", kind, r.Rows, want)
	}
	for key, text := range r.Control {
		if got := decimal.RequireFromString(text); !got.Equal(sums[key]) {
			w.t.Errorf("%s: %s adds up to %s, in the books to %s", kind, key, got, sums[key])
		}
	}
	for _, f := range d.Figures {
		i := slices.IndexFunc(r.Figures, func(v export.FigureValue) bool { return v.ID == f.ID })
		if i < 0 || !decimal.RequireFromString(r.Figures[i].Value).Equal(sums[f.ID]) {
			w.t.Errorf("%s: the figure %s of %v should be %s", kind, f.ID, r.Figures, sums[f.ID])
		}
	}
}

// isOfFigure reports whether a figure that is about some records only is about this one.
func isOfFigure(record map[string]any, where []export.Filter) bool {
	over := func(member string) bool { // that day has passed
		day, _ := record[member].(string)
		return day != "" && day < time.Now().Format(time.DateOnly)
	}
	return !slices.ContainsFunc(where, func(f export.Filter) bool {
		switch f.Value {
		case "Overdue":
			return !over("DueDate") || plainAmount(record, "Balance").IsZero()
		case "Pending":
			return record["TxnStatus"] != f.Value || over("ExpirationDate")
		case "Open":
			return record["POStatus"] != f.Value
		}
		return record[f.Column] != f.Value
	})
}

// figureOf is what a record adds to a figure of a column. Refunds lessen what was spent.
func figureOf(record map[string]any, column string) decimal.Decimal {
	if column != "NetAmount" {
		return plainAmount(record, column)
	}
	if record["Credit"] == true {
		return plainAmount(record, "TotalAmt").Neg()
	}
	return plainAmount(record, "TotalAmt")
}

// sumOf adds up what rows have under a column's key.
func sumOf(rows []map[string]any, key string) decimal.Decimal {
	sum := decimal.Zero
	for _, row := range rows {
		path, line := strings.CutPrefix(key, "Line.")
		amount := plainAmount(row, path)
		posting, _ := row["JournalEntryLineDetail"].(map[string]any)
		switch {
		case line && (path == "Debit" || path == "Credit"):
			if amount = decimal.Zero; posting["PostingType"] == path {
				amount = plainAmount(row, "Amount")
			}
		case line && path == "Amount" && row["DetailType"] == "DiscountLineDetail":
			amount = amount.Neg()
		}
		sum = sum.Add(amount)
	}
	return sum
}

// records returns the active records of a definition's object as the books show them.
func (w *oddWorld) records(d export.Entity) []map[string]any {
	w.t.Helper()
	var list []map[string]any
	for _, id := range w.books.IDs(d.Object) {
		raw, ok := w.books.Record(d.Object, id)
		if !ok {
			w.t.Fatalf("%s %s is not there", d.Object, id)
		}
		var record map[string]any
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		must(w.t, dec.Decode(&record))
		if len(record) == 1 { // a recurring transaction
			for _, inner := range record {
				record, _ = inner.(map[string]any)
			}
		}
		if active, listed := record["Active"].(bool); !listed || active {
			list = append(list, record)
		}
	}
	return list
}
