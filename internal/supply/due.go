package supply

import (
	"context"
	"time"
)

// Occasion is what one reading is made for. All its calls may rest on one look at QuickBooks.
type Occasion struct {
	// Due is when the reading was due: what QuickBooks said then or later is new enough.
	Due time.Time
}

type occasionKey struct{}

// WithOccasion returns a context for the calls of one reading. Without it, a supply must look anew for each call.
func WithOccasion(ctx context.Context, due time.Time) context.Context {
	return context.WithValue(ctx, occasionKey{}, &Occasion{Due: due})
}

// OccasionOf returns what a call is made for, or nil if that is unknown. Calls of one reading get the same pointer.
func OccasionOf(ctx context.Context) *Occasion {
	o, _ := ctx.Value(occasionKey{}).(*Occasion)
	return o
}
