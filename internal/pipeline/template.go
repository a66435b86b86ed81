package pipeline

import (
	"context"
	"fmt"

	"ledgersheet/internal/export"
)

// shareCopy makes an exporter that is to share a spreadsheet (that of its set, or its company's copy of a template) use
// the one that another exporter has made, or make one that the others find. Drive's search may show a new file late, so
// the store is asked first.
func (j *job) shareCopy(ctx context.Context) error {
	key := j.exporter.SharedKey()
	if key == "" || j.exporter.Target.Spreadsheet != "" {
		return nil
	}
	all, err := j.o.Store.Exporters(ctx, export.ExporterFilter{Company: j.exporter.Companies[0]})
	if err != nil {
		return fmt.Errorf("reading the exporters: %w", err)
	}
	target := j.exporter.Target
	target.CreateKey = key
	for _, o := range all {
		if o.ID != j.exporter.ID && o.SharedKey() == key && o.Target.Created && o.Target.CreateKey == key {
			target.Spreadsheet, target.Created = o.Target.Spreadsheet, true
			break
		}
	}
	if target.Spreadsheet == "" || j.run == "" { // a dry run stores nothing
		j.exporter.Target = target
		return nil
	}
	return j.saveTarget(ctx, target)
}
