package rows

import (
	"fmt"
	"strings"

	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// reference resolves a column that continues behind a reference: CustomerRef.CompanyName is the customer's company
// name. It also resolves a reference's own name where QuickBooks gives only the id.
type reference struct {
	ids   record.Path            // of the record referred to
	kinds []record.Path          // where the type of the record referred to is given; empty if it is implied
	in    map[string]listedField // by object, in lower case because references vary in case
	name  bool                   // the column is the reference's name
}

// listedField is a field of the records of a list.
type listedField struct {
	list  *list
	index int
}

// anyObject stands for a reference that itself names the type of the record referred to.
const anyObject = "*"

// objectsOf returns the objects that a reference of that type may refer to, or none if they are in no list.
func objectsOf(kind string) []string {
	switch kind {
	case anyObject:
		return []string{"Customer", "Vendor", "Employee"}
	case "":
		return nil
	}
	return []string{kind}
}

// referencedObject returns the object to which a reference refers, by the reference's name. self is the object that
// contains it.
func referencedObject(ref, self string) string {
	switch {
	case ref == "EntityRef":
		return anyObject
	case ref == "ParentRef":
		switch self {
		case "Customer", "Item", "Account", "Class", "Department":
			return self
		}
		return ""
	case ref == "TaxGroupCodeRef":
		return "TaxCode"
	case ref == "SalesTermRef":
		return "Term"
	case ref == "AgencyRef":
		return "TaxAgency"
	}
	// APAccountRef, PrefVendorRef, GroupItemRef, …
	for _, object := range []string{
		"Account", "Customer", "CustomerType", "Vendor", "Employee", "Item", "Class", "Department", "Term",
		"PaymentMethod", "TaxCode", "TaxRate",
	} {
		if strings.HasSuffix(ref, object+"Ref") {
			return object
		}
	}
	return ""
}

// compileReference returns what a path needs from lists, or nil if it needs nothing.
func compileReference(self, path string, lists *lists) (*reference, error) {
	if strings.HasPrefix(path, "CustomField.") {
		return nil, nil
	}
	steps := strings.Split(path, ".")
	for i, step := range steps[:len(steps)-1] {
		step, _, _ = strings.Cut(step, "[")
		object := referencedObject(step, self)
		ref := strings.Join(steps[:i+1], ".")
		// A dot within brackets does not separate steps.
		if _, err := record.ParsePath(ref); object == "" || err != nil {
			continue
		}
		field := strings.Join(steps[i+1:], ".")
		if field == "value" || field == "type" {
			return nil, nil
		}
		return newReference(object, ref, field, lists)
	}
	return nil, nil
}

func newReference(object, ref, field string, lists *lists) (*reference, error) {
	r := &reference{name: field == "name", in: map[string]listedField{}}
	paths := []string{ref + ".value"}
	if object == anyObject {
		paths = append(paths, ref+".type")
		if parent, ok := strings.CutSuffix(ref, ".EntityRef"); ok {
			paths = append(paths, parent+".Type") // as in journal entries
		}
	}
	for i, text := range paths {
		p, err := record.ParsePath(text)
		if err != nil {
			return nil, fmt.Errorf("finding what it refers to: %w", err)
		}
		if i == 0 {
			r.ids = p
		} else {
			r.kinds = append(r.kinds, p)
		}
	}
	for _, o := range objectsOf(object) {
		listed, err := lists.field(o, field)
		if err != nil {
			return nil, err
		}
		r.in[strings.ToLower(o)] = listed
	}
	return r, nil
}

// target is one record to which a reference refers.
type target struct {
	listedField
	id string
}

// targets returns the records to which the references in a record or a line refer.
func (r *reference) targets(from record.Record) []target {
	ids := texts(r.ids, from)
	if len(ids) == 0 {
		return nil
	}
	var kinds []string
	for _, p := range r.kinds {
		if kinds = texts(p, from); len(kinds) > 0 {
			break
		}
	}
	var list []target
	for i, id := range ids {
		if r.kinds == nil {
			for _, f := range r.in {
				list = append(list, target{f, id})
			}
			continue
		}
		if i < len(kinds) {
			if f, ok := r.in[strings.ToLower(kinds[i])]; ok {
				list = append(list, target{f, id})
			}
		}
	}
	return list
}

// lookup returns the value from the lists. Several values are joined by ", ".
func (r *reference) lookup(from record.Record) (any, bool) {
	var found []any
	for _, t := range r.targets(from) {
		if v, ok := t.list.value(t.id, t.index); ok {
			found = append(found, v)
		} else if r.name && !isNumeric(t.id) {
			found = append(found, t.id) // TAX, NON, SHIPPING_ITEM_ID: ids that have no record and speak for themselves
		}
	}
	switch len(found) {
	case 0:
		return nil, false
	case 1:
		return found[0], true
	}
	list := make([]string, len(found))
	for i, v := range found {
		list[i] = record.Convert(v, table.Text).String()
	}
	return strings.Join(list, ", "), true
}

// texts returns the values at a path, one per element if it passes through an array.
func texts(p record.Path, from record.Record) []string {
	v, ok := p.Lookup(from)
	if !ok {
		return nil
	}
	return strings.Split(record.Convert(v, table.Text).String(), ", ")
}

// isNumeric reports whether an id is all digits. QuickBooks rejects queries with any other ids.
func isNumeric(id string) bool {
	for i := range len(id) {
		if id[i] < '0' || id[i] > '9' {
			return false
		}
	}
	return id != ""
}
