package boltstore

import (
	"context"
	"fmt"
	"io"

	"go.etcd.io/bbolt"
)

// Backup writes a consistent copy of the store, which Open opens, while the
// store is in use. Secrets in it stay sealed. It ends early when ctx does.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	return s.view(ctx, "writing backup", func(tx *bbolt.Tx) error {
		_, err := tx.WriteTo(ctxWriter{ctx, w})
		if err != nil && ctx.Err() != nil {
			return ctx.Err() // bbolt does not wrap what the writer returned
		}
		return err
	})
}

// Check reads every page of the store and returns the first thing that is wrong
// with its structure. It takes as long as reading the whole file.
func (s *Store) Check(ctx context.Context) error {
	return s.view(ctx, "checking store", func(tx *bbolt.Tx) error {
		var first error
		for err := range tx.Check() { // drain it, or its goroutine would stay
			if first == nil {
				first = fmt.Errorf("damaged: %w", err)
			}
		}
		return first
	})
}

type ctxWriter struct {
	ctx context.Context
	w   io.Writer
}

func (c ctxWriter) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(p)
}
