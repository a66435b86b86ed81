// Package table holds typed rows on their way from QuickBooks to a sheet: cells, columns, control totals, and a spool
// that keeps a whole result in little memory until it is known to be complete. Money and numbers are decimals from
// end to end.
package table

import "github.com/shopspring/decimal"

// Kind is what a cell holds. The zero value is Text.
type Kind uint8

// The kinds of cells.
const (
	Text     Kind = iota
	Number        // a quantity, a rate, a percentage
	Money         // an amount in the row's currency
	Date          // a calendar day without a zone
	DateTime      // an instant
	Bool
)

var kindNames = [...]string{"text", "number", "money", "date", "datetime", "bool"}

// String returns the kind's name in the API: "text", "money", ….
func (k Kind) String() string { return kindNames[k] }

// Column describes one column of a result.
type Column struct {
	ID       string // unique in the table: a path such as "CustomerRef.name", or a report's column key
	Title    string // the header cell
	Kind     Kind
	Currency string // ISO code when all amounts of a Money column share one, else empty
	// NotAdded marks amounts that must not be summed down the column: prices, running balances, a document's total
	// repeated on each of its lines.
	NotAdded bool
	Key      bool // identifies a row across runs, together with the other key columns
	Label    bool // holds the row's label in a statement: indentation and bold are shown there
	Linked   bool // its cells open Row.Link
}

// addsUp reports whether the column's amounts are summed.
func (c Column) addsUp() bool { return c.Kind == Money && !c.NotAdded }

// Schema is the header of a result.
type Schema struct {
	Columns []Column
}

// Keys returns the positions of the key columns.
func (s Schema) Keys() []int {
	var keys []int
	for i, c := range s.Columns {
		if c.Key {
			keys = append(keys, i)
		}
	}
	return keys
}

// Role is what a row is in a statement. The zero value is an ordinary row.
type Role uint8

// The roles of rows.
const (
	Data Role = iota
	Section
	Total
)

// Row is one row under a Schema: as many cells as it has columns, and how a statement shows it.
type Row struct {
	Cells []Cell
	Role  Role
	Level uint8 // depth of indentation in a statement
	// Link is the address that opens what the row is about; empty if there is none. It is no value: rows that differ in
	// nothing else are the same.
	Link string
}

// Totals are control totals, counted row by row. The zero value is ready to use.
type Totals struct {
	Rows int `json:"rows"`
	// Sums has the sum of each Money column that may be added up, by column ID. A statement's own total rows are
	// skipped.
	Sums map[string]decimal.Decimal `json:"sums,omitempty"`
}

// Add counts a row.
func (t *Totals) Add(s Schema, r Row) {
	t.Rows++
	for i, col := range s.Columns {
		if !col.addsUp() {
			continue
		}
		if t.Sums == nil {
			t.Sums = map[string]decimal.Decimal{}
		}
		if d, ok := r.Cells[i].Decimal(); ok && r.Role != Total {
			t.Sums[col.ID] = t.Sums[col.ID].Add(d)
		} else if _, have := t.Sums[col.ID]; !have {
			t.Sums[col.ID] = decimal.Zero
		}
	}
}

// Merge counts what other totals have counted.
func (t *Totals) Merge(o Totals) {
	t.Rows += o.Rows
	for id, sum := range o.Sums {
		if t.Sums == nil {
			t.Sums = map[string]decimal.Decimal{}
		}
		t.Sums[id] = t.Sums[id].Add(sum)
	}
}
