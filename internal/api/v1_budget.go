package api

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// budgetView is how many metered calls were made and are foreseen.
type budgetView struct {
	Day       string `json:"day"`
	Month     string `json:"month"`
	Today     int    `json:"today"`
	ThisMonth int    `json:"this_month"`
	Forecast  int    `json:"forecast"`
	Limit     *int   `json:"limit"`
	// LeastInterval is in seconds.
	LeastInterval *int          `json:"least_interval_seconds"`
	Companies     []companyUses `json:"companies"`
}

type companyUses struct {
	CompanyID export.RealmID `json:"company_id"`
	Today     int            `json:"today"`
	ThisMonth int            `json:"this_month"`
	Forecast  int            `json:"forecast"`
}

func (s *server) getBudget(c *gin.Context, d *control.Desk) error {
	r, err := d.Budget(c.Request.Context())
	if err != nil {
		return err
	}
	v := budgetView{
		Day: r.Day, Month: r.Month, Today: r.Today, ThisMonth: r.ThisMonth, Forecast: r.Forecast,
		Companies: make([]companyUses, len(r.Companies)),
	}
	if r.Limit > 0 {
		v.Limit = &r.Limit
	}
	if r.Least > 0 {
		seconds := int(r.Least / time.Second)
		v.LeastInterval = &seconds
	}
	for i, u := range r.Companies {
		v.Companies[i] = companyUses{u.Realm, u.Today, u.ThisMonth, u.Forecast}
	}
	return send(c, http.StatusOK, v)
}
