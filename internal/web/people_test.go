package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// TestPeoplePage invites, changes, disables and removes somebody on the page.
func TestPeoplePage(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	if !strings.Contains(s.wantGet("/settings"), `href="/settings/people"`) {
		t.Error("the settings do not lead to the page")
	}
	checkPage(t, "people", s.wantGet(peoplePath))
	a := s.post(peoplePath, url.Values{"name": {"nobody"}, "role": {"king"}, "company": {string(realmA)}})
	if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `value="nobody"`) ||
		!strings.Contains(a.body, `href="#invite-role"`) && !strings.Contains(a.body, `href="#invite-name"`) {
		t.Errorf("a bad invitation: %d", a.status)
	}
	checkPage(t, "people", a.body)
	a = s.post(peoplePath, url.Values{"name": {"jane@example.com"}, "role": {"editor"}, "company": {string(realmA)}})
	link := regexp.MustCompile(`/invite\?token=[\w-]+`).FindString(a.body)
	if a.status != http.StatusCreated || link == "" {
		t.Fatalf("an invitation: %d", a.status)
	}
	checkPage(t, "people", a.body)
	body := s.wantGet(peoplePath)
	if strings.Contains(body, link) || !strings.Contains(body, "jane@example.com") ||
		!strings.Contains(body, "Invited") {
		t.Error("the person is not there, or the link is shown again")
	}
	u := func() export.User {
		t.Helper()
		u, err := s.desk.User(t.Context(), "jane@example.com")
		must(t, err)
		return u
	}
	jane := u()
	path := peoplePath + "/" + string(jane.ID)
	s.wantSent(path, url.Values{"role": {"operator"}, "company": {"="}}, peoplePath)
	if now := u(); now.Role != "operator" || len(now.Companies) != 1 {
		t.Errorf("changed to %+v", now)
	}
	// Of a company that is gone, the form offers to keep it: the browser would choose all otherwise.
	_, err := s.store.UpdateUser(t.Context(), jane.ID, func(u *export.User) error {
		u.Companies = []export.RealmID{"404"}
		return nil
	})
	must(t, err)
	if body := s.wantGet(peoplePath); !strings.Contains(body, `<option value="=" selected>`) {
		t.Error("somebody who may see a company that is gone is offered all")
	}
	s.wantSent(path, url.Values{"role": {"operator"}, "company": {""}}, peoplePath)
	s.wantSent(path, url.Values{"disabled": {"true"}}, peoplePath)
	if now := u(); !now.Disabled || now.Role != "operator" || now.Companies != nil {
		t.Errorf("disabled %+v", now)
	}
	s.wantSent(path, url.Values{"disabled": {"false"}}, peoplePath)
	if a := s.post(path+"/invite", nil); a.status != http.StatusCreated || !strings.Contains(a.body, "/invite?token=") {
		t.Errorf("a new link: %d", a.status)
	}
	s.wantSent(path, url.Values{"role": {"king"}}, peoplePath)
	if body := s.wantGet(peoplePath); u().Role != "operator" || !strings.Contains(body, "notice bad") {
		t.Error("a role that there is not is taken, or its refusal is not told")
	}
	owner, err := s.desk.User(t.Context(), email)
	must(t, err)
	s.wantSent(peoplePath+"/"+string(owner.ID), url.Values{"role": {"viewer"}}, peoplePath)
	if now, err := s.desk.User(t.Context(), email); err != nil || now.Role != "owner" {
		t.Errorf("nobody owns the installation: %+v, %v", now, err)
	}
	before := s.control.As(control.Person(export.User{Email: jane.Email, Role: "owner"}, "s"))
	_, _, err = before.MakeToken(t.Context(), "hers", control.Membership{Role: "viewer"}, time.Time{})
	must(t, err)
	must(t, before.SaveView(t.Context(), control.View{Name: "Mine", Query: "q=x"}))
	checkPage(t, "confirm", s.wantGet(path+"/delete"))
	s.wantSent(path+"/delete", nil, peoplePath)
	if body := s.wantGet(peoplePath); strings.Contains(body, path) {
		t.Error("the person is still there")
	}
	// Somebody who is invited with the same e-mail later gets nothing of theirs.
	tokens, err := s.desk.Tokens(t.Context())
	must(t, err)
	views, err := before.Views(t.Context())
	must(t, err)
	if len(tokens)+len(views) != 0 {
		t.Errorf("they leave %+v and %+v", tokens, views)
	}
}

// TestTokensPage makes a token, shows it once, and revokes it.
func TestTokensPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	tokens := peoplePath + "/tokens"
	a := s.post(tokens, url.Values{"name": {""}, "role": {"viewer"}, "days": {"30"}})
	if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `href="#token-name"`) {
		t.Errorf("a token without a name: %d", a.status)
	}
	checkPage(t, "people", a.body)
	for _, days := range []string{"", "many", "-1", "99999"} { // none of which may mean that it does not expire
		a := s.post(tokens, url.Values{"name": {"x"}, "role": {"viewer"}, "days": {days}})
		all, err := s.desk.Tokens(t.Context())
		if must(t, err); len(all) != 0 || a.status != http.StatusUnprocessableEntity {
			t.Errorf("after %q days: status %d, %+v", days, a.status, all)
		}
	}
	a = s.post(tokens, url.Values{
		"name": {"Nightly <report>"}, "role": {"operator"}, "company": {string(realmA)}, "days": {"30"},
	})
	secret := regexp.MustCompile(`lst_[\w-]+`).FindString(a.body)
	if a.status != http.StatusCreated || secret == "" {
		t.Fatalf("a token: %d", a.status)
	}
	checkPage(t, "people", a.body)
	all, err := s.desk.Tokens(t.Context())
	must(t, err)
	if len(all) != 1 || all[0].Role != "operator" || len(all[0].Companies) != 1 || all[0].ExpiresAt.IsZero() ||
		all[0].Maker != email {
		t.Errorf("made %+v", all)
	}
	body := s.wantGet(peoplePath)
	if strings.Contains(body, secret) || !strings.Contains(body, "Nightly &lt;report&gt;") {
		t.Error("the token is shown again, or is not there")
	}
	if strings.Contains(s.log.String(), secret) {
		t.Error("the token is logged")
	}
	s.wantSent(tokens+"/"+string(all[0].ID)+"/revoke", nil, peoplePath)
	if all, err := s.desk.Tokens(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("after revoking: %+v, %v", all, err)
	}
}

// TestPeoplePageIsTheOwners refuses everybody else.
func TestPeoplePageIsTheOwners(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	second := control.Membership{Role: string(access.Owner)}
	u, _, err := s.desk.InviteUser(t.Context(), "second@example.com", second)
	must(t, err)
	_, err = s.store.UpdateUser(t.Context(), u.ID, func(u *export.User) error { u.PasswordHash = "x"; return nil })
	must(t, err)
	_, err = s.desk.ChangeUser(t.Context(), email, func(m *control.Membership) { m.Role = string(access.Admin) })
	must(t, err)
	if strings.Contains(s.wantGet("/settings"), peoplePath) {
		t.Error("the settings lead an admin to the page")
	}
	if a := s.get(peoplePath); a.status != http.StatusForbidden {
		t.Errorf("an admin sees it: %d", a.status)
	}
	for _, path := range []string{"", "/tokens", "/" + string(u.ID), "/" + string(u.ID) + "/delete"} {
		if a := s.post(peoplePath+path, url.Values{"role": {"owner"}, "name": {"x@example.com"}}); a.status !=
			http.StatusForbidden {
			t.Errorf("an admin posts to %s: %d", path, a.status)
		}
	}
}
