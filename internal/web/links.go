package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// linksPath is the page of links for people without an account.
const linksPath = "/connections/links"

// newCompany stands for the company of a link that is for any.
const newCompany = "One new company"

// linksView is the page of links with which people without an account connect companies.
type linksView struct {
	Made      string // address of the link that was just made; it is shown once
	MadeFor   string
	MadeEnds  moment
	Links     []linkRow
	Companies []choice
	Days      []choice
	Errors    []fieldError
	Ready     bool
}

type linkRow struct {
	ID      export.ID
	Company string
	By      string
	Made    moment
	Ends    moment
	Pill    pill
	Open    bool
	Failure string // why the last try failed
}

func (w *Web) linksPage(c *gin.Context) error { return w.showLinks(c, http.StatusOK, linksView{}) }

func (w *Web) showLinks(c *gin.Context, status int, view linksView) error {
	ctx, d := c.Request.Context(), w.desk(c)
	links, err := d.Links(ctx)
	if err != nil {
		return err
	}
	companies, err := d.Companies(ctx)
	if err != nil {
		return err
	}
	view.Ready, _ = d.Ready()
	for _, l := range links {
		view.Links = append(view.Links, w.linkRow(l))
	}
	view.Companies = []choice{{Title: newCompany, Chosen: c.PostForm("realm") == ""}}
	for _, co := range companies {
		realm := string(co.Realm)
		view.Companies = append(view.Companies, choice{realm, co.Name, c.PostForm("realm") == realm})
	}
	view.Days = choose(c.DefaultPostForm("days", "3"), choice{"1", "1 day", false}, choice{"3", "3 days", false},
		choice{"7", "7 days", false})
	return w.page(c, status, "links", frame{Title: "Links for administrators", Section: "connections"}, view)
}

func (w *Web) linkRow(l control.Link) linkRow {
	state := l.State(w.o.Now())
	row := linkRow{
		ID: l.ID, Company: l.Company, By: l.By, Made: w.moment(l.MadeAt), Ends: w.moment(l.ExpiresAt),
		Pill: linkPill(state), Open: state == control.LinkOpen,
	}
	if row.Company == "" {
		row.Company = newCompany
	}
	if l.Failure != nil {
		row.Failure = l.Failure.Message
	}
	return row
}

func linkPill(s control.LinkState) pill {
	switch s {
	case control.LinkOpen:
		return pill{"Open", "clock", toneInfo}
	case control.LinkUsed:
		return pill{"Used", "check", toneGood}
	case control.LinkExpired:
		return pill{"Expired", "late", toneQuiet}
	}
	return pill{"Revoked", "stop", toneQuiet}
}

// makeLink makes a link and shows its address, which is not kept, with this answer only.
func (w *Web) makeLink(c *gin.Context) error {
	days, _ := strconv.Atoi(c.DefaultPostForm("days", "3"))
	realm := export.RealmID(c.PostForm("realm"))
	link, address, err := w.desk(c).MakeLink(c.Request.Context(), realm, time.Duration(days)*24*time.Hour)
	if p := problem.From(err); p != nil {
		if p.Code == problem.InvalidInput {
			view := linksView{Errors: []fieldError{{ID: "days", Label: "Works for", Text: p.Fields["days"]}}}
			return w.showLinks(c, http.StatusUnprocessableEntity, view)
		}
		return err
	}
	view := linksView{Made: address, MadeFor: link.Company, MadeEnds: w.moment(link.ExpiresAt)}
	if view.MadeFor == "" {
		view.MadeFor = "one new company"
	}
	return w.showLinks(c, http.StatusCreated, view)
}

func (w *Web) revokeLink(c *gin.Context) error {
	link, err := w.desk(c).RevokeLink(c.Request.Context(), export.ID(c.Param("id")))
	if err != nil {
		return err
	}
	w.notify(c, toneGood, "The link for "+w.linkRow(link).Company+" does not work any more.", "")
	return seeOther(c, linksPath)
}
