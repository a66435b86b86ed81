package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
)

func (s *server) listTypes(c *gin.Context, _ control.Actor) error {
	return send(c, http.StatusOK, list(s.control.Definitions(), typeViewOf, ""))
}

func (s *server) getType(c *gin.Context, _ control.Actor) error {
	d, err := s.control.Definition(c.Param("type"))
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, typeViewOf(d))
}
