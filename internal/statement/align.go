package statement

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// Part is one company's statement, as returned by Read.
type Part struct {
	Company export.Company
	Schema  table.Schema
	Rows    *table.Spool
}

// AlignedColumns returns the columns to read for Align, which matches rows by their labels and sections and gives each
// company a column of its own.
func AlignedColumns(columns []string) []string {
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

// alignment puts statements of several companies side by side.
type alignment struct {
	parts   []Part
	heads   []table.Column // what identifies rows, and other text columns
	amounts []table.Column
	rows    []*alignedRow
}

// alignedRow is one row of the result. Its cells are those of the first company that has it.
type alignedRow struct {
	key     string
	role    table.Role
	level   uint8
	heads   []table.Cell
	amounts [][]table.Cell // by company, by amount column
}

// Align returns the statements of several companies with a column for each company, and a total if all amounts are in
// one currency. Rows match if their labels and the labels of their sections match: account ids mean nothing outside
// one company, and QuickBooks puts an account's number before its name in the label. Rows that a company does not have
// are blank in its column.
func Align(parts []Part) (*table.Spool, []string, error) {
	c := &alignment{parts: parts}
	for _, p := range parts {
		for _, col := range p.Schema.Columns {
			list := &c.heads
			if col.Kind == table.Money || col.Kind == table.Number {
				list = &c.amounts
			}
			if findHead(*list, col.ID) < 0 {
				*list = slices.Insert(*list, findPlace(*list, col.ID), col)
			}
		}
	}
	for i := range parts {
		rows, err := c.read(i)
		if err != nil {
			return nil, nil, err
		}
		c.add(rows)
	}
	return c.spool()
}

func findHead(list []table.Column, id string) int {
	return slices.IndexFunc(list, func(c table.Column) bool { return c.ID == id })
}

// findPlace returns the index at which to insert a column: a section goes after the last section, others to the end.
func findPlace(list []table.Column, id string) int {
	if strings.HasPrefix(id, export.ReportSection) {
		for i, col := range slices.Backward(list) {
			if strings.HasPrefix(col.ID, export.ReportSection) {
				return i + 1
			}
		}
	}
	return len(list)
}

// identifies reports whether a column helps to identify a row.
func identifies(id string) bool {
	return strings.HasPrefix(id, export.ReportSection) ||
		slices.Contains([]string{export.ReportLabel, export.ReportPeriod, export.ReportPeriodEnd}, id)
}

// read returns one company's rows.
func (c *alignment) read(company int) ([]*alignedRow, error) {
	p := c.parts[company]
	var rows []*alignedRow
	var path []string // the labels of the sections around a row
	for row, err := range p.Rows.Rows() {
		if err != nil {
			return nil, err
		}
		label := ""
		key := []string{fmt.Sprint(row.Role)}
		for i, col := range p.Schema.Columns {
			text := fold(row.Cells[i].String())
			if col.ID == export.ReportLabel {
				label = text
			}
			if identifies(col.ID) && text != "" {
				key = append(key, col.ID+"="+text)
			}
		}
		path = path[:min(len(path), int(row.Level))]
		key = append(key, path...)
		if row.Role == table.Section {
			path = append(path, label)
		}
		rows = append(rows, c.newRow(company, strings.Join(key, "\x00"), row))
	}
	return rows, nil
}

func (c *alignment) newRow(company int, key string, row table.Row) *alignedRow {
	r := &alignedRow{
		key: key, role: row.Role, level: row.Level,
		heads: make([]table.Cell, len(c.heads)), amounts: make([][]table.Cell, len(c.parts)),
	}
	r.amounts[company] = make([]table.Cell, len(c.amounts))
	for i, col := range c.parts[company].Schema.Columns {
		if at := findHead(c.amounts, col.ID); at >= 0 {
			r.amounts[company][at] = row.Cells[i]
		} else {
			r.heads[findHead(c.heads, col.ID)] = row.Cells[i]
		}
	}
	return r
}

// add merges in another company's rows. Rows keep their order, because sorting the rows between two common ones would
// tear sections apart.
func (c *alignment) add(rows []*alignedRow) {
	var all []*alignedRow
	key := func(r *alignedRow) string { return r.key }
	unsorted := func(*alignedRow, *alignedRow) bool { return false }
	for _, p := range merge(c.rows, rows, key, unsorted) {
		r := *p.item()
		if p.a != nil && p.b != nil {
			r.fill(*p.b)
		}
		all = append(all, r)
	}
	c.rows = all
}

// fill adds what another company's row has.
func (r *alignedRow) fill(from *alignedRow) {
	for i, cell := range from.heads {
		if r.heads[i].Blank() {
			r.heads[i] = cell
		}
	}
	for company, amounts := range from.amounts {
		if amounts != nil {
			r.amounts[company] = amounts
		}
	}
}

// spool builds the result's columns and rows.
func (c *alignment) spool() (*table.Spool, []string, error) {
	schema := table.Schema{Columns: slices.Clone(c.heads)}
	title := func(company string, amount table.Column) string {
		if len(c.amounts) == 1 {
			return company
		}
		return company + ", " + amount.Title
	}
	currencies := map[string]bool{} // of the amounts
	for _, p := range c.parts {
		name := p.Company.Name
		namesake := func(o Part) bool { return o.Company.Name == name && o.Company.Realm != p.Company.Realm }
		if slices.ContainsFunc(c.parts, namesake) {
			name = fmt.Sprintf("%s (%s)", name, p.Company.Realm)
		}
		for _, amount := range c.amounts {
			col := amount
			col.ID, col.Title = fmt.Sprintf("%s/%s", p.Company.Realm, amount.ID), title(name, amount)
			col.Currency = p.Company.HomeCurrency
			if at := findHead(p.Schema.Columns, amount.ID); at >= 0 {
				col.Currency = cmp.Or(p.Schema.Columns[at].Currency, p.Company.HomeCurrency)
				if col.Kind == table.Money {
					currencies[col.Currency] = true
				}
			}
			schema.Columns = append(schema.Columns, col)
		}
	}
	var warnings []string
	var totals []int // amounts to total over the companies; quantities and percentages cannot be totalled
	if len(currencies) == 1 && !currencies[""] {
		for i, amount := range c.amounts {
			if amount.Kind == table.Money {
				totals = append(totals, i)
				amount.ID, amount.Title = "companies/"+amount.ID, title("Total", amount)
				amount.Currency = slices.Collect(maps.Keys(currencies))[0]
				schema.Columns = append(schema.Columns, amount)
			}
		}
	} else if len(currencies) > 1 {
		warnings = append(warnings, "The companies have different home currencies, so there is no total over them.")
	}
	for i := range schema.Columns {
		schema.Columns[i].Linked = false // a row is about several companies
	}
	all := table.NewSpool(schema)
	for _, r := range c.rows {
		if err := all.Add(r.tableRow(len(c.amounts), totals)); err != nil {
			return nil, nil, err
		}
	}
	return all, warnings, nil
}

// tableRow returns the row's cells: heads, each company's amounts, then the sums over the companies for totals.
func (r *alignedRow) tableRow(amounts int, totals []int) table.Row {
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
