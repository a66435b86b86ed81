package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
)

// cleanups are the steps that undo a start. They are done in reverse order, each once.
type cleanups struct {
	log *slog.Logger

	mu    sync.Mutex
	steps []cleanup
}

type cleanup struct {
	name string
	do   func(ctx context.Context) error
}

func (c *cleanups) add(name string, do func(ctx context.Context) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.steps = append(c.steps, cleanup{name, do})
}

// run does all remaining steps, even if some fail, and joins their errors.
func (c *cleanups) run(ctx context.Context) error {
	var failed []error
	for {
		c.mu.Lock()
		if len(c.steps) == 0 {
			c.mu.Unlock()
			return errors.Join(failed...)
		}
		step := c.steps[len(c.steps)-1]
		c.steps = c.steps[:len(c.steps)-1]
		c.mu.Unlock()
		c.log.DebugContext(ctx, "stopping", "part", step.name)
		if err := step.do(ctx); err != nil {
			failed = append(failed, fmt.Errorf("stopping %s: %w", step.name, err))
		}
	}
}
