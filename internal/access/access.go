// Package access says who may do what. It is pure: a [Grant] is what somebody was given, a [Thing] is what they ask
// for, and [Grant.Can] is the only place that decides. Nothing here reads a store.
package access

import (
	"slices"

	"ledgersheet/internal/export"
)

// Role is what somebody is trusted to do. A role that is not listed here, such as the empty one, may do nothing.
type Role string

// The roles, from the most trusted to the least.
const (
	Owner    Role = "owner"    // everything
	Admin    Role = "admin"    // as an owner, but for what only owners decide about people
	Editor   Role = "editor"   // makes, changes and deletes exporters, and what operators do
	Operator Role = "operator" // starts, stops and pauses what others have set up
	Viewer   Role = "viewer"   // looks
)

// Verb is what somebody wants to do with a thing.
type Verb string

// The verbs.
const (
	See     Verb = "see"
	Operate Verb = "operate" // run, cancel, pause, resume, try out
	Edit    Verb = "edit"    // create, change, delete
	Connect Verb = "connect" // connect, reconnect, disconnect, forget a connection
	Audit   Verb = "audit"   // read who did what
)

// Grant is what one actor was given. The zero Grant may do nothing.
type Grant struct {
	Role Role
	// Companies are those that the grant covers; nil means all, those still to come included. A list that is empty but
	// not nil covers none.
	Companies []export.RealmID
}

// Everything is the grant of those who own the installation: the role owner, of all companies.
func Everything() Grant { return Grant{Role: Owner} }

// Of returns what a person was given. When roles get their own pages, this is still where a user's record becomes a
// grant.
func Of(u export.User) Grant { return Grant{Role: Role(u.Role), Companies: u.Companies} }

// Thing is what a question or an action is about. The zero Thing belongs to no company: a Google account, a type of
// exporter, a list. It can be used by everybody whose role is enough.
type Thing struct {
	// Companies are all that the thing tells something about: it is covered only if each of them is.
	Companies []export.RealmID
	// Whole says that the thing touches all companies, also those that the actor cannot see.
	Whole bool
}

// About is a thing that belongs to the companies.
func About(companies ...export.RealmID) Thing { return Thing{Companies: companies} }

// Installation is what belongs to all companies together.
func Installation() Thing { return Thing{Whole: true} }

// Can reports whether the grant allows the verb on the thing. Every decision about access is made here.
func (g Grant) Can(v Verb, t Thing) bool { return slices.Contains(verbs(g.Role), v) && g.covers(t) }

func verbs(r Role) []Verb {
	switch r {
	case Owner, Admin:
		return []Verb{See, Operate, Edit, Connect, Audit}
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

// Among is the grant as a filter of lists: nil for all companies, else those that the grant lets its holder see.
func (g Grant) Among() []export.RealmID {
	switch {
	case !g.Can(See, Thing{}):
		return []export.RealmID{}
	case g.Companies == nil:
		return nil
	}
	return slices.Clip(g.Companies)
}
