package web

import (
	"context"
	"strings"
	"testing"

	"ledgersheet/internal/control"
)

// besideDemo is a demo that could run beside a site.
type besideDemo struct{ runs bool }

func (d *besideDemo) Start(context.Context) (control.DemoPlace, error) {
	d.runs = true
	return d.Place(), nil
}

func (d *besideDemo) Place() control.DemoPlace {
	if !d.runs {
		return control.DemoPlace{}
	}
	return control.DemoPlace{URL: "http://127.0.0.1:9/", Email: "demo@example.com", Password: "demo-demo-demo"}
}

// demoStage is an empty installation beside which the demo runs.
func demoStage(t *testing.T) (*site, []scene) {
	s := newSite(t, siteOptions{beside: &besideDemo{runs: true}}).signIn()
	return s, []scene{{name: "home", path: "/", says: "The demo runs beside"}}
}

// TestTryTheDemo starts the demo from the empty page, where that is possible, and says else how.
func TestTryTheDemo(t *testing.T) {
	t.Parallel()
	const command, button = "ledgersheet demo --addr", `action="/start/demo"`
	s := newSite(t, siteOptions{}).signIn()
	if body := s.get("/").body; !strings.Contains(body, command) || strings.Contains(body, button) {
		t.Error("the page of a server elsewhere offers the wrong thing")
	}
	if a := s.post("/start/demo", nil); a.status != 409 || !strings.Contains(a.body, "on your own computer") {
		t.Errorf("starting it there: %d\n%s", a.status, a.body)
	}
	s = newSite(t, siteOptions{beside: &besideDemo{}}).signIn()
	if body := s.get("/").body; strings.Contains(body, command) || !strings.Contains(body, button) {
		t.Error("the page of a server here offers no button")
	}
	s.wantSent("/start/demo", nil, "/#demo")
	if body := s.get("/").body; !strings.Contains(body, `href="http://127.0.0.1:9/"`) ||
		!strings.Contains(body, "demo-demo-demo") {
		t.Error("the page does not lead to the demo")
	}
}
