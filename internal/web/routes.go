package web

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"
)

// route is one page or action.
type route struct {
	method, path string
	handler      handler
}

// register registers all pages and actions.
func (w *Web) register() {
	e := w.engine
	e.NoRoute(w.answerUnmatched)
	e.NoMethod(w.refuseMethod)
	serve := w.handle(func(c *gin.Context) error {
		if !w.static.serve(c) {
			return w.notFound(c)
		}
		return nil
	})
	e.GET(staticPrefix+"*name", serve)
	e.HEAD(staticPrefix+"*name", serve)
	e.GET("/favicon.ico", w.favicon)

	open := e.Group("", w.noteUser)
	for _, r := range []route{
		{http.MethodGet, "/login", w.loginPage},
		{http.MethodPost, "/login", w.login},
		{http.MethodPost, "/logout", w.logout},
		{http.MethodGet, "/setup", w.setupPage},
		{http.MethodPost, "/setup", w.setup},
		{http.MethodGet, visitPath, w.visitPage},
		{http.MethodPost, visitPath, w.beginVisit},
		{http.MethodGet, visitPath + "/result", w.visitEnd},
		{http.MethodGet, companyPages().callback, w.consentAnswer(companyPages())},
		{http.MethodGet, "/calendar.ics", w.serveEnds},
		{http.MethodGet, "/terms", w.termsPage},
		{http.MethodGet, "/privacy", w.privacyPage},
		{http.MethodGet, "/quickbooks/disconnected", w.recheckCompany},
		{http.MethodGet, "/quickbooks/reconnect", w.offerReconnect},
		{http.MethodGet, "/invite", w.invitePage},
		{http.MethodPost, "/invite", w.acceptInvite},
	} {
		open.Handle(r.method, r.path, w.handle(r.handler))
	}

	known := e.Group("", w.requireUser)
	accounts := accountPages()
	answers := []route{{http.MethodGet, accounts.callback, func(c *gin.Context) error { return accounts.end(w, c) }}}
	for _, r := range slices.Concat(
		w.routes(), w.packRoutes(), w.peopleRoutes(), companyPages().routes(w), accounts.routes(w), answers,
	) {
		known.Handle(r.method, r.path, w.handle(r.handler))
	}
}

// routes returns the pages and actions for people who are signed in, except those of the two kinds of connections.
func (w *Web) routes() []route {
	return []route{
		{http.MethodGet, "/", w.overviewPage},
		{http.MethodGet, "/companies/:realm", w.companyPage},
		{http.MethodPost, "/companies/:realm/client", w.groupCompany},
		{http.MethodPost, "/companies/:realm/sent", w.markSent},
		{http.MethodGet, "/calendar", w.calendarPage},

		{http.MethodGet, "/connections", w.connectionsPage},
		{http.MethodPost, "/connections/quickbooks/:id/copy", w.keepCopy},
		{http.MethodGet, linksPath, w.linksPage},
		{http.MethodPost, linksPath, w.makeLink},
		{http.MethodPost, linksPath + "/:id/revoke", w.revokeLink},
		{http.MethodGet, productionPath, w.productionPage},
		{http.MethodPost, productionPath + "/assessment", w.noteAssessment},
		{http.MethodPost, productionPath + "/tick/:id", w.tickCheck},
		{http.MethodGet, "/connections/questionnaire", w.questionnairePage},
		{http.MethodGet, "/connections/paste", w.pastePage},
		{http.MethodPost, "/connections/paste", w.paste},
		{http.MethodGet, "/connections/texts", w.textsPage},
		{http.MethodPost, "/connections/texts", w.saveTexts},
		{http.MethodPost, "/connections/calendar", w.renewCalendar},
		{http.MethodPost, "/connections/calendar/end", w.endCalendar},

		{http.MethodGet, "/companies/:realm/tie-out", w.tieOutPage},

		{http.MethodGet, packsPath, w.packsPage},
		{http.MethodGet, packsPath + "/:id", w.packPage},
		{http.MethodPost, packsPath + "/:id", w.makePack},
		{http.MethodPost, packsPath + "/:id/plan", w.planPack},
		{http.MethodGet, madePath + "/:id", w.madePage},
		{http.MethodPost, madePath + "/:id/run", w.runSet},
		{http.MethodGet, startPath, w.startPage},
		{http.MethodPost, startPath + "/done", w.closeSteps},
		{http.MethodPost, startPath + "/demo", w.tryDemo},

		{http.MethodGet, "/exporters", w.exportersPage},
		{http.MethodGet, "/exporters/new", w.newExporterPage},
		{http.MethodPost, "/exporters", w.createExporter},
		{http.MethodPost, "/exporters/bulk", w.doToMany},
		{http.MethodPost, "/exporters/views", w.saveView},
		{http.MethodPost, "/exporters/views/delete", w.deleteView},
		{http.MethodPost, "/exporters/preview", w.previewDraft},
		{http.MethodPost, "/exporters/times", w.showTimes},
		{http.MethodPost, draftPath, w.draftExporter},
		{http.MethodGet, namesPath, w.searchNames},
		{http.MethodPost, typePath, w.changeType},
		{http.MethodPost, placePath, w.checkPlace},
		{http.MethodGet, "/exporters/:id", w.exporterPage},
		{http.MethodGet, "/exporters/:id/timeline", w.timelinePage},
		{http.MethodGet, "/exporters/:id/edit", w.editExporterPage},
		{http.MethodPost, "/exporters/:id/edit", w.updateExporter},
		{http.MethodPost, "/exporters/:id/run", w.runExporter},
		{http.MethodPost, "/exporters/:id/repair", w.repairExporter},
		{http.MethodPost, "/exporters/:id/accept", w.acceptDifference},
		{http.MethodPost, "/exporters/:id/capture", w.captureAnswers},
		{http.MethodPost, "/exporters/:id/pause", w.pauseExporter},
		{http.MethodPost, "/exporters/:id/resume", w.resumeExporter},
		{http.MethodGet, "/exporters/:id/delete", w.deleteExporterPage},
		{http.MethodPost, "/exporters/:id/delete", w.deleteExporter},
		{http.MethodGet, "/exporters/:id/preview", w.previewExporter},
		{http.MethodGet, "/exporters/:id/dry-run", w.dryRun},
		{http.MethodGet, "/exporters/:id/download", w.download},
		{http.MethodGet, "/exporters/:id/file", w.keptFile},
		{http.MethodGet, "/schedule", w.describeSchedule},

		{http.MethodGet, "/runs", w.runsPage},
		{http.MethodGet, "/runs/:id", w.runPage},
		{http.MethodGet, eventsPath, w.events},
		{http.MethodPost, "/runs/:id/cancel", w.cancelRun},
		{http.MethodGet, "/runs/:id/undo", w.undoPage},
		{http.MethodPost, "/runs/:id/undo", w.undoRun},

		{http.MethodGet, "/settings", w.settingsPage},
		{http.MethodPost, "/settings/password", w.changePassword},
		{http.MethodPost, "/settings/backup", w.downloadBackup},
		{http.MethodPost, displayPath, w.changeDisplay},
		{http.MethodPost, "/settings/notices", w.createNotice},
		{http.MethodGet, "/settings/notices/:id/edit", w.editNoticePage},
		{http.MethodPost, "/settings/notices/:id", w.updateNotice},
		{http.MethodPost, "/settings/notices/:id/test", w.testNotice},
		{http.MethodGet, "/settings/notices/:id/delete", w.deleteNoticePage},
		{http.MethodPost, "/settings/notices/:id/delete", w.deleteNotice},
		{http.MethodGet, "/help", w.helpPage},
		{http.MethodGet, palettePath, w.palettePage},
		{http.MethodGet, unsentPath, w.unsentPage},
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
