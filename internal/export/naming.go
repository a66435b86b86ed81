package export

import (
	"slices"
	"strings"
	"unicode"

	"ledgersheet/internal/change"
	"ledgersheet/internal/table"
)

// Naming says how people call a row: "Invoice 1045, Amy's Bird Sanctuary". Of the columns, the first counts that a
// result has.
type Naming struct {
	Kind    string   // of all rows; empty if it stands in a column, or says nothing
	Kinds   []string // columns that hold it
	Numbers []string // columns with the document's number
	Names   []string // columns with a name
}

// NamingOf returns how people call the rows of a definition.
func NamingOf(d Definition) Naming {
	switch d := d.(type) {
	case Entity:
		n := Naming{
			Numbers: []string{"DocNumber", "PaymentRefNum"},
			Names: []string{
				"CustomerRef.name", "VendorRef.name", "EntityRef.name", "EmployeeRef.name", "DisplayName",
				"FullyQualifiedName", "Name",
			},
		}
		if slices.Contains(d.Dates, "TxnDate") {
			n.Kind = kindWords(d.Object)
		}
		return n
	case ChangeLog:
		return Naming{Kinds: []string{ChangeRecord}, Numbers: []string{ChangeNumber}}
	}
	return Naming{Kinds: []string{"txn_type"}, Numbers: []string{"doc_num"}, Names: []string{"name", ReportLabel}}
}

// kindWords turns "SalesReceipt" into "Sales receipt".
func kindWords(object string) string {
	var b strings.Builder
	for i, r := range object {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte(' ')
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// namer returns the function that names the rows under a schema, without values that must not be shown; nil if it has
// none of the columns.
func (n Naming) namer(s table.Schema, hidden []string) func([]change.Value) string {
	find := func(ids []string) int {
		for _, id := range ids {
			at := slices.IndexFunc(s.Columns, func(c table.Column) bool { return c.ID == id })
			if at >= 0 && !slices.Contains(hidden, id) {
				return at
			}
		}
		return -1
	}
	kind, number, name := find(n.Kinds), find(n.Numbers), find(n.Names)
	if number < 0 && name < 0 {
		return nil
	}
	return func(row []change.Value) string {
		text := func(at int) string {
			if at < 0 || at >= len(row) {
				return ""
			}
			return strings.Join(strings.Fields(row[at].Text), " ") // in one line
		}
		what, party := n.Kind, text(name)
		if kind >= 0 {
			what = text(kind)
		}
		if text(number) == "" && party == "" {
			return ""
		}
		called := strings.TrimSpace(what + " " + text(number))
		if called == "" || party == "" {
			return called + party
		}
		return called + ", " + party
	}
}
