package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/problem"
)

// route is one call of the API. path is relative to Base.
type route struct {
	method, path string
	answer       handler
}

// routes returns the whole API. openapi.yaml describes each entry.
func (s *server) routes() []route {
	return slices.Concat(s.companies().routes("/companies"), s.accounts().routes("/google-accounts"), []route{
		{http.MethodPost, "/companies/:realm/mirror", s.keepMirror},
		{http.MethodGet, "/access-links", s.listLinks},
		{http.MethodPost, "/access-links", s.createLink},
		{http.MethodDelete, "/access-links/:id", s.revokeLink},
		{http.MethodGet, "/companies/:realm/tie-out", s.getTieOut},
		{http.MethodGet, "/openapi.json", s.describe},
		{http.MethodGet, "/budget", s.getBudget},
		{http.MethodGet, "/status", s.getStatus},
		{http.MethodGet, "/notices", s.listNotices},
		{http.MethodPost, "/notices", s.createNotice},
		{http.MethodGet, "/notices/:id", s.getNotice},
		{http.MethodPatch, "/notices/:id", s.patchNotice},
		{http.MethodDelete, "/notices/:id", s.deleteNotice},
		{http.MethodPost, "/notices/:id/test", s.testNotice},
		{http.MethodGet, "/backup", s.backup},
		{http.MethodPost, "/doctor", s.examine},

		{http.MethodGet, "/users", s.listUsers},
		{http.MethodPost, "/users", s.inviteUser},
		{http.MethodPatch, "/users/:user", s.changeUser},
		{http.MethodDelete, "/users/:user", s.deleteUser},
		{http.MethodPost, "/users/:user/invite", s.inviteUserAgain},
		{http.MethodGet, "/tokens", s.listTokens},
		{http.MethodPost, "/tokens", s.makeToken},
		{http.MethodDelete, "/tokens/:id", s.revokeToken},

		{http.MethodGet, "/exporter-types", s.listTypes},
		{http.MethodGet, "/exporter-types/:type", s.getType},

		{http.MethodGet, "/packs", s.listPacks},
		{http.MethodPost, "/packs/:pack", s.createPack},
		{http.MethodGet, "/packs/:pack/runs", s.lastPackRun},
		{http.MethodPost, "/packs/:pack/runs", s.runPack},

		{http.MethodGet, "/exporters", s.listExporters},
		{http.MethodPost, "/exporters", s.createExporter},
		{http.MethodGet, "/exporters/:id", s.getExporter},
		{http.MethodPut, "/exporters/:id", s.replaceExporter},
		{http.MethodPatch, "/exporters/:id", s.patchExporter},
		{http.MethodDelete, "/exporters/:id", s.deleteExporter},
		{http.MethodPost, "/exporters/:id/preview", s.previewExporter},
		{http.MethodPost, "/exporters/:id/dry-run", s.dryRun},
		{http.MethodGet, "/exporters/:id/download", s.download},
		{http.MethodGet, "/exporters/:id/file", s.keptFile},
		{http.MethodGet, "/exporters/:id/capture", s.captureAnswers},
		{http.MethodPost, "/exporters/:id/accept", s.acceptDifference},
		{http.MethodPost, "/exporters/:id/repair", s.repairExporter},
		{http.MethodPost, "/exporters/:id/runs", s.startRun},
		{http.MethodPost, "/exporters/:id/pause", s.pauseExporter},
		{http.MethodPost, "/exporters/:id/resume", s.resumeExporter},
		{http.MethodGet, "/exporters/:id/due-times", s.listDueTimes},
		{http.MethodGet, "/exporters/:id/chain", s.listChain},
		{http.MethodPost, "/preview", s.previewDraft},

		{http.MethodGet, "/runs", s.listRuns},
		{http.MethodGet, "/runs/:id", s.getRun},
		{http.MethodPost, "/runs/:id/cancel", s.cancelRun},
		{http.MethodPost, "/runs/:id/undo", s.undoRun},
		{http.MethodGet, "/runs/:id/difference", s.getDifference},
		{http.MethodGet, "/runs/:id/evidence", s.getEvidence},
		{http.MethodGet, "/runs/:id/events", s.followRun},
	})
}

// refuseUnknown returns the error for a request that matches none of the routes.
func refuseUnknown(c *gin.Context, routes []route) error {
	path := strings.TrimPrefix(c.Request.URL.Path, Base)
	var allowed []string
	for _, r := range routes {
		if matches(r.path, path) && !slices.Contains(allowed, r.method) {
			allowed = append(allowed, r.method)
		}
	}
	if len(allowed) == 0 {
		return problem.New(problem.NotFound, "There is no such path in this API.").
			WithHint("Read %s/openapi.json for those that there are.", Base)
	}
	slices.Sort(allowed)
	c.Header("Allow", strings.Join(allowed, ", "))
	return &methodError{problem.New(problem.BadRequest, "The method %s is not allowed here.", c.Request.Method).
		WithHint("Allowed: %s.", strings.Join(allowed, ", "))}
}

// matches reports whether a path fits a route's pattern. A part that begins with a colon matches anything but the empty
// string.
func matches(pattern, path string) bool {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	return slices.EqualFunc(want, have, func(w, h string) bool {
		return w == h || strings.HasPrefix(w, ":") && h != ""
	})
}
