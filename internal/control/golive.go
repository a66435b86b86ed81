package control

import (
	"context"
	"slices"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/problem"
)

// Tick says whether a point of the checklist is done that the program cannot see.
func (d *Desk) Tick(ctx context.Context, id string, done bool) error {
	all, err := d.Checklist(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(c Check) bool { return c.ID == id && c.Ticks })
	if i < 0 {
		return problem.New(problem.NotFound, "There is no such point to tick.")
	}
	_, err = changeSetting(ctx, d.core, goingLiveSetting, func(g *goingLive) error {
		if g.Ticked == nil {
			g.Ticked = map[string]time.Time{}
		}
		if delete(g.Ticked, id); done {
			g.Ticked[id] = d.o.Now()
		}
		return nil
	})
	return err
}

// Assessed notes the day on which Intuit's questionnaire was last answered. The zero time forgets it.
func (d *Desk) Assessed(ctx context.Context, on time.Time) error {
	if err := d.allow(access.Connect, access.Installation(), "installation"); err != nil {
		return err
	}
	if on.After(d.o.Now()) {
		var wrong problem.Collect
		wrong.Add("assessed", "must not be in the future")
		return wrong.Err()
	}
	_, err := changeSetting(ctx, d.core, goingLiveSetting, func(g *goingLive) error {
		g.AssessedAt = on
		return nil
	})
	if err == nil {
		d.audit(ctx, d.who, "installation.assessed", "", day(on))
	}
	return err
}

// AssessedAt returns the day on which Intuit's questionnaire was last answered; zero if nobody has said.
func (d *Desk) AssessedAt(ctx context.Context) (time.Time, error) {
	if err := d.allow(access.Connect, access.Installation(), "installation"); err != nil {
		return time.Time{}, err
	}
	live, err := readSetting[goingLive](ctx, d.core, goingLiveSetting)
	return live.AssessedAt, err
}

// ExamineChecklist returns the points of the checklist that the settings alone do not show.
func (d *Desk) ExamineChecklist(ctx context.Context) ([]Finding, error) {
	all, err := d.Checklist(ctx)
	if err != nil {
		return nil, err
	}
	var found []Finding
	for _, c := range all {
		if c.Known {
			continue
		}
		f := Finding{About: c.Provider + ": " + c.Title, Wrong: c.State == CheckTodo && !c.Optional, Says: c.Says}
		switch {
		case f.Wrong:
			f.Remedy = c.Do
		case f.Says == "":
			f.Says = "cannot be seen from here; tick it on " + d.o.BaseURL + "/connections/production"
		}
		found = append(found, f)
	}
	return found, nil
}
