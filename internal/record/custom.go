package record

import (
	"slices"

	"ledgersheet/internal/table"
)

// CustomFields is the path that stands for all custom fields: "CustomField.*".
const CustomFields = customField + "*"

// CustomField is the definition of a custom field as a record shows it.
type CustomField struct {
	Name   string
	Kind   table.Kind // by its declared type; Text if definitions of one name disagree
	Filled bool       // the record has a value for it
}

// Path returns the path of the field's value.
func (f CustomField) Path() string { return customField + f.Name }

// CustomFields returns the record's custom fields in their order, one for each name. QuickBooks shows fields without a
// value too.
// https://developer.intuit.com/app/developer/qbo/docs/workflows/create-custom-fields
func (r Record) CustomFields() []CustomField {
	var list []CustomField
	for item := range r.find("CustomField").elements() {
		name := item.member("Name").scalarText()
		if name == "" {
			continue
		}
		f := CustomField{name, declaredKind(item.member("Type").scalarText()), namedValue(item).exists()}
		i := slices.IndexFunc(list, func(known CustomField) bool { return known.Name == name })
		if i < 0 {
			list = append(list, f)
			continue
		}
		list[i] = list[i].Join(f)
	}
	return list
}

// Join returns the definition that stands for two of the same name.
func (f CustomField) Join(other CustomField) CustomField {
	if f.Kind != other.Kind {
		f.Kind = table.Text
	}
	f.Filled = f.Filled || other.Filled
	return f
}

func declaredKind(kind string) table.Kind {
	switch kind {
	case "NumberType":
		return table.Number
	case "DateType":
		return table.Date
	case "BooleanType":
		return table.Bool
	}
	return table.Text
}
