package api

import (
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
)

// Handler returns the API, below Base, for one actor who needs no token: for the command line, when it works on the
// data folder itself. It must not be served on a network.
func Handler(c *control.Control, who control.Actor, log *slog.Logger) http.Handler {
	o := Options{
		Control: c, Logger: log,
		Authenticate: func(*gin.Context) (control.Actor, bool) { return who, true },
	}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.NoRoute(Unknown(o))
	engine.NoMethod(Unknown(o))
	Register(engine.Group(Base), o)
	return engine
}
