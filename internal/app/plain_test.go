package app_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/intuit/intuitsim"
)

// plainReport is a report as the simulator answers it, walked in the simplest way and without the program's code.
type plainReport struct {
	Columns struct{ Column []plainColumn }
	Rows    plainRows
}

type plainColumn struct {
	ColTitle, ColType string
	MetaData          []struct{ Name, Value string }
}

type plainRows struct{ Row []plainRow }

type plainRow struct {
	Header, Summary struct{ ColData []reportCell }
	ColData         []reportCell
	Rows            plainRows
	Group           string
}

// askPlainly sends a request that the program has sent once more, with other quirks, and decodes the answer.
func (w *world) askPlainly(r intuitsim.Request, q intuitsim.Quirks) plainReport {
	w.t.Helper()
	books := w.intuit.Company(r.Realm)
	before := books.Quirks()
	books.SetQuirks(q)
	defer books.SetQuirks(before)
	access, _ := w.intuit.Authorize(r.Realm)
	req, err := http.NewRequestWithContext(w.ctx, http.MethodGet, "http://intuit.test"+r.Path+"?"+r.Query, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+access)
	req.Header.Set("Accept", "application/json")
	res, err := w.network.RoundTrip(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer plainReport
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || res.StatusCode != http.StatusOK {
		w.t.Fatal(res.Status, err)
	}
	return answer
}

// key is the column's key: the one that it has, the type of older lists, or what newer answers make of the title.
func (c plainColumn) key() string {
	for _, m := range c.MetaData {
		if m.Name == "ColKey" {
			return m.Value
		}
	}
	if strings.Contains(c.ColType, "_") {
		return c.ColType
	}
	return strings.ToLower(strings.ReplaceAll(c.ColTitle, " ", ""))
}

// named reports whether a figure's column is this one.
func (c plainColumn) named(name string) bool {
	return c.key() == name || strings.EqualFold(c.ColTitle, strings.ReplaceAll(name, "_", " "))
}

// money reports whether the column holds amounts.
func (c plainColumn) money() bool {
	return c.ColType == "Money" || strings.HasSuffix(c.ColType, "_amount") || strings.HasSuffix(c.ColType, "_amt") ||
		strings.HasSuffix(c.ColType, "_bal")
}

// period reports whether the column stands for a period of time.
func (c plainColumn) period() bool {
	return slices.ContainsFunc(c.MetaData, func(m struct{ Name, Value string }) bool { return m.Name == "EndDate" })
}

func (c reportCell) blank() bool { return c.Value == "" || c.Value == "-" }

// read reads an amount in the spellings that the simulator knows; zero is none.
func (c reportCell) read() decimal.Decimal {
	text, negative := strings.CutPrefix(c.Value, "(")
	text = strings.NewReplacer("$", "", ",", "", ")", "").Replace(text)
	d, _ := decimal.NewFromString(text)
	if negative {
		d = d.Neg()
	}
	return d
}

func sameAmount(a, b reportCell) bool { return a.read().Equal(b.read()) }

func filled(cells []reportCell) bool {
	return slices.ContainsFunc(cells, func(c reportCell) bool { return !c.blank() })
}

// lines calls do with each list of cells that holds anything; leaf says whether it is no heading and no total.
func (r plainReport) lines(do func(cells []reportCell, leaf bool)) { r.Rows.lines(do) }

func (rows plainRows) lines(do func(cells []reportCell, leaf bool)) {
	for _, r := range rows.Row {
		head, total := r.Header.ColData, r.Summary.ColData
		if filled(head) {
			closes := total == nil && strings.HasPrefix(head[0].Value, "Total for ")
			do(head, filled(head[1:]) && !closes && !slices.EqualFunc(head[1:], total[min(1, len(total)):], sameAmount))
		}
		if filled(r.ColData) {
			do(r.ColData, r.Group != "GrandTotal")
		}
		r.Rows.lines(do)
		if filled(total) {
			do(total, false)
		}
	}
}

// sumLeaves adds up each column over the rows that are no totals.
func (r plainReport) sumLeaves() []decimal.Decimal {
	sums := make([]decimal.Decimal, len(r.Columns.Column))
	r.lines(func(cells []reportCell, leaf bool) {
		for i, c := range cells {
			if d, err := decimal.NewFromString(c.Value); err == nil && leaf {
				sums[i] = sums[i].Add(d)
			}
		}
	})
	return sums
}

// findGroup returns the row that states a group's amounts, nil if there is none.
func (rows plainRows) findGroup(group string) []reportCell {
	for _, r := range rows.Row {
		if r.Group == group {
			if r.ColData != nil {
				return r.ColData
			}
			return r.Summary.ColData
		}
		if cells := r.Rows.findGroup(group); cells != nil {
			return cells
		}
	}
	return nil
}

// plainLines returns the lines of a record that stand for amounts: no subtotals, and those in bundles instead of these.
func plainLines(list any) []map[string]any {
	var out []map[string]any
	lines, _ := list.([]any)
	for _, l := range lines {
		line, _ := l.(map[string]any)
		switch line["DetailType"] {
		case "SubTotalLineDetail":
			continue
		case "GroupLineDetail":
			bundle, _ := line["GroupLineDetail"].(map[string]any)
			if inner := plainLines(bundle["Line"]); len(inner) > 0 {
				out = append(out, inner...)
				continue
			}
		}
		out = append(out, line)
	}
	return out
}

// plainAmount returns the amount at a path of a record, zero if there is none.
func plainAmount(record any, path string) decimal.Decimal {
	for name := range strings.SplitSeq(path, ".") {
		members, _ := record.(map[string]any)
		record = members[name]
	}
	n, _ := record.(json.Number)
	d, _ := decimal.NewFromString(n.String()) // zero for no number
	return d
}
