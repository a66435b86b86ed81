package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/problem"
)

// inviteView is the page behind an invitation's link.
type inviteView struct {
	Token, Email  string
	Errors        []fieldError
	PasswordError string
}

func (w *Web) invitePage(c *gin.Context) error {
	token := c.Query("token")
	u, err := w.o.Logins.Invited(c.Request.Context(), token)
	if err != nil {
		return err
	}
	return w.barePage(c, http.StatusOK, "invite", frame{Title: "Choose a password"},
		inviteView{Token: token, Email: u.Email})
}

func (w *Web) acceptInvite(c *gin.Context) error {
	ctx, token := c.Request.Context(), c.PostForm("token")
	u, err := w.o.Logins.Accept(ctx, token, c.PostForm("password"))
	if problem.HasCode(err, problem.InvalidInput) {
		p := problem.From(err)
		view := inviteView{
			Token: token, Errors: fieldErrors(p, map[string]string{"password": "Password"}),
			PasswordError: p.Fields["password"],
		}
		if u, err := w.o.Logins.Invited(ctx, token); err == nil {
			view.Email = u.Email
		}
		return w.barePage(c, http.StatusUnprocessableEntity, "invite", frame{Title: "Choose a password"}, view)
	}
	if err != nil {
		return err
	}
	if err := w.o.Sessions.SignIn(ctx, u); err != nil {
		return err
	}
	w.markDevice(c, u)
	w.notify(c, toneGood, "Welcome. Your password is set.", "")
	return seeOther(c, "/")
}
