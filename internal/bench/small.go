package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// settled is how long after a write Google Drive is trusted to tell that nobody has touched the spreadsheet since.
const settled = 3*time.Minute + 10*time.Second

// smallChanges measures what a few changes of one large list cost a run by schedule, first when the sheet was written
// in full before, then when the last write was such a small one, and then when nothing has changed.
func smallChanges(ctx context.Context, s *suite) error {
	n := s.options.invoice
	if err := s.open(ctx, size{companies: 1, invoices: n, customers: 1000}, false); err != nil {
		return err
	}
	id, err := s.exporter(ctx, wish{name: "Invoices", columns: columns[:15]})
	if err != nil {
		return err
	}
	if _, err := s.run(ctx, id); err != nil {
		return err
	}
	for _, changes := range []int{100, 100, 0} {
		if err := pause(ctx, settled); err != nil {
			return err
		}
		if err := s.change(ctx, changes); err != nil {
			return err
		}
		at := time.Now().UTC().Add(15 * time.Second).Truncate(time.Minute).Add(time.Minute)
		change := map[string]any{"schedule": map[string]any{
			"cron": fmt.Sprintf("%d %d * * *", at.Minute(), at.Hour()), "timezone": "UTC", "enabled": true,
		}}
		if err := s.world.api(ctx, http.MethodPatch, "/exporters/"+id, change, nil); err != nil {
			return err
		}
		if err := pause(ctx, time.Until(at)-time.Second); err != nil {
			return err
		}
		name := fmt.Sprintf("%d of %d x 15 changed, by schedule", changes, n)
		if _, err := s.measure(ctx, name, 0, func() (int, error) {
			return 0, pause(ctx, 70*time.Second) // runs of one minute are spread over it
		}); err != nil {
			return err
		}
	}
	return nil
}
