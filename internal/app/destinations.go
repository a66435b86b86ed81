package app

import (
	"context"

	"ledgersheet/internal/export"
)

// destinations is where rows can be written to: what the target says decides.
type destinations struct{ sheets, files export.Destination }

var _ export.Editions = destinations{}

// Edition implements export.Editions. Files have none.
func (d destinations) Edition(ctx context.Context, t export.Target, m *export.Meter) string {
	if e, ok := d.sheets.(export.Editions); ok && !t.IsFile() {
		return e.Edition(ctx, t, m)
	}
	return ""
}

// Prepare implements export.Destination.
func (d destinations) Prepare(ctx context.Context, w export.WriteRequest) (export.Write, error) {
	if w.Target.IsFile() {
		return d.files.Prepare(ctx, w)
	}
	return d.sheets.Prepare(ctx, w)
}
