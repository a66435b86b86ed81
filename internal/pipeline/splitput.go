package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// skips reports whether nothing is to be done for a tab that gets no rows: it has none, or keeps what it has.
func (j *job) skips(s share) bool {
	return s.vacant && (s.tab.Rows == 0 || j.exporter.Mode == export.Append)
}

// putShares has each tab written. The run's record gets their sums.
func (j *job) putShares(ctx context.Context, g gathered, a export.GoogleAccount) error {
	sum, err := j.resumeSum(ctx)
	if err != nil {
		return err
	}
	j.tabs.expected = len(g.shares)
	for i := range g.shares {
		s := &g.shares[i]
		if j.skips(*s) {
			j.report(func(run *export.Run) { run.Rows += s.tab.Rows })
			continue
		}
		if err := j.putShare(ctx, s, a, sum); err != nil {
			return sum.explain(err)
		}
	}
	j.tab = nil
	j.finishShares(ctx, sum)
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

// resumeSum returns what earlier attempts of the run have done.
func (j *job) resumeSum(ctx context.Context) (*shareSum, error) {
	sum := &shareSum{set: change.Set{Complete: true}}
	for _, t := range j.tabs.List {
		if t.Last != nil && t.Last.Run == j.run {
			sum.take(t, &t.Last.Set)
			sum.lost = sum.lost || t.Last.Lost
		}
	}
	if len(sum.written) == 0 {
		return sum, nil
	}
	kept, err := j.Difference(ctx, j.run)
	if problem.HasCode(err, problem.NotFound) {
		kept, err = &change.Set{}, nil
	}
	if err != nil {
		return nil, err
	}
	sum.set.Items, sum.set.Edits = kept.Items, kept.Edits
	sum.set.Complete = len(kept.Items) == sum.set.Added+sum.set.Changed+sum.set.Removed
	j.report(sum.tell)
	return sum, nil
}

// tell records what was done so far.
func (sum *shareSum) tell(run *export.Run) {
	run.Added, run.Changed, run.Removed = sum.set.Added, sum.set.Changed, sum.set.Removed
	run.HandEdits, run.Cells = sum.set.Edited, sum.set.Cells
}

// note records what a run has done to the tab, besides what it had done before.
func (t *tab) note(run export.ID, set *change.Set, lost bool) {
	last := lastWrite{Run: run, Lost: lost}
	if t.Last != nil && t.Last.Run == run {
		last = *t.Last
		last.Lost = last.Lost || lost
	}
	last.Set.Count(set)
	t.Last = &last
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
		return NameAccount(err, a)
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
	sum.old = sum.old || !isNew
	if !res.Unchanged {
		sum.take(s.tab, set)
		s.tab.note(j.run, set, !isNew && !j.undoable)
		sum.lost = sum.lost || s.tab.Last.Lost
	}
	if err := j.saveTab(ctx, s, w, res); err != nil {
		return err
	}
	j.sent += res.Rows
	j.report(func(run *export.Run) {
		sum.tell(run)
		run.Rows += res.Rows
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
	if !slices.Contains(sum.written, t.Sheet) {
		sum.written = append(sum.written, t.Sheet)
	}
	all := &sum.set
	all.Count(set)
	all.Complete = all.Complete && set.Complete
	for _, edit := range set.Edits {
		if edit.Place != "" {
			edit.Place = t.Sheet + "!" + edit.Place
		}
		all.Edits = append(all.Edits, edit)
	}
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
	j.report(func(run *export.Run) {
		sum.set.Rows = run.Rows
		run.Unchanged = !changed
		run.Undoable = changed && sum.old && !sum.lost
		run.Progress.Phase, run.Progress.RowsWritten = export.PhaseDone, run.Rows
		if run.URL == "" {
			run.URL = j.exporter.Target.URL
		}
	})
	if changed {
		j.keepDifference(ctx, &sum.set)
	}
}

// keepStopped stores which tab could not be written, and what was done to the others or edited by people.
func (j *job) keepStopped(ctx context.Context, sum *shareSum, set *change.Set, err error) {
	if p, ok := errors.AsType[*problem.Problem](err); ok && len(p.Remedies) > 0 {
		j.tabs.Stopped = j.owner()
		if err := j.putTabs(context.WithoutCancel(ctx)); err != nil {
			j.log.WarnContext(ctx, "which tab could not be written was not kept", "run", string(j.run), "error",
				err.Error())
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
