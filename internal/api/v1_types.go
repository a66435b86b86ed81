package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
)

func (s *server) listTypes(c *gin.Context, d *control.Desk) error {
	return send(c, http.StatusOK, list(d.Definitions(), typeViewOf, ""))
}

func (s *server) getType(c *gin.Context, d *control.Desk) error {
	def, err := d.Definition(c.Param("type"))
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, typeViewOf(def))
}
