// Package access decides who may do what. It is pure: a [Grant] is what somebody was given, a [Thing] is what they ask
// about, and [Grant.Can] alone decides. Nothing here reads a store.
package access

import (
	"slices"

	"ledgersheet/internal/export"
)

// Role is what somebody is trusted to do. Any role not listed here, including the empty one, may do nothing.
type Role string

// The roles, from the most trusted to the least.
const (
	Owner    Role = "owner"    // everything
	Admin    Role = "admin"    // like an owner, except for what only owners decide: about people, captures and backups
	Editor   Role = "editor"   // creates, changes and deletes exporters, and does what operators do
	Operator Role = "operator" // starts, stops and pauses what others have set up
	Viewer   Role = "viewer"   // only looks
)

// Roles returns the roles, from the most trusted to the least.
func Roles() []Role { return []Role{Owner, Admin, Editor, Operator, Viewer} }

// Verb is what somebody wants to do to a thing.
type Verb string

// The verbs.
const (
	See     Verb = "see"
	Operate Verb = "operate" // run, cancel, pause, resume, try out
	Edit    Verb = "edit"    // create, change, delete
	Connect Verb = "connect" // connect, reconnect, disconnect, forget a connection
	Tell    Verb = "tell"    // say who is told of what: set, try out, delete notices
	Audit   Verb = "audit"   // read who did what
	Keep    Verb = "keep"    // take backups, which hold everything, and examine the installation
	People  Verb = "people"  // decide who may sign in, and what they may do
	Capture Verb = "capture" // save QuickBooks' answers, scrubbed, to give them away
)

// Grant is what one actor was given. The zero Grant may do nothing.
type Grant struct {
	Role Role
	// Companies are those that the grant covers. nil means all, including future ones. A list that is empty but not nil
	// covers none.
	Companies []export.RealmID
}

// Everything returns the grant of those who own the installation: the owner's role, for all companies.
func Everything() Grant { return Grant{Role: Owner} }

// Of returns a person's grant. When roles get their own pages, this stays the place where a user's record becomes a
// grant.
func Of(u export.User) Grant { return Grant{Role: Role(u.Role), Companies: u.Companies} }

// Thing is what a question or an action is about. The zero Thing belongs to no company: a Google account, an exporter
// type, a list. Anyone with a sufficient role can use it.
type Thing struct {
	// Companies are all companies that the thing reveals something about. It is covered only if each of them is.
	Companies []export.RealmID
	// Whole reports whether the thing affects all companies, including those that the actor cannot see.
	Whole bool
}

// About returns the thing that belongs to the companies.
func About(companies ...export.RealmID) Thing { return Thing{Companies: companies} }

// Installation returns the thing that belongs to all companies together.
func Installation() Thing { return Thing{Whole: true} }

// Can reports whether the grant allows the verb on the thing. Every decision about access is made here.
func (g Grant) Can(v Verb, t Thing) bool { return slices.Contains(verbs(g.Role), v) && g.covers(t) }

func verbs(r Role) []Verb {
	switch r {
	case Owner:
		return []Verb{See, Operate, Edit, Connect, Tell, Audit, Capture, Keep, People}
	case Admin:
		return []Verb{See, Operate, Edit, Connect, Tell, Audit}
	case Editor:
		return []Verb{See, Operate, Edit}
	case Operator:
		return []Verb{See, Operate}
	case Viewer:
		return []Verb{See}
	}
	return nil
}

func (g Grant) covers(t Thing) bool {
	if g.Companies == nil {
		return true
	}
	return !t.Whole && export.AllAmong(t.Companies, g.Companies)
}

// Among returns the grant as a filter for lists: nil for all companies, otherwise those that its holder may see.
func (g Grant) Among() []export.RealmID {
	switch {
	case !g.Can(See, Thing{}):
		return []export.RealmID{}
	case g.Companies == nil:
		return nil
	}
	return slices.Clip(g.Companies)
}

// Within returns what both grants allow: the lesser role, for the companies that both cover.
func (g Grant) Within(other Grant) Grant {
	if rank(g.Role) < rank(other.Role) {
		g.Role = other.Role
	}
	switch {
	case other.Companies == nil:
	case g.Companies == nil:
		g.Companies = slices.Clone(other.Companies)
	default:
		g.Companies = slices.DeleteFunc(slices.Clone(g.Companies), func(c export.RealmID) bool {
			return !slices.Contains(other.Companies, c)
		})
	}
	return g
}

// rank orders the roles; the one that may do the most is first, and those that there are not are last.
func rank(r Role) int {
	if i := slices.Index(Roles(), r); i >= 0 {
		return i
	}
	return len(Roles())
}
