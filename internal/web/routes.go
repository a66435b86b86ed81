package web

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// register is the list of all pages and actions.
func (w *Web) register() {
	e := w.engine
	e.NoRoute(w.unmatched)
	e.NoMethod(w.methodNotAllowed)
	serve := w.handle(func(c *gin.Context) error {
		if !w.static.serve(c) {
			return w.notFound(c)
		}
		return nil
	})
	e.GET(staticPrefix+"*name", serve)
	e.HEAD(staticPrefix+"*name", serve)
	e.GET("/favicon.ico", w.favicon)

	open := e.Group("", w.knowsUser)
	for _, r := range []struct {
		method, path string
		handler      handler
	}{
		{http.MethodGet, "/login", w.loginPage},
		{http.MethodPost, "/login", w.login},
		{http.MethodPost, "/logout", w.logout},
		{http.MethodGet, "/setup", w.setupPage},
		{http.MethodPost, "/setup", w.setup},
	} {
		open.Handle(r.method, r.path, w.handle(r.handler))
	}

	known := e.Group("", w.needsUser)
	for _, r := range []struct {
		method, path string
		handler      handler
	}{
		{http.MethodGet, "/", w.overviewPage},

		{http.MethodGet, "/connections", w.connectionsPage},
		{http.MethodPost, "/connections/quickbooks", w.connectCompany},
		{http.MethodPost, "/connections/quickbooks/:realm/reconnect", w.reconnectCompany},
		{http.MethodPost, "/connections/quickbooks/:realm/test", w.testCompany},
		{http.MethodGet, "/connections/quickbooks/:realm/disconnect", w.disconnectCompanyPage},
		{http.MethodPost, "/connections/quickbooks/:realm/disconnect", w.disconnectCompany},
		{http.MethodGet, "/connections/quickbooks/:realm/delete", w.deleteCompanyPage},
		{http.MethodPost, "/connections/quickbooks/:realm/delete", w.deleteCompany},
		{http.MethodPost, "/connections/google", w.connectAccount},
		{http.MethodPost, "/connections/google/:id/reconnect", w.reconnectAccount},
		{http.MethodPost, "/connections/google/:id/test", w.testAccount},
		{http.MethodGet, "/connections/google/:id/disconnect", w.disconnectAccountPage},
		{http.MethodPost, "/connections/google/:id/disconnect", w.disconnectAccount},
		{http.MethodGet, "/connections/google/:id/delete", w.deleteAccountPage},
		{http.MethodPost, "/connections/google/:id/delete", w.deleteAccount},
		{http.MethodGet, "/oauth/quickbooks/callback", w.finishCompany},
		{http.MethodGet, "/oauth/google/callback", w.finishAccount},
		{http.MethodGet, "/quickbooks/disconnected", w.companyLeft},
		{http.MethodGet, "/quickbooks/reconnect", w.companyReturns},

		{http.MethodGet, "/exporters", w.exportersPage},
		{http.MethodGet, "/exporters/new", w.newExporterPage},
		{http.MethodPost, "/exporters", w.createExporter},
		{http.MethodPost, "/exporters/preview", w.previewDraft},
		{http.MethodGet, "/exporters/:id", w.exporterPage},
		{http.MethodGet, "/exporters/:id/edit", w.editExporterPage},
		{http.MethodPost, "/exporters/:id/edit", w.updateExporter},
		{http.MethodPost, "/exporters/:id/run", w.runExporter},
		{http.MethodPost, "/exporters/:id/pause", w.pauseExporter},
		{http.MethodPost, "/exporters/:id/resume", w.resumeExporter},
		{http.MethodGet, "/exporters/:id/delete", w.deleteExporterPage},
		{http.MethodPost, "/exporters/:id/delete", w.deleteExporter},
		{http.MethodGet, "/exporters/:id/preview", w.previewExporter},
		{http.MethodGet, "/schedule", w.describeSchedule},

		{http.MethodGet, "/runs", w.runsPage},
		{http.MethodGet, "/runs/:id", w.runPage},
		{http.MethodGet, "/runs/:id/events", w.runEvents},
		{http.MethodPost, "/runs/:id/cancel", w.cancelRun},

		{http.MethodGet, "/settings", w.settingsPage},
		{http.MethodPost, "/settings/password", w.changePassword},
		{http.MethodPost, "/settings/display", w.changeDisplay},
		{http.MethodGet, "/help", w.helpPage},
	} {
		known.Handle(r.method, r.path, w.handle(r.handler))
	}
}

func (w *Web) favicon(c *gin.Context) {
	address, err := w.static.address("brand/ledgersheet.svg")
	if err != nil {
		w.fail(c, err)
		return
	}
	c.Redirect(http.StatusFound, address)
}
