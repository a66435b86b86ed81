package control

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// Tokens keeps the API tokens that people make.
type Tokens interface {
	Tokens(ctx context.Context) ([]export.APIToken, error)
	Make(ctx context.Context, t export.APIToken) (made export.APIToken, secret string, err error)
	Revoke(ctx context.Context, id export.ID) (export.APIToken, error)
}

// Bearer returns the actor for the holder of a token that somebody has made.
func Bearer(t export.APIToken) Actor {
	return Actor{
		Email: "token " + t.Name, API: true, Token: t.ID,
		Grant: access.Grant{Role: access.Role(t.Role), Companies: t.Companies},
	}
}

// longestTokenName is the largest number of characters in a token's name.
const longestTokenName = 80

// Tokens returns the API tokens, oldest first. Only owners may see them.
func (d *Desk) Tokens(ctx context.Context) ([]export.APIToken, error) {
	if err := d.allowTokens(); err != nil {
		return nil, err
	}
	return d.o.Tokens.Tokens(ctx)
}

// MakeToken makes a token with a role, for some companies, and returns its secret, which is not shown again. A zero
// expires means that it does not expire. The holder of a token makes no others: they would outlive it.
func (d *Desk) MakeToken(ctx context.Context, name string, m Membership, expires time.Time) (
	made export.APIToken, secret string, err error,
) {
	if err := d.allowTokens(); err != nil {
		return made, "", err
	}
	if d.who.Token != "" {
		return made, "", problem.New(problem.Forbidden, "A token cannot make tokens.").
			WithHint("Make it in the dashboard, or on the machine with ledgersheet token make.")
	}
	if err := d.checkToken(ctx, name, m, expires); err != nil {
		return made, "", err
	}
	t := export.APIToken{
		Name: strings.TrimSpace(name), Role: m.Role, Companies: m.Companies, CreatedBy: d.who.Email, ExpiresAt: expires,
	}
	if d.who.Session != "" {
		t.Maker = d.who.Email
	}
	if made, secret, err = d.o.Tokens.Make(ctx, t); err != nil {
		return made, "", err
	}
	d.audit(ctx, d.who, "token.make", string(made.ID), made.Name+" as "+made.Role)
	return made, secret, nil
}

func (d *Desk) checkToken(ctx context.Context, name string, m Membership, expires time.Time) error {
	var bad problem.Collect
	switch name = strings.TrimSpace(name); {
	case name == "":
		bad.Add("name", "is missing: say what the token is for")
	case utf8.RuneCountInString(name) > longestTokenName || strings.ContainsFunc(name, isControl):
		bad.Add("name", "must have %d characters at most, on one line", longestTokenName)
	}
	if !expires.IsZero() && !expires.After(d.o.Now()) {
		bad.Add("expires_at", "must lie ahead")
	}
	d.addMembershipFaults(ctx, m, &bad)
	return bad.Err()
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// RevokeToken ends a token at once.
func (d *Desk) RevokeToken(ctx context.Context, id export.ID) error {
	if err := d.allowTokens(); err != nil {
		return err
	}
	t, err := d.o.Tokens.Revoke(ctx, id)
	if err != nil {
		return explainMissing(err, "token")
	}
	d.audit(ctx, d.who, "token.revoke", string(id), t.Name)
	return nil
}

// revokeTokensOf ends the tokens that a person has made. Without that, they would live again as soon as somebody is
// invited with the same e-mail.
func (d *Desk) revokeTokensOf(ctx context.Context, email string) error {
	if d.o.Tokens == nil {
		return nil
	}
	all, err := d.o.Tokens.Tokens(ctx)
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.Maker != email {
			continue
		}
		if err := d.RevokeToken(ctx, t.ID); err != nil && !problem.HasCode(err, problem.NotFound) {
			return err
		}
	}
	return nil
}

func (d *Desk) allowTokens() error {
	if err := d.allow(access.People, access.Installation(), "tokens"); err != nil {
		return err
	}
	if d.o.Tokens == nil {
		return problem.New(problem.Conflict, "There are no API tokens here.")
	}
	return nil
}
