package export

import (
	"maps"
	"slices"

	"ledgersheet/internal/problem"
)

// Repair is something that a person allows a run to do to a sheet that people have changed.
type Repair string

// The repairs. A problem names those that would end it.
const (
	// RepairPutBack restores titles and columns of the exported area that were changed or deleted.
	RepairPutBack Repair = "put_back"
	// RepairDropColumns takes the deleted columns out of the exporter.
	RepairDropColumns Repair = "drop_columns"
	// RepairTakeTitles makes the titles that people have given columns the exporter's own.
	RepairTakeTitles Repair = "take_titles"
	// RepairUnmerge takes merged cells in the exported area apart.
	RepairUnmerge Repair = "unmerge"
	// RepairTakeOver treats rows under the exporter's header, whose marks are lost, as its own.
	RepairTakeOver Repair = "take_over"
	// RepairStartOver writes to a new tab; the old one stays as it is.
	RepairStartOver Repair = "start_over"
	// RepairRemoveDouble moves spreadsheets that were made twice, and that are empty, to the bin.
	RepairRemoveDouble Repair = "remove_double"
)

// Repairs lists all repairs.
func Repairs() []Repair {
	return []Repair{
		RepairPutBack, RepairDropColumns, RepairTakeTitles, RepairUnmerge, RepairTakeOver, RepairStartOver,
		RepairRemoveDouble,
	}
}

// Words returns a short name of the repair for a button, and a sentence that says what it does.
func (r Repair) Words() (name, does string) {
	switch r {
	case RepairPutBack:
		return "Put it back", "Restores the exporter's titles and inserts deleted columns again. A new title that " +
			"somebody gave a column is replaced."
	case RepairDropColumns:
		return "Drop it from the exporter", "Takes the deleted columns out of the exporter; the others go on."
	case RepairTakeTitles:
		return "Take the new title", "Keeps the titles that somebody gave the columns, for all later runs too."
	case RepairUnmerge:
		return "Unmerge the cells", "Takes the merged cells apart and writes the rows."
	case RepairTakeOver:
		return "Take these rows over", "Treats the rows under this exporter's header as this exporter's and brings " +
			"them up to date. Choose it only if they came from this export."
	case RepairStartOver:
		return "Start over beside", "Writes all rows to a new tab. The old tab stays as it is and is not updated any " +
			"more."
	case RepairRemoveDouble:
		return "Remove the empty spreadsheet", "Moves the second spreadsheet that was made for this exporter to the " +
			"bin of Google Drive, if it is still empty. This exporter's own spreadsheet stays."
	}
	return string(r), ""
}

// NeedsSheet reports whether the repair is done by a run to the sheet, and not to the exporter's configuration.
func (r Repair) NeedsSheet() bool { return r != RepairDropColumns && r != RepairTakeTitles }

// Offer returns the repairs that would end a problem of one of the exporter's runs. A deleted column can only be
// dropped if the exporter chose it and others remain.
func (e Exporter) Offer(d Definition, p *problem.Problem) []Repair {
	if p == nil {
		return nil
	}
	var list []Repair
	for _, name := range p.Remedies {
		r := Repair(name)
		if r == RepairDropColumns {
			if _, ok := e.without(d, p.Columns); !ok {
				continue
			}
		}
		if slices.Contains(Repairs(), r) {
			list = append(list, r)
		}
	}
	return list
}

// OfferAfter returns the repairs that one of the exporter's runs makes possible: those that would end its problem, or
// what it has warned of.
func (e Exporter) OfferAfter(d Definition, r Run) []Repair {
	if list := r.OpenRepairs(); list != nil {
		return list
	}
	return e.Offer(d, r.Problem)
}

// OpenRepairs returns the repairs of what a run that succeeded has warned of; nil if there are none.
func (r Run) OpenRepairs() []Repair {
	double := func(w Warning) bool { return w.Code == WarnDouble }
	if r.Status == RunSucceeded && slices.ContainsFunc(r.Warnings, double) {
		return []Repair{RepairRemoveDouble}
	}
	return nil
}

// without returns the exporter's columns without those that are gone from the sheet. ok is false if it did not choose
// one of them, or if none would remain.
func (e Exporter) without(d Definition, columns []problem.Column) (keys []string, ok bool) {
	keys = slices.Clone(e.Columns)
	if len(keys) == 0 {
		keys = Defaults(d, WantsLines(d, e.Options))
	}
	for _, c := range columns {
		if !c.Gone {
			continue
		}
		i := slices.Index(keys, c.ID)
		listed := slices.ContainsFunc(d.Catalogue(), func(col Column) bool { return col.Path == c.ID })
		switch {
		case c.ID == CompanyColumn && len(e.Companies) > 1, i < 0 && !listed:
			return nil, false
		case i >= 0: // otherwise it was dropped already
			keys = slices.Delete(keys, i, i+1)
		}
	}
	return keys, len(keys) > 0
}

// Repair changes the configuration as a repair of the problem says. It reports whether anything changed.
func (e *Exporter) Repair(d Definition, r Repair, p *problem.Problem) bool {
	switch r {
	case RepairDropColumns:
		keys, ok := e.without(d, p.Columns)
		if !ok {
			return false
		}
		e.Columns = keys
		return true
	case RepairTakeTitles:
		titles := maps.Clone(e.Titles)
		if titles == nil {
			titles = map[string]string{}
		}
		for _, c := range p.Columns {
			if !c.Gone {
				titles[c.ID] = c.Found
			}
		}
		changed := !maps.Equal(titles, e.Titles)
		e.Titles = titles
		return changed
	}
	return false
}
