package api

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

func realm(c *gin.Context) export.RealmID { return export.RealmID(c.Param("realm")) }

func (s *server) listCompanies(c *gin.Context, _ control.Actor) error {
	all, err := s.control.Companies(c.Request.Context())
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, list(all, s.companyView, ""))
}

func (s *server) getCompany(c *gin.Context, _ control.Actor) error {
	company, err := s.control.Company(c.Request.Context(), realm(c))
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, s.companyView(company))
}

type companyTest struct {
	OK          bool     `json:"ok"`
	CompanyName string   `json:"company_name,omitempty"`
	Error       *failure `json:"error,omitempty"`
}

func (s *server) testCompany(c *gin.Context, _ control.Actor) error {
	if err := readNothing(c); err != nil {
		return err
	}
	// Only a company that is there can be tested; what goes wrong after that is the test's result.
	if _, err := s.control.Company(c.Request.Context(), realm(c)); err != nil {
		return err
	}
	name, err := s.control.TestCompany(c.Request.Context(), realm(c))
	why, err := s.outcome(c, err)
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, companyTest{OK: why == nil, CompanyName: name, Error: why})
}

// outcome tells what a test found out from what went wrong in making it.
func (s *server) outcome(c *gin.Context, err error) (*failure, error) {
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok {
		return nil, err
	}
	s.log.InfoContext(c.Request.Context(), "connection test failed", "route", c.FullPath(), "code", string(p.Code), "error", err.Error(), "request_id", requestID(c))
	return failureOf(p), nil
}

func (s *server) disconnectCompany(c *gin.Context, who control.Actor) error {
	if err := readNothing(c); err != nil {
		return err
	}
	company, err := s.control.DisconnectCompany(c.Request.Context(), who, realm(c))
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, s.companyView(company))
}

func (s *server) deleteCompany(c *gin.Context, who control.Actor) error {
	if err := s.control.DeleteCompany(c.Request.Context(), who, realm(c)); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
