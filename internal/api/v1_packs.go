package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

type packView struct {
	Pack      string         `json:"pack"`
	Title     string         `json:"title"`
	Summary   string         `json:"summary"`
	Exporters []packItemView `json:"exporters"`
}

type packItemView struct {
	Type    string         `json:"type"`
	Title   string         `json:"title"`
	Options map[string]any `json:"options"`
}

// packMade is what came, or would come, of an order.
type packMade struct {
	Pack      string         `json:"pack"`
	DryRun    bool           `json:"dry_run"`
	Exporters []exporterView `json:"exporters"`
}

func (s *server) listPacks(c *gin.Context, d *control.Desk) error {
	return send(c, http.StatusOK, list(d.Packs(), func(p export.Pack) packView { return packViewOf(d, p) }, ""))
}

func packViewOf(d *control.Desk, p export.Pack) packView {
	v := packView{Pack: p.ID, Title: p.Title, Summary: p.Summary, Exporters: make([]packItemView, len(p.Items))}
	for i, item := range p.Items {
		kinds, options := optionKinds(d, item.Definition), map[string]any{}
		for key, value := range item.Options {
			options[key] = optionValue(kinds[key], value)
		}
		v.Exporters[i] = packItemView{Type: item.Definition, Title: item.Title, Options: options}
	}
	return v
}

func (s *server) createPack(c *gin.Context, d *control.Desk) error {
	members, err := readObject(c)
	if err != nil {
		return err
	}
	order, dry, err := readOrder(members)
	if err != nil {
		return err
	}
	pack := c.Param("pack")
	made, err := d.CreatePack(c.Request.Context(), pack, order, dry)
	if err != nil {
		return err
	}
	v := packMade{Pack: pack, DryRun: dry, Exporters: make([]exporterView, len(made))}
	for i, e := range made {
		v.Exporters[i] = showListed(d, control.Listed{
			Exporter: e, Standing: control.Standing{State: control.StateNeverRun},
		})
	}
	status := http.StatusCreated
	if dry {
		status = http.StatusOK
	}
	return send(c, status, v)
}

// readOrder reads what exporters of a pack to make. A schedule that says when is on unless it says otherwise.
func readOrder(members map[string]any) (o control.PackOrder, dry bool, err error) {
	var bad problem.Collect
	body := newObject("", members, &bad)
	for _, realm := range body.texts("company_ids") {
		o.Companies = append(o.Companies, export.RealmID(realm))
	}
	o.Account, o.Folder = export.ID(body.text("google_account_id")), body.text("folder_id")
	o.PerCompany, o.Basis = body.truth("per_company", true), body.text(export.OptBasis)
	schedule := body.object("schedule")
	o.Schedule = export.Schedule{Cron: schedule.text("cron"), Timezone: schedule.text("timezone")}
	o.Schedule.Enabled = schedule.truth("enabled", o.Schedule.Cron != "")
	o.Schedule.OnChange = schedule.truth("on_change", false)
	o.Schedule.SkipMissed = schedule.truth("skip_missed", false)
	schedule.ignore("next_at")
	dry = body.truth("dry_run", false)
	schedule.refuseUnknown()
	body.refuseUnknown()
	return o, dry, bad.Err()
}
