package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// startConsent sends the browser to the provider's page, or back with a notice if the consent cannot begin.
func (w *Web) startConsent(c *gin.Context, address string, err error) error {
	if err == nil {
		return seeOther(c, address)
	}
	if problem.From(err).Code == problem.NotFound {
		return err
	}
	w.notifyError(c, err)
	return seeOther(c, "/connections")
}

// returnAddress returns where the browser goes after a consent.
func returnAddress(c *gin.Context) string { return localPath(c.PostForm("return_to"), "/connections") }

// gateView is what people without an account see at an address that Intuit sends them to.
type gateView struct {
	Title      string
	Paragraphs []string
	SignIn     string // address of the sign-in page, which leads back
}

// gate shows it. It says the same whatever company the address names, so that nobody learns which ones are here.
func (w *Web) gate(c *gin.Context, view gateView) error {
	view.SignIn = loginAddress(c.Request.URL.RequestURI(), "")
	return w.barePage(c, http.StatusOK, "gate", frame{Title: view.Title}, view)
}

// recheckCompany handles Intuit's disconnect URL: the person has ended the permission inside QuickBooks. A test call
// brings the state here up to date at once, or soon if the person has no account here. The address alone, which anybody
// can open, changes nothing.
func (w *Web) recheckCompany(c *gin.Context) error {
	ctx, d, realm := c.Request.Context(), w.desk(c), export.RealmID(c.Query("realmId"))
	if signedInEmail(c) == "" {
		d.AskRecheck(realm)
		return w.gate(c, gateView{Title: "Disconnected in QuickBooks", Paragraphs: []string{
			"If you have disconnected ledgersheet in QuickBooks, it can no longer read the company. It finds that " +
				"out from Intuit by itself; nothing else is left to do. Spreadsheets stay as they are.",
			"To connect the company again, sign in, or ask the people who run this ledgersheet for a link.",
		}})
	}
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
		w.notify(c, toneWarn, isolate(co.Name)+" was disconnected in QuickBooks.",
			"Its exporters keep their configuration; Reconnect takes them up again.")
	case err != nil:
		w.notifyError(c, err)
	default:
		w.notify(c, toneInfo, isolate(co.Name)+" is still connected: QuickBooks answered.", "")
	}
	return seeOther(c, "/connections")
}

// offerReconnect handles Intuit's reconnect URL. It shows one button, because only a form may begin a consent.
func (w *Web) offerReconnect(c *gin.Context) error {
	if signedInEmail(c) == "" {
		return w.gate(c, gateView{Title: "Reconnect a company", Paragraphs: []string{
			"Sign in to give ledgersheet the permission to read the company again. Nothing is ever written to " +
				"QuickBooks.",
			"If you have no account here, ask the people who run this ledgersheet for a link: with it an " +
				"administrator of the company can renew the permission.",
		}})
	}
	view := confirmView{
		Title: "Connect a company?",
		Effects: []string{
			"You are led to QuickBooks to give the permission to read.",
			"Nothing is ever changed in QuickBooks.",
		},
		Post: companiesPath, Action: "Connect to QuickBooks", Back: "/connections",
	}
	if realm := export.RealmID(c.Query("realmId")); realm != "" {
		co, err := w.desk(c).Company(c.Request.Context(), realm)
		switch {
		case problem.HasCode(err, problem.NotFound):
		case err != nil:
			return err
		default:
			view.Title, view.Action = "Reconnect "+co.Name+"?", "Reconnect "+co.Name
			view.Post = companyPath(realm, "reconnect")
			view.Effects = append(view.Effects,
				"Its exporters go on as they were, and what was missed is caught up once.")
		}
	}
	return w.page(c, http.StatusOK, "confirm", frame{Title: view.Title, Section: "connections"}, view)
}
