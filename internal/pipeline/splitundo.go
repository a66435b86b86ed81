package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// undoShares has what stood before another run put back on each tab. It asks QuickBooks nothing.
func (j *job) undoShares(ctx context.Context, a export.GoogleAccount) error {
	shares, err := j.findUndone(ctx)
	if err != nil {
		return err
	}
	return j.putShares(ctx, gathered{shares: shares}, a)
}

// findUndone returns what the tabs get that have changed since before the run that is undone. A tab that it or a later
// run began gets no rows. It fails if one of them cannot be put back.
func (j *job) findUndone(ctx context.Context) ([]share, error) {
	if err := j.readTabs(ctx); err != nil {
		return nil, err
	}
	run := j.undoes
	in := inputs{definition: j.definitions[j.exporter.Definition]}
	var g gathered
	for _, t := range j.tabs.begun(j.exporter.Split) {
		if t.Sheet == "" || t.Tab == nil {
			return nil, notKept("The tabs stand elsewhere now.")
		}
		j.tab = &t
		if t.First >= run {
			if t.Rows > 0 {
				parts, err := j.partsOf(ctx, t)
				if err != nil {
					return nil, err
				}
				j.addShare(in, &g, share{tab: t}, table.NewSpool(table.Schema{Columns: t.Columns}), parts)
				g.shares[len(g.shares)-1].replaces = true
			}
			continue
		}
		last, err := j.lastBefore(ctx, run)
		if err != nil {
			return nil, err
		}
		if last != "" {
			g.shares = append(g.shares, share{tab: t, undoes: last})
		}
	}
	j.tab = nil
	if len(g.shares) == 0 {
		return nil, notKept("Nothing is kept any more of what stood before that run.")
	}
	return g.shares, nil
}

// lastBefore returns the run before which the tab stood as it did before a run: that run, or the next that has changed
// the tab. It is empty if none has. A run that could not do what it had announced has left the tab as it was.
func (j *job) lastBefore(ctx context.Context, run export.ID) (export.ID, error) {
	list, err := j.readBefores(ctx)
	if err != nil {
		return "", err
	}
	known := slices.SortedFunc(slices.Values(list[:]), func(a, b before) int { return cmp.Compare(a.Seq, b.Seq) })
	known = slices.DeleteFunc(known, func(b before) bool { return b.Run == "" })
	first := slices.IndexFunc(known, func(b before) bool { return b.Run >= run })
	if first < 0 {
		return "", nil
	}
	if first == 0 && len(known) == keptBefores && known[0].Run != run {
		return "", notKept(fmt.Sprintf("The tab %q has changed too often since.", j.tab.Sheet))
	}
	for _, b := range known[first:] {
		if !b.sameTrace(known[first]) {
			break
		}
		if err = j.canUndo(ctx, b.Run); err == nil {
			return b.Run, nil
		}
	}
	return "", err
}

// canUndo finds out whether the destination keeps what stood on the tab before a run.
func (j *job) canUndo(ctx context.Context, run export.ID) error {
	was := j.undoes
	defer func() { j.undoes = was }()
	j.undoes = run
	_, err := j.prepare(ctx, gathered{})
	return err
}

// partsOf returns the companies whose rows a tab holds, without rows.
func (j *job) partsOf(ctx context.Context, t tab) ([]part, error) {
	if t.Split == export.SplitCompany {
		return []part{{company: export.Company{Realm: export.RealmID(t.Of), Name: t.Name}}}, nil
	}
	var parts []part
	for _, realm := range j.exporter.Companies {
		c, err := j.o.Store.Company(ctx, realm)
		if err != nil {
			return nil, fmt.Errorf("reading the company: %w", err)
		}
		parts = append(parts, part{company: c})
	}
	return parts, nil
}

func notKept(why string) error {
	return problem.New(problem.SheetConflict, "The run cannot be undone. %s", why).
		WithHint("The tabs stay as they are. Google's own version history (File, Version history) may have what you " +
			"are looking for.").Lasting()
}

// resetState forgets how far a company was read.
func (j *job) resetState(ctx context.Context, realm export.RealmID) error {
	if _, keeps := j.definitions[j.exporter.Definition].(export.ChangeLog); !keeps {
		return nil
	}
	return j.putMark(ctx, export.MarkKey(j.exporter.ID, realm), nil)
}
