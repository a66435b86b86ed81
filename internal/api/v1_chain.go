package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
)

// chainLinkView is an exporter after which another one runs.
type chainLinkView struct {
	ExporterID  *string `json:"exporter_id"`
	Name        string  `json:"name"`
	SucceededAt *string `json:"succeeded_at"`
	WaitsFor    *string `json:"waits_for"`
}

func (s *server) listChain(c *gin.Context, d *control.Desk) error {
	ctx := c.Request.Context()
	e, err := d.Exporter(ctx, id(c))
	if err != nil {
		return err
	}
	links, err := d.Chain(ctx, e)
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, list(links, func(l control.ChainLink) chainLinkView {
		return chainLinkView{nullable(string(l.Exporter)), l.Name, stamp(l.Done), nullable(l.Why)}
	}, ""))
}
