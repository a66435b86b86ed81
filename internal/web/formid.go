package web

import (
	"crypto/hmac"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

const (
	formIDInput    = "form_id"
	formIDKey      = "form_id"
	frameNoticeKey = "frame_notice"
)

// The id of an exporter's form is that of the exporter that it makes, signed for the person who sees it: sent twice, it
// names the same exporter, in whichever process, and a form that somebody else was shown is told from one's own.

// newFormID returns a new id for a form shown to the user.
func (w *Web) newFormID(u export.User) string {
	id := export.NewID(export.ExporterPrefix, w.o.Now())
	return string(id) + "." + w.o.Logins.SignForm(u, string(id))
}

// readFormID returns the id of the exporter that a form makes. It is empty if the form has no id, or if ok is false,
// which is so if the form was shown to somebody else, or before the password was changed.
func (w *Web) readFormID(u export.User, form url.Values) (id export.ID, ok bool) {
	text := form.Get(formIDInput)
	if text == "" {
		return "", true
	}
	name, signature, _ := strings.Cut(text, ".")
	if !hmac.Equal([]byte(signature), []byte(w.o.Logins.SignForm(u, name))) {
		return "", false
	}
	return export.ID(name), true
}

func (w *Web) isOwnForm(u export.User, form url.Values) bool {
	_, ok := w.readFormID(u, form)
	return ok
}

// formIDFor returns the id for the form that a request is answered with: the one that was sent, unless it is used up
// or not the user's.
func (w *Web) formIDFor(c *gin.Context) string {
	u := user(c)
	if text := c.GetString(formIDKey); text != "" && w.isOwnForm(u, url.Values{formIDInput: {text}}) {
		return text
	}
	return w.newFormID(u)
}

// createOnce stores the exporter of a form. It answers itself, and done is true, if the form was sent before or is not
// the user's.
func (w *Web) createOnce(c *gin.Context, e export.Exporter, k func() (known, error)) (
	stored export.Exporter, done bool, err error,
) {
	ctx, d, form := c.Request.Context(), w.desk(c), c.Request.PostForm
	id, own := w.readFormID(user(c), form)
	if !own {
		p := problem.New(problem.Conflict, "This form was opened by somebody else, or before your password was "+
			"changed. Nothing was saved. Look it over and save it again to make it yours.")
		return e, true, w.showAgain(c, e, k, p)
	}
	if id == "" {
		stored, err = d.CreateExporter(ctx, e)
		return stored, false, err
	}
	stored, made, err := d.CreateOnce(ctx, id, e)
	switch {
	case err != nil:
		c.Set(formIDKey, form.Get(formIDInput)) // it has made nothing yet
		return stored, false, err
	case made:
		return stored, false, nil
	case stored.IsConfiguredAs(e):
		w.notify(c, toneInfo, isolate(stored.Name)+" was saved already. Nothing was made twice.", "")
		return stored, true, seeOther(c, "/exporters/"+string(stored.ID))
	}
	p := problem.New(problem.Conflict, "This form has already made %s. Save it again to make another exporter, or "+
		"change that one.", isolate(stored.Name))
	return stored, true, w.showAgain(c, e, k, p)
}

// showAgain shows a form as it was sent, under a new id.
func (w *Web) showAgain(c *gin.Context, e export.Exporter, k func() (known, error), p *problem.Problem) error {
	what, err := k()
	if err != nil {
		return err
	}
	c.Set(frameNoticeKey, &notice{toneWarn, p.Message, ""})
	return w.showForm(c, http.StatusConflict, e, what, nil, nil)
}
