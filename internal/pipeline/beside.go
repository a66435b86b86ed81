package pipeline

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// sideBySide says that the exporter wants its companies' statements next to one another.
func sideBySide(e export.Exporter, d export.Definition) bool {
	r, ok := d.(export.Report)
	return ok && r.Shape == export.Tree && len(e.Companies) > 1 && e.Option(d, export.OptCompanies) == export.CompaniesBeside
}

// besideColumns are the columns to read: rows are told apart by their names and sections, and each company is a column.
func besideColumns(columns []string) []string {
	columns = slices.DeleteFunc(slices.Clone(columns), func(key string) bool {
		return key == export.CompanyColumn || key == export.ReportRowID
	})
	for _, key := range []string{export.ReportLabel, export.ReportSection} {
		if !slices.Contains(columns, key) {
			columns = slices.Insert(columns, 0, key)
		}
	}
	return columns
}

// comparing puts statements of several companies side by side.
type comparing struct {
	parts   []part
	heads   []table.Column // what tells rows apart, and texts beside it
	amounts []table.Column
	rows    map[string]*besideRow
	order   []string // keys of rows
}

// besideRow is one row of the result. Its cells are those of the first company that has it.
type besideRow struct {
	role    table.Role
	level   uint8
	heads   []table.Cell
	amounts [][]table.Cell // by company, by amount column
}

// beside is the statements of several companies with a column for each company, and their total when all amounts are in
// one currency. Rows belong together by the labels of their sections and their own, in which QuickBooks puts an account's
// number before its name. What only some companies have is blank for the others.
func beside(parts []part) (*table.Spool, []string, error) {
	c := &comparing{parts: parts, rows: map[string]*besideRow{}}
	for _, p := range parts {
		for _, col := range p.reading.Schema.Columns {
			list := &c.heads
			if col.Kind == table.Money || col.Kind == table.Number {
				list = &c.amounts
			}
			if position(*list, col.ID) < 0 {
				*list = slices.Insert(*list, c.place(*list, col.ID), col)
			}
		}
	}
	for i := range parts {
		if err := c.take(i); err != nil {
			return nil, nil, err
		}
	}
	return c.spool()
}

func position(list []table.Column, id string) int {
	return slices.IndexFunc(list, func(c table.Column) bool { return c.ID == id })
}

// place is where a further column goes: a deeper section after the last one, others to the end.
func (c *comparing) place(list []table.Column, id string) int {
	if strings.HasPrefix(id, export.ReportSection) {
		for i, col := range slices.Backward(list) {
			if strings.HasPrefix(col.ID, export.ReportSection) {
				return i + 1
			}
		}
	}
	return len(list)
}

// tells says whether a column is part of what tells rows apart.
func tells(id string) bool {
	return strings.HasPrefix(id, export.ReportSection) || slices.Contains([]string{export.ReportLabel, export.ReportPeriod, export.ReportPeriodEnd}, id)
}

// take adds the rows of one company.
func (c *comparing) take(company int) error {
	p := c.parts[company]
	columns := p.reading.Schema.Columns
	var keys, path []string
	seen := map[string]int{}
	for row, err := range p.rows.Rows() {
		if err != nil {
			return err
		}
		label := ""
		key := []string{fmt.Sprint(row.Role)}
		for i, col := range columns {
			text := strings.ToLower(strings.TrimSpace(row.Cells[i].String()))
			if col.ID == export.ReportLabel {
				label = text
			}
			if tells(col.ID) && text != "" {
				key = append(key, col.ID+"="+text)
			}
		}
		path = path[:min(len(path), int(row.Level))]
		key = append(key, path...)
		if row.Role == table.Section {
			path = append(path, label)
		}
		full := strings.Join(key, "\x00")
		seen[full]++
		full = fmt.Sprintf("%s\x00%d", full, seen[full])
		keys = append(keys, full)
		c.fill(full, company, row, columns)
	}
	c.order = interleaved(c.order, keys)
	return nil
}

func (c *comparing) fill(key string, company int, row table.Row, columns []table.Column) {
	r := c.rows[key]
	if r == nil {
		r = &besideRow{role: row.Role, level: row.Level, heads: make([]table.Cell, len(c.heads)), amounts: make([][]table.Cell, len(c.parts))}
		c.rows[key] = r
	}
	r.amounts[company] = make([]table.Cell, len(c.amounts))
	for i, col := range columns {
		if at := position(c.amounts, col.ID); at >= 0 {
			r.amounts[company][at] = row.Cells[i]
		} else if at := position(c.heads, col.ID); r.heads[at].Blank() {
			r.heads[at] = row.Cells[i]
		}
	}
}

// interleaved adds what only b has to a, before what it stands before in b and else after what it follows.
func interleaved(a, b []string) []string {
	at := map[string]int{}
	for i, k := range a {
		at[k] = i
	}
	before := make([][]string, len(a)+1) // what goes before a's item of that position
	var run []string
	last := -1 // the position in a of the latest item that both have
	for _, k := range b {
		i, both := at[k]
		if !both {
			run = append(run, k)
			continue
		}
		place := i
		if i < last { // the companies' orders differ here
			place = last + 1
		}
		before[place] = append(before[place], run...)
		run, last = nil, i
	}
	place := last + 1
	if last < 0 {
		place = len(a)
	}
	before[place] = append(before[place], run...)
	out := make([]string, 0, len(a)+len(b))
	for i, k := range a {
		out = append(append(out, before[i]...), k)
	}
	return append(out, before[len(a)]...)
}

// spool makes the result's columns and rows.
func (c *comparing) spool() (*table.Spool, []string, error) {
	schema := table.Schema{Columns: slices.Clone(c.heads)}
	title := func(company string, amount table.Column) string {
		if len(c.amounts) == 1 {
			return company
		}
		return company + ", " + amount.Title
	}
	currencies := map[string]bool{} // of the amounts
	for i, p := range c.parts {
		name := p.company.Name
		if slices.ContainsFunc(c.parts, func(o part) bool { return o.company.Name == name && o.company.Realm != p.company.Realm }) {
			name = fmt.Sprintf("%s (%s)", name, c.parts[i].company.Realm)
		}
		for _, amount := range c.amounts {
			col := amount
			col.ID, col.Title = fmt.Sprintf("%s/%s", p.company.Realm, amount.ID), title(name, amount)
			col.Currency = p.company.HomeCurrency
			if at := position(p.reading.Schema.Columns, amount.ID); at >= 0 {
				col.Currency = cmp.Or(p.reading.Schema.Columns[at].Currency, p.company.HomeCurrency)
				if col.Kind == table.Money {
					currencies[col.Currency] = true
				}
			}
			schema.Columns = append(schema.Columns, col)
		}
	}
	var warnings []string
	var totals []int // amounts that have a total over the companies; quantities and percentages have none
	if len(currencies) == 1 && !currencies[""] {
		for i, amount := range c.amounts {
			if amount.Kind == table.Money {
				totals = append(totals, i)
				amount.ID, amount.Title, amount.Currency = "companies/"+amount.ID, title("Total", amount), slices.Collect(maps.Keys(currencies))[0]
				schema.Columns = append(schema.Columns, amount)
			}
		}
	} else if len(currencies) > 1 {
		warnings = append(warnings, "The companies have different home currencies, so there is no total over them.")
	}
	all := table.NewSpool(schema)
	for _, key := range c.order {
		if err := all.Add(c.rows[key].row(len(c.amounts), totals)); err != nil {
			return nil, nil, err
		}
	}
	return all, warnings, nil
}

func (r *besideRow) row(amounts int, totals []int) table.Row {
	row := table.Row{Role: r.role, Level: r.level, Cells: slices.Clone(r.heads)}
	for _, company := range r.amounts {
		if company == nil {
			company = make([]table.Cell, amounts)
		}
		row.Cells = append(row.Cells, company...)
	}
	for _, i := range totals {
		total := table.Cell{}
		for _, company := range r.amounts {
			if company == nil {
				continue
			}
			if v, ok := company[i].Decimal(); ok {
				sum, _ := total.Decimal()
				total = table.MoneyOf(sum.Add(v))
			}
		}
		row.Cells = append(row.Cells, total)
	}
	return row
}
