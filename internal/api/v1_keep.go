package api

import (
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/download"
)

// backup sends a copy of the store as it stands.
func (s *server) backup(c *gin.Context, d *control.Desk) error {
	name := "ledgersheet-" + time.Now().UTC().Format("20060102T150405Z") + ".db"
	return download.Stream(c.Writer, name, func(w io.Writer) error { return d.Backup(c.Request.Context(), w) })
}

type examinationView struct {
	OK    bool          `json:"ok"`
	Items []findingView `json:"items"`
}

type findingView struct {
	About   string `json:"about"`
	OK      bool   `json:"ok"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// examine finds out whether the installation can work.
func (s *server) examine(c *gin.Context, d *control.Desk) error {
	if err := readNothing(c); err != nil {
		return err
	}
	found, err := d.Examine(c.Request.Context())
	if err != nil {
		return err
	}
	view := examinationView{OK: true, Items: []findingView{}}
	for _, f := range found {
		view.OK = view.OK && !f.Wrong
		view.Items = append(view.Items, findingView{About: f.About, OK: !f.Wrong, Message: f.Says, Hint: f.Remedy})
	}
	return send(c, http.StatusOK, view)
}
