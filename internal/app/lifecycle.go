package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/queue"
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

// overdue is how long a step may take after the stop has run out of time.
const overdue = time.Second

// run does all remaining steps, even if some fail, and joins their errors. What is not done when ctx ends is left as it
// is, which the next start can deal with, and is no error.
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
		switch err := step.run(ctx); {
		case errors.Is(err, context.DeadlineExceeded), errors.Is(err, queue.ErrLeft):
			c.log.WarnContext(ctx, "a part did not stop in time", "part", step.name, "error", err.Error())
		case err != nil:
			failed = append(failed, fmt.Errorf("stopping %s: %w", step.name, err))
		}
	}
}

// run does the step, and stops waiting for it some time after ctx has ended.
func (s cleanup) run(ctx context.Context) error {
	done := make(chan error, 1)
	go func() {
		var err error
		defer func() { done <- err }()
		defer problem.Recover(&err)
		err = s.do(ctx)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	timer := time.NewTimer(overdue)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return ctx.Err()
	}
}
