package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// consent sends the browser to the provider's page, or back with what prevents it.
func (w *Web) consent(c *gin.Context, address string, err error) error {
	if err == nil {
		return seeOther(c, address)
	}
	if problem.From(err).Code == problem.NotFound {
		return err
	}
	w.notifyError(c, err)
	return seeOther(c, "/connections")
}

// returnTo is where a person wants to be after a consent.
func returnTo(c *gin.Context) string { return localPath(c.PostForm("return_to"), "/connections") }

// companyLeft is Intuit's disconnect URL: the person ended the permission inside QuickBooks. A test call makes the
// state here agree at once; the address alone, which anybody can open, changes nothing.
func (w *Web) companyLeft(c *gin.Context) error {
	ctx, d, realm := c.Request.Context(), w.desk(c), export.RealmID(c.Query("realmId"))
	if realm == "" {
		return seeOther(c, "/connections")
	}
	co, err := d.Company(ctx, realm)
	if problem.HasCode(err, problem.NotFound) {
		w.notify(c, toneInfo, "That company is not connected here.", "")
		return seeOther(c, "/connections")
	}
	if err != nil {
		return err
	}
	switch _, err := d.TestCompany(ctx, realm); {
	case problem.HasCode(err, problem.CompanyReconnectRequired):
		w.notify(c, toneWarn, co.Name+" was disconnected in QuickBooks.",
			"Its exporters keep their configuration; Reconnect takes them up again.")
	case err != nil:
		w.notifyError(c, err)
	default:
		w.notify(c, toneInfo, co.Name+" is still connected: QuickBooks answered.", "")
	}
	return seeOther(c, "/connections")
}

// companyReturns is Intuit's reconnect URL. It shows one button: a consent is begun by a form only.
func (w *Web) companyReturns(c *gin.Context) error {
	view := confirmView{Title: "Connect a company?",
		Effects: []string{"You are led to QuickBooks to give the permission to read.",
			"Nothing is ever changed in QuickBooks."},
		Post: companiesPath, Action: "Connect to QuickBooks", Back: "/connections"}
	if realm := export.RealmID(c.Query("realmId")); realm != "" {
		co, err := w.desk(c).Company(c.Request.Context(), realm)
		switch {
		case problem.HasCode(err, problem.NotFound):
		case err != nil:
			return err
		default:
			view.Title, view.Action, view.Post = "Reconnect "+co.Name+"?", "Reconnect "+co.Name, companyPath(realm,
				"reconnect")
			view.Effects = append(view.Effects,
				"Its exporters go on as they were, and what was missed is caught up once.")
		}
	}
	return w.page(c, http.StatusOK, "confirm", frame{Title: view.Title, Section: "connections"}, view)
}
