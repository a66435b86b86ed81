package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// id is the path's id, of whatever the route is about.
func id(c *gin.Context) export.ID { return export.ID(c.Param("id")) }

func (s *server) listAccounts(c *gin.Context, _ control.Actor) error {
	all, err := s.control.Accounts(c.Request.Context())
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, list(all, accountViewOf, ""))
}

func (s *server) getAccount(c *gin.Context, _ control.Actor) error {
	a, err := s.control.Account(c.Request.Context(), id(c))
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, accountViewOf(a))
}

type accountTest struct {
	OK    bool     `json:"ok"`
	Email string   `json:"email,omitempty"`
	Error *failure `json:"error,omitempty"`
}

func (s *server) testAccount(c *gin.Context, _ control.Actor) error {
	if err := readNothing(c); err != nil {
		return err
	}
	if _, err := s.control.Account(c.Request.Context(), id(c)); err != nil {
		return err
	}
	email, err := s.control.TestAccount(c.Request.Context(), id(c))
	why, err := s.outcome(c, err)
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, accountTest{OK: why == nil, Email: email, Error: why})
}

func (s *server) disconnectAccount(c *gin.Context, who control.Actor) error {
	if err := readNothing(c); err != nil {
		return err
	}
	a, err := s.control.DisconnectAccount(c.Request.Context(), who, id(c))
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, accountViewOf(a))
}

func (s *server) deleteAccount(c *gin.Context, who control.Actor) error {
	if err := s.control.DeleteAccount(c.Request.Context(), who, id(c)); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
