package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// id returns the id in the path, whatever the route is about.
func id(c *gin.Context) export.ID { return export.ID(c.Param("id")) }

// connections implements the calls for one kind of connection: companies, whose id K is their realm, or Google
// accounts.
type connections[K ~string, T any] struct {
	server     *server
	param      string // name of the path parameter with the id
	all        func(d *control.Desk, ctx context.Context) ([]T, error)
	one        func(d *control.Desk, ctx context.Context, id K) (T, error)
	test       func(d *control.Desk, ctx context.Context, id K) (name string, err error)
	disconnect func(d *control.Desk, ctx context.Context, id K) (T, error)
	remove     func(d *control.Desk, ctx context.Context, id K) error
	show       func(d *control.Desk, t T) any
	name       func(t T) string                    // its place in the list, which is sorted so
	texts      func(t T) []string                  // among which a search finds it
	showTest   func(name string, why *failure) any // returns the answer to a test
}

type companyTest struct {
	OK          bool     `json:"ok"`
	CompanyName string   `json:"company_name,omitempty"`
	Error       *failure `json:"error,omitempty"`
}

func (s *server) companies() connections[export.RealmID, export.Company] {
	return connections[export.RealmID, export.Company]{
		server: s, param: "realm",
		all: (*control.Desk).Companies, one: (*control.Desk).Company, test: (*control.Desk).TestCompany,
		disconnect: (*control.Desk).DisconnectCompany, remove: (*control.Desk).DeleteCompany,
		show:     func(d *control.Desk, c export.Company) any { return showCompany(d, c) },
		name:     func(c export.Company) string { return place(c.Name, string(c.Realm)) },
		texts:    func(c export.Company) []string { return []string{c.Name, c.LegalName, string(c.Realm)} },
		showTest: func(name string, why *failure) any { return companyTest{why == nil, name, why} },
	}
}

type accountTest struct {
	OK    bool     `json:"ok"`
	Email string   `json:"email,omitempty"`
	Error *failure `json:"error,omitempty"`
}

func (s *server) accounts() connections[export.ID, export.GoogleAccount] {
	return connections[export.ID, export.GoogleAccount]{
		server: s, param: "id",
		all: (*control.Desk).Accounts, one: (*control.Desk).Account, test: (*control.Desk).TestAccount,
		disconnect: (*control.Desk).DisconnectAccount, remove: (*control.Desk).DeleteAccount,
		show:     func(d *control.Desk, a export.GoogleAccount) any { return accountViewOf(d, a) },
		name:     func(a export.GoogleAccount) string { return place(a.Email, string(a.ID)) },
		texts:    func(a export.GoogleAccount) []string { return []string{a.Email, string(a.ID)} },
		showTest: func(name string, why *failure) any { return accountTest{why == nil, name, why} },
	}
}

// routes returns the calls below the path.
func (k connections[K, T]) routes(path string) []route {
	one := path + "/:" + k.param
	return []route{
		{http.MethodGet, path, k.list},
		{http.MethodGet, one, k.get},
		{http.MethodDelete, one, k.delete},
		{http.MethodPost, one + "/test", k.try},
		{http.MethodPost, one + "/disconnect", k.leave},
	}
}

func (k connections[K, T]) id(c *gin.Context) K { return K(c.Param(k.param)) }

// place returns where something stands in a list sorted by name, then by id.
func place(name, id string) string { return export.FoldName(name) + "\x00" + id }

func (k connections[K, T]) list(c *gin.Context, d *control.Desk) error {
	limit, text, after := largestPage, "", ""
	err := readQuery(c.Request.URL, []parameter{
		{"q", func(v string) string { text = export.FoldName(v); return "" }},
		limitParameter(&limit),
		{"cursor", readPosition(&after)},
	})
	if err != nil {
		return err
	}
	all, err := k.all(d, c.Request.Context())
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(t T) bool {
		found := slices.ContainsFunc(k.texts(t), func(s string) bool {
			return strings.Contains(export.FoldName(s), text)
		})
		return !found || after != "" && k.name(t) <= after
	})
	next := ""
	if len(all) > limit {
		all = all[:limit]
		next = writePosition(k.name(all[limit-1]))
	}
	return send(c, http.StatusOK, list(all, func(t T) any { return k.show(d, t) }, next))
}

func (k connections[K, T]) get(c *gin.Context, d *control.Desk) error {
	t, err := k.one(d, c.Request.Context(), k.id(c))
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, k.show(d, t))
}

func (k connections[K, T]) delete(c *gin.Context, d *control.Desk) error {
	if err := k.remove(d, c.Request.Context(), k.id(c)); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func (k connections[K, T]) try(c *gin.Context, d *control.Desk) error {
	if err := readNothing(c); err != nil {
		return err
	}
	// Only an existing connection can be tested. Whatever goes wrong after that is the test's result.
	if _, err := k.one(d, c.Request.Context(), k.id(c)); err != nil {
		return err
	}
	name, err := k.test(d, c.Request.Context(), k.id(c))
	why, err := k.server.testFailure(c, err)
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, k.showTest(name, why))
}

// testFailure separates a failed test, which it returns as a failure, from an error in running the test or a lack of
// permission, which it returns as an error.
func (s *server) testFailure(c *gin.Context, err error) (*failure, error) {
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok || p.Code == problem.Forbidden {
		return nil, err
	}
	s.log.InfoContext(c.Request.Context(), "connection test failed",
		"route", c.FullPath(), "code", string(p.Code), "error", err.Error(), "request_id", requestID(c))
	return failureOf(p), nil
}

func (k connections[K, T]) leave(c *gin.Context, d *control.Desk) error {
	if err := readNothing(c); err != nil {
		return err
	}
	t, err := k.disconnect(d, c.Request.Context(), k.id(c))
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, k.show(d, t))
}

// keepMirror says whether a local copy of the company's lists is kept.
func (s *server) keepMirror(c *gin.Context, d *control.Desk) error {
	members, err := readObject(c)
	if err != nil {
		return err
	}
	var bad problem.Collect
	o := newObject("", members, &bad)
	if _, given := members["on"]; !given {
		bad.Add("on", "is missing; it is true or false")
	}
	on := o.truth("on", false)
	o.refuseUnknown()
	if err := bad.Err(); err != nil {
		return err
	}
	company, err := d.KeepCompanyCopy(c.Request.Context(), export.RealmID(c.Param("realm")), on)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, showCompany(d, company))
	return nil
}
