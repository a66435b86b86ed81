package control

import (
	"context"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// Actor is who is asking. The zero Actor is nobody and may do nothing.
type Actor struct {
	Email   string // the user's; for others a name such as "api"
	Session string // hash of the browser session; empty for the API
	API     bool
	Token   export.ID // of the API token that somebody has made; empty for all others
	Grant   access.Grant
}

// Person returns the actor for a signed-in user. session is the hash of their browser session, to which consents are
// bound.
func Person(u export.User, session string) Actor {
	return Actor{Email: u.Email, Session: session, Grant: access.Of(u)}
}

// Program returns the actor for the holder of the API token, which has the owner's rights.
func Program() Actor { return Actor{Email: "api", API: true, Grant: access.Everything()} }

// Local returns the actor for somebody at the machine itself, who could open the data folder just as well.
func Local(name string) Actor { return Actor{Email: name, Grant: access.Everything()} }

// Desk is everything that one actor can ask and do. It is safe for concurrent use. For what the actor may not see, each
// method returns a "not found" problem, as if it did not exist. For what the actor may see but not do, it returns a
// "forbidden" problem.
type Desk struct {
	*core
	who Actor
}

// As returns an actor's desk.
func (c *Control) As(who Actor) *Desk { return &Desk{c.core, who} }

// sees reports whether the actor may see what belongs to the companies.
func (d *Desk) sees(companies ...export.RealmID) bool {
	return d.who.Grant.Can(access.See, access.About(companies...))
}

// allow returns nil if the actor may do v to t. what names the thing for people.
func (d *Desk) allow(v access.Verb, t access.Thing, what string) error {
	switch {
	case d.who.Grant.Can(v, t):
		return nil
	case !d.sees(t.Companies...):
		return explainMissing(export.ErrNotFound, what)
	case t.Whole && d.who.Grant.Can(v, access.Thing{}):
		return problem.New(problem.Forbidden, "You may %s the %s only with access to all companies.", words[v], what)
	}
	return problem.New(problem.Forbidden, "Your role does not allow you to %s the %s.", words[v], what)
}

// words are the verbs as shown to people, in front of a thing.
var words = map[access.Verb]string{
	access.See: "see", access.Operate: "run, stop or try out", access.Edit: "make, change or delete",
	access.Connect: "connect, disconnect or delete", access.Audit: "read",
	access.People: "see or change", access.Keep: "back up or examine", access.Capture: "save QuickBooks' answers for",
	access.Tell: "set, try out or delete",
}

// Audit returns the newest entries of the audit log. They concern all companies, so only actors who may see all
// companies may read them.
func (d *Desk) Audit(ctx context.Context, limit int) ([]export.AuditEntry, error) {
	if err := d.allow(access.Audit, access.Installation(), "audit log"); err != nil {
		return nil, err
	}
	return d.o.Store.AuditEntries(ctx, limit)
}

// Definitions returns what can be exported, by id.
func (d *Desk) Definitions() []export.Definition { return d.o.Definitions }

// Definition returns one definition.
func (d *Desk) Definition(id string) (export.Definition, error) {
	if def, ok := d.definitions[id]; ok {
		return def, nil
	}
	return nil, problem.New(problem.NotFound, "There is no exporter type %q.", id)
}

// Ready reports which providers' app credentials are set.
func (d *Desk) Ready() (quickBooks, google bool) { return d.o.QuickBooksReady, d.o.GoogleReady }
