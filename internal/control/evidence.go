package control

import (
	"context"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// Evidence is how a run came by its rows.
type Evidence struct {
	export.Run
	export.Evidence
	// Options are the exporter's, with the defaults of those that it does not set.
	Options map[string]string
}

// Evidence returns how a run that is over came by its rows. Of a run that an older version made, no requests are known.
func (d *Desk) Evidence(ctx context.Context, id export.ID) (Evidence, error) {
	r, err := d.Run(ctx, id)
	if err != nil {
		return Evidence{}, err
	}
	if !r.Status.Over() {
		return Evidence{}, problem.New(problem.Conflict, "The run is not over yet.").
			WithHint("Ask again when it has ended.")
	}
	kept, err := d.o.Previewer.Evidence(ctx, id)
	if problem.HasCode(err, problem.NotFound) {
		kept = export.Evidence{
			Revision: r.Exporter.Revision, Asked: export.AskedLog{Count: r.QuickBooks + r.Sheets},
		}
		err = nil
	}
	e := Evidence{Run: r, Evidence: kept, Options: map[string]string{}}
	if def, ok := d.definitions[r.Exporter.Definition]; ok {
		for _, o := range def.OptionList() {
			if value := r.Exporter.Option(def, o.Key); value != "" {
				e.Options[o.Key] = value
			}
		}
	}
	return e, err
}
