package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// userView shows a person, and never what proves who they are.
type userView struct {
	ID        export.ID        `json:"id"`
	Email     string           `json:"email"`
	Role      string           `json:"role"`
	Companies []export.RealmID `json:"company_ids"`
	State     string           `json:"state"`
	CreatedAt *string          `json:"created_at"`
	// InviteExpiresAt is when the person's link ends; null if there is none.
	InviteExpiresAt *string `json:"invite_expires_at"`
}

// invitedView is a person with the link that is shown once.
type invitedView struct {
	userView
	InviteURL string `json:"invite_url"`
}

func userViewOf(u export.User) userView {
	v := userView{
		ID: u.ID, Email: u.Email, Role: u.Role, Companies: nonNil(u.Companies), State: "active",
		CreatedAt: stamp(u.CreatedAt),
	}
	switch {
	case u.Disabled:
		v.State = "disabled"
	case !u.Active():
		v.State = "invited"
	}
	if u.Invite != nil {
		v.InviteExpiresAt = stamp(u.Invite.ExpiresAt)
	}
	return v
}

func (s *server) listUsers(c *gin.Context, d *control.Desk) error {
	all, err := d.Users(c.Request.Context())
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, list(all, userViewOf, ""))
}

func (s *server) inviteUser(c *gin.Context, d *control.Desk) error {
	members, err := readObject(c)
	if err != nil {
		return err
	}
	var bad problem.Collect
	o := newObject("", members, &bad)
	email, role, companies := o.text("email"), o.text("role"), o.texts("company_ids")
	o.refuseUnknown()
	if err := bad.Err(); err != nil {
		return err
	}
	u, link, err := d.InviteUser(c.Request.Context(), email, control.Membership{
		Role: role, Companies: realmsOf(companies),
	})
	if err != nil {
		return err
	}
	return send(c, http.StatusCreated, invitedView{userViewOf(u), link})
}

func (s *server) inviteUserAgain(c *gin.Context, d *control.Desk) error {
	if err := readNothing(c); err != nil {
		return err
	}
	u, link, err := d.InviteUserAgain(c.Request.Context(), c.Param("user"))
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, invitedView{userViewOf(u), link})
}

// changeUser takes the members that the body has.
func (s *server) changeUser(c *gin.Context, d *control.Desk) error {
	members, err := readObject(c)
	if err != nil {
		return err
	}
	var bad problem.Collect
	o := newObject("", members, &bad)
	role, companies, disabled := o.text("role"), o.texts("company_ids"), o.truth("disabled", false)
	o.refuseUnknown()
	if err := bad.Err(); err != nil {
		return err
	}
	u, err := d.ChangeUser(c.Request.Context(), c.Param("user"), func(m *control.Membership) {
		if _, named := members["role"]; named {
			m.Role = role
		}
		if _, named := members["company_ids"]; named {
			m.Companies = realmsOf(companies)
		}
		if _, named := members["disabled"]; named {
			m.Disabled = disabled
		}
	})
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, userViewOf(u))
}

func (s *server) deleteUser(c *gin.Context, d *control.Desk) error {
	if err := d.DeleteUser(c.Request.Context(), c.Param("user")); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// realmsOf returns a list of companies; nil, which means all, for an empty one.
func realmsOf(texts []string) []export.RealmID {
	var realms []export.RealmID
	for _, t := range texts {
		realms = append(realms, export.RealmID(t))
	}
	return realms
}
