package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// A split exporter has a tab for each year or company. Each tab is an ordinary write of its own, with an owner, marks,
// kept states and traces of its own, so it changes as a whole; the tabs together do not. A run writes them one after the
// other and stops at the first that fails. The next run writes all of them, which changes only those that are not right.

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
			export.MostParts).WithHint("Read a shorter range of dates, or split the rows otherwise. Nothing was written.")
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
		j.addShare(in, g, s, table.NewSpool(table.Schema{Columns: t.Columns}), gone)
	}
	return nil
}

// shareYears gives each year a tab, in order. Rows without a date come last. Years that have a tab and no rows are among
// them.
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
			rows = table.NewSpool(table.Schema{Columns: columns})
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
			years[year] = table.NewSpool(table.Schema{Columns: columns})
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

// skips reports whether nothing is to be done for a tab that gets no rows: it has none, or keeps what it has.
func (j *job) skips(s share) bool {
	return s.vacant && (s.tab.Rows == 0 || j.exporter.Mode == export.Append)
}

// putShares has each tab written. The run's record gets their sums.
func (j *job) putShares(ctx context.Context, g gathered, a export.GoogleAccount) error {
	sum := shareSum{set: change.Set{Complete: true}}
	j.tabs.expected = len(g.shares)
	for i := range g.shares {
		s := &g.shares[i]
		if j.skips(*s) {
			j.report(func(run *export.Run) { run.Rows += s.tab.Rows })
			continue
		}
		if err := j.putShare(ctx, s, a, &sum); err != nil {
			return sum.explain(err)
		}
	}
	j.tab = nil
	j.finishShares(ctx, &sum)
	return nil
}

// shareSum adds up what a run has done to its tabs.
type shareSum struct {
	set     change.Set
	written []string // the titles of the tabs that were changed
	old     bool     // some tab was there before
	url     string   // of the tab that people are shown: the newest year, or the first company
	lost    bool     // what stood before on one of them is not kept
}

// putShare has a tab written, and adds what that did to the run's record.
func (j *job) putShare(ctx context.Context, s *share, a export.GoogleAccount, sum *shareSum) error {
	j.tab, j.undoes, j.undoable = &s.tab, s.undoes, false
	w, err := j.newRequest(ctx, s.gathered)
	if err != nil {
		return err
	}
	res, set, err := export.Put(ctx, j.o.Destination, w)
	if err != nil {
		j.keepStopped(ctx, sum, set, err)
		return nameAccount(err, a)
	}
	if sum.url == "" || s.tab.Split == export.SplitYear && s.tab.Of != "" {
		sum.url = res.Target.URL
	}
	target := j.targetOf(res.Target)
	target.URL = sum.url
	if err := j.saveTarget(ctx, target); err != nil {
		return err
	}
	if err := j.finishShare(ctx, s, res); err != nil {
		return err
	}
	isNew := s.tab.First == "" || s.tab.First == j.run
	if err := j.saveTab(ctx, s, w, res); err != nil {
		return err
	}
	sum.old = sum.old || !isNew
	if !res.Unchanged {
		sum.take(s.tab, set)
		sum.lost = sum.lost || !isNew && !j.undoable
	}
	j.sent += res.Rows
	j.report(func(run *export.Run) {
		run.HandEdits += set.Edited
		run.Rows += res.Rows
		run.Added, run.Changed, run.Removed = sum.set.Added, sum.set.Changed, sum.set.Removed
		if w.Rows != nil {
			run.Columns = max(run.Columns, len(w.Rows.Schema().Columns))
		}
		run.URL = sum.url
		run.Warnings = append(run.Warnings, res.Warnings...)
		run.Exporter.Target = j.exporter.Target
	})
	return nil
}

// finishShare stores what the next write of a tab needs.
func (j *job) finishShare(ctx context.Context, s *share, res export.WriteResult) error {
	if j.undoes != "" {
		return j.forget(ctx, res)
	}
	if err := j.putMarks(ctx, s.parts, res); err != nil || j.trigger != export.TriggerUndo {
		return err
	}
	for _, realm := range j.realms() { // nothing was known before the tab was begun
		if err := j.resetState(ctx, realm); err != nil {
			return err
		}
	}
	return nil
}

// saveTab stores what is now known about a tab.
func (j *job) saveTab(ctx context.Context, s *share, w export.WriteRequest, res export.WriteResult) error {
	t := &s.tab
	t.Sheet, t.Tab, t.Rows = res.Target.Sheet, res.Target.Tab, res.Rows
	if t.First == "" {
		t.First = j.run
	}
	if w.Rows != nil {
		t.Columns = w.Rows.Schema().Columns
	}
	j.tabs.keep(*t)
	if j.tabs.Stopped == j.owner() {
		j.tabs.Stopped = ""
	}
	return j.putTabs(ctx)
}

// take adds what was done to a tab. Rows are told apart by the tab's name.
func (sum *shareSum) take(t tab, set *change.Set) {
	sum.written = append(sum.written, t.Sheet)
	all := &sum.set
	all.Rows += set.Rows
	all.Added, all.Changed, all.Removed = all.Added+set.Added, all.Changed+set.Changed, all.Removed+set.Removed
	all.Cells, all.Edited = all.Cells+set.Cells, all.Edited+set.Edited
	all.Complete = all.Complete && set.Complete
	all.Edits = append(all.Edits, set.Edits...)
	for _, item := range set.Items {
		item.Key = joinKey(t.Name, item.Key)
		all.Items = append(all.Items, item)
	}
	rank := map[change.Kind]int{change.Changed: 0, change.Added: 1, change.Removed: 2}
	slices.SortStableFunc(all.Items, func(a, b change.Item) int { return rank[a.Kind] - rank[b.Kind] })
}

func joinKey(name, key string) string {
	if key == "" {
		return name
	}
	return name + " · " + key
}

// finishShares records what all tabs together were.
func (j *job) finishShares(ctx context.Context, sum *shareSum) {
	changed := len(sum.written) > 0
	if changed {
		j.keepDifference(ctx, &sum.set)
	}
	j.report(func(run *export.Run) {
		run.Unchanged = !changed
		run.Undoable = changed && sum.old && !sum.lost
		run.Progress.Phase, run.Progress.RowsWritten = export.PhaseDone, run.Rows
		if run.URL == "" {
			run.URL = j.exporter.Target.URL
		}
	})
}

// keepStopped stores which tab could not be written, and what was done to the others or edited by people.
func (j *job) keepStopped(ctx context.Context, sum *shareSum, set *change.Set, err error) {
	if p, ok := errors.AsType[*problem.Problem](err); ok && len(p.Remedies) > 0 {
		j.tabs.Stopped = j.owner()
		if err := j.putTabs(context.WithoutCancel(ctx)); err != nil {
			j.log.WarnContext(ctx, "which tab could not be written was not kept", "run", string(j.run), "error", err.Error())
		}
	}
	if len(sum.written) == 0 {
		j.keepEdits(ctx, set, err)
		return
	}
	if stoppedForEdits(j.exporter, set, err) {
		sum.set.Edited, sum.set.Edits = sum.set.Edited+set.Edited, append(sum.set.Edits, set.Edits...)
		j.report(func(run *export.Run) { run.HandEdits = sum.set.Edited })
	}
	j.keepDifference(ctx, &sum.set)
}

// explain tells of the tabs that were written before another one failed.
func (sum *shareSum) explain(err error) error {
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok || len(sum.written) == 0 {
		return err
	}
	named := *p
	done := fmt.Sprintf("%d tabs have", len(sum.written))
	if len(sum.written) == 1 {
		done = fmt.Sprintf("The tab %q has", sum.written[0])
	}
	done += " the new rows already; the others keep their previous ones until the next run."
	named.Hint = strings.TrimSpace(strings.ReplaceAll(p.Hint, "Nothing was written.", "")) + " " + done
	named.Hint = strings.TrimSpace(named.Hint)
	return &named
}

// budget returns how many bytes of changed rows the write that is made now may hold.
func (j *job) budget() int {
	if j.tab == nil {
		return differenceBudget
	}
	return differenceBudget / max(1, j.tabs.expected)
}

// prepareAll finds out what writing all tabs would do.
func (j *job) prepareAll(ctx context.Context, g gathered) (DryRun, error) {
	if g.shares == nil {
		return j.prepare(ctx, g)
	}
	var all DryRun
	sum, commits := shareSum{set: change.Set{Complete: true}}, 0
	j.tabs.expected = len(g.shares)
	for i := range g.shares {
		s := &g.shares[i]
		s.account = g.account
		if j.skips(*s) {
			sum.set.Rows += s.tab.Rows
			continue
		}
		j.tab, j.undoes = &s.tab, s.undoes
		dry, err := j.prepare(ctx, s.gathered)
		if err != nil {
			return DryRun{}, err
		}
		commit := dry.Requests.Sheets - j.sheets.Count()
		if j.exporter.Target.Spreadsheet == "" && i > 0 {
			commit = max(0, commit-1) // only the first makes the spreadsheet; the others look at it
		}
		commits += commit
		sum.take(s.tab, dry.Change)
		all.Warnings = append(all.Warnings, dry.Warnings...)
	}
	j.tab = nil
	all.Change = &sum.set
	all.Requests = export.Requests{QuickBooks: j.quickBooks.Count(), Sheets: j.sheets.Count() + commits}
	return all, nil
}
