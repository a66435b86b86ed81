package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// A split exporter has a tab for each year or company. Each tab is an ordinary write of its own, with an owner, marks,
// kept states and traces of its own, so it changes as a whole; the tabs together do not. A run writes them one after
// the other and stops at the first that fails. The next run writes all of them, which changes only those that are not
// right.

// share is what one tab gets.
type share struct {
	gathered
	tab tab
	// vacant says that there is nothing for a tab that is there: no rows of its year, or its company was taken out.
	vacant bool
	undoes export.ID // the run before which the tab stood as it is to stand again; empty if it gets rows
}

// whole returns the exporter as if its rows were not split: all of them below one another.
func whole(e export.Exporter) export.Exporter {
	if e.Split == export.SplitCompany {
		e.Options = maps.Clone(e.Options)
		delete(e.Options, export.OptCompanies) // side by side means nothing to tabs
	}
	e.Split = export.SplitNone
	return e
}

// addDate makes sure that the date is read by which rows are split.
func (in *inputs) addDate(e export.Exporter) {
	in.date = export.DateColumn(in.definition, e.Options)
	if !slices.Contains(in.columns, in.date) {
		in.columns, in.dateExtra = append(slices.Clone(in.columns), in.date), true
	}
}

// share divides what was read among the tabs.
func (j *job) share(ctx context.Context, in inputs, g *gathered) error {
	if err := j.readTabs(ctx); err != nil {
		return err
	}
	var err error
	if j.exporter.Split == export.SplitYear {
		err = j.shareYears(in, g)
	} else {
		err = j.shareCompanies(in, g)
	}
	if err != nil {
		return err
	}
	if n := len(g.shares); n > export.MostParts {
		return problem.New(problem.SpreadsheetFull, "The rows would take %d tabs; one exporter writes at most %d.", n,
			export.MostParts).
			WithHint("Read a shorter range of dates, or split the rows otherwise. Nothing was written.")
	}
	return nil
}

// shareCompanies gives each company a tab, in the exporter's order, as if the exporter had that company alone. Behind
// them come the tabs of companies that were taken out.
func (j *job) shareCompanies(in inputs, g *gathered) error {
	for _, p := range g.parts {
		rows, warnings, err := in.combine([]part{p}, j.run, j.o.Now())
		if err != nil {
			return err
		}
		g.warnings = append(g.warnings, export.Warnings(export.WarnMerge, p.company.Realm, warnings...)...)
		of := export.Part{Split: export.SplitCompany, Of: string(p.company.Realm), Name: p.company.Name}
		j.addShare(in, g, share{tab: j.tabs.find(of, j.exporter.Target.Sheet)}, rows, []part{p})
	}
	for _, t := range j.tabs.begun(export.SplitCompany) {
		realm := export.RealmID(t.Of)
		if slices.Contains(j.exporter.Companies, realm) {
			continue
		}
		gone := []part{{company: export.Company{Realm: realm, Name: t.Name}}}
		s := share{tab: j.tabs.find(t.Part, j.exporter.Target.Sheet), vacant: true}
		j.addShare(in, g, s, j.o.Spools.New(table.Schema{Columns: t.Columns}), gone)
	}
	return nil
}

// shareYears gives each year a tab, in order. Rows without a date come last. Years that have a tab and no rows are
// among them.
func (j *job) shareYears(in inputs, g *gathered) error {
	all, warnings, err := in.combine(g.parts, j.run, j.o.Now())
	if err != nil {
		return err
	}
	g.warnings = export.Warnings(export.WarnMerge, "", warnings...)
	years, columns, err := in.divide(all, j.exporter.Schedule.Location())
	if err != nil {
		return err
	}
	vacant := map[string]bool{}
	for _, t := range j.tabs.begun(export.SplitYear) {
		vacant[t.Of] = years[t.Of] == nil
	}
	if len(years)+len(vacant) == 0 {
		vacant[in.today.Format("2006")] = false // titles show what would stand there
	}
	order := slices.SortedFunc(maps.Keys(mergeKeys(years, vacant)), compareYears)
	for _, year := range order {
		rows := years[year]
		if rows == nil {
			rows = j.o.Spools.New(table.Schema{Columns: columns})
		}
		of := export.Part{Split: export.SplitYear, Of: year, Name: cmp.Or(year, "without date")}
		s := share{tab: j.tabs.find(of, j.exporter.Target.Sheet), vacant: vacant[year]}
		j.addShare(in, g, s, rows, g.parts)
	}
	return nil
}

func mergeKeys(years map[string]*table.Spool, vacant map[string]bool) map[string]bool {
	all := maps.Clone(vacant)
	for year := range years {
		all[year] = false
	}
	return all
}

// compareYears sorts rows without a date behind all years.
func compareYears(a, b string) int {
	if (a == "") != (b == "") {
		return -strings.Compare(a, b)
	}
	return strings.Compare(a, b)
}

// addShare adds what a tab gets.
func (j *job) addShare(in inputs, g *gathered, s share, rows *table.Spool, parts []part) {
	s.gathered = gathered{
		parts: parts, rows: rows, snapshot: g.snapshot, partial: g.partial, deleted: g.deleted,
		note: j.composeNote(in, parts), heading: j.composeHeading(in, parts),
	}
	if s.tab.Split == export.SplitYear {
		title := in.definition.Info().Title
		s.note = strings.Replace(s.note, title, title+" "+s.tab.Name, 1)
		if s.heading != nil {
			s.heading.Title += " " + s.tab.Name
		}
	}
	g.shares = append(g.shares, s)
}

// divide divides rows by year. Instants belong to the year that it is then in zone. It also returns the columns of the
// parts.
func (in inputs) divide(all *table.Spool, zone *time.Location) (map[string]*table.Spool, []table.Column, error) {
	columns := slices.Clone(all.Schema().Columns)
	at := slices.IndexFunc(columns, func(c table.Column) bool { return c.ID == in.date })
	if at < 0 {
		return nil, nil, fmt.Errorf("splitting rows by %s, which they do not have", in.date)
	}
	if in.dateExtra {
		columns = slices.Delete(columns, at, at+1)
	}
	years := map[string]*table.Spool{}
	cells := make([]table.Cell, 0, len(columns)+1)
	for row, err := range all.Scan() {
		if err != nil {
			return nil, nil, err
		}
		year := yearOf(row.Cells[at], zone)
		if years[year] == nil {
			years[year] = all.Beside(table.Schema{Columns: columns})
		}
		if in.dateExtra {
			cells = append(append(cells[:0], row.Cells[:at]...), row.Cells[at+1:]...)
			row.Cells = cells
		}
		if err := years[year].Add(row); err != nil {
			return nil, nil, err
		}
	}
	for _, rows := range years {
		rows.Seal()
	}
	return years, columns, nil
}

// yearOf returns the year of a date or an instant; empty if the cell holds neither.
func yearOf(c table.Cell, zone *time.Location) string {
	t, ok := c.Time()
	if !ok {
		return ""
	}
	if c.Kind() == table.DateTime {
		t = t.In(zone)
	}
	return t.Format("2006")
}

// totals returns the control totals of all rows.
func (g gathered) totals() table.Totals {
	if g.shares == nil {
		return g.rows.Totals()
	}
	var all table.Totals
	for _, s := range g.shares {
		all.Merge(s.rows.Totals())
	}
	return all
}
