package control_test

import (
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestWhoMayMakeLinks proves that nobody gives away by a link what they may not do, nor sees such links.
func TestWhoMayMakeLinks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, test := range []struct {
		who   control.Actor
		realm export.RealmID
		want  problem.Code
	}{
		{person("owner"), alder, ""},
		{person("admin"), alder, ""},
		{person("admin"), "", ""},
		{person("admin", birch), birch, ""},
		{person("admin", birch), alder, problem.NotFound},
		{person("admin", birch), "", problem.Forbidden},
		{person("editor"), alder, problem.Forbidden},
		{person("viewer"), "", problem.Forbidden},
		{control.Actor{}, alder, problem.NotFound},
		{control.Visitor("x"), "", problem.NotFound},
		{person("owner"), "404", problem.NotFound},
	} {
		_, address, err := b.system.As(test.who).MakeLink(b.ctx, test.realm, 0)
		if p := problem.From(err); (p == nil) != (test.want == "") || p != nil && p.Code != test.want ||
			(address == "") != (p != nil) {
			t.Errorf("%s for %q: %q, %v; want %q", test.who.Email, test.realm, address, err, test.want)
		}
	}
	seen := func(who control.Actor) (n int) {
		links, err := b.system.As(who).Links(b.ctx)
		if err != nil && !problem.HasCode(err, problem.Forbidden, problem.NotFound) {
			t.Error(err)
		}
		return len(links)
	}
	if owner, some, none := seen(person("owner")), seen(person("admin", birch)), seen(person("viewer")); owner != 4 ||
		some != 1 || none != 0 {
		t.Errorf("they see %d, %d and %d links", owner, some, none)
	}
	links, err := b.Links(b.ctx)
	must(t, err)
	for _, l := range links {
		_, err := b.system.As(person("admin", birch)).RevokeLink(b.ctx, l.ID)
		if want := l.Realm != birch; problem.HasCode(err, problem.NotFound) != want || (err != nil) != want {
			t.Errorf("the admin of Birch revokes a link for %q: %v", l.Realm, err)
		}
	}
}

// TestWhoAsks names a person, and for a program whoever runs the installation.
func TestWhoAsks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	stranger := b.system.As(control.Visitor("x"))
	asks := func(l control.Link, want string) {
		t.Helper()
		if got := stranger.NameAsker(b.ctx, l); got != want {
			t.Errorf("%s asks as %q, want %q", l.By, got, want)
		}
	}
	person, _, err := b.MakeLink(b.ctx, alder, 0)
	must(t, err)
	asks(person, ann.Email)
	program, _, err := b.system.As(control.Program()).MakeLink(b.ctx, alder, 0)
	must(t, err)
	asks(program, "the sender of this link")
	must(t, b.SetLegal(b.ctx, control.Legal{Operator: "Alder Bookkeeping"}))
	asks(program, "Alder Bookkeeping")
}

// TestLivesOfLinks refuses lives that are too long, and forgets links that have long been over.
func TestLivesOfLinks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, life := range []time.Duration{-time.Hour, time.Second, 7*aDay + time.Second} {
		if _, _, err := b.MakeLink(b.ctx, alder, life); !problem.HasCode(err, problem.InvalidInput) {
			t.Errorf("a life of %s: %v", life, err)
		}
	}
	old, _, err := b.MakeLink(b.ctx, alder, aDay)
	must(t, err)
	for days, want := range map[int]control.LinkState{0: control.LinkOpen, 1: control.LinkExpired} {
		if got := old.State(b.now.AddDate(0, 0, days)); got != want {
			t.Errorf("after %d days it is %s", days, got)
		}
	}
	b.now = b.now.AddDate(0, 0, 32)
	_, address, err := b.MakeLink(b.ctx, birch, 7*aDay)
	must(t, err)
	links, err := b.Links(b.ctx)
	must(t, err)
	if len(links) != 1 || links[0].Realm != birch {
		t.Errorf("kept %+v", links)
	}
	kept, err := b.store.Setting(b.ctx, "access_links", true)
	must(t, err)
	if secret := address[strings.Index(address, "=")+1:]; strings.Contains(string(kept), secret) {
		t.Error("the address is stored")
	}
}

// TestLinkOfWhoMayNotAnyMore takes the rights of the person who made a link.
func TestLinkOfWhoMayNotAnyMore(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := export.User{ID: "usr_1", Email: "bea@example.com", Role: "admin"}
	must(t, b.store.CreateUser(b.ctx, u))
	_, address, err := b.system.As(control.Person(u, "s")).MakeLink(b.ctx, alder, 0)
	must(t, err)
	token := address[strings.Index(address, "=")+1:]
	stranger := b.system.As(control.Visitor("browser"))
	link, err := stranger.OpenLink(b.ctx, token)
	if must(t, err); link.Company != "Alder" || link.By != u.Email {
		t.Errorf("opened %+v", link)
	}
	for _, change := range []func(*export.User){
		func(u *export.User) { u.Role = "viewer" },
		func(u *export.User) { u.Role, u.Companies = "admin", []export.RealmID{birch} },
	} {
		_, err := b.store.UpdateUser(b.ctx, u.ID, func(u *export.User) error { change(u); return nil })
		must(t, err)
		if _, err := stranger.OpenLink(b.ctx, token); !problem.HasCode(err, problem.Conflict) {
			t.Errorf("opened by a stranger: %v", err)
		}
		if _, err := stranger.BeginLink(b.ctx, token); !problem.HasCode(err, problem.Conflict) {
			t.Errorf("begun by a stranger: %v", err)
		}
	}
}
