package control_test

import (
	"context"
	"errors"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"ledgersheet/internal/access"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/progress"
)

// person returns an actor with a role, and with all companies unless some are named.
func person(role access.Role, companies ...export.RealmID) control.Actor {
	u := export.User{Email: string(role) + "@example.com", Role: string(role), Companies: companies}
	return control.Person(u, "s")
}

// Nothing can be asked or done without an actor: what is left on Control is for the program itself.
func TestControlAsksNobody(t *testing.T) {
	t.Parallel()
	methods := func(v any) (names []string) {
		for m := range reflect.TypeOf(v).Methods() {
			names = append(names, m.Name)
		}
		return names
	}
	system := []string{"AccountEnded", "AccountRefreshed", "As", "CausesAmong", "CompanyEnded", "CompanyRefreshed",
		"CompanyTold", "OfferServiceAccount", "PackRuns", "RevokeOwed", "StoreCause"}
	if got := methods(&control.Control{}); !slices.Equal(got, system) {
		t.Errorf("Control has %q, want only what the program itself calls: %q", got, system)
	}
	for _, name := range methods(&control.Desk{}) {
		if slices.Contains(system, name) {
			t.Errorf("a desk has %s, which is the program's", name)
		}
	}
}

// What each call answers to actors who may not see its thing, who may see it but not do that, and who may.
func TestWhoMay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	pair, own := b.create(b.input(alder, birch)), b.create(b.input(birch))
	run := func(e export.Exporter) export.ID {
		r, _, err := b.RunNow(b.ctx, e.ID)
		must(t, err)
		return r.ID
	}
	pairRun := run(pair)
	undoable := b.changing(b.create(b.input(alder, birch)))
	for _, test := range []struct {
		name  string
		verb  access.Verb
		whole bool // only for actors with all companies
		call  func(d *control.Desk) error
	}{
		{"Company", access.See, false, func(d *control.Desk) error {
			_, err := d.Company(b.ctx, alder)
			return err
		}},
		{"Exporter", access.See, false, func(d *control.Desk) error {
			_, err := d.Exporter(b.ctx, pair.ID)
			return err
		}},
		{"Run", access.See, false, func(d *control.Desk) error {
			_, err := d.Run(b.ctx, pairRun)
			return err
		}},
		{"Difference", access.See, false, func(d *control.Desk) error {
			_, err := d.Difference(b.ctx, pairRun)
			return err
		}},
		{"Evidence", access.See, false, func(d *control.Desk) error {
			_, err := d.Evidence(b.ctx, pairRun)
			if problem.HasCode(err, problem.Conflict) {
				return nil // it is not over
			}
			return err
		}},
		{"TestCompany", access.Operate, false, func(d *control.Desk) error {
			_, err := d.TestCompany(b.ctx, alder)
			return err
		}},
		{"DryRun", access.Operate, false, func(d *control.Desk) error {
			_, err := d.DryRun(b.ctx, pair.ID)
			return err
		}},
		{"UndoOf", access.Operate, false, func(d *control.Desk) error {
			_, err := d.UndoOf(b.ctx, undoable)
			return err
		}},
		{"UndoRun", access.Operate, false, func(d *control.Desk) error {
			_, err := d.UndoRun(b.ctx, undoable)
			return err
		}},
		{"Download", access.Operate, false, func(d *control.Desk) error {
			f, err := d.Download(b.ctx, pair.ID, "xlsx")
			if err == nil {
				err = f.Close()
			}
			return err
		}},
		{"Capture", access.Capture, false, func(d *control.Desk) error {
			_, err := d.Capture(b.ctx, pair.ID)
			return err
		}},
		{"RunNow", access.Operate, false, func(d *control.Desk) error {
			_, _, err := d.RunNow(b.ctx, pair.ID)
			return err
		}},
		{"PauseExporter", access.Operate, false, func(d *control.Desk) error {
			_, err := d.ResumeExporter(b.ctx, pair.ID)
			return err
		}},
		{"UpdateExporter", access.Edit, false, func(d *control.Desk) error {
			_, err := d.UpdateExporter(b.ctx, pair.ID, b.input(alder, birch), 0)
			return err
		}},
		{"ConnectCompany again", access.Connect, false, func(d *control.Desk) error {
			_, err := d.ConnectCompany(b.ctx, alder, "")
			return err
		}},
		{"ConnectCompany", access.Connect, true, func(d *control.Desk) error {
			_, err := d.ConnectCompany(b.ctx, "", "")
			return err
		}},
		{"ConnectAccount", access.Connect, true, func(d *control.Desk) error {
			_, err := d.ConnectAccount(b.ctx, "", false, "")
			return err
		}},
		{"DisconnectAccount", access.Connect, true, func(d *control.Desk) error {
			_, err := d.DisconnectAccount(b.ctx, "con_2")
			return err
		}},
		{"Audit", access.Audit, true, func(d *control.Desk) error {
			_, err := d.Audit(b.ctx, 1)
			return err
		}},
		{"CancelRun", access.Operate, false, func(d *control.Desk) error {
			_, err := d.CancelRun(b.ctx, run(b.stored(pair.ID)))
			return err
		}},
		{"DisconnectCompany", access.Connect, false, func(d *control.Desk) error {
			_, err := d.DisconnectCompany(b.ctx, alder)
			return err
		}},
		{"DeleteExporter", access.Edit, false, func(d *control.Desk) error {
			err := d.DeleteExporter(b.ctx, pair.ID)
			if err == nil {
				pair = b.create(b.input(alder, birch))
			}
			return err
		}},
	} {
		for _, role := range []access.Role{"", access.Viewer, access.Operator, access.Editor, access.Owner} {
			for _, companies := range [][]export.RealmID{nil, {alder, birch}, {birch}} {
				who := person(role, companies...)
				want := problem.Code("")
				switch sees := access.About(alder, birch); {
				case who.Grant.Can(test.verb, access.Installation()), !test.whole && who.Grant.Can(test.verb, sees):
				case role == "", !test.whole && !who.Grant.Can(access.See, sees):
					want = problem.NotFound
				default:
					want = problem.Forbidden
				}
				err := test.call(b.system.As(who))
				if got := problem.From(err); want == "" && err != nil ||
					want != "" && (got == nil || got.Code != want) {
					t.Errorf("%s as %q of %q: got %v, want %q", test.name, role, companies, err, want)
				}
			}
		}
	}
	if e := b.stored(own.ID); e.Paused() {
		t.Error("an exporter that has nothing to do with it was changed")
	}
}

// Lists leave out what the actor may not see. Nobody has no lists at all.
func TestListsOfSomeCompanies(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, of := range [][]export.RealmID{{alder}, {birch}, {birch, alder}} {
		_, _, err := b.RunNow(b.ctx, b.create(b.input(of...)).ID)
		must(t, err)
	}
	for _, test := range []struct {
		who                                  control.Actor
		companies, accounts, exporters, runs int
	}{
		{ann, 2, 2, 3, 3}, {person(access.Viewer), 2, 2, 3, 3}, {person(access.Owner, birch), 1, 2, 1, 1},
		{person(access.Viewer, "1"), 0, 2, 0, 0}, {person(""), 0, 0, 0, 0}, {control.Actor{}, 0, 0, 0, 0},
	} {
		d := b.system.As(test.who)
		companies, err := d.Companies(b.ctx)
		must(t, err)
		accounts, err := d.Accounts(b.ctx)
		must(t, err)
		all, err := d.Exporters(b.ctx, export.ExporterFilter{Among: []export.RealmID{alder, birch}})
		must(t, err)
		runs, _, err := d.Runs(b.ctx, export.RunFilter{Among: []export.RealmID{alder, birch}})
		must(t, err)
		got := []int{len(companies), len(accounts), len(all), len(runs)}
		if !slices.Equal(got, []int{test.companies, test.accounts, test.exporters, test.runs}) {
			t.Errorf("%+v: %d companies, accounts, exporters, runs", test.who, got)
		}
	}
}

func TestFollowOnlyOwnRuns(t *testing.T) {
	t.Parallel()
	broker := progress.New()
	c := control.New(control.Options{Store: newBench(t).store, Events: broker})
	run := func(id export.ID, of ...export.RealmID) export.Run {
		return export.Run{ID: id, Exporter: export.Exporter{Companies: of}}
	}
	all := c.As(ann).Follow(t.Context(), nil)
	some := c.As(person(access.Viewer, birch)).Follow(t.Context(), nil)
	ends := func(r export.Run) bool { return r.ID == "run_1" || r.ID == "run_4" }
	one := c.As(person(access.Viewer, birch)).Follow(t.Context(), ends)
	none := c.As(control.Actor{}).Follow(t.Context(), nil)
	for _, r := range []export.Run{
		run("run_1", alder), run("run_2", birch), run("run_3", birch, alder), run("run_4", birch),
	} {
		broker.Publish(r)
	}
	broker.Close()
	for _, test := range []struct {
		events <-chan export.RunEvent
		want   string
	}{{all, "run_1 run_2 run_3 run_4"}, {some, "run_2 run_4"}, {one, "run_4"}, {none, ""}} {
		var got []string
		for e := range test.events {
			got = append(got, string(e.Run.ID))
		}
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("got %q, want %q", s, test.want)
		}
	}
}

// An exporter that the actor may not see is in the way like any other, but its name is not told.
func TestHiddenExporterIsNotNamed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	taken := b.input(alder)
	taken.Name, taken.Target.Spreadsheet = "Secret plans", "1aBcDeFgHiJkLmNoP"
	b.create(taken)
	wanted := b.input(birch)
	wanted.Target = taken.Target
	for who, named := range map[access.Role]bool{access.Owner: true, access.Editor: false} {
		actor := person(who)
		if !named {
			actor = person(who, birch)
		}
		_, err := b.system.As(actor).CreateExporter(b.ctx, wanted)
		text := problem.From(err).Fields["destination.start_cell"]
		if text == "" || strings.Contains(text, "Secret plans") != named {
			t.Errorf("%s is told %q", who, text)
		}
	}
}

// A company that the actor may not see counts as not connected, in new exporters, in changed ones and in previews.
func TestHiddenCompanyIsNotConnected(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := b.system.As(person(access.Editor, birch))
	own := b.create(b.input(birch))
	_, created := d.CreateExporter(b.ctx, b.input(alder))
	_, changed := d.UpdateExporter(b.ctx, own.ID, b.input(birch, alder), 0)
	_, shown := d.Preview(b.ctx, b.input(alder))
	for i, err := range []error{created, changed, shown} {
		told := strings.Join(fields(err), " ")
		if !problem.HasCode(err, problem.InvalidInput) || !strings.Contains(told, "no connected company") {
			t.Errorf("%d: got %v, %q", i, err, told)
		}
	}
}

func fields(err error) (texts []string) {
	for _, text := range problem.From(err).Fields {
		texts = append(texts, text)
	}
	return texts
}

// A consent that comes back for a company of somebody else connects nothing.
func TestConsentForAnotherCompany(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.flow, b.grant = export.Flow{Realm: alder}, export.Grant{RefreshToken: "new", AccessToken: "a"}
	_, _, err := b.system.As(person(access.Admin, birch)).FinishCompany(b.ctx, url.Values{})
	if !problem.HasCode(err, problem.NotFound) {
		t.Errorf("got %v", err)
	}
	if g, err := b.store.Grant(b.ctx, export.CompanyGrant(alder)); err != nil || g.RefreshToken != "r-Alder" {
		t.Errorf("the grant became %q, %v", g.RefreshToken, err)
	}
}

// A reconnect that comes back for another company says which the two are, as far as the actor may know.
func TestWrongCompanyIsNamed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		who   control.Actor
		given export.RealmID
		says  string
	}{
		{person(access.Owner), birch, "given for Birch, but Alder was to be connected."},
		{person(access.Owner), "999", "given for another company, but Alder was"},
		{person(access.Admin, alder), birch, "given for another company, but Alder was"},
		{person(access.Admin, birch), birch, "given for Birch, but a different one was"},
	} {
		b := newBench(t)
		b.flow = export.Flow{Realm: alder}
		b.finished = problem.New(problem.Conflict, "company %s", test.given)
		_, _, err := b.system.As(test.who).FinishCompany(b.ctx, url.Values{"realmId": {string(test.given)}})
		p := problem.From(err)
		if !problem.HasCode(err, problem.Conflict) || !strings.Contains(p.Message, test.says) ||
			strings.Contains(p.Message, string(test.given)) {
			t.Errorf("for %s: %s %s", test.given, p.Message, p.Hint)
		}
	}
}

// A run that began with other companies is hidden from actors who may see only those of today.
func TestRunOfEarlierCompanies(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(b.input(alder, birch))
	r, _, err := b.RunNow(b.ctx, e.ID)
	must(t, err)
	_, err = b.store.UpdateRun(b.ctx, r.ID, func(r *export.Run) error { r.Status = export.RunRunning; return nil })
	must(t, err)
	b.update(e.ID, 0, func(e *export.Exporter) { e.Companies = []export.RealmID{birch} })
	d := b.system.As(person(access.Operator, birch))
	if got, _, err := d.RunNow(b.ctx, e.ID); !problem.HasCode(err, problem.Conflict) || got.ID != "" {
		t.Errorf("got the run %q, %v", got.ID, err)
	}
	if runs, _, err := d.Runs(b.ctx, export.RunFilter{Exporter: e.ID}); err != nil || len(runs) != 0 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

// State kept for an exporter is not used in a preview for somebody who may not see the exporter.
func TestPreviewInAnothersName(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	asked := &asking{}
	b.previewer = asked
	b.open(0)
	e := b.create(b.input(alder, birch))
	draft := b.input(birch)
	draft.ID = e.ID
	for _, test := range []struct {
		who  control.Actor
		want export.ID
	}{{ann, e.ID}, {person(access.Editor, birch), ""}} {
		_, err := b.system.As(test.who).Preview(b.ctx, draft)
		if must(t, err); asked.id != test.want {
			t.Errorf("%s: asked in the name of %q, want %q", test.who.Email, asked.id, test.want)
		}
	}
}

type asking struct {
	previewer
	id export.ID
}

func (a *asking) Preview(_ context.Context, e export.Exporter) (pipeline.Preview, error) {
	if a.id = e.ID; e.Name == "" {
		return pipeline.Preview{}, errors.New("no exporter")
	}
	return pipeline.Preview{}, nil
}
