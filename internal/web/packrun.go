package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// packRow is a pack of a company, with its last run as a whole.
type packRow struct {
	Title   string
	Size    int
	Action  string // the address that runs it
	Pill    pill   // empty if it was not run yet
	Words   string
	At      moment
	Missing []packMissing
}

// packMissing is an exporter of a pack whose rows have not come.
type packMissing struct {
	Name, Why string
	Exporter  export.ID
	Run       export.ID
}

// packRows returns the packs of a company.
func (w *Web) packRows(ctx context.Context, d *control.Desk, realm export.RealmID) (rows []packRow, err error) {
	packs, err := d.CompanyPacks(ctx, realm)
	if err != nil {
		return nil, err
	}
	for _, p := range packs {
		row := packRow{
			Title: p.Pack.Title, Size: p.Size,
			Action: companyHref(realm) + "/packs/" + url.PathEscape(p.Pack.ID) + "/run",
		}
		if o := p.Last; o != nil {
			row.At = w.moment(o.At)
			row.Pill, row.Words = packWords(*o)
			for _, part := range o.Missing() {
				row.Missing = append(row.Missing, packMissing{part.Name, part.Why, part.Exporter, part.Run})
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// packWords says what became of a run of a pack.
func packWords(o control.PackOutcome) (pill, string) {
	missing := len(o.Missing())
	switch o.State {
	case control.PackRunning:
		running := 0
		for _, part := range o.Parts {
			if part.Running {
				running++
			}
		}
		return pill{"Running", "spin", toneQuiet}, fmt.Sprintf("%d of %d are under way", running, len(o.Parts))
	case control.PackSucceeded:
		return pill{"Complete", "check", toneGood}, fmt.Sprintf("all %d have succeeded", len(o.Parts))
	}
	return pill{"Incomplete", "warn", toneWarn}, fmt.Sprintf("%d of %d are missing", missing, len(o.Parts))
}

func (w *Web) runPack(c *gin.Context) error {
	realm := export.RealmID(c.Param("realm"))
	o, err := w.desk(c).RunPack(c.Request.Context(), c.Param("pack"), realm)
	if err != nil {
		return err
	}
	w.notify(c, toneGood, o.Pack.Title+": all its exporters run now.", "")
	return seeOther(c, companyHref(realm)+"#packs")
}

// packRoutes are those of packs.
func (w *Web) packRoutes() []route {
	return []route{{http.MethodPost, "/companies/:realm/packs/:pack/run", w.runPack}}
}
