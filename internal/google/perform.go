package google

import (
	"context"
	"fmt"
	"slices"

	"ledgersheet/internal/export"
)

// Commit implements export.Write.
func (r *write) Commit(ctx context.Context) (export.WriteResult, error) {
	if r.w.Target.Spreadsheet == "" {
		if err := r.begin(ctx); err != nil {
			return export.WriteResult{}, err
		}
	}
	if r.place.move != nil {
		if err := r.carryOver(ctx); err != nil {
			return export.WriteResult{}, err
		}
	}
	if r.isSame() {
		res, err := r.finishUnchanged(ctx)
		res.Warnings = append(res.Warnings, r.settleDoubles(ctx)...)
		return res, err
	}
	if err := r.refuseEdits(); err != nil {
		return export.WriteResult{}, err
	}
	if err := r.announce(); err != nil {
		return export.WriteResult{}, err
	}
	if err := r.put(ctx); err != nil {
		return export.WriteResult{}, r.explainProtected(ctx, err)
	}
	res := r.result()
	res.Warnings = append(res.Warnings, r.settleDoubles(ctx)...)
	return res, nil
}

// begin creates the spreadsheet and looks at it.
func (r *write) begin(ctx context.Context) error {
	target := r.w.Target
	var err error
	if target.Spreadsheet, r.made, err = r.create(ctx, target, r.w.Title); err != nil {
		return err
	}
	if target.Template != "" {
		if err := r.clean(ctx, target.Spreadsheet); err != nil {
			return err
		}
	}
	target.Created = true
	r.w.Target = target
	if err := r.w.Found(target); err != nil {
		return err
	}
	if err := r.look(ctx); err != nil {
		return err
	}
	return r.decide(ctx)
}

// finishUnchanged ends a run that has no rows to write. It only keeps a month's end, and deletes hidden tabs that a
// dead run may have left.
func (r *write) finishUnchanged(ctx context.Context) (export.WriteResult, error) {
	if r.plan.kept.monthEnd {
		if err := r.putMonthEnd(ctx); err != nil {
			return export.WriteResult{}, err
		}
		r.checkMonthEnd(ctx)
	} else if left := r.leftovers(); len(left) > 0 {
		gone := func(st *state) bool {
			return !slices.ContainsFunc(st.tabs, func(t tab) bool { return t.staging == r.w.Owner })
		}
		if err := r.batch(ctx, left, gone); err != nil {
			return export.WriteResult{}, err
		}
	}
	res := r.result()
	res.TraceRun = r.place.stamp.Run
	res.Unchanged = res.TraceRun != r.w.Run || r.w.NextRun != r.w.Run // else it wrote, and died before it could tell
	if r.begun {
		res.Unchanged, r.set.Reversible = false, false // what it did is not about rows
	}
	return res, nil
}

// announce says what the commit will leave, before it is sent.
func (r *write) announce() error {
	if r.w.Planned == nil {
		return nil
	}
	return r.w.Planned(export.Planned{
		Trace: r.change.Trace(), Before: r.lastTrace(), BeforeRun: r.place.stamp.Run, Undoable: r.plan.kept.state,
	})
}

func (r *write) put(ctx context.Context) error {
	if err := r.putRows(ctx); err != nil {
		return err
	}
	r.checkMonthEnd(ctx)
	r.dress(ctx)
	return nil
}

func (r *write) putRows(ctx context.Context) error {
	if r.picked != nil {
		body, err := r.smallBody()
		if err != nil {
			return err
		}
		if len(body) <= r.c.o.MaxBody+r.plan.linkBytes || r.copies() { // an undo has no rows that could be sent apart
			return r.putSmall(ctx, body)
		}
	}
	if r.known != nil {
		return export.ErrDoubt
	}
	return r.putStaged(ctx)
}

func (r *write) result() export.WriteResult {
	target := r.w.Target
	target.Spreadsheet, target.Sheet, target.Tab = r.state.id, r.plan.title, &r.plan.tabID
	target.URL = r.state.url
	if target.URL == "" {
		target.URL = spreadsheetBase + r.state.id + "/edit"
	}
	target.URL += fmt.Sprintf("#gid=%d", r.plan.tabID)
	res := export.WriteResult{
		Target: target, Rows: r.set.Rows, Trace: r.change.Trace(), TraceRun: r.w.Run, Known: r.knowledge(),
	}
	if r.cut > 0 {
		r.warnings = append(r.warnings, cutWarning(r.cut))
	}
	if text := r.plan.fullness(); text != "" {
		r.warnings = append(r.warnings, text)
	}
	if text := r.plan.kept.warning; text != "" {
		r.warnings = append(r.warnings, text)
	}
	r.warnings = append(r.warnings, r.plan.overlays.warnings...)
	if !r.isSame() {
		r.warnings = append(r.warnings, r.keptWarnings()...)
	}
	res.Warnings = export.Warnings(export.WarnWrite, "", r.warnings...)
	return res
}
