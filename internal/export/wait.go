package export

import (
	"context"
	"time"
)

type waiterKey struct{}

// WithWaiter returns a context in which Wait calls the waiter.
func WithWaiter(ctx context.Context, waiter func(until time.Time) (over func())) context.Context {
	return context.WithValue(ctx, waiterKey{}, waiter)
}

// Wait tells whoever executes the run of ctx that it is about to do nothing but wait: for a provider until the given
// time, or for another run until nobody knows when. Others may use its place meanwhile. over ends the waiting.
func Wait(ctx context.Context, until time.Time) (over func()) {
	if waiter, ok := ctx.Value(waiterKey{}).(func(time.Time) func()); ok {
		return waiter(until)
	}
	return func() {}
}

// ShortWait is how long a run may wait in its place without telling.
const ShortWait = 2 * time.Second
