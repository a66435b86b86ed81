package control

import (
	"context"

	"ledgersheet/internal/access"
	"ledgersheet/internal/problem"
)

// Demo is an installation with simulated companies and spreadsheets that can run beside this one, apart from it.
type Demo interface {
	// Start starts the demo unless it runs, and returns where it is once it can be opened.
	Start(ctx context.Context) (DemoPlace, error)
	// Place returns where the demo is; zero if it does not run.
	Place() DemoPlace
}

// DemoPlace is where a demo is, and how to sign in there.
type DemoPlace struct{ URL, Email, Password string }

// MayTryDemo reports whether the actor may start the demo beside this installation, and where it is if it runs.
func (d *Desk) MayTryDemo() (DemoPlace, bool) {
	if d.o.Demo == nil || d.allow(access.Edit, access.Installation(), "installation") != nil {
		return DemoPlace{}, false
	}
	return d.o.Demo.Place(), true
}

// TryDemo starts the demo beside this installation unless it runs. Those who may edit may.
func (d *Desk) TryDemo(ctx context.Context) (DemoPlace, error) {
	if err := d.allow(access.Edit, access.Installation(), "installation"); err != nil {
		return DemoPlace{}, err
	}
	if d.o.Demo == nil {
		return DemoPlace{}, problem.New(problem.Conflict, "The demo cannot be started from here.").
			WithHint("Run ledgersheet demo on your own computer.")
	}
	return d.o.Demo.Start(ctx)
}
