package demo

import (
	"slices"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/table"
)

// Describe tells the simulated Intuit what the definitions read, so that a definition of an unknown object or report
// finds data there. Objects and reports that the simulator knows stay as they are.
func Describe(definitions []export.Definition) ([]intuitsim.ObjectSpec, []intuitsim.ReportSpec) {
	var objects []intuitsim.ObjectSpec
	var reports []intuitsim.ReportSpec
	for _, d := range definitions {
		switch d := d.(type) {
		case export.Entity:
			at := slices.IndexFunc(objects, func(o intuitsim.ObjectSpec) bool { return o.Name == d.Object })
			if at < 0 {
				at = len(objects)
				objects = append(objects, intuitsim.ObjectSpec{Name: d.Object})
			}
			describeObject(&objects[at], d)
		case export.Report:
			reports = append(reports, describeReport(d))
		}
	}
	return objects, reports
}

// describeObject adds what a definition reads to its object's description.
func describeObject(o *intuitsim.ObjectSpec, e export.Entity) {
	o.List = o.List || e.HasActive
	if e.Lines && o.Lines == "" {
		if o.Lines = e.LinesIn; o.Lines == "" {
			o.Lines = "Line"
		}
	}
	add := func(f intuitsim.FieldSpec) {
		if !slices.ContainsFunc(o.Fields, func(other intuitsim.FieldSpec) bool { return other.Path == f.Path }) {
			o.Fields = append(o.Fields, f)
		}
	}
	for _, c := range e.Columns {
		if c.From != nil {
			continue // it is computed from other fields
		}
		path := c.Path
		if c.Line() {
			path = o.Lines + strings.TrimPrefix(path, "Line")
		}
		add(intuitsim.FieldSpec{Path: path, Kind: fieldKinds[c.Kind], Queryable: c.Queryable})
	}
	for _, path := range e.Dates {
		// A date range filters by it in QuickBooks.
		add(intuitsim.FieldSpec{Path: path, Kind: intuitsim.DateField, Queryable: true})
	}
}

var fieldKinds = map[table.Kind]intuitsim.FieldKind{
	table.Text: intuitsim.TextField, table.Number: intuitsim.NumberField, table.Money: intuitsim.AmountField,
	table.Date: intuitsim.DateField, table.DateTime: intuitsim.TimeField, table.Bool: intuitsim.FlagField,
}

// describeReport describes a report by what its definition says about the answer.
func describeReport(r export.Report) intuitsim.ReportSpec {
	spec := intuitsim.ReportSpec{
		Name: r.Object, Tree: r.Shape == export.Tree, Accounts: r.Accounts, Grouped: r.Levels > 0 || r.Running,
		Periods: len(r.Summarize) > 0, Even: r.Even,
	}
	switch r.Dates {
	case export.BalanceAtEnd:
		spec.Dates = intuitsim.StandingReport
	case export.AsOfDay:
		spec.Dates = intuitsim.DayReport
	case export.Undated:
		spec.Dates = intuitsim.UndatedReport
	}
	for _, o := range r.Params {
		if o.Key == "columns" {
			for _, c := range o.Values {
				spec.Columns = append(spec.Columns, c.Value)
			}
		}
	}
	amounts := slices.Clone(r.Even[:])
	for _, rule := range r.Groups {
		spec.Groups = append(spec.Groups, intuitsim.SumSpec{Name: rule.Group, Of: rule.Of})
	}
	for _, rule := range r.Across {
		spec.Across = append(spec.Across, intuitsim.SumSpec{Name: rule.Group, Of: rule.Of})
		amounts = append(append(amounts, rule.Group), rule.Of...)
	}
	for _, f := range r.Figures {
		amounts = append(amounts, f.Sum...)
		if f.Group != "" && f.Group != "GrandTotal" && !slices.Contains(spec.Sections, f.Group) {
			spec.Sections = append(spec.Sections, f.Group)
		}
	}
	for _, name := range amounts {
		name = strings.TrimPrefix(name, "-")
		if name != "" && !slices.Contains(spec.Amounts, name) {
			spec.Amounts = append(spec.Amounts, name)
		}
	}
	return spec
}
