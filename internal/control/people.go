package control

import (
	"context"
	"errors"
	"slices"
	"strings"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// People is what control needs in order to say who may sign in. Its errors are problems, or the store's.
type People interface {
	Invite(ctx context.Context, u export.User) (invited export.User, link string, err error)
	InviteAgain(ctx context.Context, id export.ID) (invited export.User, link string, err error)
	ChangeUser(ctx context.Context, id export.ID, change func(*export.User)) (export.User, error)
	DeleteUser(ctx context.Context, id export.ID) error
}

// Membership is what an owner decides about a person.
type Membership struct {
	Role      string
	Companies []export.RealmID // none means all
	Disabled  bool
}

// Users returns the people who can sign in or are invited, by e-mail.
func (d *Desk) Users(ctx context.Context) ([]export.User, error) {
	if err := d.allowPeople(); err != nil {
		return nil, err
	}
	return d.o.Store.Users(ctx)
}

// User returns one person, by id or e-mail.
func (d *Desk) User(ctx context.Context, who string) (export.User, error) {
	all, err := d.Users(ctx)
	if err != nil {
		return export.User{}, err
	}
	for _, u := range all {
		if string(u.ID) == who || strings.EqualFold(u.Email, who) {
			return u, nil
		}
	}
	return export.User{}, explainMissing(export.ErrNotFound, "user")
}

// InviteUser adds a person and returns the link with which they choose a password. It is shown once.
func (d *Desk) InviteUser(ctx context.Context, email string, m Membership) (export.User, string, error) {
	if err := d.allowPeople(); err != nil {
		return export.User{}, "", err
	}
	if err := d.checkMembership(ctx, m); err != nil {
		return export.User{}, "", err
	}
	u, link, err := d.o.People.Invite(ctx, export.User{Email: email, Role: m.Role, Companies: m.Companies})
	if err != nil {
		return export.User{}, "", err
	}
	d.audit(ctx, d.who, "user.invite", string(u.ID), u.Email+" as "+u.Role)
	return u, link, nil
}

// InviteUserAgain returns a new link for a person who has lost the link or the password.
func (d *Desk) InviteUserAgain(ctx context.Context, who string) (export.User, string, error) {
	u, err := d.User(ctx, who)
	if err != nil {
		return export.User{}, "", err
	}
	u, link, err := d.o.People.InviteAgain(ctx, u.ID)
	if err != nil {
		return export.User{}, "", explainMissing(err, "user")
	}
	d.audit(ctx, d.who, "user.invite", string(u.ID), u.Email)
	return u, link, nil
}

// ChangeUser changes what a person may do. Somebody must be left who owns the installation.
func (d *Desk) ChangeUser(ctx context.Context, who string, change func(*Membership)) (export.User, error) {
	u, err := d.User(ctx, who)
	if err != nil {
		return export.User{}, err
	}
	m := Membership{Role: u.Role, Companies: u.Companies, Disabled: u.Disabled}
	change(&m)
	if err := d.checkMembership(ctx, m); err != nil {
		return export.User{}, err
	}
	u, err = d.o.People.ChangeUser(ctx, u.ID, func(u *export.User) {
		u.Role, u.Companies, u.Disabled = m.Role, m.Companies, m.Disabled
	})
	if err != nil {
		return export.User{}, explainMissing(err, "user")
	}
	what := u.Email + " is " + u.Role
	if u.Disabled {
		what = u.Email + " is disabled"
	}
	d.audit(ctx, d.who, "user.change", string(u.ID), what)
	return u, nil
}

// DeleteUser removes a person, with their tokens and views. Somebody must be left who owns the installation.
func (d *Desk) DeleteUser(ctx context.Context, who string) error {
	u, err := d.User(ctx, who)
	if err != nil {
		return err
	}
	if err := d.o.People.DeleteUser(ctx, u.ID); err != nil {
		return explainMissing(err, "user")
	}
	d.audit(ctx, d.who, "user.delete", string(u.ID), u.Email)
	return errors.Join(d.revokeTokensOf(ctx, u.Email), d.forgetViewsOf(ctx, u.Email))
}

// MaySetPeople reports whether the actor may decide who signs in.
func (d *Desk) MaySetPeople() bool { return d.allowPeople() == nil }

func (d *Desk) allowPeople() error {
	if err := d.allow(access.People, access.Installation(), "users"); err != nil {
		return err
	}
	if d.o.People == nil {
		return problem.New(problem.Conflict, "Nobody signs in here.")
	}
	return nil
}

// checkMembership returns a validation problem for a role that there is not, or a company that nobody has connected.
func (d *Desk) checkMembership(ctx context.Context, m Membership) error {
	var bad problem.Collect
	d.addMembershipFaults(ctx, m, &bad)
	return bad.Err()
}

func (d *Desk) addMembershipFaults(ctx context.Context, m Membership, bad *problem.Collect) {
	if !slices.Contains(access.Roles(), access.Role(m.Role)) {
		bad.Add("role", "must be owner, admin, editor, operator or viewer")
	}
	for _, realm := range m.Companies {
		if _, err := d.o.Store.Company(ctx, realm); err != nil {
			bad.Add("company_ids", "has %s, which is not connected", realm)
		}
	}
}
