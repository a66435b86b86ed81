package statement

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// recording is an answer that can be changed: its JSON, and the places in it.
type recording struct {
	doc     map[string]any
	columns []any            // the report's
	lists   []map[string]any // objects with a list of rows, under "Row"
	rows    []map[string]any
	cells   []map[string]any // objects with a list of cells, under "ColData"
}

// openRecording reads an answer; ok is false if it is no object of JSON.
func openRecording(body string) (r *recording, ok bool) {
	r = &recording{}
	in := json.NewDecoder(strings.NewReader(body))
	in.UseNumber()
	if in.Decode(&r.doc) != nil || r.doc == nil {
		return nil, false
	}
	r.index()
	return r, true
}

func (r *recording) index() {
	r.lists, r.rows, r.cells, r.columns = nil, nil, nil, nil
	if columns, ok := r.doc["Columns"].(map[string]any); ok {
		r.columns, _ = columns["Column"].([]any)
	}
	var visit func(v any, depth int)
	visit = func(v any, depth int) {
		object, ok := v.(map[string]any)
		if !ok || depth > 40 {
			return
		}
		if _, ok := object["ColData"].([]any); ok {
			r.cells = append(r.cells, object)
		}
		list, ok := object["Row"].([]any)
		if ok {
			r.lists = append(r.lists, object)
		}
		for _, row := range list {
			if row, ok := row.(map[string]any); ok {
				r.rows = append(r.rows, row)
				visit(row, depth+1)
			}
		}
		for _, name := range []string{"Header", "Rows", "Summary"} {
			visit(object[name], depth+1)
		}
	}
	visit(r.doc["Rows"], 0)
}

// oddTexts are what cells may hold besides what was recorded.
var oddTexts = []string{
	"", "-", " ", "1,234", "1,234.50", "(7.00)", "$5.00", "1E+2", "n/a", "0071", "12.5%", "2026-01-05", "0-00-00",
	"2026-01-05T10:00:00-08:00", "100.00", "-0.01", "Nothing else can be shown here now.", "1 234,50", "€ 3", "00.10",
}

var oddGroups = []string{
	"", "**", "GrandTotal", "GRANDTOTAL", "GrossProfit", "NetIncome", "Income", "COGS", "Expenses", "NetOtherIncome",
	"Levies", "BeginningCash", "EndingCash", "TotalAssets",
}

var oddColumns = []string{
	"Money", "String", "Date", "Account", "tx_date", "subt_nat_amount", "rbal_nat_amount", "quantity", "unknown_amount",
	"name", "debt_amt", "credit_amt", "Percent", "",
}

// change does what three bytes say: what to do, and where.
func (r *recording) change(what, a, b byte) {
	if len(r.lists) == 0 || len(r.rows) == 0 || len(r.cells) == 0 {
		return
	}
	list, row := r.lists[int(a)%len(r.lists)], r.rows[int(a)%len(r.rows)]
	rows, _ := list["Row"].([]any)
	cells, _ := r.cells[int(a)%len(r.cells)]["ColData"].([]any)
	others, _ := r.cells[int(b)%len(r.cells)]["ColData"].([]any)
	at := int(b)
	switch what % 14 {
	case 0: // drop a row
		if len(rows) > 0 {
			list["Row"] = slices.Delete(slices.Clone(rows), at%len(rows), at%len(rows)+1)
		}
	case 1: // double a row
		if len(rows) > 0 && len(r.rows) < 2000 {
			list["Row"] = slices.Insert(slices.Clone(rows), at%len(rows), clone(rows[at%len(rows)]))
		}
	case 2: // move a row into another list, at its end
		to := r.lists[at%len(r.lists)]
		if target, ok := to["Row"].([]any); ok && len(rows) > 0 {
			to["Row"] = append(slices.Clone(target), clone(rows[0]))
		}
	case 3: // leave out the rest
		list["Row"] = rows[:min(len(rows), at%8)]
	case 4: // change a digit
		if cell, ok := pick(cells, at); ok {
			cell["value"] = changeDigit(fmt.Sprint(cell["value"]), at)
		}
	case 5: // exchange cells of two rows
		if x, ok := pick(cells, at); ok {
			if y, ok := pick(others, at/3); ok {
				x["value"], y["value"] = y["value"], x["value"]
			}
		}
	case 6: // move a cell within its row
		if len(cells) > 1 {
			cells[at%len(cells)], cells[(at+1)%len(cells)] = cells[(at+1)%len(cells)], cells[at%len(cells)]
		}
	case 7: // one cell less
		if len(cells) > 0 {
			r.cells[int(a)%len(r.cells)]["ColData"] = cells[:len(cells)-1]
		}
	case 8: // one cell more
		r.cells[int(a)%len(r.cells)]["ColData"] = append(slices.Clone(cells), map[string]any{"value": oddTexts[at%3*5]})
	case 9:
		if cell, ok := pick(cells, at); ok {
			cell["value"] = oddTexts[at%len(oddTexts)]
		}
	case 10: // another group
		row["group"] = oddGroups[at%len(oddGroups)]
	case 11: // another shape
		names := []string{"Header", "Summary", "Rows", "type"}
		from, to := names[at%4], names[at/4%4]
		row[from], row[to] = row[to], row[from]
		for _, name := range names {
			if row[name] == nil {
				delete(row, name)
			}
		}
	case 12: // exchange columns, without their cells
		if n := len(r.columns); n > 1 {
			r.columns[at%n], r.columns[int(a)%n] = r.columns[int(a)%n], r.columns[at%n]
		}
	case 13: // another kind of column
		if n := len(r.columns); n > 0 {
			if column, ok := r.columns[int(a)%n].(map[string]any); ok {
				column["ColType"] = oddColumns[at%len(oddColumns)]
				delete(column, "MetaData")
			}
		}
	}
	r.index()
}

func pick(cells []any, at int) (map[string]any, bool) {
	if len(cells) == 0 {
		return nil, false
	}
	cell, ok := cells[at%len(cells)].(map[string]any)
	return cell, ok
}

// changeDigit changes one digit of a text, if it has any.
func changeDigit(text string, at int) string {
	var digits []int
	for i, c := range []byte(text) {
		if c >= '0' && c <= '9' {
			digits = append(digits, i)
		}
	}
	if len(digits) == 0 {
		return text
	}
	out := []byte(text)
	i := digits[at%len(digits)]
	out[i] = '0' + (out[i]-'0'+1+byte(at%9))%10
	return string(out)
}

func clone(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	var out any
	in := json.NewDecoder(strings.NewReader(string(text)))
	in.UseNumber()
	if in.Decode(&out) != nil {
		return nil
	}
	return out
}

func (r *recording) body() string {
	text, err := json.Marshal(r.doc)
	if err != nil {
		return ""
	}
	return string(text)
}
