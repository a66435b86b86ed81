package supply

import (
	"context"
	"time"
)

type dueKey struct{}

// WithDue returns a context for readings that were due at a time: what was true then or later is new enough. Without
// it, a supply must ask again for each call.
func WithDue(ctx context.Context, due time.Time) context.Context {
	return context.WithValue(ctx, dueKey{}, due)
}

// Due returns the time of WithDue, or false if there is none.
func Due(ctx context.Context) (time.Time, bool) {
	due, ok := ctx.Value(dueKey{}).(time.Time)
	return due, ok && !due.IsZero()
}
