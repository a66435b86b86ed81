package control

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
)

const firstStepsSetting = "first_steps"

// firstSteps is what people have said about the checklist of the first steps.
type firstSteps struct {
	ClosedAt time.Time `json:"closed_at,omitzero"`
}

// FirstSteps is how far an installation has come on its way to sheets that keep themselves current.
type FirstSteps struct {
	Companies, Accounts int // that are connected
	Exporters           int
	// Scheduled is the first run that its schedule began and that succeeded; nil if there is none yet.
	Scheduled *export.Run
	Closed    bool // a person has read that all is done
}

// Done reports whether all steps are.
func (f FirstSteps) Done() bool { return f.Scheduled != nil }

// FirstSteps returns how far the installation has come, given how many connections and exporters it has. Whoever cannot
// make exporters is told that it is closed.
func (d *Desk) FirstSteps(ctx context.Context, companies, accounts, exporters int) (FirstSteps, error) {
	f := FirstSteps{Companies: companies, Accounts: accounts, Exporters: exporters}
	if d.allow(access.Edit, access.Thing{}, "exporter") != nil {
		f.Closed = true
		return f, nil
	}
	said, err := readSetting[firstSteps](ctx, d.core, firstStepsSetting)
	if err != nil {
		return f, err
	}
	if f.Closed = !said.ClosedAt.IsZero(); f.Closed || exporters == 0 {
		return f, nil
	}
	for _, trigger := range []export.Trigger{export.TriggerSchedule, export.TriggerCatchUp} {
		runs, _, err := d.Runs(ctx, export.RunFilter{Status: export.RunSucceeded, Trigger: trigger, Limit: 20})
		if err != nil {
			return f, fmt.Errorf("reading the history: %w", err)
		}
		// A reconnected company is caught up with, too, when no due time was missed.
		i := slices.IndexFunc(runs, func(r export.Run) bool {
			return trigger == export.TriggerSchedule || !r.Due.IsZero()
		})
		if i >= 0 {
			f.Scheduled = &runs[i]
			break
		}
	}
	return f, nil
}

// CloseFirstSteps notes that a person has read that all steps are done.
func (d *Desk) CloseFirstSteps(ctx context.Context) error {
	if err := d.allow(access.Edit, access.Thing{}, "exporter"); err != nil {
		return err
	}
	_, err := changeSetting(ctx, d.core, firstStepsSetting, func(f *firstSteps) error {
		f.ClosedAt = d.o.Now()
		return nil
	})
	return err
}
