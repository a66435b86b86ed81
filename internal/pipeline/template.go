package pipeline

import (
	"context"
	"fmt"

	"ledgersheet/internal/export"
)

// shareCopy makes an exporter that is to write into a copy of a template use the copy that another exporter of the same
// company has made of it, or make one that the others find. Drive's search may show a new file late, so the store is
// asked first.
func (j *job) shareCopy(ctx context.Context) error {
	key := j.exporter.SharedKey()
	if key == "" || j.exporter.Target.Spreadsheet != "" {
		return nil
	}
	all, err := j.o.Store.Exporters(ctx, export.ExporterFilter{Company: j.exporter.Companies[0]})
	if err != nil {
		return fmt.Errorf("reading the exporters: %w", err)
	}
	j.exporter.Target.CreateKey = key
	for _, o := range all {
		if o.ID != j.exporter.ID && o.SharedKey() == key && o.Target.Created && o.Target.CreateKey == key {
			j.exporter.Target.Spreadsheet, j.exporter.Target.Created = o.Target.Spreadsheet, true
			break
		}
	}
	return nil
}
