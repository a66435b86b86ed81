package app

import (
	"context"

	"ledgersheet/internal/export"
)

// destinations is where rows can be written to: what the target says decides.
type destinations struct{ sheets, files export.Destination }

// Prepare implements export.Destination.
func (d destinations) Prepare(ctx context.Context, w export.WriteRequest) (export.Write, error) {
	if w.Target.IsFile() {
		return d.files.Prepare(ctx, w)
	}
	return d.sheets.Prepare(ctx, w)
}
