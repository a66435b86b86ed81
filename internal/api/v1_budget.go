package api

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/budget"
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
	Google        googleUses    `json:"google"`
}

// googleUses is what accounts take of Google's quotas.
type googleUses struct {
	Account  quotaView    `json:"limit_per_account"`
	Project  quotaView    `json:"limit_of_all"`
	Accounts []accountUse `json:"accounts"`
	All      *accountUse  `json:"all"`
}

// quotaView counts requests of a minute.
type quotaView struct {
	Reads  int `json:"reads"`
	Writes int `json:"writes"`
}

type accountUse struct {
	AccountID  *export.ID `json:"google_account_id,omitempty"`
	LastMinute quotaView  `json:"last_minute"`
	// Burst is null if nothing is due.
	Burst         *burstView `json:"burst"`
	Behind        bool       `json:"behind"`
	LeastInterval *int       `json:"least_interval_seconds"`
}

type burstView struct {
	At     time.Time `json:"at"`
	Runs   int       `json:"runs"`
	Reads  int       `json:"reads"`
	Writes int       `json:"writes"`
	Drain  int       `json:"drain_seconds"`
}

func newAccountUse(u budget.AccountUse) accountUse {
	v := accountUse{LastMinute: quotaView(u.Used), Behind: u.Least > 0, LeastInterval: secondsOf(u.Least)}
	if u.Account != "" {
		v.AccountID = &u.Account
	}
	if b := u.Burst; !b.At.IsZero() {
		v.Burst = &burstView{b.At, b.Runs, b.Request.Reads, b.Request.Writes, int(b.Drain / time.Second)}
	}
	return v
}

func newGoogleUses(r budget.GoogleReport) googleUses {
	v := googleUses{
		Account: quotaView(r.Account), Project: quotaView(r.Project), Accounts: make([]accountUse, len(r.Accounts)),
	}
	for i, u := range r.Accounts {
		v.Accounts[i] = newAccountUse(u)
	}
	if len(r.Accounts) > 1 {
		all := newAccountUse(r.All)
		v.All = &all
	}
	return v
}

// secondsOf returns whole seconds; nil for none.
func secondsOf(d time.Duration) *int {
	if d <= 0 {
		return nil
	}
	seconds := int(d / time.Second)
	return &seconds
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
		Companies: make([]companyUses, len(r.Companies)), LeastInterval: secondsOf(r.Least),
		Google: newGoogleUses(r.Google),
	}
	if r.Limit > 0 {
		v.Limit = &r.Limit
	}
	for i, u := range r.Companies {
		v.Companies[i] = companyUses{u.Realm, u.Today, u.ThisMonth, u.Forecast}
	}
	return send(c, http.StatusOK, v)
}
