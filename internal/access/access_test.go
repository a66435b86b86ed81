package access_test

import (
	"slices"
	"testing"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
)

var (
	roles = []access.Role{
		access.Owner, access.Admin, access.Editor, access.Operator, access.Viewer, "", "OWNER", "guest",
	}
	verbs = []access.Verb{access.See, access.Operate, access.Edit, access.Connect, access.Tell, access.Audit,
		access.Capture, access.Keep, access.People, "fly"}
)

// What each role may do. Anything not listed here is not allowed.
func TestVerbsOfRoles(t *testing.T) {
	t.Parallel()
	may := map[access.Role][]access.Verb{
		access.Owner: {access.See, access.Operate, access.Edit, access.Connect, access.Tell, access.Audit,
			access.Capture, access.Keep, access.People},
		access.Admin:    {access.See, access.Operate, access.Edit, access.Connect, access.Tell, access.Audit},
		access.Editor:   {access.See, access.Operate, access.Edit},
		access.Operator: {access.See, access.Operate},
		access.Viewer:   {access.See},
	}
	for _, role := range roles {
		for _, verb := range verbs {
			for _, thing := range []access.Thing{{}, access.About("1"), access.About("1", "2"), access.Installation()} {
				got := access.Grant{Role: role}.Can(verb, thing)
				if want := slices.Contains(may[role], verb); got != want {
					t.Errorf("%q may %s %+v: got %v, want %v", role, verb, thing, got, want)
				}
			}
		}
	}
}

// Which things a list of companies covers, whatever the role.
func TestCompaniesOfGrants(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		companies []export.RealmID
		thing     access.Thing
		want      bool
	}{
		{"all cover one", nil, access.About("1"), true},
		{"all cover the installation", nil, access.Installation(), true},
		{"one covers itself", []export.RealmID{"1"}, access.About("1"), true},
		{"one does not cover another", []export.RealmID{"1"}, access.About("2"), false},
		{"one does not cover the beginning of its id", []export.RealmID{"12"}, access.About("1"), false},
		{"one does not cover a pair with itself", []export.RealmID{"1"}, access.About("1", "2"), false},
		{"a pair covers a pair in another order", []export.RealmID{"1", "2"}, access.About("2", "1"), true},
		{"a pair does not cover the installation", []export.RealmID{"1", "2"}, access.Installation(), false},
		{"one covers what is of no company", []export.RealmID{"1"}, access.Thing{}, true},
		{"none covers no company", []export.RealmID{}, access.About("1"), false},
		{"none covers what is of no company", []export.RealmID{}, access.Thing{}, true},
		{"none does not cover the installation", []export.RealmID{}, access.Installation(), false},
	} {
		for _, role := range roles {
			g := access.Grant{Role: role, Companies: test.companies}
			for _, verb := range verbs {
				want := test.want && access.Grant{Role: role}.Can(verb, access.Thing{})
				if got := g.Can(verb, test.thing); got != want {
					t.Errorf("%s: %q may %s: got %v, want %v", test.name, role, verb, got, want)
				}
			}
		}
	}
}

func TestAmong(t *testing.T) {
	t.Parallel()
	if got := access.Everything().Among(); got != nil {
		t.Errorf("everything: got %q, want no filter", got)
	}
	one := []export.RealmID{"1"}
	if got := (access.Grant{Role: access.Viewer, Companies: one}).Among(); !slices.Equal(got, one) {
		t.Errorf("one company: got %q", got)
	}
	none := []export.RealmID{}
	for _, g := range []access.Grant{{}, {Role: "guest"}, {Companies: one}, {Role: access.Viewer, Companies: none}} {
		if got := g.Among(); got == nil || len(got) > 0 {
			t.Errorf("%+v: got %q, want a filter that leaves nothing", g, got)
		}
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	if !access.Of(export.User{Role: "owner"}).Can(access.Connect, access.Installation()) {
		t.Error("the owner may not connect")
	}
	g := access.Of(export.User{Role: "viewer", Companies: []export.RealmID{"1"}})
	if g.Can(access.See, access.About("2")) || g.Can(access.Operate, access.About("1")) {
		t.Errorf("a viewer of one company may do more: %+v", g)
	}
	if access.Of(export.User{}).Can(access.See, access.Thing{}) {
		t.Error("somebody without a role may see something")
	}
}

// TestWithin: a grant within another allows what both do, whatever the order.
func TestWithin(t *testing.T) {
	t.Parallel()
	companies := [][]export.RealmID{nil, {}, {"1"}, {"1", "2"}, {"2", "3"}}
	things := []access.Thing{{}, access.About("1"), access.About("2"), access.About("1", "2"), access.Installation()}
	var grants []access.Grant
	for _, role := range roles {
		for _, list := range companies {
			grants = append(grants, access.Grant{Role: role, Companies: list})
		}
	}
	for _, a := range grants {
		for _, b := range grants {
			both := a.Within(b)
			for _, verb := range verbs {
				for _, thing := range things {
					if want := a.Can(verb, thing) && b.Can(verb, thing); both.Can(verb, thing) != want {
						t.Fatalf("%+v within %+v may %s %+v: %v", a, b, verb, thing, !want)
					}
				}
			}
		}
	}
}
