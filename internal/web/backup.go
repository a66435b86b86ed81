package web

import (
	"io"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/download"
)

// downloadBackup sends a copy of the store as it stands. The secrets in it stay sealed.
func (w *Web) downloadBackup(c *gin.Context) error {
	d := w.desk(c)
	name := "ledgersheet-" + w.o.Now().UTC().Format("20060102T150405Z") + ".db"
	return download.Stream(c.Writer, name, func(to io.Writer) error { return d.Backup(c.Request.Context(), to) })
}
