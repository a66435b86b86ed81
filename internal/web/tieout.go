package web

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/download"
	"ledgersheet/internal/export"
	"ledgersheet/internal/sheetfile"
)

// tieOutView is the page that sets a company's figures of a month beside QuickBooks' own. It is made to be printed.
type tieOutView struct {
	Realm    export.RealmID
	Company  string
	Path     string
	Month    string // 2006-01
	Title    string // "March 2026"
	Sentence string
	Tone     string
	Parts    []tiePart
	Missing  []control.Named
	Made     string
}

type tiePart struct {
	ID                  export.ID // of the exporter
	Name, Type          string
	Run                 export.ID
	Period, Basis, Read string
	Rows                string
	Sheet               string
	Digest              string
	Figures             []headline
	Checks              []tieCheck
	Cut                 bool
}

type tieCheck struct {
	What, Place     string
	Ours, Says      amount
	By              string // what QuickBooks says less ours, exactly; empty if they are equal
	Equal, Accepted bool
}

func tieOutPath(realm export.RealmID) string { return "/companies/" + string(realm) + "/tie-out" }

func (w *Web) tieOutPage(c *gin.Context) error {
	ctx, d, realm := c.Request.Context(), w.desk(c), export.RealmID(c.Param("realm"))
	if format := c.Query("format"); format != "" {
		return download.Answer(c.Writer, func() (*sheetfile.File, error) {
			return d.TieOutFile(ctx, realm, c.Query("month"), format)
		})
	}
	t, err := d.TieOut(ctx, realm, c.Query("month"))
	if err != nil {
		return err
	}
	v := newTieOutView(t, w.o.Now())
	return w.page(c, http.StatusOK, "tie_out",
		frame{Title: "Tie-out " + v.Title + ": " + v.Company, Section: "overview"}, v)
}

// readLayout writes when something was read. It names the zone, because paper has no tooltip.
const readLayout = "2 Jan 2006, 15:04 MST"

func newTieOutView(t control.TieOut, now time.Time) tieOutView {
	v := tieOutView{
		Realm: t.Company.Realm, Company: t.Company.Name, Path: tieOutPath(t.Company.Realm), Month: t.Month,
		Title: t.First.Format("January 2006"), Sentence: t.Sentence(), Tone: toneGood, Missing: t.Missing,
		Made: now.UTC().Format(readLayout),
	}
	if t.Equal == 0 || t.Differ > 0 || len(t.Missing) > 0 {
		v.Tone = toneWarn
	}
	for _, p := range t.Parts {
		part := tiePart{
			ID: p.Exporter.ID, Name: p.Exporter.Name, Type: p.Type, Run: p.Run,
			Period: markDates(p.Period), Basis: p.Basis,
			Read: p.ReadAt.UTC().Format(readLayout), Rows: count(p.Rows), Sheet: p.URL, Digest: p.Digest, Cut: p.Cut,
		}
		for _, f := range p.Figures {
			part.Figures = append(part.Figures, headline{
				Title: f.Title, Period: markDates(f.Period), Currency: f.Currency, Amount: amountOf(f.Value),
			})
		}
		for _, check := range p.Checks {
			row := tieCheck{
				What: check.What, Place: check.Place, Ours: amountOf(check.AddsUpTo), Says: amountOf(check.Says),
				Equal: check.Holds, Accepted: check.Accepted,
			}
			if !check.Holds {
				row.By = check.Difference()
			}
			part.Checks = append(part.Checks, row)
		}
		v.Parts = append(v.Parts, part)
	}
	return v
}
