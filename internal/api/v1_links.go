package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// linkView is a link for an administrator without an account. URL is set only in the answer that makes it.
type linkView struct {
	ID          export.ID         `json:"id"`
	URL         *string           `json:"url,omitempty"`
	CompanyID   *string           `json:"company_id"`
	CompanyName *string           `json:"company_name"`
	State       control.LinkState `json:"state"`
	CreatedAt   *string           `json:"created_at"`
	CreatedBy   string            `json:"created_by"`
	ExpiresAt   *string           `json:"expires_at"`
	UsedAt      *string           `json:"used_at"`
	LastError   *failure          `json:"last_error"`
}

func showLink(d *control.Desk, l control.Link) linkView {
	return linkView{
		ID: l.ID, CompanyID: nullable(string(l.Realm)), CompanyName: nullable(l.Company), State: d.LinkState(l),
		CreatedAt: stamp(l.MadeAt), CreatedBy: l.By, ExpiresAt: stamp(l.ExpiresAt), UsedAt: stamp(l.UsedAt),
		LastError: failureOf(l.Failure),
	}
}

func (s *server) listLinks(c *gin.Context, d *control.Desk) error {
	links, err := d.Links(c.Request.Context())
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, list(links, func(l control.Link) linkView { return showLink(d, l) }, ""))
}

// createLink makes a link. Its address is in this answer and nowhere else.
func (s *server) createLink(c *gin.Context, d *control.Desk) error {
	members, err := readObject(c)
	if err != nil {
		return err
	}
	var bad problem.Collect
	o := newObject("", members, &bad)
	realm := export.RealmID(o.scalar("company_id"))
	life := time.Duration(0)
	if text := o.scalar("days"); text != "" {
		days, err := strconv.Atoi(text)
		if err != nil {
			bad.Add("days", "is a whole number from 1 to 7")
		}
		life = time.Duration(days) * 24 * time.Hour
		if days == 0 {
			life = -1 // zero is no life, not the usual one
		}
	}
	o.refuseUnknown()
	if err := bad.Err(); err != nil {
		return err
	}
	link, address, err := d.MakeLink(c.Request.Context(), realm, life)
	if err != nil {
		return err
	}
	v := showLink(d, link)
	v.URL = &address
	return send(c, http.StatusCreated, v)
}

func (s *server) revokeLink(c *gin.Context, d *control.Desk) error {
	link, err := d.RevokeLink(c.Request.Context(), id(c))
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, showLink(d, link))
}
