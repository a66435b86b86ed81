package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// peoplePath is the page about who may sign in, and which programs may use the API.
const peoplePath = "/settings/people"

// peopleView is the page about people and tokens.
type peopleView struct {
	People    []personRow
	Tokens    []tokenRow
	Secret    string // that was just made; it is shown once
	SecretFor string
	IsLink    bool // Secret is an invitation's link, not a token
	Invite    memberForm
	Make      memberForm
	Errors    []fieldError
}

type personRow struct {
	Email, Path string
	Pill        pill
	Since       moment
	LinkEnds    moment // of an open invitation
	Form        memberForm
	Self        bool
	Disabled    bool
}

type tokenRow struct {
	Name, Role, About, By, Path string
	Made, Used                  moment
	Ends                        string
	Expired                     bool
}

// memberForm is what somebody, or a token, may do.
type memberForm struct {
	Prefix           string // of the ids, because a page has several
	Name             string // or the e-mail
	Roles, Companies []choice
	Days             []choice
	Open             bool
}

// mostTokenDays is the longest life of a token that has an end.
const mostTokenDays = 36500

// leastRole is the role that forms offer first.
const leastRole = "viewer"

// roleTitles are the roles as people choose them, the most careful first.
func roleTitles() []choice {
	return []choice{
		{Value: leastRole, Title: "Viewer: only looks"},
		{Value: "operator", Title: "Operator: starts, stops and pauses"},
		{Value: "editor", Title: "Editor: makes and changes exporters"},
		{Value: "admin", Title: "Admin: connects companies, sets notices"},
		{Value: "owner", Title: "Owner: everything, people too"},
	}
}

// roleWords are the roles in a word each, where there is little room.
func roleWords() []choice {
	list := roleTitles()
	for i := range list {
		list[i].Title, _, _ = strings.Cut(list[i].Title, ":")
	}
	return list
}

func (w *Web) peoplePage(c *gin.Context) error { return w.showPeople(c, http.StatusOK, peopleView{}) }

// showPeople shows the page, with what is in the view already.
func (w *Web) showPeople(c *gin.Context, status int, view peopleView) error {
	ctx, d := c.Request.Context(), w.desk(c)
	people, err := d.Users(ctx)
	if err != nil {
		return err
	}
	tokens, err := d.Tokens(ctx)
	if err != nil {
		return err
	}
	names, err := memberCompanies(ctx, d)
	if err != nil {
		return err
	}
	for i, u := range people {
		view.People = append(view.People, w.personRow(c, u, names, "person-"+strconv.Itoa(i)))
	}
	for _, t := range tokens {
		view.Tokens = append(view.Tokens, w.tokenRow(t, names))
	}
	view.Invite = view.Invite.fill("invite", leastRole, nil, names)
	view.Make = view.Make.fill("token", leastRole, nil, names)
	view.Make.Days = choose(c.DefaultPostForm("days", "90"), choice{Value: "30", Title: "30 days"},
		choice{Value: "90", Title: "90 days"}, choice{Value: "365", Title: "A year"},
		choice{Value: "0", Title: "Does not expire"})
	return w.page(c, status, "people", frame{Title: "People and tokens", Section: "settings"}, view)
}

// memberCompanies returns the companies as choices, by name.
func memberCompanies(ctx context.Context, d *control.Desk) ([]choice, error) {
	companies, err := d.Companies(ctx)
	if err != nil {
		return nil, err
	}
	list := []choice{{Title: "All companies"}}
	for _, co := range companies {
		list = append(list, choice{Value: string(co.Realm), Title: co.Name})
	}
	return list, nil
}

// fill offers roles and companies, unless a form that was sent has chosen already.
func (f memberForm) fill(prefix, role string, companies []export.RealmID, names []choice) memberForm {
	f.Prefix = prefix
	if f.Roles == nil {
		f.Roles = choose(role, roleTitles()...)
	}
	if f.Companies != nil {
		return f
	}
	switch f.Companies = slices.Clone(names); {
	case companies == nil:
		f.Companies = choose("", f.Companies...)
	case len(companies) == 1 && offers(names, string(companies[0])):
		f.Companies = choose(string(companies[0]), f.Companies...)
	default: // else the browser would choose the first: all of them
		f.Companies = append([]choice{{keepCompanies, plural(len(companies), "company", "companies"), true}},
			f.Companies...)
	}
	return f
}

// offers reports whether a value is among choices.
func offers(list []choice, value string) bool {
	return slices.ContainsFunc(list, func(c choice) bool { return c.Value == value })
}

// readMember reads what a form says, and returns the form as it was typed.
func readMember(c *gin.Context, names []choice, m *control.Membership) memberForm {
	m.Role = c.PostForm("role")
	switch company := c.PostForm("company"); company {
	case keepCompanies:
	case "":
		m.Companies = nil
	default:
		m.Companies = []export.RealmID{export.RealmID(company)}
	}
	return memberForm{
		Name: strings.TrimSpace(c.PostForm("name")), Roles: choose(m.Role, roleTitles()...),
		Companies: choose(c.PostForm("company"), slices.Clone(names)...), Open: true,
	}
}

func (w *Web) personRow(c *gin.Context, u export.User, names []choice, prefix string) personRow {
	row := personRow{
		Email: u.Email, Path: peoplePath + "/" + string(u.ID), Since: w.moment(u.CreatedAt),
		Pill: pill{"Active", "check", toneGood}, Self: u.Email == signedInEmail(c), Disabled: u.Disabled,
		Form: memberForm{Roles: choose(u.Role, roleWords()...)}.fill(prefix, u.Role, u.Companies, names),
	}
	switch {
	case u.Disabled:
		row.Pill = pill{"Disabled", "stop", toneQuiet}
	case !u.Active():
		row.Pill = pill{"Invited", "clock", toneInfo}
	}
	if u.Invite != nil && u.Invite.ExpiresAt.After(w.o.Now()) {
		row.LinkEnds = w.moment(u.Invite.ExpiresAt)
	}
	return row
}

func (w *Web) tokenRow(t export.APIToken, names []choice) tokenRow {
	row := tokenRow{
		Name: t.Name, Role: capitalize(t.Role), About: "all companies", By: t.CreatedBy,
		Path: peoplePath + "/tokens/" + string(t.ID), Made: w.moment(t.CreatedAt), Used: w.moment(t.UsedAt),
		Ends: "never",
	}
	if !t.ExpiresAt.IsZero() {
		row.Ends, row.Expired = w.moment(t.ExpiresAt).Exact, !t.ExpiresAt.After(w.o.Now())
	}
	if len(t.Companies) > 0 {
		titles := make([]string, len(t.Companies))
		for i, realm := range t.Companies {
			titles[i] = string(realm)
			for _, n := range names {
				if n.Value == string(realm) {
					titles[i] = n.Title
				}
			}
		}
		row.About = strings.Join(titles, ", ")
	}
	return row
}

// memberErrors returns the error summary above the page.
func memberErrors(p *problem.Problem, prefix string) []fieldError {
	var list []fieldError
	for _, in := range []struct{ field, id, label string }{
		{"email", "name", "E-mail"}, {"name", "name", "What it is for"}, {"role", "role", "Role"},
		{"company_ids", "company", "Companies"}, {"expires_at", "days", "Expires after"},
	} {
		if text := fieldText(p.Fields, in.field); text != "" {
			list = append(list, fieldError{prefix + "-" + in.id, in.label, text})
		}
	}
	if len(list) == 0 {
		list = append(list, fieldError{prefix + "-name", "Form", p.Message})
	}
	return list
}

func (w *Web) invitePerson(c *gin.Context) error {
	ctx, d := c.Request.Context(), w.desk(c)
	names, err := memberCompanies(ctx, d)
	if err != nil {
		return err
	}
	var m control.Membership
	form := readMember(c, names, &m)
	u, link, err := d.InviteUser(ctx, form.Name, m)
	if problem.HasCode(err, problem.InvalidInput) {
		return w.showPeople(c, http.StatusUnprocessableEntity, peopleView{
			Invite: form, Errors: memberErrors(problem.From(err), "invite"),
		})
	}
	if err != nil {
		return err
	}
	return w.showPeople(c, http.StatusCreated, peopleView{Secret: link, SecretFor: u.Email, IsLink: true})
}

// invitePersonAgain makes a new link for somebody who has lost the link or the password.
func (w *Web) invitePersonAgain(c *gin.Context) error {
	u, link, err := w.desk(c).InviteUserAgain(c.Request.Context(), c.Param("id"))
	if err != nil {
		return err
	}
	return w.showPeople(c, http.StatusCreated, peopleView{Secret: link, SecretFor: u.Email, IsLink: true})
}

// changePerson changes role and companies, or lets a person sign in or not.
func (w *Web) changePerson(c *gin.Context) error {
	u, err := w.desk(c).ChangeUser(c.Request.Context(), c.Param("id"), func(m *control.Membership) {
		if disabled, given := c.GetPostForm("disabled"); given {
			m.Disabled = disabled == "true"
			return
		}
		readMember(c, nil, m)
	})
	if problem.HasCode(err, problem.InvalidInput, problem.Conflict) {
		w.notifyError(c, err)
		return seeOther(c, peoplePath)
	}
	if err != nil {
		return err
	}
	words := u.Email + " is " + u.Role + " now."
	if u.Disabled {
		words = u.Email + " cannot sign in any more, and is signed out everywhere."
	}
	w.notify(c, toneGood, words, "")
	return seeOther(c, peoplePath)
}

func (w *Web) deletePersonPage(c *gin.Context) error {
	u, err := w.desk(c).User(c.Request.Context(), c.Param("id"))
	if err != nil {
		return err
	}
	return w.page(c, http.StatusOK, "confirm", frame{Title: "Remove a person", Section: "settings"}, confirmView{
		Title: "Remove " + u.Email + "?",
		Effects: []string{
			"They are signed out everywhere at once.", "API tokens that they have made end.",
			"Exporters, notices and connections that they have made stay as they are.",
		},
		Post: peoplePath + "/" + string(u.ID) + "/delete", Action: "Remove", Back: peoplePath, Danger: true,
	})
}

func (w *Web) deletePerson(c *gin.Context) error {
	ctx, d := c.Request.Context(), w.desk(c)
	u, err := d.User(ctx, c.Param("id"))
	if err == nil {
		err = d.DeleteUser(ctx, string(u.ID))
	}
	switch {
	case problem.HasCode(err, problem.Conflict):
		w.notifyError(c, err)
	case err != nil:
		return err
	default:
		w.notify(c, toneGood, u.Email+" is removed.", "")
	}
	return seeOther(c, peoplePath)
}

// readExpiry returns the end of a token that was asked for; zero for none, which only "0" means.
func (w *Web) readExpiry(days string) (time.Time, error) {
	if days == "0" {
		return time.Time{}, nil
	}
	n, err := strconv.Atoi(days)
	if err != nil || n < 1 || n > mostTokenDays {
		return time.Time{}, problem.Invalid("expires_at", "is not a number of days")
	}
	return w.o.Now().AddDate(0, 0, n).UTC(), nil
}

func (w *Web) makeToken(c *gin.Context) error {
	ctx, d := c.Request.Context(), w.desk(c)
	names, err := memberCompanies(ctx, d)
	if err != nil {
		return err
	}
	var m control.Membership
	form := readMember(c, names, &m)
	var (
		t      export.APIToken
		secret string
	)
	expires, err := w.readExpiry(c.PostForm("days"))
	if err == nil {
		t, secret, err = d.MakeToken(ctx, form.Name, m, expires)
	}
	if problem.HasCode(err, problem.InvalidInput, problem.Conflict) {
		p := problem.From(err)
		return w.showPeople(c, p.Code.Status(), peopleView{Make: form, Errors: memberErrors(p, "token")})
	}
	if err != nil {
		return err
	}
	return w.showPeople(c, http.StatusCreated, peopleView{Secret: secret, SecretFor: t.Name})
}

func (w *Web) revokeToken(c *gin.Context) error {
	if err := w.desk(c).RevokeToken(c.Request.Context(), export.ID(c.Param("id"))); err != nil {
		return err
	}
	w.notify(c, toneGood, "The token lets nobody in any more.", "")
	return seeOther(c, peoplePath)
}

// peopleRoutes are those of people and tokens.
func (w *Web) peopleRoutes() []route {
	return []route{
		{http.MethodGet, peoplePath, w.peoplePage},
		{http.MethodPost, peoplePath, w.invitePerson},
		{http.MethodPost, peoplePath + "/tokens", w.makeToken},
		{http.MethodPost, peoplePath + "/tokens/:id/revoke", w.revokeToken},
		{http.MethodPost, peoplePath + "/:id", w.changePerson},
		{http.MethodPost, peoplePath + "/:id/invite", w.invitePersonAgain},
		{http.MethodGet, peoplePath + "/:id/delete", w.deletePersonPage},
		{http.MethodPost, peoplePath + "/:id/delete", w.deletePerson},
	}
}
