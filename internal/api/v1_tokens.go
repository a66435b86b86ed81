package api

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// tokenView shows an API token, and neither the token itself nor its hash.
type tokenView struct {
	ID         export.ID        `json:"id"`
	Name       string           `json:"name"`
	Role       string           `json:"role"`
	Companies  []export.RealmID `json:"company_ids"`
	CreatedAt  *string          `json:"created_at"`
	CreatedBy  string           `json:"created_by"`
	ExpiresAt  *string          `json:"expires_at"`
	LastUsedAt *string          `json:"last_used_at"`
}

// madeTokenView is a token with the secret that is shown once.
type madeTokenView struct {
	tokenView
	Token string `json:"token"`
}

func tokenViewOf(t export.APIToken) tokenView {
	return tokenView{
		ID: t.ID, Name: t.Name, Role: t.Role, Companies: nonNil(t.Companies), CreatedAt: stamp(t.CreatedAt),
		CreatedBy: t.CreatedBy, ExpiresAt: stamp(t.ExpiresAt), LastUsedAt: stamp(t.UsedAt),
	}
}

func (s *server) listTokens(c *gin.Context, d *control.Desk) error {
	all, err := d.Tokens(c.Request.Context())
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, list(all, tokenViewOf, ""))
}

func (s *server) makeToken(c *gin.Context, d *control.Desk) error {
	members, err := readObject(c)
	if err != nil {
		return err
	}
	var bad problem.Collect
	o := newObject("", members, &bad)
	name, role, companies, expires := o.text("name"), o.text("role"), o.texts("company_ids"), o.text("expires_at")
	o.refuseUnknown()
	var until time.Time
	if expires != "" && !bad.Has("expires_at") {
		if until, err = time.Parse(time.RFC3339, expires); err != nil {
			bad.Add("expires_at", "must be a time such as 2027-01-31T00:00:00Z")
		}
	}
	if err := bad.Err(); err != nil {
		return err
	}
	t, secret, err := d.MakeToken(c.Request.Context(), name, control.Membership{
		Role: role, Companies: realmsOf(companies),
	}, until.UTC())
	if err != nil {
		return err
	}
	return send(c, http.StatusCreated, madeTokenView{tokenViewOf(t), secret})
}

func (s *server) revokeToken(c *gin.Context, d *control.Desk) error {
	if err := d.RevokeToken(c.Request.Context(), id(c)); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
