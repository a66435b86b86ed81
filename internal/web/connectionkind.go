package web

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// The roots of the pages about connections.
const (
	companiesPath = "/connections/quickbooks"
	accountsPath  = "/connections/google"
)

// connectionKind holds what differs between the pages and buttons of companies and of Google accounts.
type connectionKind struct {
	path     string // the root of its pages
	callback string // where the provider sends its answer
	provider string // whom a test calls

	name       func(ctx context.Context, d *control.Desk, id string) (string, error)
	connect    func(c *gin.Context, d *control.Desk, id string) (address string, err error) // id is empty for a new one
	finish     func(ctx context.Context, d *control.Desk, answer url.Values) (name string, flow export.Flow, err error)
	test       func(ctx context.Context, d *control.Desk, id string) (name string, err error)
	disconnect func(ctx context.Context, d *control.Desk, id string) (name string, err error)
	remove     func(ctx context.Context, d *control.Desk, id string) error
	users      func(id string) export.ExporterFilter // the exporters that need it

	// The texts of the confirmation pages.
	taken         string // what both do first
	disconnecting string // what disconnecting does after that
	deleting      string // what deleting does after that
	stays         string // what deleting leaves alone
	deleteFrom    string // appended to the name in the title of the delete page
	deleteAction  string // the label of the delete button
}

func companyPages() connectionKind {
	return connectionKind{
		path: companiesPath, callback: "/oauth/quickbooks/callback", provider: "QuickBooks",
		name: func(ctx context.Context, d *control.Desk, id string) (string, error) {
			co, err := d.Company(ctx, export.RealmID(id))
			return co.Name, err
		},
		connect: func(c *gin.Context, d *control.Desk, id string) (string, error) {
			return d.ConnectCompany(c.Request.Context(), export.RealmID(id), returnAddress(c))
		},
		finish: func(ctx context.Context, d *control.Desk, answer url.Values) (string, export.Flow, error) {
			co, flow, err := d.FinishCompany(ctx, answer)
			return co.Name, flow, err
		},
		test: func(ctx context.Context, d *control.Desk, id string) (string, error) {
			return d.TestCompany(ctx, export.RealmID(id))
		},
		disconnect: func(ctx context.Context, d *control.Desk, id string) (string, error) {
			co, err := d.DisconnectCompany(ctx, export.RealmID(id))
			return co.Name, err
		},
		remove: func(ctx context.Context, d *control.Desk, id string) error {
			return d.DeleteCompany(ctx, export.RealmID(id))
		},
		users: func(id string) export.ExporterFilter { return export.ExporterFilter{Company: export.RealmID(id)} },

		taken: "The permission is taken back at Intuit and its tokens are forgotten here.",
		disconnecting: "The exporters that use it are paused. Their configuration and schedules stay; " +
			"reconnecting resumes them as they were.",
		deleting: "Exporters that use only this company are deleted; from those that combine several it is " +
			"taken out.",
		stays:      "Nothing changes in QuickBooks, and spreadsheets stay as they are.",
		deleteFrom: " from ledgersheet", deleteAction: "Delete company",
	}
}

func accountPages() connectionKind {
	return connectionKind{
		path: accountsPath, callback: "/oauth/google/callback", provider: "Google",
		name: func(ctx context.Context, d *control.Desk, id string) (string, error) {
			a, err := d.Account(ctx, export.ID(id))
			return a.Email, err
		},
		connect: func(c *gin.Context, d *control.Desk, id string) (string, error) {
			existing := c.PostForm("access") == "existing"
			return d.ConnectAccount(c.Request.Context(), export.ID(id), existing, returnAddress(c))
		},
		finish: func(ctx context.Context, d *control.Desk, answer url.Values) (string, export.Flow, error) {
			a, flow, err := d.FinishAccount(ctx, answer)
			return a.Email, flow, err
		},
		test: func(ctx context.Context, d *control.Desk, id string) (string, error) {
			return d.TestAccount(ctx, export.ID(id))
		},
		disconnect: func(ctx context.Context, d *control.Desk, id string) (string, error) {
			a, err := d.DisconnectAccount(ctx, export.ID(id))
			return a.Email, err
		},
		remove: func(ctx context.Context, d *control.Desk, id string) error {
			return d.DeleteAccount(ctx, export.ID(id))
		},
		users: func(id string) export.ExporterFilter { return export.ExporterFilter{Account: export.ID(id)} },

		taken: "The permission is taken back at Google and its tokens are forgotten here.",
		disconnecting: "The exporters that write with it are paused. Their configuration and schedules stay; " +
			"reconnecting resumes them as they were.",
		deleting:     "The exporters that write with it stay, paused, until you give them another account.",
		stays:        sheetsStay,
		deleteAction: "Delete account",
	}
}

const sheetsStay = "Spreadsheets stay as they are."

// routes returns the pages and buttons of a kind of connections, but for the callback.
func (k connectionKind) routes(w *Web) []route {
	at := func(h func(*Web, *gin.Context, string) error) handler {
		return func(c *gin.Context) error { return h(w, c, c.Param("id")) }
	}
	one := k.path + "/:id"
	return []route{
		{http.MethodPost, k.path, at(k.begin)}, // there is no id
		{http.MethodPost, one + "/reconnect", at(k.begin)},
		{http.MethodPost, one + "/test", at(k.tryOut)},
		{http.MethodGet, one + "/disconnect", at(k.disconnectPage)},
		{http.MethodPost, one + "/disconnect", at(k.leave)},
		{http.MethodGet, one + "/delete", at(k.deletePage)},
		{http.MethodPost, one + "/delete", at(k.drop)},
	}
}

// begin sends the browser to the provider's page.
func (k connectionKind) begin(w *Web, c *gin.Context, id string) error {
	address, err := k.connect(c, w.desk(c), id)
	return w.startConsent(c, address, err)
}

// end handles the provider's answer. It only exchanges and redirects, so that a reload cannot repeat it.
func (k connectionKind) end(w *Web, c *gin.Context) error {
	return k.endWith(w, c, c.Request.URL.Query())
}

func (k connectionKind) endWith(w *Web, c *gin.Context, answer url.Values) error {
	name, flow, err := k.finish(c.Request.Context(), w.desk(c), answer)
	if err != nil {
		w.notifyError(c, err)
	} else {
		w.notify(c, toneGood, isolate(name)+" is connected.", "")
	}
	return seeOther(c, localPath(flow.ReturnTo, "/connections"))
}

func (k connectionKind) tryOut(w *Web, c *gin.Context, id string) error {
	name, err := k.test(c.Request.Context(), w.desk(c), id)
	if err != nil {
		w.notifyError(c, err)
	} else {
		w.notify(c, toneGood, k.provider+" answered for "+isolate(name)+".", "")
	}
	return seeOther(c, "/connections")
}

func (k connectionKind) disconnectPage(w *Web, c *gin.Context, id string) error {
	return k.confirm(w, c, id, "Disconnect", confirmView{
		Effects: []string{k.taken, k.disconnecting, sheetsStay}, Post: "disconnect", Action: "Disconnect",
	})
}

func (k connectionKind) deletePage(w *Web, c *gin.Context, id string) error {
	return k.confirm(w, c, id, "Delete", confirmView{
		Effects: []string{k.taken, k.deleting, k.stays}, Post: "delete", Action: k.deleteAction, Danger: true,
	})
}

// confirm shows the page before an action, listing the exporters that it affects. view.Post is the last part of the
// action's path.
func (k connectionKind) confirm(w *Web, c *gin.Context, id, verb string, view confirmView) error {
	ctx, d := c.Request.Context(), w.desk(c)
	name, err := k.name(ctx, d, id)
	if err != nil {
		return err
	}
	users := k.users(id)
	affected, err := d.NameExporters(ctx, control.ExporterQuery{Company: users.Company, Account: users.Account})
	if err != nil {
		return err
	}
	title := verb + " " + isolate(name)
	view.Title = title + "?"
	if view.Danger {
		view.Title = title + k.deleteFrom + "?"
	}
	view.Names, view.Count = exporterNames(affected[:min(len(affected), mostNames)]), len(affected)
	view.Post, view.Back = k.path+"/"+id+"/"+view.Post, "/connections"
	return w.page(c, http.StatusOK, "confirm", frame{Title: title, Section: "connections"}, view)
}

func exporterNames(list []control.Named) []string {
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = e.Name
	}
	return names
}

func (k connectionKind) leave(w *Web, c *gin.Context, id string) error {
	name, err := k.disconnect(c.Request.Context(), w.desk(c), id)
	if err != nil {
		return err
	}
	w.notify(c, toneGood, isolate(name)+" is disconnected.",
		"Its exporters are paused and go on when it is reconnected.")
	return seeOther(c, "/connections")
}

func (k connectionKind) drop(w *Web, c *gin.Context, id string) error {
	ctx, d := c.Request.Context(), w.desk(c)
	name, err := k.name(ctx, d, id)
	if err != nil {
		return err
	}
	if err := k.remove(ctx, d, id); err != nil {
		return err
	}
	w.notify(c, toneGood, isolate(name)+" was deleted.", "")
	return seeOther(c, "/connections")
}
